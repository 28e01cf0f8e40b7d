"""Backlogs: fired in parts of any size as in one go, reckoned without firing, and bounded at a start."""

from datetime import datetime, timedelta
from itertools import islice
from time import process_time

import pytest

from gaita.calendar import LAST
from gaita.errors import EndlessMoves, MalformedCommand
from gaita.model.command import Start
from gaita.model.outcome import Accepted, Outcome
from gaita.model.workflow import Workflow
from gaita.step import Facts, backlog, fire_due_timers, has_due_timers, step
from tests.gaita.building import HEAD, T0, Life, at, heading, workflow
from tests.gaita.runtime.counting import LATVIA
from tests.gaita.step.test_deadlines import PING

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
MOVES = """
[states.end]
final = true
[events.report]
[events.finish]
[[transitions]]
event = "report"
from = "any"
[[transitions]]
event = "finish"
from = "any"
to = "end"
"""


def hourly(more: str = "", *, head: str = HEAD, every: str = "1 hour", rungs: str = "") -> Workflow:
    return workflow(
        head
        + f"""
[roles.clerk]
[roles.chief]
[states.a]
[states.a.deadlines.ping]
every = "{every}"
escalate = [{{ to = "clerk" }}{rungs}]
{more}
"""
        + MOVES
    )


MET = 'met_by = "report"\nremind = [{ before = "20 minutes", to = "chief" }]'
RUNGS = """
met_by = "report"
[states.a.deadlines.long]
every = "7 hours"
met_by = "report"
escalate = [{ to = "clerk" }, { after = "2 hours", to = "chief" }, { after = "30 hours", to = "chief" }]
[states.a.deadlines.folded]
within = "1 day"
remind = [{ before = "3 hours", to = "chief" }]
escalate = [{ to = "clerk" }, { after = "10 hours", to = "chief" }]
catch_up = "once"
"""


def in_parts(declared: Workflow, life: Life, now: datetime, most: int) -> list[Outcome]:
    """Fire what is due in parts, each beginning with what the one before it left."""
    facts, instance = Facts(now), life.instance
    found: list[Outcome] = []
    while has_due_timers(instance, now):
        part = list(fire_due_timers(declared, instance, facts, most=most))
        assert part
        found.extend(part)
        instance = part[-1].after
    return found


@pytest.mark.parametrize("most", [1, 2, 7, 1_000])
@pytest.mark.parametrize("more", ["", MET, RUNGS], ids=["plain", "met", "rungs"])
def test_parts_of_any_size_have_the_outcomes_of_one_go(more: str, most: int) -> None:
    life = Life(hourly(more))
    now = T0 + 3 * DAY
    whole = list(fire_due_timers(life.workflow, life.instance, Facts(now)))
    assert len(whole) >= 72
    assert in_parts(life.workflow, life, now, most) == whole


def test_a_part_has_as_many_outcomes_as_were_asked_for() -> None:
    life = Life(hourly())
    parts = fire_due_timers(life.workflow, life.instance, Facts(T0 + 3 * DAY), most=7)
    assert len(list(parts)) == 7


def test_a_thousand_timers_are_fired_at_one_moment_before_they_are_called_endless() -> None:
    fired = fire_due_timers(PING, Life(PING).instance, Facts(T0))
    assert len(list(islice(fired, 1_000))) == 1_000
    with pytest.raises(EndlessMoves, match="1000 timers fired at one moment"):
        next(fired)


@pytest.mark.parametrize("most", [1, 10, 999, 1_001])
def test_timers_that_arm_one_another_without_end_are_found_in_parts_of_any_size(most: int) -> None:
    with pytest.raises(EndlessMoves, match="there are still more"):
        in_parts(PING, Life(PING), T0, most)


DAY_THEN = """
[states.a.deadlines.day]
within = "24 hours"
escalate = [{ fire = "go" }]
[states.b]
[states.b.deadlines.x]
at = 2024-01-01
escalate = [{ fire = "go" }]
[states.c]
[states.c.deadlines.y]
at = 2024-01-02
escalate = [{ fire = "go" }]
[events.go]
[events.leave]
[[transitions]]
event = "leave"
from = "b"
to = "c"
[[transitions]]
event = "go"
from = ["a", "c"]
to = "b"
[[transitions]]
event = "go"
from = "b"
"""
ENDLESS_AFTER_A_DAY = hourly(DAY_THEN + 'to = "b"')
"""State b is left and entered again at once, so what is overdue in it climbs its ladder anew."""
THERE_AND_BACK = hourly(DAY_THEN + 'to = "c"')


@pytest.mark.parametrize("most", [1, 10, 999])
def test_a_circle_that_begins_later_is_found_as_well(most: int) -> None:
    with pytest.raises(EndlessMoves, match="the deadlines of state b"):
        in_parts(ENDLESS_AFTER_A_DAY, Life(ENDLESS_AFTER_A_DAY), T0 + 2 * DAY, most)


