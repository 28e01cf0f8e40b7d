"""Receipts: what a command did to deadlines, what lies in the past, and what a repetition repeats."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from gaita import asked_text, public_calendar
from gaita.clock import ManualClock
from gaita.runtime import Engine, Receipt
from tests.gaita.building import COUNTER, T0, heading

CLERK = ["clerk"]
DATED = (
    heading(past_timers="skip", calendar="LV")
    + """
[data.ends_on]
type = "date"
by = "clerk"
[roles.clerk]
[roles.chief]
[states.a.deadlines.legal]
at = "data.ends_on"
remind = [{ before = "7 days", to = "clerk" }]
escalate = [{ to = "clerk" }, { after = "10 days", fire = "lapse" }]
[states.a.deadlines.review]
within = "20 days"
pause_by = "clerk"
extend_by = "clerk"
extend_at_most = "10 days"
remind = [{ before = "7 days", to = "clerk" }]
escalate = [{ to = "clerk" }, { after = "10 days", to = "chief" }]
[states.a.deadlines.far]
within = "3000 working days"
escalate = [{ to = "clerk" }]
[states.end]
final = true
[events.lapse]
[events.finish]
[[transitions]]
event = "lapse"
from = "a"
to = "end"
[[transitions]]
event = "finish"
from = "a"
to = "end"
"""
)


@pytest.fixture
def dated(url: str, clock: ManualClock) -> Iterator[Engine]:
    made = Engine(url, clock=clock, calendars=[public_calendar("LV")])
    made.migrate()
    made.deploy(DATED)
    yield made
    made.close()


def told(receipt: Receipt) -> list[tuple[str, str, str | None]]:
    """Return the changes of a receipt: the kind, the deadline, and the day behind the one it is due with."""
    return [
        (each.kind, each.rule.removeprefix("a."), None if each.due is None else f"{each.due:%Y-%m-%d}")
        for each in receipt.deadlines
    ]


def test_a_start_tells_every_deadline_that_it_arms(dated: Engine) -> None:
    receipt = dated.start("case", instance="one")
    assert told(receipt)[0] == ("armed", "review", "2024-03-24")
    assert [each.provisional for each in receipt.deadlines] == [False, True]
    far = receipt.deadlines[-1]
    assert (far.held, far.past, far.at_once) == (1, False, ())


def test_a_date_that_is_set_tells_when_it_is_due_and_was_and_a_wrong_digit_that_it_is_past(
    dated: Engine,
) -> None:
    dated.start("case", instance="one")
    first = dated.set_data("one", {"ends_on": "2024-04-01"}, roles=CLERK)
    assert told(first) == [("armed", "legal", "2024-04-01")]
    assert (first.deadlines[0].was, first.deadlines[0].past) == (None, False)
    moved = dated.set_data("one", {"ends_on": "2024-05-01"}, roles=CLERK)
    assert told(moved) == [("armed", "legal", "2024-05-01")]
    assert moved.deadlines[0].was == first.deadlines[0].due
    wrong = dated.set_data("one", {"ends_on": "2023-05-01"}, roles=CLERK).deadlines[0]
    moments = dated.workflow("case").rules["a.legal"].moments
    assert (wrong.past, wrong.was) == (True, moved.deadlines[0].due)
    assert [moments[index].fire for index in wrong.at_once] == [None, "lapse"]
    assert [moments[index].kind for index in wrong.skipped] == ["reminder"]
    dated.run_due()
    assert dated.get("one").state == "end"


def test_an_adoption_tells_what_is_overdue_and_skipped(dated: Engine) -> None:
    receipt = dated.start("case", instance="old", since=T0 - timedelta(days=365), reason="paper")
    review = receipt.deadlines[0]
    assert (review.past, len(review.skipped), review.at_once) == (True, 3, ())


def test_what_is_paused_resumed_and_extended_says_when_it_is_due(dated: Engine, clock: ManualClock) -> None:
    dated.start("case", instance="one")
    assert told(dated.pause("one", "a.review", "waiting", roles=CLERK)) == [("paused", "review", None)]
    clock.advance(timedelta(days=3))
    resumed = dated.resume("one", "a.review", roles=CLERK)
    assert told(resumed) == [("resumed", "review", "2024-03-26")]
    extended = dated.extend("one", "a.review", "5 days", "more work", roles=CLERK)
    assert told(extended) == [("extended", "review", "2024-03-31")]
    assert extended.deadlines[0].was == resumed.deadlines[0].due
    clock.advance(timedelta(days=60))
    assert [each.kind for each in dated.fire("one", "finish").deadlines] == ["missed", "met"]


def test_an_accepted_event_carries_the_clauses_that_explain_told_before(engine: Engine) -> None:
    engine.start("case", instance="one")
    engine.fire("one", "add", {"by": 2})
    before = engine.explain("one", "go")
    receipt = engine.fire("one", "go", key="k")
    assert receipt.explanation == before == engine.fire("one", "go", key="k").explanation
    clause = receipt.explanation.candidates[-1].clauses[0]
    assert (clause.id, clause.verdict, dict(clause.read)) == ("enough", "holds", {"data.count": 2})


def test_a_repeated_command_says_which_it_repeats_and_what_that_did(
    engine: Engine, clock: ManualClock
) -> None:
    engine.start("case", instance="one")
    engine.fire("one", "add", {"by": 2}, actor="anna", key="k")
    first = engine.fire("one", "go", actor="anna", key="go")
    named = engine.set_data("one", {"name": "x"}, roles=CLERK, actor="anna", key="n")
    clock.advance(timedelta(days=50))
    again = engine.fire("one", "go", actor="anna", key="go")
    assert again.repeated
    assert (again.at, again.deadlines, again.moves) == (T0, first.deadlines, first.moves)
    assert [each.kind for each in again.deadlines] == ["met", "armed"]
    assert again.record is not None
    assert again.record.body["actor"] == "anna"
    workflow = engine.workflow("case")
    assert asked_text(workflow, again.record) == "“Go”"
    assert named.record is not None
    assert asked_text(workflow, named.record) == "Data changed, Name: x"


def test_a_refusal_that_was_recorded_before_has_no_record(engine: Engine, clock: ManualClock) -> None:
    engine.start("case", instance="one")
    assert engine.fire("one", "go").record is not None
    assert engine.fire("one", "go").record is None
    clock.advance(timedelta(days=8))
    assert engine.fire("one", "go").fired_first == 1


def test_a_deadline_armed_and_ended_by_one_command_is_left_out(url: str, clock: ManualClock) -> None:
    made = Engine(url, clock=clock)
    made.migrate()
    made.deploy(COUNTER + '[[transitions]]\nfrom = "a"\nto = "b"\nguard = "true"\n')
    assert told(made.start("case", instance="one")) == [("armed", "b.long", "2024-03-24")]
    made.close()
