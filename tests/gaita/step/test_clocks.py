"""Clocks: states and commands stop a deadline's clock, roles grant it time; it stays the same deadline."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest

from gaita.errors import FaultyFile, MalformedCommand
from gaita.model.command import SetData
from gaita.model.outcome import Accepted, Outcome, Refused
from gaita.step import explained_due
from gaita.texts import words
from tests.gaita.building import HEAD, T0, Life, assert_replays, at, endings, ground, heading, told, workflow

MOVES = """
[states.hold]
[states.wait]
initial = "one"
[states.wait.states.one]
[states.wait.states.two]
[states.b]
[states.end]
final = true
[events.stop]
[events.park]
[events.further]
[events.back]
[events.across]
[events.again]
[events.report]
[events.finish]
[[transitions]]
event = "stop"
from = ["a", "b", "wait"]
to = "hold"
[[transitions]]
event = "park"
from = ["a", "hold"]
to = "wait"
[[transitions]]
event = "further"
from = "wait/one"
to = "wait/two"
[[transitions]]
event = "back"
from = ["hold", "wait", "b"]
to = "a"
[[transitions]]
event = "across"
from = ["a", "hold", "wait"]
to = "b"
[[transitions]]
event = "again"
from = "a"
to = "a"
[[transitions]]
event = "again"
from = "hold"
to = "hold"
[[transitions]]
event = "report"
from = "any"
[[transitions]]
event = "finish"
from = "any"
to = "end"
"""
ROLES = """
[roles.clerk]
[roles.chief]
"""


def clocked(amount: str = "10 days", more: str = "", head: str = HEAD) -> str:
    return (
        head
        + ROLES
        + f"""
