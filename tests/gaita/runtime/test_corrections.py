"""A life can be put right: what was entered late, or wrongly."""

from datetime import date, timedelta
from typing import Any

import pytest

from gaita.clock import ManualClock
from gaita.correction import Amend, Insert, Undo
from gaita.errors import MalformedCommand, PlanChanged, UnknownEvent
from gaita.model.command import Fire
from gaita.runtime import Engine
from tests.gaita.building import COUNTER, T0
from tests.gaita.delivery.delivering import Told, always, outbox_of, routes_of

DAY = timedelta(days=1)
RULES = COUNTER + '[corrections]\nby = "chief"\nlate_entry = "10 days"\nclosed_until = 2024-02-29\n'
CHIEF: Any = {"actor": "uldis", "roles": ["chief"], "reason": "the register says so"}


@pytest.fixture
def case(engine: Engine, clock: ManualClock) -> Engine:
    """A case that was to go on by 14 March, of which nothing was entered until the 15th."""
    engine.deploy(RULES)
    engine.start("case", instance="one")
    engine.fire("one", "add", {"by": 2})
    clock.advance(11 * DAY)
    engine.run_due()
    return engine


def endings(engine: Engine) -> list[tuple[str, str | None]]:
    return [(each.rule, each.entries[-1].kind) for each in engine.deadlines.ledger("one")]


def test_a_letter_of_the_thirteenth_that_is_entered_on_the_fifteenth_was_in_time(case: Engine) -> None:
    receipt = case.fire("one", "go", on=date(2024, 3, 13))
    assert receipt.accepted
    assert receipt.state == "b"
    assert [(each.kind, each.rule) for each in receipt.deadlines] == [("met", "a.soon"), ("armed", "b.long")]
    (soon, long) = case.deadlines.account().lines
    assert (soon.met, soon.missed, soon.overdue) == (1, 0, 0)
    assert long.open == 1
    found = case.verify()
    assert found.sound, found.findings
    assert case.corrections.first_difference("one") is None


def test_a_case_that_was_put_right_says_so_also_after_it_went_on(case: Engine) -> None:
    case.fire("one", "go", on=date(2024, 3, 13))
    case.fire("one", "add", {"by": 1})
    assert case.get("one").corrected == 1
    assert case.verify().sound


def test_what_would_not_have_been_allowed_then_is_refused_with_the_same_explanation(case: Engine) -> None:
    receipt = case.fire("one", "back", on=date(2024, 3, 13))
    assert (receipt.accepted, receipt.explanation.ground) == (False, "no_transition")
    assert case.history("one")[-1].body["kind"] == "refused"
    assert case.verify().sound
    assert case.corrections.first_difference("one") is None


def test_a_day_on_which_a_deadline_is_due_asks_for_the_time(engine: Engine, clock: ManualClock) -> None:
    engine.deploy(RULES.replace('within = "10 days"', 'within = "240 hours"'))
    engine.start("case", instance="one", data={"count": 2})
    clock.advance(11 * DAY)
    with pytest.raises(MalformedCommand, match=r"a\.soon is due on 2024-03-14 itself"):
        engine.fire("one", "go", on=date(2024, 3, 14))
    assert engine.fire("one", "go", on=T0 + 9 * DAY).accepted


def test_the_future_is_not_entered(case: Engine) -> None:
    with pytest.raises(MalformedCommand, match="lies in the future"):
        case.fire("one", "go", on=date(2024, 3, 17))


def test_further_back_than_a_late_entry_may_is_a_matter_of_a_correction(case: Engine) -> None:
    receipt = case.fire("one", "go", on=T0 + timedelta(minutes=1))
    assert (receipt.accepted, receipt.explanation.ground) == (False, "too_late")
    made = case.corrections.correct("one", Insert(Fire("go"), T0 + timedelta(minutes=1)), **CHIEF)
    assert made.accepted
    assert case.get("one").state == "b"
    assert case.verify().sound


def test_an_entry_that_upsets_a_later_one_is_a_matter_of_a_correction(
    case: Engine, clock: ManualClock
) -> None:
    case.fire("one", "go")
    clock.advance(DAY)
    receipt = case.fire("one", "finish", on=T0 + 9 * DAY)
    assert (receipt.accepted, receipt.explanation.ground) == (False, "upset")


def test_only_whom_the_workflow_names_may_correct(case: Engine) -> None:
    case.fire("one", "go")
    refused = case.corrections.correct("one", Undo("5"), actor="ilze", roles=["clerk"], reason="a mistake")
    assert (refused.accepted, refused.ground, refused.by) == (False, "role", ("chief",))
    assert case.get("one").state == "b"


