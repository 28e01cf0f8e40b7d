"""One promise for one anchor: however a case moves in and out, it is the same deadline."""

from datetime import datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gaita.calendar import due_day_text
from gaita.model.command import SetData
from gaita.model.instance import Deadline
from gaita.model.outcome import Accepted
from gaita.model.workflow import Workflow
from tests.gaita.building import T0, Life, assert_replays, at, endings, heading, told, workflow

PLACES = ("design", "lab", "hold", "wait")
MOVES = "".join(
    f'[[transitions]]\nevent = "to_{target}"\nfrom = "{source}"\nto = "{target}"\n'
    for source in PLACES
    for target in PLACES
)


def promised(due: str, more: str = "") -> Workflow:
    """Return a workflow whose state ``lab`` has a deadline; anything moves anywhere."""
    return workflow(
        heading(initial="design")
        + f"""
[data.day]
type = "date"
by = "chief"
[data.instant]
type = "moment"
by = "chief"
[roles.chief]
[states.design]
[states.lab]
[states.lab.deadlines.out]
{due}
remind = [{{ before = "5 days", to = "chief" }}]
escalate = [{{ to = "chief" }}, {{ after = "3 days", to = "chief" }}]
{more}
[states.hold]
[states.wait]
[states.end]
final = true
[events]
{"".join(f"to_{place} = {{}}{chr(10)}" for place in PLACES)}
report = {{}}
finish = {{}}
[[transitions]]
event = "report"
from = "any"
[[transitions]]
event = "finish"
from = "any"
to = "end"
"""
        + MOVES
    )


CLOCK = """
pause_in = ["hold", "wait"]
pause_by = "chief"
extend_by = "chief"
extend_at_most = "1000 days"
met_by = "report"
"""
LAB = promised('within = "100 days"\nfrom = "first design"', CLOCK)


def day(deadline: Deadline) -> str:
    return due_day_text(deadline.due, "Europe/Riga")


def only(life: Life) -> Deadline:
    (deadline,) = life.opened("lab.out")
    return deadline


def days(number: float) -> datetime:
    return T0 + timedelta(days=number)


def every_ending(life: Life) -> list[str]:
    return [ending for outcome in life.outcomes for _, ending in endings(outcome)]


def test_left_and_entered_again_it_is_open_again_with_what_stood_since_the_anchor() -> None:
    life = Life(LAB, at("2024-01-01T08:00"))
    life.taken("to_lab", at("2024-01-02T08:00"))
    life.taken("to_hold", at("2024-01-11T08:00"))
    life.taken("to_lab", at("2024-03-01T08:00"))
    assert day(only(life)) == "2024-05-30"
    left = life.taken("to_design", at("2024-04-20T07:00"))
    assert endings(left) == [("lab.out", "met")]
    back = life.taken("to_lab", at("2024-04-20T08:00"))
    assert [each.kind for each in back.adjusted] == ["reopened"]
    assert (only(life).number, day(only(life)), life.instance.armed) == (1, "2024-05-30", 1)
    assert_replays(life)
    assert told(life.fire_due(at("2024-07-01T00:00"))) == [
        ("reminder", "chief"),
        ("due", "chief"),
        ("rung", "chief"),
    ]
    assert_replays(life)


def test_its_clock_stood_before_it_was_first_armed_and_while_its_scope_was_left() -> None:
    life = Life(LAB)
    life.taken("to_hold", days(2))
    life.taken("to_design", days(12))
    life.taken("to_lab", days(20))
    assert only(life).due == days(100).replace(hour=21, minute=0) + timedelta(days=10)
    life.taken("to_design", days(30))
    life.taken("to_wait", days(31))
    life.taken("to_design", days(36))
    life.taken("to_lab", days(40))
    assert only(life).due == days(100).replace(hour=21, minute=0) + timedelta(days=15)
    assert_replays(life)


def test_it_keeps_what_it_was_granted_and_a_pause_by_command() -> None:
    life = Life(LAB)
    life.taken("to_lab", days(1))
    life.extend("lab.out", "10 days", days(2))
    life.pause("lab.out", days(3))
    life.taken("to_design", days(4))
    life.taken("to_lab", days(8))
    assert only(life).is_paused
    life.resume("lab.out", days(13))
    assert only(life).due == days(100).replace(hour=21, minute=0) + timedelta(days=20)
    assert_replays(life)


@pytest.mark.parametrize("late", [False, True])
@pytest.mark.parametrize("event", ["report", "to_design", "to_lab"])
def test_what_was_met_by_its_event_or_missed_is_not_made_again(event: str, late: bool) -> None:
    declared = promised('within = "10 days"\nfrom = "start"', f'met_by = "{event}"')
    life = Life(declared)
    life.taken("to_lab")
    if event == "to_lab":  # what its own move has armed is asked for again
        assert only(life).number == 1
    life.taken(event, days(12 if late else 2))
    assert every_ending(life) == ["missed" if late else "met"]
    life.taken("to_design", days(13))
    life.taken("to_lab", days(14))
    assert life.opened("lab.out") == []
    assert life.instance.armed == 1
    assert_replays(life)


