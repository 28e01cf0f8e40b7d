"""Deadlines: armed on entry, kept inside their scope, ended once; timers fire once, never early."""

from datetime import timedelta

import pytest

from gaita.errors import EndlessMoves
from gaita.history import replay
from gaita.history.record import GENESIS, chain
from gaita.model.command import Fire, FireTimer
from gaita.model.outcome import Accepted, Outcome
from gaita.step import Facts, explain, fire_due_timers, possibilities, step
from tests.gaita.building import COUNTER, HEAD, T0, Life, at, endings, heading, workflow

ROLES = """
[roles.clerk]
[roles.chief]
"""


def fired(outcomes: list[Outcome]) -> list[tuple[str, str]]:
    """Return the kind and recipient of each message."""
    return [(m.kind, m.to) for each in outcomes if isinstance(each, Accepted) for m in each.messages]


def test_a_deadline_is_armed_on_entry_with_all_its_timers() -> None:
    (deadline,) = Life(workflow(COUNTER)).instance.deadlines
    # Ten days from a Monday: the end of Thursday the 14th, Riga time.
    assert deadline.due == at("2024-03-14T22:00")
    assert [timer.due for timer in deadline.timers] == [
        at("2024-03-11T22:00"),
        at("2024-03-14T22:00"),
        at("2024-03-19T22:00"),
    ]


def test_reminder_due_and_rung_fire_in_order_each_once() -> None:
    life = Life(workflow(COUNTER))
    assert life.fire_due(at("2024-03-11T21:59:59")) == []
    outcomes = life.fire_due(at("2024-03-11T22:00"))
    assert fired(outcomes) == [("reminder", "clerk")]
    assert life.fire_due(at("2024-03-11T22:00")) == []
    assert fired(life.fire_due(at("2024-04-01T00:00"))) == [("due", "clerk"), ("rung", "chief")]
    assert life.fire_due(at("2030-01-01T00:00")) == []


def test_lateness_is_recorded() -> None:
    life = Life(workflow(COUNTER))
    (outcome,) = life.fire_due(at("2024-03-11T23:30"))
    assert isinstance(outcome, Accepted)
    assert [end.late for end in outcome.timers] == [timedelta(minutes=90)]


def test_a_timer_is_never_fired_before_its_moment() -> None:
    life = Life(workflow(COUNTER))
    with pytest.raises(ValueError, match="no due timer"):
        step(life.workflow, life.instance, FireTimer(1, 0), Facts(T0))


def test_leaving_in_time_meets_it_and_leaving_late_misses_it() -> None:
    life = Life(workflow(COUNTER), data={"count": 2})
    moved = life.taken("go", at("2024-03-14T21:59"))
    assert endings(moved) == [("a.soon", "met")]
    assert {end.ending for end in moved.timers} == {"cancelled"}
    life = Life(workflow(COUNTER), data={"count": 2})
    # At the very moment it is due the timer goes first: the deadline is missed.
    moved = life.taken("go", at("2024-03-14T22:00"))
    assert endings(moved) == [("a.soon", "missed")]
    assert fired(life.outcomes) == [("reminder", "clerk"), ("due", "clerk")]


def test_an_internal_move_does_not_touch_the_deadline() -> None:
    life = Life(workflow(COUNTER))
    before = life.instance.deadlines
    assert life.taken("add", by=1).after.deadlines == before


SCOPED = workflow(
    heading(initial="out")
    + ROLES
    + """
[states.out]
initial = "one"
[states.out.deadlines.whole]
within = "10 days"
escalate = [{ to = "clerk" }]
[states.out.states.one]
[states.out.states.one.deadlines.part]
within = "5 days"
escalate = [{ to = "clerk" }]
[states.out.states.two]
[states.b]
[states.end]
final = true
[events.inside]
[events.anew]
[events.leave]
[events.finish]
[[transitions]]
event = "inside"
from = "out/one"
to = "out/two"
[[transitions]]
event = "anew"
from = "out"
to = "out"
[[transitions]]
event = "leave"
from = "out"
to = "b"
[[transitions]]
event = "finish"
from = "any"
to = "end"
"""
)


def test_moves_inside_a_scope_keep_its_deadline_and_end_the_inner_one() -> None:
    life = Life(SCOPED)
    whole = life.instance.deadlines[0]
    moved = life.taken("inside")
    assert endings(moved) == [("out.part", "met")] or endings(moved) == [("out/one.part", "met")]
    assert moved.after.deadlines == (whole,)


def test_entering_the_scope_anew_re_arms_it() -> None:
    life = Life(SCOPED)
    life.taken("inside")
    moved = life.taken("anew", T0 + timedelta(days=2))
    assert len(moved.ended) == 1
    assert [each.since for each in moved.armed] == [T0 + timedelta(days=2)] * 2


def test_leaving_the_scope_ends_everything_in_it() -> None:
    moved = Life(SCOPED).taken("leave")
    assert len(moved.ended) == 2
    assert moved.after.deadlines == ()


