"""Anchors: what deadlines count from, and points with an offset before them."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from gaita.calendar import WorkingCalendar
from gaita.correction import Rules, first_difference
from gaita.errors import FaultyFile, MalformedCommand
from gaita.history import GENESIS, chain, replay
from gaita.model.command import SetData, Start
from gaita.model.outcome import Outcome
from gaita.step import Facts, step
from tests.gaita.building import HEAD, T0, Life, assert_replays, at, endings, heading, told, workflow

DATA = """
[data.signed]
type = "date"
by = "clerk"
[data.month]
type = "month"
by = "clerk"
[data.instant]
type = "moment"
by = "clerk"
[roles.clerk]
[roles.chief]
"""
MOVES = """
[states.b]
[states.c]
[states.end]
final = true
[events.go]
[events.back]
[events.on]
[events.sign]
payload = { on = { type = "date" } }
[events.finish]
[[transitions]]
event = "go"
from = "a"
to = "b"
[[transitions]]
event = "back"
from = ["b", "c"]
to = "a"
[[transitions]]
event = "on"
from = "b"
to = "c"
[[transitions]]
event = "sign"
from = "any"
set = { signed = "event.on" }
[[transitions]]
event = "finish"
from = "any"
to = "end"
"""


def anchored(deadline: str, state: str = "b", head: str = HEAD) -> Life:
    other = "[states.a]\n" if state != "a" else ""
    table = f"[states.{state}]\n" if state == "a" else ""
    text = head + DATA + other + table + f"[states.{state}.deadlines.x]\n{deadline}\n" + MOVES
    if state != "a":  # a table may be opened by what stands inside it, but not twice
        text = text.replace(f"[states.{state}]\n", "", 1)
    return Life(workflow(text))


RUNG = 'escalate = [{ to = "clerk" }]'


def days(number: float) -> datetime:
    return T0 + timedelta(days=number)


def test_from_the_start_of_the_instance_whenever_its_scope_is_entered() -> None:
    life = anchored(f'within = "240 hours"\nfrom = "start"\n{RUNG}')
    life.taken("go", days(3))
    (deadline,) = life.instance.deadlines
    assert (deadline.since, deadline.due) == (T0, days(10))
    life.taken("back", days(4))
    life.taken("go", days(12))  # entered when it is past: due at once, and told
    (deadline,) = life.instance.deadlines
    assert (deadline.number, deadline.due) == (1, days(10))
    assert told(life.fire_due(days(12))) == [("due", "clerk")]
    assert endings(life.taken("finish", days(13))) == [("b.x", "missed")]
    assert_replays(life)


def test_from_the_start_counts_from_the_adoption_moment() -> None:
    life = anchored(f'within = "240 hours"\nfrom = "start"\n{RUNG}')
    adopted = Life(life.workflow, state="b", since=days(-4))
    assert adopted.instance.deadlines[0].due == days(6)


@pytest.mark.parametrize(("which", "since"), [("first", 0), ("last", 5)])
def test_from_the_first_or_the_last_entry_of_another_state(which: str, since: int) -> None:
    life = anchored(f'within = "240 hours"\nfrom = "{which} a"\n{RUNG}')
    life.taken("go", days(3))
    life.taken("back", days(5))
    life.taken("go", days(6))
    assert life.instance.deadlines[0].since == days(since)
    assert_replays(life)


def test_from_a_state_never_entered_it_is_not_armed() -> None:
    life = anchored(f'within = "10 days"\nfrom = "last c"\n{RUNG}', "a")
    assert life.opened("a.x") == []
    life.taken("go")
    life.taken("on", days(1))
    life.taken("back", days(2))
    assert life.instance.deadlines[0].since == days(1)
    assert_replays(life)


@pytest.mark.parametrize("which", ["first", "last"])
def test_a_state_entered_again_inside_the_scope_supersedes_what_counts_from_its_last_entry(
    which: str,
) -> None:
    life = anchored(f'through = ["b", "c"]\nwithin = "10 days"\nfrom = "{which} c"\n{RUNG}', "a")
    assert life.opened("a.x") == []
    life.taken("go", days(1))
    life.taken("on", days(2))
    assert life.instance.deadlines[0].since == days(2)
    life.taken("back", days(3))
    life.taken("go", days(4))
    moved = life.taken("on", days(5))
    assert endings(moved) == ([("a.x", "superseded")] if which == "last" else [])
    assert life.instance.deadlines[0].since == days(5 if which == "last" else 2)
    assert_replays(life)


def test_an_anchor_entered_again_during_the_pause_is_followed() -> None:
    life = anchored(f'within = "10 days"\nfrom = "last b"\npause_in = "b"\n{RUNG}', "a")
    life.taken("go", days(1))
    life.taken("back", days(2))  # from the entry of b: the one day in it does not count
    (deadline,) = life.instance.deadlines
    assert deadline.since == days(1)
    moved = life.taken("go", days(4))
    assert endings(moved) == [("a.x", "superseded")]
    assert life.instance.deadlines[0].is_paused
    life.taken("back", days(6))
    (deadline,) = life.instance.deadlines
    assert (deadline.since, deadline.due) == (
        days(4),
        at("2024-03-19T22:00"),
    )  # 18 March, and the end of the 9th
    assert_replays(life)


@pytest.mark.parametrize(
    ("field", "value", "due"),
    [
        ("signed", "2024-03-10", "2024-03-20T22:00"),
        ("signed", "0001-01-01", "0001-01-20T22:23:26"),  # no earlier than the 10th: earlier days have no end
        ("month", "2024-02", "2024-03-10T22:00"),  # from 29 February
        ("instant", "2024-03-10T12:00:00Z", "2024-03-20T22:00"),
    ],
)
def test_from_a_field_a_day_counts_as_a_day_of_entry(field: str, value: str, due: str) -> None:
    life = anchored(f'within = "10 days"\nfrom = "data.{field}"\n{RUNG}', "a")
    assert life.opened("a.x") == []
    life.do(SetData({field: value}, "ilze", frozenset({"clerk"})))
    assert life.instance.deadlines[0].due == at(due)
    assert_replays(life)


def test_it_follows_its_field_as_that_changes_is_cleared_and_set_again() -> None:
    life = anchored(f'within = "10 days"\nfrom = "data.signed"\n{RUNG}', "a")
    life.set(roles="clerk", signed="2024-03-10")
    assert endings(life.set(roles="clerk", signed="2024-03-11")) == [("a.x", "superseded")]
    assert endings(life.set(roles="clerk", signed="2024-03-11")) == []
    assert endings(life.taken("sign", on="2024-03-12")) == [("a.x", "superseded")]
    assert endings(life.set(roles="clerk", signed=None)) == [("a.x", "withdrawn")]
    life.set(roles="clerk", signed="2024-03-13")
    assert [each.number for each in life.instance.deadlines] == [4]
    assert_replays(life)


def test_a_field_that_changes_outside_the_scope_arms_nothing() -> None:
    life = anchored(f'within = "10 days"\nfrom = "data.signed"\n{RUNG}', "a")
    life.taken("go")
    life.set(roles="clerk", signed="2024-03-10")
    assert life.opened("a.x") == []
    life.taken("back")
    assert life.instance.deadlines[0].due == at("2024-03-20T22:00")


def test_an_event_that_meets_a_deadline_and_sets_its_field_meets_it_and_arms_the_next() -> None:
    life = anchored(f'at = "data.signed"\nmet_by = "sign"\n{RUNG}', "a")
    life.set(roles="clerk", signed="2024-03-10")
    moved = life.taken("sign", days(2), on="2024-04-10")
    assert endings(moved) == [("a.x", "met")]
    assert [each.due for each in moved.armed] == [at("2024-04-10T21:00")]
    late = life.taken("sign", at("2024-04-12T00:00"), on="2024-05-10")
    assert endings(late) == [("a.x", "missed")]
    assert late.ended[0].late == timedelta(hours=27)
    assert_replays(life)


@pytest.mark.parametrize(
    ("declared", "due"),
    [
        ('at = 2024-05-31\nbefore = "1 month"', "2024-04-30T21:00"),
        ('at = 2024-05-31\nbefore = "12 hours"', "2024-05-31T09:00"),
        ('at = "horizon"\nbefore = "10 days"', "2024-06-20T21:00"),
    ],
)
def test_a_point_may_lie_some_time_before_another(declared: str, due: str) -> None:
    head = heading(horizon="2024-06-30")
    life = anchored(f"{declared}\n{RUNG}", "a", head)
    assert life.instance.deadlines[0].due == at(due)


def test_a_point_before_a_field_follows_it() -> None:
    life = anchored(f'at = "data.signed"\nbefore = "10 days"\n{RUNG}', "a")
    life.set(roles="clerk", signed="2024-03-31")
    assert life.instance.deadlines[0].due == at("2024-03-21T22:00")
    assert endings(life.set(roles="clerk", signed="2024-04-30")) == [("a.x", "superseded")]
    assert life.instance.deadlines[0].due == at("2024-04-20T21:00")


def test_time_granted_to_a_point_stays_granted_when_the_point_moves() -> None:
    more = 'extend_by = "chief"\nextend_at_most = "10 days"'
    life = anchored(f'at = "data.signed"\n{RUNG}\n{more}', "a")
    life.set(roles="clerk", signed="2024-03-10")
    life.extend("a.x", "10 days")
    assert life.instance.deadlines[0].due == at("2024-03-20T22:00")
    life.set(roles="clerk", signed="2024-03-12")
    assert life.instance.deadlines[0].due == at("2024-03-22T22:00")
    assert life.extend("a.x", "1 day").explanation.ground == "too_much"
    assert_replays(life)


@pytest.mark.parametrize(
    ("anchor", "complaint"),
    [
        ("last end", "nothing counts from it"),
        ("signed", 'did you mean "data.signed"'),
        ("b", 'did you mean "last b"'),
        ("first d", "no state `d`"),
        ("data.sign", "sign"),
    ],
)
def test_an_anchor_that_is_none_is_a_fault(anchor: str, complaint: str) -> None:
    with pytest.raises(FaultyFile, match=complaint):
        anchored(f'within = "10 days"\nfrom = "{anchor}"\n{RUNG}', "a")


def test_hours_cannot_be_counted_from_a_day() -> None:
    with pytest.raises(FaultyFile, match="has no time of day"):
        anchored(f'within = "10 hours"\nfrom = "data.signed"\n{RUNG}', "a")


def test_a_date_that_is_moved_when_it_was_due_already_does_not_undo_the_miss() -> None:
    life = Life(workflow(FOLLOWING), data={"ends_on": "2024-03-10"})
    life.fire_due(at("2024-03-20T00:00"))
    outcome = life.set(at("2024-03-21T00:00"), roles="clerk", ends_on="2024-06-30")
    assert endings(outcome) == [("a.ends", "missed")]
    assert [deadline.rule for deadline in life.instance.deadlines] == ["a.ends"]
    assert_replays(life)


FOLLOWING = (
    heading()
    + """
