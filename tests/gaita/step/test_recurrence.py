"""Recurring deadlines: due again and again while their scope lasts, each time a deadline of its own."""

from collections.abc import Iterable
from datetime import datetime, timedelta

import pytest

from gaita.model.instance import Deadline
from gaita.model.outcome import Accepted, Outcome
from tests.gaita.building import HEAD, T0, Life, assert_replays, at, endings, ground, heading, told, workflow

HORIZON = heading(horizon="2024-12-31")
MOVES = """
[states.hold]
[states.end]
final = true
[events.report]
[events.stop]
[events.back]
[events.finish]
[[transitions]]
event = "report"
from = "any"
[[transitions]]
event = "stop"
from = "a"
to = "hold"
[[transitions]]
event = "back"
from = "hold"
to = "a"
[[transitions]]
event = "finish"
from = "any"
to = "end"
"""


def recurring(more: str = "", every: str = "3 months", head: str = HEAD) -> str:
    return (
        head
        + f"""
[data.begun]
type = "date"
by = "clerk"
[roles.clerk]
[roles.chief]
[states.a]
[states.a.deadlines.status]
every = "{every}"
{more or 'escalate = [{ to = "clerk" }]'}
"""
        + MOVES
    )


PAUSED = 'pause_in = "hold"\npause_by = "chief"\n'
MET = 'met_by = "report"\nescalate = [{ to = "clerk" }, { after = "10 days", to = "chief" }]\n' + PAUSED


def armed(outcomes: Iterable[Outcome]) -> list[Deadline]:
    return [each for outcome in outcomes if isinstance(outcome, Accepted) for each in outcome.armed]


def ended(outcomes: Iterable[Outcome]) -> list[str]:
    return [ending for outcome in outcomes for _, ending in endings(outcome)]


def occurrences(life: Life) -> list[int]:
    return [each.occurrence for each in life.instance.deadlines]


def late(number: int) -> datetime:
    return at("2024-06-04T21:00") + timedelta(days=number)


def test_it_is_due_again_each_time_and_no_day_is_lost_over_short_months() -> None:
    life = Life(workflow(recurring(every="1 month")), at("2024-01-31T09:00"))
    life.fire_due(at("2024-06-01T09:00"))
    assert [each.due for each in armed(life.outcomes)] == [
        at("2024-02-29T22:00"),
        at("2024-03-31T21:00"),
        at("2024-04-30T21:00"),
        at("2024-05-31T21:00"),
        at("2024-06-30T21:00"),
    ]
    assert [each.occurrence for each in armed(life.outcomes)] == [1, 2, 3, 4, 5]
    assert [each.number for each in armed(life.outcomes)] == [1, 2, 3, 4, 5]
    assert ended(life.outcomes) == ["met"] * 4
    assert told(life.outcomes) == [("due", "clerk")] * 4
    assert_replays(life)


def test_leaving_the_scope_ends_it_and_entering_anew_begins_with_the_first() -> None:
    life = Life(workflow(recurring(every="1 month")))
    life.taken("stop", at("2024-05-10T09:00"))
    assert occurrences(life) == []
    assert ended(life.outcomes) == ["met"] * 3  # two that were due, and the one under way
    life.taken("back", at("2024-05-20T09:00"))
    (deadline,) = life.instance.deadlines
    assert (deadline.occurrence, deadline.due) == (1, at("2024-06-20T21:00"))


def test_with_what_meets_it_each_stays_open_until_that_happens() -> None:
    life = Life(workflow(recurring(MET)))
    assert told(life.fire_due(late(1))) == [("due", "clerk")]
    assert occurrences(life) == [1, 2]
    assert told(life.fire_due(late(11))) == [("rung", "chief")]
    outcome = life.taken("report", late(20))
    assert endings(outcome) == [("a.status", "missed")]
    assert outcome.ended[0].late == timedelta(days=20)
    assert outcome.armed == ()
    assert occurrences(life) == [2]
    assert_replays(life)


def test_an_event_meets_every_overdue_one_and_early_it_meets_the_next_and_arms_another() -> None:
    life = Life(workflow(recurring(MET)))
    early = life.taken("report", T0 + timedelta(days=30))
    assert endings(early) == [("a.status", "met")]
    assert [(each.occurrence, each.due) for each in early.armed] == [(2, at("2024-09-04T21:00"))]
    life.fire_due(at("2025-01-01T00:00"))
    assert occurrences(life) == [2, 3, 4]
    assert endings(life.taken("report", at("2025-01-01T00:00"))) == [("a.status", "missed")] * 2
    assert occurrences(life) == [4]
    assert endings(life.taken("finish", at("2025-01-02T00:00"))) == [("a.status", "met")]
    assert_replays(life)