POINTS = workflow(
    heading(horizon="2024-06-30")
    + ROLES
    + """
[data.month]
type = "month"
by = "clerk"
[data.day]
type = "date"
by = "clerk"
[data.instant]
type = "moment"
by = "clerk"
[states.a]
[states.a.deadlines.by_month]
at = "data.month"
escalate = [{ to = "clerk" }]
[states.a.deadlines.by_day]
at = "data.day"
remind = [{ before = "7 days", to = "clerk" }]
escalate = [{ to = "clerk" }, { after = "1 year", to = "chief" }]
[states.a.deadlines.by_instant]
at = "data.instant"
escalate = [{ to = "clerk" }]
[states.a.deadlines.long]
within = "3 years"
escalate = [{ to = "clerk" }]
[states.a.deadlines.last]
at = "horizon"
escalate = [{ to = "clerk" }]
[states.a.deadlines.fixed]
at = 2024-05-01
escalate = [{ to = "clerk" }]
[states.end]
final = true
[events.shift]
payload = { to = { type = "date" } }
[events.finish]
[[transitions]]
event = "shift"
from = "a"
set = { day = "event.to" }
[[transitions]]
event = "finish"
from = "any"
to = "end"
"""
)
END = at("2024-06-30T21:00")


def due(life: Life) -> dict[str, object]:
    return {each.rule.partition(".")[2]: each.due for each in life.instance.deadlines}


def test_a_deadline_whose_field_is_not_set_is_not_armed() -> None:
    assert set(due(Life(POINTS))) == {"long", "last", "fixed"}


def test_dates_months_and_moments_give_their_end() -> None:
    life = Life(POINTS, data={"month": "2024-04", "day": "2024-04-10", "instant": "2024-04-10T12:00:00Z"})
    assert due(life) == {
        "by_month": at("2024-04-30T21:00"),
        "by_day": at("2024-04-10T21:00"),
        "by_instant": at("2024-04-10T12:00"),
        "long": END,
        "last": END,
        "fixed": at("2024-05-01T21:00"),
    }


def test_what_runs_past_the_horizon_is_clipped_to_it_and_recorded_so() -> None:
    life = Life(POINTS, data={"day": "2024-06-20"})
    clipped = {each.rule.partition(".")[2]: each.clipped for each in life.instance.deadlines}
    assert clipped == {"by_day": False, "long": True, "last": False, "fixed": False}
    by_day = next(each for each in life.instance.deadlines if each.rule == "a.by_day")
    assert by_day.timers[-1].due == END  # the rung a year later


def test_a_change_of_its_field_supersedes_and_clearing_it_withdraws() -> None:
    life = Life(POINTS, data={"day": "2024-04-10"})
    changed = life.set(roles="clerk", day="2024-04-20")
    assert isinstance(changed, Accepted)
    assert endings(changed) == [("a.by_day", "superseded")]
    assert {end.ending for end in changed.timers} == {"superseded"}
    assert [each.due for each in changed.armed] == [at("2024-04-20T21:00")]
    moved = life.taken("shift", to="2024-04-25")
    assert endings(moved) == [("a.by_day", "superseded")]
    cleared = life.set(roles="clerk", day=None)
    assert endings(cleared) == [("a.by_day", "withdrawn")]
    assert "by_day" not in due(life)


def test_the_same_value_again_changes_no_deadline() -> None:
    life = Life(POINTS, data={"day": "2024-04-10"})
    before = life.instance.deadlines
    assert life.set(roles="clerk", day="2024-04-10").after.deadlines == before


def test_reminders_already_past_at_arming_are_cancelled_and_accounted() -> None:
    life = Life(POINTS)
    changed = life.set(roles="clerk", day="2024-03-08")
    assert isinstance(changed, Accepted)
    assert [(end.index, end.ending) for end in changed.timers] == [(0, "cancelled")]
    assert [timer.index for timer in changed.armed[0].timers] == [1, 2]


LADDER = """
[states.a]
[states.a.deadlines.soon]
within = "10 days"
remind = [{ before = "3 days", to = "clerk" }]
escalate = [
  { to = "clerk" },
  { after = "5 days", to = "chief", fire = "go" },
  { after = "9 days", to = "chief" },
]
[states.b]
[states.b.deadlines.next]
within = "10 days"
escalate = [{ to = "clerk" }]
[states.end]
final = true
[events.go]
[events.finish]
[[transitions]]
event = "go"
from = "a"
to = "b"
by = "chief"
guard = [{ id = "open", check = "data.open" }]
[[transitions]]
event = "finish"
from = "any"
to = "end"
"""
DATA = """
[data.open]
type = "boolean"
default = true
"""
CLIMB = workflow(HEAD + DATA + ROLES + LADDER)