def test_an_event_that_comes_while_the_scope_is_left_meets_it_too() -> None:
    life = Life(promised('within = "10 days"\nfrom = "start"', 'met_by = "report"'))
    life.taken("to_lab", days(1))
    life.taken("to_design", days(2))
    assert life.taken("report", days(3)).settled == (1,)
    life.taken("to_lab", days(12))
    assert (life.opened("lab.out"), life.instance.armed) == ([], 1)
    assert every_ending(life) == ["met"]
    assert_replays(life)


def test_another_anchor_is_another_promise_and_the_first_anchor_the_first_one() -> None:
    life = Life(promised('within = "10 days"\nfrom = "data.day"'), data={"day": "2024-03-04"})
    life.taken("to_lab")
    life.set(roles="chief", day="2024-04-01")
    assert (only(life).number, day(only(life))) == (2, "2024-04-11")
    life.set(roles="chief", day="2024-03-04")
    assert (only(life).number, day(only(life)), life.instance.armed) == (1, "2024-03-14", 2)
    assert every_ending(life) == ["superseded", "superseded"]
    life.fire_due(days(11))
    life.set(days(11), roles="chief", day="2024-04-01")
    assert every_ending(life)[-1] == "missed"
    life.set(days(12), roles="chief", day="2024-03-04")  # missed once, and not made again
    assert (life.opened("lab.out"), every_ending(life)[-1]) == ([], "withdrawn")
    assert_replays(life)


@pytest.mark.parametrize("due", ["at = 2024-04-30", 'at = "data.day"'])
def test_a_point_is_one_promise_as_well(due: str) -> None:
    life = Life(promised(due), data={"day": "2024-04-30"})
    for number in range(3):
        life.taken("to_lab", days(10 * number))
        assert (only(life).number, day(only(life))) == (1, "2024-04-30")
        life.taken("to_design", days(10 * number + 5))
    assert life.instance.armed == 1
    life.taken("to_lab", days(90))
    assert told(life.fire_due(days(90)))[0] == ("due", "chief")  # it is past: due at once
    life.taken("finish", days(91))
    assert every_ending(life) == ["met", "met", "met", "missed"]
    assert_replays(life)


def test_one_counted_from_its_own_entry_begins_anew_each_time() -> None:
    life = Life(promised('within = "10 days"', CLOCK))
    life.taken("to_lab")
    life.taken("to_design", days(1))
    life.taken("to_lab", days(20))
    assert (only(life).number, only(life).since) == (2, days(20))


def test_a_transition_into_the_same_state_leaves_it_alone() -> None:
    life = Life(LAB)
    life.taken("to_lab", days(1))
    before = only(life)
    again = life.taken("to_lab", days(2))
    assert only(life) == before
    assert (again.armed, again.ended, again.adjusted, again.timers) == ((), (), (), ())


def test_left_and_entered_again_in_one_run_it_never_ended() -> None:
    text = LAB.source + '[[transitions]]\nfrom = "wait"\nto = "lab"\nguard = "has(data.day)"\n'
    declared = workflow(text.replace('pause_in = ["hold", "wait"]', 'pause_in = "hold"'))
    life = Life(declared, data={"day": "2024-03-04"})
    life.taken("to_lab", days(1))
    moved = life.taken("to_wait", days(2))
    assert [move.target for move in moved.moves] == ["wait", "lab"]
    assert moved.ended == ()
    assert (only(life).number, life.instance.armed) == (1, 1)
    assert_replays(life)


def test_each_rule_has_promises_of_its_own_where_several_have_one_anchor() -> None:
    rule = 'within = "50 days"\nfrom = "start"\nescalate = [{ to = "chief" }]\n'
    others = "".join(f"[states.lab.deadlines.{name}]\n{rule}" for name in ("earlier", "sooner"))
    text = promised('within = "100 days"\nfrom = "start"', others).source
    life = Life(workflow(text + '[[transitions]]\nfrom = "wait"\nto = "lab"\nguard = "has(data.day)"\n'))
    life.taken("to_lab", days(1))
    before = [(each.number, each.rule, each.due) for each in life.instance.deadlines]
    assert [rule for _, rule, _ in before] == ["lab.out", "lab.earlier", "lab.sooner"]
    life.taken("to_design", days(2))
    life.set(roles="chief", day="2024-03-04")
    life.taken("to_lab", days(3))
    life.taken("to_wait", days(4))
    assert [(each.number, each.rule, each.due) for each in life.instance.deadlines] == before
    assert_replays(life)