[states.a]
[states.a.deadlines.x]
within = "{amount}"
remind = [{{ before = "3 days", to = "clerk" }}]
escalate = [{{ to = "clerk" }}, {{ after = "5 days", to = "chief" }}]
pause_in = ["hold", "wait"]
pause_by = "chief"
extend_by = "chief"
extend_at_most = "20 days"
{more}
"""
        + MOVES
    )


CLOCKED = workflow(clocked())
DUE = at("2024-03-14T22:00")
"""Ten days from T0."""


def days(number: float) -> datetime:
    return T0 + timedelta(days=number)


def accounted(life: Life) -> list[str]:
    return [ending for outcome in life.outcomes for _, ending in endings(outcome)]


def test_a_state_stops_the_clock_and_coming_back_goes_on_with_the_same_deadline() -> None:
    life = Life(CLOCKED)
    paused = life.taken("stop", days(2))
    assert [each.kind for each in paused.adjusted] == ["paused"]
    assert (paused.armed, paused.ended) == ((), ())
    (deadline,) = life.instance.deadlines
    assert deadline.due == DUE
    assert {timer.due for timer in deadline.timers} == {None}
    resumed = life.taken("back", days(7))
    assert (resumed.armed, resumed.ended) == ((), ())
    (deadline,) = life.instance.deadlines
    assert (deadline.number, deadline.since) == (1, T0)
    # The clock stood at the ends of the 6th to the 10th of March: five days.
    assert deadline.due == DUE + timedelta(days=5)
    assert [timer.due for timer in deadline.timers] == [
        DUE + timedelta(days=2),
        DUE + timedelta(days=5),
        DUE + timedelta(days=10),
    ]
    assert_replays(life)


def test_a_paused_deadline_never_fires_however_long_it_is_paused() -> None:
    life = Life(CLOCKED)
    life.taken("stop", days(2))
    assert life.fire_due(days(4000)) == []
    life.taken("back", days(4000))
    assert life.opened("a.x")[0].due > days(4000)


def test_going_from_one_pause_to_another_and_inside_one_is_a_single_pause() -> None:
    life = Life(CLOCKED)
    life.taken("stop", days(1))
    for event in ("again", "park", "further", "stop"):
        assert life.taken(event, days(2)).adjusted == ()
    life.taken("back", days(4))
    (deadline,) = life.instance.deadlines
    assert [turn.kind for turn in deadline.course] == ["stopped", "resumed"]
    assert deadline.due == DUE + timedelta(days=3)


def test_leaving_the_pause_for_elsewhere_ends_it_and_re_entering_arms_another() -> None:
    life = Life(CLOCKED)
    life.taken("stop", days(2))
    # Long after it would have been due: its clock stood, so it is met.
    left = life.taken("across", days(50))
    assert endings(left) == [("a.x", "met")]
    assert {(end.due, end.ending) for end in left.timers} == {(None, "cancelled")}
    life.taken("back", days(51))
    (deadline,) = life.instance.deadlines
    assert (deadline.number, deadline.course, deadline.since) == (2, (), days(51))
    assert_replays(life)


def test_entering_the_pausing_state_from_elsewhere_arms_nothing() -> None:
    life = Life(CLOCKED, state="b")
    life.taken("stop")
    assert life.opened("a.x") == []
    life.taken("back", days(1))
    assert life.instance.deadlines[0].since == days(1)


def test_a_deadline_that_was_due_before_the_pause_is_missed_and_the_pause_makes_it_no_later() -> None:
    life = Life(CLOCKED)
    assert told(life.fire_due(DUE)) == [("reminder", "clerk"), ("due", "clerk")]
    life.taken("stop", DUE + timedelta(days=2))
    assert life.fire_due(days(100)) == []
    left = life.taken("across", days(100))
    assert endings(left) == [("a.x", "missed")]
    assert left.ended[0].late == timedelta(days=2)


def test_a_pause_after_the_due_moment_postpones_the_rungs_alone() -> None:
    life = Life(CLOCKED)
    life.taken("stop", DUE + timedelta(days=2))
    life.taken("back", DUE + timedelta(days=12))
    (deadline,) = life.instance.deadlines
    assert deadline.due == DUE
    assert [(timer.index, timer.due) for timer in deadline.timers] == [(2, DUE + timedelta(days=15))]
    left = life.taken("finish", DUE + timedelta(days=13))
    assert left.ended[0].late == timedelta(days=3)  # of thirteen, the clock stood for ten


def test_at_the_instant_it_is_due_the_deadline_fires_before_it_is_paused() -> None:
    life = Life(CLOCKED)
    life.taken("stop", DUE)
    assert told(life.outcomes) == [("reminder", "clerk"), ("due", "clerk")]
    left = life.taken("across", days(99))
    assert (endings(left), left.ended[0].late) == ([("a.x", "missed")], timedelta(0))


def test_a_reflexive_move_of_the_scope_arms_a_new_one_whose_clock_runs() -> None:
    life = Life(CLOCKED)
    life.taken("stop", days(1))
    life.taken("back", days(2))
    again = life.taken("again", days(3))
    assert endings(again) == [("a.x", "met")]
    assert life.instance.deadlines[0].course == ()


def test_a_command_stops_the_clock_and_another_lets_it_run() -> None:
    life = Life(CLOCKED)
    paused = life.pause("a.x", days(2))
    assert isinstance(paused, Accepted)
    assert paused.after.state == "a"
    assert paused.after.version == 2
    assert {timer.due for timer in life.instance.deadlines[0].timers} == {None}
    assert life.fire_due(days(60)) == []
    life.resume("a.x", days(7))
    assert life.instance.deadlines[0].due == DUE + timedelta(days=5)
    assert_replays(life)


@pytest.mark.parametrize(
    ("ask", "expected"),
    [
        (lambda life: life.pause("a.x", roles="clerk"), "role"),
        (lambda life: life.resume("a.x", roles="clerk"), "role"),
        (lambda life: life.resume("a.x"), "running"),
        (lambda life: life.extend("a.x", "1 day", roles="clerk"), "role"),
        (lambda life: life.extend("a.x", "21 days"), "too_much"),
        (lambda life: (life.pause("a.x"), life.pause("a.x"))[1], "paused"),
        (lambda life: (life.fire("stop"), life.resume("a.x"))[1], "running"),
        (lambda life: (life.fire("across"), life.pause("a.x"))[1], "no_deadline"),
        (lambda life: (life.fire("across"), life.extend("a.x", "1 day"))[1], "no_deadline"),
        (lambda life: (life.fire("finish"), life.pause("a.x"))[1], "final"),
        (lambda life: (life.fire("finish"), life.extend("a.x", "1 day"))[1], "final"),
        (lambda life: life.extend("a.x", "1 day", DUE), "overdue"),
    ],
)
def test_what_may_not_be_asked_is_refused_and_changes_nothing(
    ask: Callable[[Life], Outcome], expected: str
) -> None:
    life = Life(CLOCKED)
    outcome = ask(life)
    assert isinstance(outcome, Refused)
    assert outcome.explanation.ground == expected
    assert outcome.explanation.deadline == "a.x"
    assert outcome.after.deadlines == outcome.before.deadlines
    assert outcome.after.version == outcome.before.version
    assert_replays(life)


def test_a_deadline_that_declares_no_roles_is_neither_paused_nor_extended() -> None:
    plain = workflow(
        HEAD + ROLES + '[states.a]\n[states.a.deadlines.x]\nwithin = "10 days"\npause_in = "hold"\n' + MOVES
    )
    life = Life(plain)
    assert ground(life.pause("a.x")) == "not_pausable"
    assert ground(life.resume("a.x")) == "not_pausable"
    assert ground(life.extend("a.x", "1 day")) == "not_extendable"


def test_an_unknown_deadline_a_missing_reason_or_another_unit_is_malformed() -> None:
    life = Life(CLOCKED)
    with pytest.raises(MalformedCommand, match=r"did you mean a\.x"):
        life.pause("a.y")
    with pytest.raises(MalformedCommand, match="reason: is missing"):
        life.pause("a.x", reason=" ")
    with pytest.raises(MalformedCommand, match="reason: is missing"):
        life.extend("a.x", "1 day", reason="")
    with pytest.raises(MalformedCommand, match="cannot be measured against"):
        life.extend("a.x", "1 month")
    with pytest.raises(MalformedCommand, match="by: "):
        life.extend("a.x", "soon")


def test_points_cannot_be_paused() -> None:
    for key in ('pause_in = "hold"', 'pause_by = "chief"'):
        text = HEAD + ROLES + f"[states.a]\n[states.a.deadlines.x]\nat = 2024-05-01\n{key}\n" + MOVES
        with pytest.raises(FaultyFile, match="a point in time cannot be paused"):
            workflow(text)


def test_a_deadline_cannot_last_through_the_end() -> None:
    with pytest.raises(FaultyFile, match="cannot last through `end`"):
        workflow(clocked(more='through = "end"'))


def test_the_clock_cannot_stand_where_it_runs_nor_where_all_ends() -> None:
    for state in ("a", "end"):
        with pytest.raises(FaultyFile, match="the clock cannot stand"):
            workflow(clocked().replace('pause_in = ["hold", "wait"]', f'pause_in = "{state}"'))


def test_with_two_grounds_the_clock_runs_only_when_neither_holds_it() -> None:
    life = Life(CLOCKED)
    life.pause("a.x", days(1))
    life.taken("stop", days(2))
    life.taken("back", days(4))  # the command still holds it
    assert life.opened("a.x")[0].is_paused
    life.resume("a.x", days(5))
    assert life.opened("a.x")[0].due == DUE + timedelta(days=4)
    life.taken("stop", days(6))
    life.pause("a.x", days(7))
    life.resume("a.x", days(8))  # the state still holds it
    assert {timer.due for timer in life.opened("a.x")[0].timers} == {None}
    life.taken("back", days(9))
    assert life.opened("a.x")[0].due == DUE + timedelta(days=7)
    assert_replays(life)


def test_paused_by_command_it_is_met_by_leaving_and_entered_anew_its_clock_runs() -> None:
    life = Life(CLOCKED)
    life.pause("a.x", days(1))
    again = life.taken("again", days(40))
    assert endings(again) == [("a.x", "met")]
    assert not life.opened("a.x")[0].is_paused
    life.pause("a.x", days(41))
    assert endings(life.taken("across", days(90))) == [("a.x", "met")]
    assert ground(life.resume("a.x", days(90))) == "no_deadline"
    assert_replays(life)


def test_a_pause_that_begins_and_ends_while_the_clock_shows_less_than_at_its_entry_costs_nothing() -> None:
    life = Life(CLOCKED)
    life.taken("stop", days(-3))
    life.taken("back", days(-1))
    assert life.opened("a.x")[0].due == DUE
    assert_replays(life)


@pytest.mark.parametrize(("policy", "messages"), [("skip", []), ("fire", ["reminder", "due", "rung"])])
def test_adopted_when_it_is_past_it_is_missed_and_cannot_be_extended(
    policy: str, messages: list[str]
) -> None:
    head = heading(past_timers=policy)
    life = Life(workflow(clocked(head=head)), since=days(-60))
    assert [kind for kind, _ in told(life.fire_due(T0))] == messages
    assert ground(life.extend("a.x", "1 day")) == "overdue"
    life.taken("stop", days(5))
    left = life.taken("across", days(9))
    assert endings(left) == [("a.x", "missed")]
    assert_replays(life)


def test_exact_durations_spend_elapsed_time_and_whole_days_those_at_whose_end_it_ran() -> None:
    exact = Life(workflow(clocked("240 hours")))
    exact.pause("a.x", T0 + timedelta(hours=1))
    exact.resume("a.x", T0 + timedelta(hours=3))
    assert exact.opened("a.x")[0].due == days(10) + timedelta(hours=2)
    whole = Life(CLOCKED)
    whole.pause("a.x", T0 + timedelta(hours=1))
    whole.resume("a.x", T0 + timedelta(hours=3))  # the same day: nothing is lost
    assert whole.opened("a.x")[0].due == DUE


def test_months_become_the_days_that_remain() -> None:
    life = Life(workflow(clocked("1 month")))
    assert life.opened("a.x")[0].due == at("2024-04-04T21:00")
    life.pause("a.x", days(10))
    life.resume("a.x", days(40))  # 13 March to 12 April; 21 of 31 days remain after the 13th
    assert life.opened("a.x")[0].due == at("2024-05-04T21:00")


def test_reminders_that_fired_stay_fired_and_those_past_when_it_resumes_are_cancelled() -> None:
    life = Life(CLOCKED)
    assert told(life.fire_due(DUE - timedelta(days=3))) == [("reminder", "clerk")]
    life.pause("a.x", DUE - timedelta(days=2))
    life.resume("a.x", DUE + timedelta(days=8))
    assert [timer.index for timer in life.opened("a.x")[0].timers] == [1, 2]
    assert told(life.fire_due(days(60))) == [("due", "clerk"), ("rung", "chief")]


def test_pausing_through_automatic_moves_in_one_step_costs_nothing() -> None:
    text = clocked() + '[[transitions]]\nfrom = "hold"\nto = "a"\n'
    life = Life(workflow(text))
    moved = life.taken("stop", days(2))
    assert [each.kind for each in moved.adjusted] == ["paused", "resumed"]
    assert life.opened("a.x")[0].due == DUE
    assert_replays(life)


def test_a_clock_that_goes_back_while_it_is_paused_costs_nothing() -> None:
    life = Life(CLOCKED)
    life.pause("a.x", days(5))
    life.resume("a.x", days(3))
    assert life.opened("a.x")[0].due == DUE
    life.pause("a.x", days(4))
    life.resume("a.x", days(7))
    assert life.opened("a.x")[0].due == DUE + timedelta(days=3)
    assert_replays(life)


def test_a_clock_that_goes_back_after_it_was_due_leaves_it_missed_and_not_late() -> None:
    life = Life(CLOCKED)
    life.fire_due(DUE)
    left = life.taken("finish", days(1))
    assert (endings(left), left.ended[0].late) == ([("a.x", "missed")], timedelta(0))


# -- more time


def test_more_time_moves_the_due_moment_and_what_hangs_on_it() -> None:
    life = Life(CLOCKED)
    outcome = life.extend("a.x", "5 days", days(1))
    assert isinstance(outcome, Accepted)
    assert [each.kind for each in outcome.adjusted] == ["extended"]
    (deadline,) = life.instance.deadlines
    assert (deadline.number, deadline.due) == (1, DUE + timedelta(days=5))
    assert [timer.due for timer in deadline.timers] == [
        DUE + timedelta(days=2),
        DUE + timedelta(days=5),
        DUE + timedelta(days=10),
    ]
    assert_replays(life)


def test_all_extensions_together_stay_under_the_most() -> None:
    life = Life(CLOCKED)
    assert isinstance(life.extend("a.x", "12 days"), Accepted)
    refused = life.extend("a.x", "9 days")
    assert refused.explanation.amounts == {"asked": "9 days", "granted": "12 days", "at_most": "20 days"}
    assert isinstance(life.extend("a.x", "P8D"), Accepted)
    assert life.opened("a.x")[0].due == at("2024-04-03T21:00")  # summer time has come
    assert ground(life.extend("a.x", "1 day")) == "too_much"


def test_a_reminder_is_sent_again_where_by_the_time_granted_it_lies_ahead() -> None:
    life = Life(CLOCKED)
    life.extend("a.x", "10 days", DUE - timedelta(days=1))
    assert told(life.outcomes) == [("reminder", "clerk")]
    fired = life.fire_due(days(60))
    assert told(fired) == [("reminder", "clerk"), ("due", "clerk"), ("rung", "chief")]
    ids = [message.id for each in life.outcomes if isinstance(each, Accepted) for message in each.messages]
    assert ids == ["one/1/0/clerk", "one/1/10000/clerk", "one/1/1/clerk", "one/1/2/chief"]
    assert_replays(life)


def test_a_reminder_whose_moment_is_past_by_the_new_due_moment_is_not_sent_again() -> None:
    life = Life(CLOCKED)
    life.extend("a.x", "2 days", DUE - timedelta(days=1))  # three days before the new end is this very day
    assert told(life.fire_due(days(60))) == [("due", "clerk"), ("rung", "chief")]
    assert_replays(life)


def test_a_reminder_is_sent_once_for_each_due_moment() -> None:
    life = Life(CLOCKED)
    life.fire_due(DUE - timedelta(days=2))
    life.pause("a.x", DUE - timedelta(days=2))
    life.extend("a.x", "10 days", DUE - timedelta(days=2))
    life.resume("a.x", DUE - timedelta(days=2) + timedelta(minutes=1))  # no day is lost
    assert life.opened("a.x")[0].due == DUE + timedelta(days=10)
    life.extend("a.x", "1 day", DUE - timedelta(days=1))  # moves the one that waits
    assert told(life.fire_due(days(60))) == [("reminder", "clerk"), ("due", "clerk"), ("rung", "chief")]
    assert_replays(life)


def test_time_granted_while_paused_is_seen_at_once_and_holds_when_it_resumes() -> None:
    life = Life(CLOCKED)
    life.taken("stop", days(2))
    life.extend("a.x", "5 days", days(3))
    (deadline,) = life.instance.deadlines
    assert deadline.due == DUE + timedelta(days=5)
    assert {timer.due for timer in deadline.timers} == {None}
    life.taken("back", days(4))
    assert life.opened("a.x")[0].due == DUE + timedelta(days=7)
    assert_replays(life)


def test_no_time_is_granted_past_the_horizon() -> None:
    head = heading(horizon="2024-03-20")
    life = Life(workflow(clocked(head=head)))
    assert isinstance(life.extend("a.x", "4 days"), Accepted)
    assert isinstance(life.extend("a.x", "5 days"), Accepted)  # two of them are left
    (deadline,) = life.instance.deadlines
    assert (deadline.due, deadline.clipped) == (at("2024-03-20T22:00"), True)
    assert ground(life.extend("a.x", "1 day")) == "horizon"


def test_what_an_event_of_another_deadline_pauses_does_not_fire_any_more() -> None:
    first = '[states.a.deadlines.first]\nwithin = "5 days"\nescalate = [{ fire = "stop" }]\n'
    life = Life(workflow(clocked(more=first)))
    fired = life.fire_due(days(30))
    assert told(fired) == []
    assert (life.instance.state, {timer.due for timer in life.opened("a.x")[0].timers}) == ("hold", {None})


DATED = """
[states.a.deadlines.fixed]
at = 2024-05-01
extend_by = "chief"
extend_at_most = "20 days"
escalate = [{ to = "clerk" }]
[states.a.deadlines.ahead]
at = 2024-05-01
before = "10 days"
extend_by = "chief"
extend_at_most = "20 days"
escalate = [{ to = "clerk" }]
"""


def test_a_date_is_explained_by_the_time_granted_and_by_what_it_lies_ahead() -> None:
    declared = workflow(clocked(more=DATED))
    life = Life(declared)

    def explanation(rule: str) -> str | None:
        found = explained_due(declared, life.instance, life.opened(rule)[0], life.facts(T0))
        return None if found is None else words(found, "en")

    assert explanation("a.fixed") is None, "a date needs no arithmetic"
    assert explanation("a.ahead") == "10 days before Wed 2024-05-01: Sun 2024-04-21"
    life.extend("a.fixed", "5 days")
    life.extend("a.ahead", "5 days")
    assert explanation("a.fixed") == "5 days from Wed 2024-05-01 end with Mon 2024-05-06"
    assert explanation("a.ahead") == "10 days before Wed 2024-05-01, then 5 days: Fri 2024-04-26"
    assert life.opened("a.fixed")[0].due == at("2024-05-06T21:00")
    assert life.opened("a.ahead")[0].due == at("2024-04-26T21:00")


def test_a_pause_may_push_it_to_the_horizon_and_not_past_it() -> None:
    head = heading(horizon="2024-03-20")
    life = Life(workflow(clocked(head=head)))
    life.pause("a.x", days(1))
    life.resume("a.x", days(12))
    (deadline,) = life.instance.deadlines
    assert (deadline.due, deadline.clipped) == (at("2024-03-20T22:00"), True)
    assert_replays(life)


# -- met by an event


def test_an_event_meets_it_though_the_state_is_not_left() -> None:
    life = Life(workflow(clocked(more='met_by = "report"')))
    assert endings(life.taken("report", days(1))) == [("a.x", "met")]
    assert endings(life.taken("report", days(2))) == []
    assert life.fire_due(days(60)) == []
    late = Life(workflow(clocked(more='met_by = "report"')))
    assert endings(late.taken("report", DUE)) == [("a.x", "missed")]
    assert_replays(late)


def test_an_event_meets_it_in_the_pause_as_well() -> None:
    life = Life(workflow(clocked(more='met_by = "report"')))
    life.taken("stop", days(1))
    assert endings(life.taken("report", days(30))) == [("a.x", "met")]
    life.taken("back", days(31))
    assert life.instance.deadlines[0].since == days(31)  # entered anew: a promise of its own


@pytest.mark.parametrize(("event", "armed"), [("across", 0), ("again", 1)])
def test_an_event_that_meets_it_and_leaves_its_scope_ends_it_once(event: str, armed: int) -> None:
    life = Life(workflow(clocked(more=f'met_by = "{event}"')))
    moved = life.taken(event, days(1))
    assert endings(moved) == [("a.x", "met")]
    assert len(life.instance.deadlines) == armed
    assert_replays(life)


def test_an_event_that_meets_it_and_goes_to_its_pause_meets_it() -> None:
    life = Life(workflow(clocked(more='met_by = "stop"')))
    assert endings(life.taken("stop", days(1))) == [("a.x", "met")]
    assert_replays(life)


# -- scopes of several states


THROUGH = workflow(
    clocked(more='through = "b"')
    .replace('within = "10 days"', 'within = "10 days"')
    .replace("[events.stop]", "[events.stop]\n[events.round]")
    + '[[transitions]]\nevent = "round"\nfrom = "b"\nto = "b"\n'
)


def test_a_pause_may_lie_between_two_states_of_one_scope() -> None:
    life = Life(THROUGH)
    life.taken("stop", days(1))
    life.taken("across", days(3))
    (deadline,) = life.instance.deadlines
    assert (deadline.number, deadline.due) == (1, DUE + timedelta(days=2))
    life.taken("back", days(4))
    life.taken("again", days(4))  # the scope of several states lasts, whichever of them is entered anew
    assert life.instance.deadlines == (deadline,)
    assert endings(life.taken("finish", days(5))) == [("a.x", "met")]
    assert_replays(life)


COMPOUND = workflow(
    heading(initial="out")
    + ROLES
    + """