def test_a_rung_fires_its_event_whatever_its_roles_and_the_rest_is_cancelled() -> None:
    life = Life(CLIMB)
    now = at("2024-03-19T22:00")
    outcome = life.fire_due(now)[-1]
    assert isinstance(outcome, Accepted)
    assert outcome.after.state == "b"
    assert endings(outcome) == [("a.soon", "missed")]
    assert [(end.index, end.ending) for end in outcome.timers] == [(2, "fired"), (3, "cancelled")]


def test_a_state_entered_by_a_late_timer_is_entered_now() -> None:
    life = Life(CLIMB)
    late = at("2024-06-01T12:00")
    life.fire_due(late)
    assert life.instance.since == late
    assert life.instance.deadlines[0].due == at("2024-06-11T21:00")


def test_what_is_explained_is_the_instance_as_its_due_timers_leave_it() -> None:
    life = Life(CLIMB)
    late = Facts(at("2024-06-01T12:00"))
    assert explain(CLIMB, life.instance, Fire("finish"), late).state == "b"
    assert set(possibilities(CLIMB, life.instance, None, late)) == {"finish"}


def test_a_rung_whose_event_is_refused_has_fired_and_is_trouble_without_retry() -> None:
    life = Life(CLIMB, data={"open": False})
    outcome = life.fire_due(at("2024-03-19T22:00"))[-1]
    assert isinstance(outcome, Accepted)
    assert outcome.explanation.ground == "guard"
    assert outcome.trouble is not None
    assert [(end.index, end.ending) for end in outcome.timers] == [(2, "fired")]
    assert life.fire_due(at("2024-03-19T22:00")) == []
    assert life.instance.state == "a"


@pytest.mark.parametrize(("policy", "messages"), [("skip", 0), ("fire", 3)])
def test_adoption_skips_or_fires_timers_already_past(policy: str, messages: int) -> None:
    text = COUNTER.replace('"Europe/Riga"', f'"Europe/Riga"\npast_timers = "{policy}"', 1)
    life = Life(workflow(text), since=T0 - timedelta(days=60))
    assert life.instance.deadlines[0].since == T0 - timedelta(days=60)
    started = life.outcomes[0]
    assert isinstance(started, Accepted)
    assert len(started.timers) == 3 - messages
    assert len(fired(life.fire_due(T0))) == messages
    assert endings(life.taken("finish")) == [("a.soon", "missed")]


def test_timers_go_in_order_of_due_then_declaration() -> None:
    life = Life(POINTS, data={"month": "2024-04", "day": "2024-04-30"})
    rules = {each.number: each.rule for each in life.instance.deadlines}
    order = [each.command for each in life.fire_due(at("2024-05-01T21:00"))]
    named = [rules[each.deadline] for each in order if isinstance(each, FireTimer)]
    assert named == ["a.by_day", "a.by_month", "a.by_day", "a.fixed"]


PING = workflow(
    HEAD
    + ROLES
    + """
[states.a]
[states.a.deadlines.x]
at = 2024-01-01
escalate = [{ fire = "go" }]
[states.end]
final = true
[events.go]
[events.finish]
[[transitions]]
event = "go"
from = "a"
to = "a"
[[transitions]]
event = "finish"
from = "any"
to = "end"
"""
)


def test_timers_that_set_one_another_without_end_raise() -> None:
    life = Life(PING)
    with pytest.raises(EndlessMoves, match="there are still more"):
        list(fire_due_timers(PING, life.instance, Facts(T0)))


def test_time_may_go_back_and_nothing_fires_twice() -> None:
    life = Life(workflow(COUNTER))
    assert len(life.fire_due(at("2024-03-15T00:00"))) == 2
    assert life.fire_due(T0) == []
    assert isinstance(life.do(Fire("add", {"by": 1}), T0), Accepted)
    assert len(life.fire_due(at("2024-03-20T00:00"))) == 1


def test_the_history_of_all_this_leads_to_the_instance() -> None:
    life = Life(POINTS, data={"day": "2024-04-10"})
    life.set(roles="clerk", day="2024-04-20")
    life.set(roles="clerk", day=None, month="2024-05")
    life.taken("shift", at("2024-06-01T00:00"), to="2024-06-02")
    life.taken("finish", at("2024-07-01T00:00"))
    assert replay(POINTS, chain(POINTS, life.outcomes, GENESIS)) == life.instance


def test_a_case_that_is_given_up_keeps_no_deadline_but_has_missed_what_was_due() -> None:
    given_up = COUNTER.replace('verdict = "closed"', 'verdict = "withdrawn"')
    inside = given_up.replace("[states.end]", '[states.over]\ninitial = "end"\n[states.over.states.end]')
    for text, early in ((COUNTER, "met"), (given_up, "withdrawn"), (inside, "withdrawn")):
        for day, ending in ((2, early), (12, "missed")):
            life = Life(workflow(text))
            life.fire_due(T0 + timedelta(days=day))
            assert endings(life.taken("finish", T0 + timedelta(days=day))) == [("a.soon", ending)]