@pytest.mark.parametrize("met", [True, False])
def test_of_a_recurring_one_no_time_is_made_twice(met: bool) -> None:
    life = Life(promised('every = "20 days"\nfrom = "start"', 'met_by = "report"'))
    life.taken("to_lab", days(1))
    if met:
        life.taken("report", days(2))
    before = only(life)
    assert before.occurrence == 1 + met
    life.taken("to_design", days(3))
    life.taken("to_lab", days(4))
    assert (only(life).number, only(life).occurrence, only(life).due) == (
        before.number,
        before.occurrence,
        before.due,
    )
    life.taken("to_design", days(5))
    life.taken("to_lab", days(50))  # what came round meanwhile is not asked for
    assert only(life).occurrence == 3
    assert_replays(life)


def test_time_granted_to_one_time_of_a_recurring_one_is_not_granted_to_a_later_one() -> None:
    life = Life(promised('every = "20 days"\nfrom = "start"', CLOCK))
    life.taken("to_lab", days(1))
    life.extend("lab.out", "5 days", days(2))
    life.taken("to_design", days(3))
    life.taken("to_lab", days(50))
    assert (only(life).occurrence, day(only(life))) == (3, "2024-05-03")
    assert_replays(life)


def test_a_reminder_that_was_sent_is_not_sent_again_where_nothing_moved() -> None:
    life = Life(LAB)
    life.taken("to_lab", days(1))
    life.fire_due(days(97))
    life.taken("to_design", days(97))
    life.taken("to_lab", days(98))
    assert [each[0] for each in told(life.outcomes)] == ["reminder"]
    life.fire_due(days(120))
    assert [each[0] for each in told(life.outcomes)] == ["reminder", "due", "rung"]
    assert_replays(life)


# -- the due moment, compared with a model that knows nothing of deadlines

steps = st.lists(
    st.tuples(
        st.integers(0, 24 * 9),
        st.sampled_from(["to_design", "to_lab", "to_lab", "to_hold", "to_wait", "extend", "finish"]),
    ),
    min_size=1,
    max_size=25,
)
ANCHORS = {
    "start": ('within = "5000 hours"\nfrom = "start"', "start"),
    "first": ('within = "5000 hours"\nfrom = "first design"', "start"),
    "data": ('within = "5000 hours"\nfrom = "data.instant"', "day"),
    "last": ('within = "5000 hours"\nfrom = "last design"', "last"),
}
DECLARED = {
    name: promised(text, CLOCK.replace("1000 days", "1000 hours")) for name, (text, _) in ANCHORS.items()
}


@settings(deadline=None, max_examples=60)
@given(st.sampled_from(sorted(ANCHORS)), steps)
def test_the_due_moment_is_the_anchor_and_the_amount_and_what_stood_since(
    name: str, walk: list[tuple[int, str]]
) -> None:
    life = Life(DECLARED[name], data={"instant": "2024-03-05T22:00:00Z"})
    anchor = at("2024-03-05T22:00") if ANCHORS[name][1] == "day" else T0
    stood: list[tuple[datetime, datetime]] = []
    granted: dict[datetime, timedelta] = {}
    numbers: dict[datetime, int] = {}
    now = T0
    for hours, event in walk:
        place, before = life.instance.state, now
        now += timedelta(hours=hours)
        if place in {"hold", "wait"}:
            stood.append((before, now))
        if event == "extend":
            if isinstance(life.extend("lab.out", "7 hours", now), Accepted):
                granted[anchor] = granted.get(anchor, timedelta()) + timedelta(hours=7)
            continue
        if not isinstance(life.fire(event, now), Accepted):
            break
        if ANCHORS[name][1] == "last" and event == "to_design":
            anchor = now
        lost = sum((max(end - max(begin, anchor), timedelta()) for begin, end in stood), timedelta())
        due = anchor + timedelta(hours=5000) + granted.get(anchor, timedelta()) + lost
        for deadline in life.opened("lab.out"):
            assert deadline.is_paused or deadline.due == due
            assert numbers.setdefault(deadline.since, deadline.number) == deadline.number
    assert life.instance.armed == len(numbers)
    assert_replays(life)


def test_a_stop_is_remembered_only_where_a_deadline_by_an_anchor_stands_in_it() -> None:
    life = Life(promised('within = "10 days"', CLOCK))
    life.taken("to_hold", days(1))
    assert life.instance.stays == ()
    other = Life(LAB)
    other.taken("to_hold", days(1))
    other.taken("to_lab", days(3))
    assert [(each.state, each.since, each.until) for each in other.instance.stays] == [
        ("hold", days(1), days(3))
    ]


def test_data_that_is_cleared_and_set_again_opens_the_same_promise() -> None:
    life = Life(promised('at = "data.day"'), data={"day": "2024-04-30"})
    life.taken("to_lab")
    life.do(SetData({"day": None}, "ilze", frozenset({"chief"})), days(1))
    assert every_ending(life) == ["withdrawn"]
    life.set(days(2), roles="chief", day="2024-04-30")
    assert (only(life).number, life.instance.armed) == (1, 1)
    assert_replays(life)
