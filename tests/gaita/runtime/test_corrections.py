"""A life can be put right: what was entered late, or wrongly."""

from datetime import date, timedelta, timezone
from typing import Any

import pytest

from gaita.clock import ManualClock
from gaita.correction import Amend, Insert, Undo
from gaita.errors import KeyReused, MalformedCommand, PlanChanged, UnknownEvent
from gaita.model.command import Fire, SetData, Start
from gaita.runtime import Engine
from tests.gaita.building import COUNTER, T0
from tests.gaita.delivery.delivering import Told, always, outbox_of, routes_of
from tests.gaita.runtime.counting import LATVIA, PERMIT, latvia

DAY = timedelta(days=1)
RULES = COUNTER + '[corrections]\nby = "chief"\nlate_entry = "10 days"\nclosed_until = 2024-02-29\n'
CHIEF: Any = {"actor": "uldis", "roles": ["chief"], "reason": "the register says so"}


@pytest.fixture
def case(engine: Engine, clock: ManualClock) -> Engine:
    """A case that was to go on by 14 March, of which nothing was entered until the 15th."""
    engine.deploy(RULES)
    engine.start("case", instance="one")
    engine.fire("one", "add", {"by": 2})
    clock.advance(8 * DAY)
    engine.run_due()  # the reminder
    clock.advance(3 * DAY)
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


EXTENSION = 'within = "10 days"\nextend_by = "chief"\nextend_at_most = "30 days"'
EXTENDED = RULES.replace('within = "10 days"', EXTENSION)


def test_a_reminder_that_waits_again_after_a_late_extension_is_sent_again(
    engine: Engine, clock: ManualClock
) -> None:
    engine.deploy(EXTENDED)
    engine.start("case", instance="one")
    clock.advance(9 * DAY)
    engine.run_due()
    assert [each.message.id for each in engine.outbox.messages()] == ["one/1/0/clerk"]
    extended = engine.extend("one", "a.soon", "10 days", "asked", actor="u", roles=["chief"], on=T0 + 7 * DAY)
    assert extended.accepted
    clock.advance(60 * DAY)
    assert engine.run_due().timers > 0
    ids = [each.message.id for each in engine.outbox.messages()]
    assert len(set(ids)) == len(ids)
    assert "one/1/10000/clerk" in ids
    assert engine.verify().sound
    assert engine.deadlines.account().balanced


def test_a_start_that_was_amended_is_amended_again(case: Engine) -> None:
    for days in (1, 2):
        assert case.corrections.correct("one", Amend("1", at=T0 - days * DAY), **CHIEF).accepted
    assert case.get("one").started_at == T0 - 2 * DAY
    other = Amend("1", command=Start("another", {"count": 5}))
    assert case.corrections.correct("one", other, **CHIEF).accepted
    assert (case.get("one").id, case.get("one").data["count"]) == ("one", 7)
    assert case.corrections.first_difference("one") is None
    assert case.verify().sound


def test_what_a_timer_did_late_by_itself_is_left_where_it_was(engine: Engine, clock: ManualClock) -> None:
    engine.deploy(
        RULES.replace('escalate = [{ to = "clerk" }, { after', 'escalate = [{ fire = "go" }, { after')
    )
    engine.start("case", instance="one", data={"count": 2})
    clock.advance(20 * DAY)
    engine.run_due()  # only now: it goes on to b
    before = engine.get("one")
    assert before.state == "b"
    made = engine.corrections.correct("one", Insert(Fire("add", {"by": 1}), T0 + 15 * DAY), **CHIEF)
    assert made.accepted
    after = engine.get("one")
    assert (after.since, after.deadlines) == (before.since, before.deadlines)


def test_a_case_that_was_taken_over_has_entries_from_before(engine: Engine, clock: ManualClock) -> None:
    engine.deploy(RULES)
    engine.start("case", instance="one", state="a", since=T0 - 5 * DAY, reason="the register")
    assert engine.fire("one", "add", {"by": 1}, on=T0 - 3 * DAY).accepted
    with pytest.raises(MalformedCommand, match="lies before the case began"):
        engine.fire("one", "add", {"by": 1}, on=T0 - 6 * DAY)
    assert engine.verify().sound


@pytest.mark.parametrize(
    "edit",
    [
        Insert(Fire("add", {"by": 1}, "engine"), T0),
        Insert(Fire("add", {"by": "x"}), T0),
        Insert(Fire("nope"), T0),
        Insert("close", T0),  # type: ignore[arg-type]
        Insert(Fire("add", {"by": 1}), "2024"),  # type: ignore[arg-type]
        Insert(SetData({"zz": 1}), T0),
        "undo",
        None,
    ],
    ids=str,
)
def test_an_edit_is_checked_as_the_command_itself_would_be(case: Engine, edit: Any) -> None:  # noqa: ANN401
    with pytest.raises((MalformedCommand, UnknownEvent)):
        case.corrections.plan("one", edit)


def test_a_key_is_of_the_command_and_the_moment_it_was_asked_for(case: Engine) -> None:
    case.fire("one", "add", {"by": 1}, on=T0 + DAY, key="k")
    assert case.fire("one", "add", {"by": 1}, on=T0 + DAY, key="k").repeated
    with pytest.raises(KeyReused):
        case.fire("one", "add", {"by": 1}, on=T0 + 2 * DAY, key="k")
    assert case.verify().sound


def test_a_plan_that_is_stopped_has_a_digest_of_its_own(case: Engine) -> None:
    case.fire("one", "go")
    plan = case.corrections.plan("one", Undo("2"))
    assert plan.stops
    made = case.corrections.correct("one", Undo("2"), plan=plan.digest, **CHIEF)
    assert (made.accepted, made.ground) == (False, "upset")


def test_what_the_past_refused_and_the_present_would_allow_changes_nothing_later_on(
    case: Engine, clock: ManualClock
) -> None:
    case.fire("one", "go")
    assert not case.fire("one", "back", roles=["clerk"], on=date(2024, 3, 13)).accepted
    clock.advance(DAY)
    assert case.fire("one", "add", {"by": 1}).accepted
    assert case.fire("one", "add", {"by": 1}, on=T0 + 12 * DAY - timedelta(hours=1)).accepted
    assert case.verify().sound
    assert case.corrections.first_difference("one") is None


def test_a_case_whose_start_was_amended_is_counted_by_every_calendar_since(
    url: str, clock: ManualClock
) -> None:
    engine = Engine(url, clock=clock, calendars=(LATVIA,))
    engine.migrate()
    engine.deploy(PERMIT + '[corrections]\nby = "chief"\n')
    for name in ("right", "wrong"):
        engine.start("permit", instance=name)
    clock.advance(DAY)
    closing = Engine(url, clock=clock, calendars=(latvia("2024-03-08"),))
    (plan,) = closing.calendars.diff()
    closing.calendars.apply(plan.digest)
    closing.close()
    clock.advance(DAY)
    moved = timezone(timedelta(hours=2))
    amend = Amend("1", at=(T0 - timedelta(minutes=5)).astimezone(moved))
    assert engine.corrections.correct("wrong", amend, **CHIEF).accepted
    dues = {name: [each.due for each in engine.get(name).deadlines] for name in ("right", "wrong")}
    assert dues["wrong"] == dues["right"]
    assert engine.verify().sound
    assert engine.corrections.first_difference("wrong") is None
    engine.close()