def test_none_is_armed_past_the_horizon() -> None:
    life = Life(workflow(recurring(MET, head=HORIZON)))
    life.fire_due(at("2026-01-01T00:00"))
    # 4 June, 4 September, 4 December; the next would come in March.
    assert [(each.due, each.clipped) for each in armed(life.outcomes)] == [
        (at("2024-06-04T21:00"), False),
        (at("2024-09-04T21:00"), False),
        (at("2024-12-04T22:00"), False),
    ]
    assert occurrences(life) == [1, 2, 3]
    assert_replays(life)


def test_one_that_a_pause_moves_past_the_horizon_is_due_at_the_horizon_and_the_last() -> None:
    life = Life(workflow(recurring(MET, head=HORIZON)))
    life.taken("stop", at("2024-04-01T09:00"))
    life.taken("back", at("2024-12-01T09:00"))
    (deadline,) = life.instance.deadlines
    assert (deadline.due, deadline.clipped) == (at("2024-12-31T22:00"), True)
    assert life.fire_due(at("2024-12-31T21:59")) == []
    life.fire_due(at("2025-03-01T00:00"))
    assert occurrences(life) == [1]
    assert_replays(life)


YEARLY = at("2025-03-05T09:00")


@pytest.mark.parametrize("more", ["", MET])
def test_after_an_outage_each_that_was_missed_is_told_in_order(more: str) -> None:
    life = Life(workflow(recurring(more)))
    outcomes = life.fire_due(YEARLY)
    due = [each for each in told(outcomes) if each[0] == "due"]
    assert due == [("due", "clerk")] * 4
    moments = [timer.due for outcome in outcomes if isinstance(outcome, Accepted) for timer in outcome.timers]
    assert moments == sorted(moment for moment in moments if moment is not None)
    assert occurrences(life) == ([1, 2, 3, 4, 5] if more else [5])
    assert_replays(life)


@pytest.mark.parametrize("more", ["", MET])
def test_after_an_outage_once_tells_of_one_and_the_next_lies_in_the_future(more: str) -> None:
    life = Life(workflow(recurring((more or 'escalate = [{ to = "clerk" }]\n') + 'catch_up = "once"\n')))
    outcomes = life.fire_due(YEARLY)
    assert len(told(outcomes)) == (2 if more else 1)  # one notice, to the clerk and the chief
    assert len(outcomes) == 1
    assert occurrences(life) == ([1, 5] if more else [5])
    assert life.instance.deadlines[-1].due > YEARLY
    assert_replays(life)


@pytest.mark.parametrize("looks", [1, 7, 40, 400])
def test_reminders_of_occurrences_missed_together_are_told_whenever_the_scheduler_looked(looks: int) -> None:
    text = recurring('remind = [{ before = "5 days", to = "clerk" }]\nescalate = [{ to = "chief" }]')
    life = Life(workflow(text))
    for day in range(0, 400, looks):
        life.fire_due(T0 + timedelta(days=day))
    outcomes = life.fire_due(T0 + timedelta(days=400))
    assert told(life.outcomes) == [("reminder", "clerk"), ("due", "chief")] * 4
    del outcomes
    assert_replays(life)


def test_an_hourly_one_long_past_is_found_in_few_looks() -> None:
    life = Life(
        workflow(recurring('from = "data.begun"\ncatch_up = "once"', every="1 day")),
        data={"begun": "0001-02-01"},
    )
    (deadline,) = life.instance.deadlines
    assert deadline.due == at("2024-03-04T22:00")
    assert deadline.occurrence > 700_000


def test_one_anchored_before_its_scope_comes_round_from_there_on_only() -> None:
    text = recurring('from = "start"\n' + PAUSED.splitlines()[1], every="1 month")
    life = Life(workflow(text))
    life.taken("stop", T0 + timedelta(days=1))
    life.taken("back", at("2024-08-10T00:00"))
    assert occurrences(life) == [6]
    assert life.instance.deadlines[0].due == at("2024-09-04T21:00")
    assert told(life.outcomes) == []


