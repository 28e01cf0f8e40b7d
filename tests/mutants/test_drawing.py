"""Drawing mutants: fairly, the same ones by the same seed, and none that would tell nothing."""

from pathlib import Path
from random import Random

import pytest

from tests.mutants.drawing import draw

SOURCE = """\
@dataclass(frozen=True)
class Amount:
    days: int = 3


def longer(one: Amount, *, other: Amount) -> bool:
    if one.days > other.days and other.name == "x":
        return True
    return dict(**one.parts, days=zip(one, other, strict=True))
"""


@pytest.fixture
def module(tmp_path: Path) -> Path:
    path = tmp_path / "amount.py"
    path.write_text(SOURCE, encoding="utf-8")
    return path


def test_the_same_seed_draws_the_same_mutants_and_each_place_once(module: Path) -> None:
    drawn = draw([module], 5, Random(7))
    assert drawn == draw([module], 5, Random(7))
    assert len({(each.line, each.operator) for each in drawn}) == 5
    assert draw([module], 100, Random(1)) != draw([module], 100, Random(2))


def test_no_mutant_is_drawn_that_would_tell_nothing(module: Path) -> None:
    """Neither what is no Python, nor a declaration, nor an order of words."""
    found = [each for seed in range(40) for each in draw([module], 100, Random(seed))]
    assert {each.line for each in found} == {3, 7, 8}
    words = {each.changed[1] for each in found if 'other.name == "x"' not in each.after}
    assert words == {'if one.days > other.days and other.name != "x":'}


def test_a_mutant_knows_the_function_that_it_changes(module: Path) -> None:
    places = {each.line: (each.is_in_a_function, each.first_lines) for each in draw([module], 100, Random(1))}
    assert places == {3: (False, [6]), 7: (True, [6]), 8: (True, [6])}
