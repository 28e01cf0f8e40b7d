"""gaita demo: short enough to read, and every command that it names shows something."""

import shlex
from collections.abc import Iterator
from contextlib import chdir
from pathlib import Path

import pytest
from click.testing import CliRunner

from gaita_adapters.command_line.main import gaita

MOST_LINES = 145


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[str]]:
    """What the demonstration prints, in a folder that stays the present one."""
    folder: Path = tmp_path_factory.mktemp("demo")
    with chdir(folder):
        yield CliRunner().invoke(gaita, ["demo"], env={"GAITA_SETTINGS": None}).stdout.splitlines()


def commands(shown: list[str]) -> list[list[str]]:
    begin = next(number for number, line in enumerate(shown) if line.startswith("Look further"))
    return [shlex.split(line)[1:] for line in shown[begin + 1 :] if not line.startswith("#")]


def test_it_fits_on_a_few_screens(shown: list[str]) -> None:
    assert 60 < len(shown) <= MOST_LINES


def test_it_shows_each_thing_that_it_speaks_of(shown: list[str]) -> None:
    text = "\n".join(shown)
    for told in (
        "form-helper: lab asked for start_field_pilot",
        "As recorded: 24 of 26 (accepting all: 25)",
        "Forecasts: 281 = 13 kept, 51 late",
        "armed = met + missed + superseded + withdrawn + annulled + open",
        "2022-10-08 00:00  missed, 84 days late",
        "the deadline “Decision on the idea” was met; it had counted as missed",
        "Inovācijas laboratorijas vadītājs",
        "Plūdus pamana tikai tad, kad tie jau sākušies",
    ):
        assert told in text


def test_every_command_that_it_names_shows_something(shown: list[str]) -> None:
    found = commands(shown)
    assert len(found) >= 6
    for arguments in found:
        answered = CliRunner().invoke(gaita, arguments, env={"GAITA_SETTINGS": None})
        assert answered.exit_code in {0, 3}, f"{arguments}: {answered.output}"  # 3: explained, and refused
        assert len(answered.stdout.splitlines()) > 1, arguments
        last = "mēģinājuma pēdējais brīdis" if "lv" in arguments else "the rehearsal's last moment"
        assert last in answered.stderr


def test_what_it_looks_at_is_not_overdue_by_todays_clock(shown: list[str]) -> None:
    answered = CliRunner().invoke(gaita, commands(shown)[0], env={"GAITA_SETTINGS": None}).stdout
    lines = answered.splitlines()
    assert sum("overdue" in line for line in lines[1:]) == 1
    assert len(lines) > 10