[states.out]
initial = "one"
[states.out.deadlines.whole]
within = "10 days"
pause_in = "hold"
[states.out.states.one]
[states.out.states.one.deadlines.part]
within = "5 days"
pause_in = ["hold", "out/two"]
[states.out.states.two]
[states.hold]
[states.end]
final = true
[events.inside]
[events.inwards]
[events.stop]
[events.back]
[events.finish]
[[transitions]]
event = "inside"
from = "out/one"
to = "out/two"
[[transitions]]
event = "inwards"
from = "out/two"
to = "out/one"
[[transitions]]
event = "stop"
from = "out"
to = "hold"
[[transitions]]
event = "back"
from = "hold"
to = "previous"
[[transitions]]
event = "finish"
from = "any"
to = "end"
"""
)


def test_a_scope_with_states_inside_is_paused_as_a_whole_and_an_inner_one_by_its_sibling() -> None:
    life = Life(COMPOUND)
    moved = life.taken("inside", days(1))
    assert [each.after.rule for each in moved.adjusted] == ["out/one.part"]
    life.taken("stop", days(2))
    assert all(each.is_paused for each in life.instance.deadlines)
    life.taken("back", days(4))  # to out/two: the whole runs on, the part still stands
    assert [each.is_paused for each in life.instance.deadlines] == [False, True]
    life.taken("inwards", days(5))
    assert [each.due - T0 for each in life.instance.deadlines] == [
        DUE - T0 + timedelta(days=2),
        DUE - T0 + timedelta(days=-5 + 4),
    ]
    assert [each.number for each in life.instance.deadlines] == [1, 2]
    assert_replays(life)


def test_data_that_changes_while_it_is_paused_is_followed_at_once() -> None:
    text = clocked(more='from = "data.begun"', head=HEAD + '[data.begun]\ntype = "date"\nby = "clerk"\n')
    life = Life(workflow(text), data={"begun": "2024-03-04"})
    assert life.opened("a.x")[0].due == DUE
    life.taken("stop", days(2))
    changed = life.do(SetData({"begun": "2024-03-06"}, "ilze", frozenset({"clerk"})), days(3))
    assert endings(changed) == [("a.x", "superseded")]
    (deadline,) = life.instance.deadlines
    assert (deadline.is_paused, deadline.due) == (True, DUE + timedelta(days=2))
    assert {timer.due for timer in deadline.timers} == {None}
    life.taken("back", days(4))
    # From the 6th: that day's end is not counted, nor are those of the 6th and 7th at which the clock stood.
    assert life.opened("a.x")[0].due == DUE + timedelta(days=3)
    life.taken("stop", days(5))
    assert endings(life.set(days(6), roles="clerk", begun=None)) == [("a.x", "withdrawn")]
    assert accounted(life) == ["superseded", "withdrawn"]
    assert_replays(life)
