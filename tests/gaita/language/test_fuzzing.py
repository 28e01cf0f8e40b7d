"""Mutated workflow files: `check` never raises, and whatever it accepts runs."""

import random
import time
from importlib.resources import files
from pathlib import Path

import pytest

from gaita.calendar import public_calendar
from gaita.language import check
from tests.gaita.language.fuzzing.driving import drive
from tests.gaita.language.fuzzing.mutating import mutated
from tests.gaita.language.fuzzing.small import SMALL

SHIPPED = [
    path.read_text(encoding="utf-8") for path in sorted(Path(str(files("gaita_workflows"))).glob("*.toml"))
]
CORPUS = (*SMALL * 3, *SHIPPED)
CALENDARS = {"LV": public_calendar("LV")}
SECONDS = 20
"""Of the processor's time, for one file: others run beside this one."""


def fuzz(seeds: range) -> tuple[int, int]:
    """Check one mutated file for each seed, and drive what is accepted; return how many were, and did."""
    accepted = commands = 0
    for seed in seeds:
        dice = random.Random(seed)
        source = mutated(dice.choice(CORPUS), CORPUS, dice)
        began = time.process_time()
        try:
            checked = check(source, "mutated.toml", CALENDARS)
            # A blank at which no line breaks, as in "70 %", may be quoted: it is a blank.
            told = [str(fault).replace("\u00a0", " ") for fault in checked.faults]
            assert all(each.isprintable() for each in told)
            if checked.workflow is not None:
                accepted += 1
                commands += sum(drive(checked.workflow, dice) for _ in range(3))
        except Exception as error:
            error.add_note(f"seed {seed}; the file:\n{source.decode(errors='backslashreplace')}")
            raise
        assert time.process_time() - began < SECONDS, seed
    return accepted, commands


@pytest.mark.parametrize("begin", [0, 1_000])
def test_a_mutated_file_is_refused_with_faults_or_runs(begin: int) -> None:
    """No error but the declared ones; explain says what firing does; the records lead to the case."""
    accepted, commands = fuzz(range(begin, begin + 120))
    assert accepted >= 8, "too few mutations are accepted for their driving to say anything"
    assert commands >= 100


@pytest.mark.soak
@pytest.mark.parametrize("begin", range(10_000, 40_000, 1_000))
def test_so_are_thirty_thousand(begin: int) -> None:
    fuzz(range(begin, begin + 1_000))


@pytest.mark.parametrize("source", SMALL)
def test_the_small_workflows_are_in_order(source: str) -> None:
    """Else their mutations would hardly be accepted."""
    assert not check(source.encode(), "small.toml", CALENDARS).errors