[data.ends_on]
type = "date"
by = "clerk"
[roles.clerk]
[states.a]
[states.a.deadlines.ends]
at = "data.ends_on"
escalate = [{ to = "clerk" }]
[states.end]
final = true
[events.finish]
[[transitions]]
event = "finish"
from = "a"
to = "end"
"""
)


TOLD = """
[states.investigation]
[states.construction]
[states.construction.deadlines.permit]
within = "5 years"
from = "start"
[states.construction.deadlines.hearing]
within = "4 years"
from = "first investigation"
[states.end]
final = true
[events.go]
[[transitions]]
event = "go"
from = "investigation"
to = "construction"
[[transitions]]
event = "go"
from = "construction"
to = "end"
"""


def taken_over(**past: Any) -> Outcome:  # noqa: ANN401 - what a start is told of its past
    declared = workflow(heading("site", "investigation") + TOLD)
    command = Start("one", state="construction", since=at("2021-12-01"), reason="the register", **past)
    return step(declared, None, command, Facts(T0))


def test_what_is_told_of_an_adopted_ones_past_counts_as_if_it_had_been_seen() -> None:
    outcome = taken_over(started=at("2019-05-02"), entered={"investigation": at("2020-07-01")})
    dues = {each.rule: each.due.date().isoformat() for each in outcome.after.deadlines}
    assert dues == {"construction.permit": "2024-05-02", "construction.hearing": "2024-07-01"}
    assert outcome.after.started_at == at("2019-05-02")
    declared = workflow(heading("site", "investigation") + TOLD)
    (record,) = chain(declared, [outcome], GENESIS)
    assert record.body["told_started"] == "2019-05-02T00:00:00Z"
    assert replay(declared, [record]) == outcome.after
    none: Callable[[str], WorkingCalendar] = dict[str, WorkingCalendar]().__getitem__
    assert first_difference([record], Rules(lambda _: declared, none, lambda _: [])) is None


def test_without_it_the_life_begins_where_it_was_taken_over() -> None:
    outcome = taken_over()
    assert [(each.rule, each.due.year) for each in outcome.after.deadlines] == [("construction.permit", 2026)]


@pytest.mark.parametrize(
    ("past", "said"),
    [
        ({"started": at("2022-01-01")}, "lies behind 2021-12-01"),
        ({"entered": {"investigaton": at("2020-07-01")}}, "did you mean investigation"),
        (
            {"started": at("2020-07-01"), "entered": {"investigation": at("2019-01-01")}},
            "not between the start",
        ),
    ],
)
def test_a_past_that_cannot_have_been_is_refused(past: dict[str, Any], said: str) -> None:
    with pytest.raises(MalformedCommand, match=said):
        taken_over(**past)