def test_a_thousand_of_a_circle_are_fired_beside_what_was_due_before_it() -> None:
    fired = fire_due_timers(ENDLESS_AFTER_A_DAY, Life(ENDLESS_AFTER_A_DAY).instance, Facts(T0 + 2 * DAY))
    assert len(list(islice(fired, 24 + 1_000))) == 24 + 1_000
    with pytest.raises(EndlessMoves):
        next(fired)


@pytest.mark.parametrize("most", [1, 10, 999])
def test_a_missed_deadline_is_not_made_again_so_two_states_are_no_circle(most: int) -> None:
    fired = in_parts(THERE_AND_BACK, Life(THERE_AND_BACK), T0 + 2 * DAY, most)
    assert fired[-1].after.state == "b"
    assert not has_due_timers(fired[-1].after, T0 + 2 * DAY)


def test_many_timers_of_one_moment_that_were_armed_long_ago_are_no_circle() -> None:
    life = Life(
        hourly(
            'met_by = "report"',
            head=heading(horizon="2024-05-10"),
            rungs=', { after = "90 days", to = "chief" }',
        )
    )
    life.fire_due(at("2024-05-09T12:00"))
    assert len(life.instance.deadlines) > 1_500
    after = at("2024-05-11T00:00")
    assert len(life.fire_due(after)) > 1_500, "each rung was cut back to the horizon's end"
    assert not has_due_timers(life.instance, after)


# -- how many they are


@pytest.mark.parametrize(
    ("more", "rungs"),
    [("", ""), ('met_by = "report"', ', { after = "30 minutes", to = "chief" }'), ('catch_up = "once"', "")],
    ids=["plain", "rungs", "once"],
)
def test_a_backlog_is_reckoned_as_it_will_fire(more: str, rungs: str) -> None:
    life = Life(hourly(more, rungs=rungs))
    facts = Facts(T0 + 100 * HOUR + 45 * timedelta(minutes=1))
    expected = backlog(life.workflow, life.instance, facts)
    assert len(list(fire_due_timers(life.workflow, life.instance, facts))) == expected


def test_without_anything_due_there_is_no_backlog() -> None:
    life = Life(hourly())
    assert backlog(life.workflow, life.instance, Facts(T0)) == 0
    assert not has_due_timers(life.instance, T0)


def test_at_the_end_of_time_a_backlog_has_an_end() -> None:
    life = Life(hourly(every="1 year"))
    assert backlog(life.workflow, life.instance, Facts(LAST)) == LAST.year - T0.year


# -- at a start

FIRE = heading(past_timers="fire")
COUNTED = heading(past_timers="fire", calendar="LV")
YEAR_1, YEAR_2019 = at("0001-01-03T00:00"), at("2019-03-04T09:00")


def adopted(declared: Workflow, since: datetime) -> Accepted:
    begun = process_time()
    try:
        outcome = step(declared, None, Start("one", since=since, reason="taken over"), Facts(T0, LATVIA))
    finally:
        assert process_time() - begun < 5, "it is not stepped through"
    assert isinstance(outcome, Accepted)
    return outcome


@pytest.mark.parametrize(
    ("every", "since", "number"),
    [
        ("1 hour", YEAR_2019, 43_848),
        ("1 hour", YEAR_1, 17_734_713),
        ("1 day", YEAR_1, 738_945),
        ("1 month", YEAR_1, 24_278),
    ],
)
def test_a_start_whose_backlog_is_too_long_is_refused_with_the_number(
    every: str, since: datetime, number: int
) -> None:
    with pytest.raises(MalformedCommand, match=f"since: up to {number} timers would be due at once"):
        adopted(hourly(every=every, head=FIRE), since)


@pytest.mark.parametrize("every", ["5 working days", "8 working hours"])
def test_so_is_one_that_counts_working_time(every: str) -> None:
    with pytest.raises(MalformedCommand, match="timers would be due at once"):
        adopted(hourly(every=every, head=COUNTED), YEAR_1)


def test_what_comes_round_after_an_adoption_is_not_skipped() -> None:
    life = Life(hourly(head=FIRE.replace('"fire"', '"skip"')))
    assert len(life.fire_due(T0 + 3 * DAY)) == 72


@pytest.mark.parametrize(
    ("head", "more"),
    [(FIRE, 'catch_up = "once"'), (FIRE.replace('"fire"', '"skip"'), "")],
    ids=["once", "skip"],
)
def test_what_leaves_out_what_is_past_may_have_begun_at_any_time(head: str, more: str) -> None:
    assert len(adopted(hourly(more, head=head), YEAR_1).after.deadlines) == 1


def test_a_backlog_within_the_bound_is_no_hindrance() -> None:
    outcome = adopted(hourly(head=FIRE), T0 - 9_999 * HOUR)
    assert backlog(hourly(head=FIRE), outcome.after, Facts(T0)) == 9_999