def test_it_follows_the_field_that_it_counts_from_and_what_was_due_stays_due() -> None:
    life = Life(workflow(recurring(MET + 'from = "data.begun"\n')), data={"begun": "2024-03-01"})
    now = at("2024-06-10T00:00")
    life.fire_due(now)
    assert occurrences(life) == [1, 2]
    changed = life.set(now, roles="clerk", begun="2024-03-20")
    assert endings(changed) == [("a.status", "superseded")]
    assert [(each.occurrence, each.due) for each in life.instance.deadlines] == [
        (1, at("2024-06-01T21:00")),
        (1, at("2024-06-20T21:00")),
    ]
    cleared = life.set(now, roles="clerk", begun=None)
    assert endings(cleared) == [("a.status", "withdrawn")]
    assert len(life.instance.deadlines) == 1
    assert_replays(life)


# -- pauses


def test_all_open_occurrences_are_paused_and_resumed_together() -> None:
    life = Life(workflow(recurring(MET)))
    life.pause("a.status", late(4))
    assert [each.is_paused for each in life.instance.deadlines] == [True, True]
    assert life.fire_due(late(400)) == []
    life.resume("a.status", late(14))
    first, second = life.instance.deadlines
    assert [timer.due for timer in first.timers] == [late(20)]  # ten days after, and ten paused
    assert second.due == at("2024-09-14T21:00")
    assert_replays(life)


def test_the_occurrences_after_a_pause_are_all_as_much_later() -> None:
    life = Life(workflow(recurring(PAUSED + 'escalate = [{ to = "clerk" }]')))
    life.taken("stop", T0 + timedelta(days=1))
    life.taken("back", T0 + timedelta(days=11))
    life.fire_due(at("2024-12-01T00:00"))
    assert [each.due for each in armed(life.outcomes)][1:] == [
        at("2024-09-14T21:00"),
        at("2024-12-14T22:00"),
    ]
    assert_replays(life)


@pytest.mark.parametrize("policy", ["each", "once"])
def test_met_while_it_is_paused_it_goes_on_with_the_next_which_is_paused_as_well(policy: str) -> None:
    life = Life(workflow(recurring(MET + f'catch_up = "{policy}"\n')))
    life.taken("stop", T0 + timedelta(days=1))
    now = T0 + timedelta(days=1000)
    met = life.taken("report", now)
    assert endings(met) == [("a.status", "met")]
    (deadline,) = life.instance.deadlines
    # Its clock has stood all the while: none but the first is past.
    assert (deadline.occurrence, deadline.is_paused) == (2, True)
    assert {timer.due for timer in deadline.timers} == {None}
    life.taken("back", now)
    assert life.instance.deadlines[0].due == at("2024-09-04T21:00") + timedelta(days=999)
    assert_replays(life)


def test_time_is_granted_to_one_occurrence_and_the_next_is_due_as_ever() -> None:
    text = recurring(MET + 'extend_by = "chief"\nextend_at_most = "20 days"\n')
    life = Life(workflow(text))
    assert isinstance(life.extend("a.status", "20 days"), Accepted)
    assert life.instance.deadlines[0].due == late(20)
    assert ground(life.extend("a.status", "1 day")) == "too_much"
    life.fire_due(late(21))
    assert [each.due for each in life.instance.deadlines] == [late(20), at("2024-09-04T21:00")]
    assert isinstance(life.extend("a.status", "1 day", late(21)), Accepted)
    assert_replays(life)


# -- adopting


@pytest.mark.parametrize(
    ("past", "policy", "messages", "open_now"),
    [("skip", "each", 0, [5]), ("fire", "each", 4, [5]), ("fire", "once", 1, [5]), ("skip", "once", 0, [5])],
)
def test_adopted_mid_life_it_skips_what_is_past_or_tells_of_it(
    past: str, policy: str, messages: int, open_now: list[int]
) -> None:
    head = heading(past_timers=past)
    text = recurring(f'escalate = [{{ to = "clerk" }}]\ncatch_up = "{policy}"', head=head)
    life = Life(workflow(text), YEARLY, since=T0)
    assert len(told(life.fire_due(YEARLY))) == messages
    assert occurrences(life) == open_now
    assert_replays(life)


def test_its_own_event_may_leave_the_scope() -> None:
    text = recurring('met_by = "report"\nescalate = [{ fire = "stop" }]')
    life = Life(workflow(text))
    life.fire_due(late(0))
    assert life.instance.state == "hold"
    assert sorted(ended(life.outcomes)) == ["met", "missed"]  # the next, just begun, ended with the scope
    assert_replays(life)