def test_an_entry_is_taken_back_and_taking_that_back_restores_it(case: Engine, clock: ManualClock) -> None:
    case.fire("one", "go", actor="ilze", key="k")
    before = case.get("one")
    clock.advance(DAY)
    made = case.corrections.correct("one", Undo("5"), **CHIEF)
    assert made.accepted
    assert case.get("one").state == "a"
    assert endings(case) == [("a.soon", "due"), ("b.long", "annulled")]
    assert case.deadlines.account().lines[1].annulled == 1
    assert case.deadlines.account().balanced
    again = case.corrections.correct("one", Insert(Fire("go", {}, "ilze"), before.since), **CHIEF)
    assert again.accepted
    after = case.get("one")
    assert (after.state, after.since, after.deadlines) == (before.state, before.since, before.deadlines)
    found = case.verify()
    assert found.sound, found.findings
    assert case.corrections.first_difference("one") is None


def test_a_plan_is_carried_out_as_it_was_shown_or_not_at_all(case: Engine, clock: ManualClock) -> None:
    case.fire("one", "go")
    plan = case.corrections.plan("one", Amend("5", at=T0 + 8 * DAY))
    met = plan.deadlines[0]
    assert (met.after.rule, met.was, met.ending) == ("a.soon", "missed", "met")
    case.fire("one", "add", {"by": 1})
    with pytest.raises(PlanChanged):
        case.corrections.correct("one", Amend("5", at=T0 + 8 * DAY), plan=plan.digest, **CHIEF)
    fresh = case.corrections.plan("one", Amend("5", at=T0 + 8 * DAY))
    assert case.corrections.correct(
        "one", Amend("5", at=T0 + 8 * DAY), plan=fresh.digest[:12], **CHIEF
    ).accepted
    (soon, _) = case.deadlines.account().lines
    assert (soon.met, soon.restated, soon.missed) == (1, 1, 0)


def test_a_plan_is_the_same_when_it_is_carried_out_later(case: Engine, clock: ManualClock) -> None:
    case.fire("one", "go")
    plan = case.corrections.plan("one", Amend("5", at=T0 + 8 * DAY))
    clock.advance(DAY)
    made = case.corrections.correct("one", Amend("5", at=T0 + 8 * DAY), plan=plan.digest, **CHIEF)
    assert made.accepted


def test_the_key_of_a_late_entry_gives_the_same_answer_again(case: Engine, clock: ManualClock) -> None:
    first = case.fire("one", "go", on=date(2024, 3, 13), key="k")
    clock.advance(DAY)
    again = case.fire("one", "go", on=date(2024, 3, 13), key="k")
    assert (again.repeated, again.state, again.moves) == (True, first.state, first.moves)
    assert again.deadlines == first.deadlines


def test_what_is_wrong_with_a_late_entry_itself_is_told_as_of_any_other(case: Engine) -> None:
    with pytest.raises(UnknownEvent):
        case.fire("one", "gone", on=date(2024, 3, 13))
    with pytest.raises(MalformedCommand, match="by"):
        case.fire("one", "add", {"by": "two"}, on=date(2024, 3, 13))


def test_behind_what_was_reported_on_only_an_override_reaches(engine: Engine, clock: ManualClock) -> None:
    engine.deploy(RULES.replace("2024-02-29", "2024-04-03"))
    engine.start("case", instance="one", data={"count": 2})
    clock.advance(30 * DAY)
    engine.fire("one", "go")
    refused = engine.corrections.correct("one", Undo("5"), **CHIEF)
    assert refused.ground == "closed"
    assert engine.corrections.correct("one", Undo("5"), override=True, **CHIEF).accepted


def delivered(case: Engine) -> list[tuple[str, str, str | None]]:
    """Return what is handed over now: the kind, the role, and the words of whoever put it right."""
    channel = Told()
    outbox_of(case).deliver(routes_of(channel))
    return [(each.message.kind, each.message.to, each.message.words) for each in channel.notices]


def test_who_was_told_something_wrong_is_told_the_difference_once(case: Engine, clock: ManualClock) -> None:
    assert [each[:2] for each in delivered(case)] == [("reminder", "clerk"), ("due", "clerk")]
    case.fire("one", "go", on=date(2024, 3, 13), notice="The letter lay in another tray.")
    assert delivered(case) == [("restated", "clerk", "The letter lay in another tray.")]
    assert delivered(case) == []
    clock.advance(DAY)
    made = case.corrections.correct("one", Undo("5.1"), notice="It was another case.", **CHIEF)
    assert made.accepted
    assert delivered(case) == [("restated", "clerk", "It was another case.")]
    found = case.verify()
    assert found.sound, found.findings
    assert case.corrections.first_difference("one") is None


def test_what_was_tried_once_may_have_been_read(case: Engine) -> None:
    channel = Told()
    channel.before = always(ConnectionError("no answer"))
    outbox_of(case).deliver(routes_of(channel))
    case.fire("one", "go", on=date(2024, 3, 13))
    assert [each.reason for each in case.outbox.list(state="dropped")] == [
        "it would never have been written, by record 5 of one"
    ]
    assert [each[0] for each in delivered(case)] == ["restated"]
    assert case.verify().sound


def test_what_nobody_can_have_read_is_withdrawn_and_told_to_nobody(case: Engine) -> None:
    case.fire("one", "go", on=date(2024, 3, 13), notice="Nobody was told anything.")
    assert [each[:2] for each in delivered(case)] == [("reminder", "clerk")]
    assert case.verify().sound
