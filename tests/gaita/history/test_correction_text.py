"""What was entered late or put right, in words: who, which entries, as of when, and what became of it."""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import pytest

from gaita.clock import ManualClock
from gaita.correction import Amend, Insert, Undo
from gaita.history import RecordText, record_texts
from gaita.model.command import Fire
from gaita.runtime import Engine
from tests.gaita.building import COUNTER, T0

DAY = timedelta(days=1)
CHIEF: Any = {"actor": "uldis", "roles": ["chief"], "reason": "the register says so"}


@pytest.fixture
def case(engine: Engine, clock: ManualClock) -> Engine:
    """A case that missed its deadline, as far as was known on 15 March."""
    rules = '[corrections]\nby = "chief"\nlate_entry = "10 days"\nclosed_until = 2024-03-05\n'
    engine.deploy(COUNTER + rules)
    engine.start("case", instance="one")
    engine.fire("one", "add", {"by": 2}, actor="ilze")
    clock.advance(11 * DAY)
    engine.run_due()
    return engine


def told(engine: Engine, language: str = "en") -> Iterator[RecordText]:
    return record_texts(engine.workflow("case"), engine.history("one"), language)


def test_a_late_entry_tells_both_moments_and_what_it_puts_right(case: Engine) -> None:
    case.fire("one", "go", actor="ilze", on=date(2024, 3, 13))
    *_, late = told(case)
    assert (late.actor, late.what) == ("ilze", "Entry 5.1, made late: “Go”")
    assert late.on is not None
    assert late.on < late.at
    assert late.came_of_it == (
        "as of 13 March 2024",
        "“A” → “B”",
        "the deadline “Soon” was met",
        "deadline “Long”: Tuesday 2 April 2024",
        "2 notices would never have been written",
    )


def test_a_refusal_tells_as_of_when_it_was_asked_for(case: Engine) -> None:
    case.fire("one", "back", on=date(2024, 3, 13))
    *_, refused = told(case)
    assert refused.what == "Refused: “Back”"
    assert refused.came_of_it[0] == "as of 13 March 2024"
    assert refused.on is not None


def test_a_correction_tells_what_it_did_to_which_entries_and_what_became_of_the_deadlines(
    case: Engine, clock: ManualClock
) -> None:
    case.fire("one", "go", actor="ilze")
    before = [each.sentence("UTC", "en") for each in told(case)]
    clock.advance(DAY)
    edits = (
        Amend("2", Fire("add", {"by": 3}, "anna")),
        Undo("5"),
        Insert(Fire("go", {}, "anna"), T0 + 9 * DAY),
    )
    case.corrections.correct("one", *edits, override=True, **CHIEF)
    *earlier, correction = told(case)
    assert [each.sentence("UTC", "en") for each in earlier] == before
    assert (correction.actor, correction.what, correction.on) == ("uldis", "Correction", None)
    assert correction.came_of_it == (
        "entry 2: “Add” with By: 3, by anna, instead of “Add” with By: 2, by ilze",
        "taken back: entry 5, “Go”, by ilze",
        "entry 6.1 made, as of 13 March 2024 at 11:00: “Go”, by anna",
        "Count: 2 → 3",
        "the deadline “Soon” was met; it had counted as missed",
        "the deadline “Long” should never have been: it is annulled",
        "deadline “Long”: Tuesday 2 April 2024",
        "2 notices would never have been written",
        "behind what was reported on already, as was asked for expressly",
        "reason: the register says so",
    )
    *_, latvian = told(case, "lv")
    assert latvian.what == "Labojums"


def test_a_case_says_how_often_it_was_put_right_whatever_happens_to_it_later(case: Engine) -> None:
    assert case.get("one").corrected == 0
    case.fire("one", "go", on=date(2024, 3, 13))
    case.corrections.correct("one", Undo("5.1"), **CHIEF)
    case.fire("one", "add", {"by": 1})
    assert case.get("one").corrected == 2
    assert case.verify().sound
