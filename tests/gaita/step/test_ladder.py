"""The ladder: reminders, the due moment and rungs, each at most once; after an outage in order or in one."""

from datetime import timedelta

import pytest

from gaita.errors import FaultyFile
from gaita.model.command import FireTimer
from gaita.model.outcome import Accepted, Message, Outcome
from gaita.model.workflow import Workflow
from gaita.step import Facts, step
from tests.gaita.building import HEAD, T0, Life, assert_replays, at, endings, told, workflow

TEXT = (
    HEAD
    + """
[data.open]
type = "boolean"
default = true
[roles.clerk]
[roles.chief]
[roles.board]
[states.a]
[states.a.deadlines.x]
within = "30 days"
remind = [{ before = "10 days", to = "clerk" }, { before = "2 days", to = ["clerk", "chief"] }]
escalate = [
  { to = "chief" },
  { after = "5 days", to = ["board", "chief"] },
  { after = "10 days", to = "chief", fire = "retire" },
  { after = "20 days", to = "board" },
]
catch_up = "each"
[states.b]
[states.end]
final = true
[events.go]
[events.retire]
[events.back]
[[transitions]]
event = "go"
from = "a"
to = "b"
[[transitions]]
event = "retire"
from = "a"
to = "end"
by = "board"
guard = [{ id = "open", check = "data.open" }]
[[transitions]]
event = "back"
from = "b"
to = "a"
"""
)
EACH = workflow(TEXT)
ONCE = workflow(TEXT.replace('"each"', '"once"'))
DUE = at("2024-04-03T21:00")
LONG_AFTER = at("2024-06-01T00:00")


def messages(outcomes: list[Outcome]) -> list[Message]:
    return [each for outcome in outcomes if isinstance(outcome, Accepted) for each in outcome.messages]


def fired(outcomes: list[Outcome]) -> list[int]:
    return [
        each.index
        for outcome in outcomes
        if isinstance(outcome, Accepted)
        for each in outcome.timers
        if each.ending == "fired"
    ]


@pytest.mark.parametrize("declared", [EACH, ONCE])
def test_each_moment_is_told_once_when_the_scheduler_is_in_time(declared: Workflow) -> None:
    life = Life(declared)
    for hour in range(0, 24 * 45, 5):
        life.fire_due(T0 + timedelta(hours=hour))
    assert fired(life.outcomes) == [0, 1, 2, 3, 4]
    assert told(life.outcomes) == [
        ("reminder", "clerk"),
        ("reminder", "clerk"),
        ("reminder", "chief"),
        ("due", "chief"),
        ("rung", "board"),
        ("rung", "chief"),
        ("rung", "chief"),
    ]
    assert len({each.id for each in messages(life.outcomes)}) == 7
    assert all(each.folded == () for each in messages(life.outcomes))
    assert life.instance.state == "end"
    assert_replays(life)


def test_each_missed_moment_is_told_in_order_with_a_notice_of_its_own() -> None:
    life = Life(EACH)
    outcomes = life.fire_due(LONG_AFTER)
    assert fired(outcomes) == [0, 1, 2, 3, 4]
    assert [(each.kind, each.to) for each in messages(outcomes)] == [
        ("reminder", "clerk"),
        ("reminder", "clerk"),
        ("reminder", "chief"),
        ("due", "chief"),
        ("rung", "board"),
        ("rung", "chief"),
        ("rung", "chief"),
    ]
    assert life.instance.state == "end"
    assert endings(outcomes[-1]) == [("a.x", "missed")]
    assert_replays(life)


def test_once_folds_them_into_one_notice_up_to_the_rung_that_acts() -> None:
    life = Life(ONCE)
    (outcome,) = life.fire_due(LONG_AFTER)
    assert isinstance(outcome, Accepted)
    assert outcome.command == FireTimer(1, 4, (0, 1, 2, 3))
    assert fired([outcome]) == [0, 1, 2, 3, 4]
    assert [(each.to, each.timer, each.folded) for each in outcome.messages] == [
        ("clerk", 4, (0, 1, 2, 3)),
        ("chief", 4, (0, 1, 2, 3)),
        ("board", 4, (0, 1, 2, 3)),
    ]
    assert [each.id for each in outcome.messages] == ["one/1/4/clerk", "one/1/4/chief", "one/1/4/board"]
    assert [end.late for end in outcome.timers if end.ending == "fired"] == [
        LONG_AFTER - at(moment)
        for moment in (
            "2024-03-24T22:00",
            "2024-04-01T21:00",
            "2024-04-03T21:00",
            "2024-04-08T21:00",
            "2024-04-13T21:00",
        )
    ]
    assert [(end.index, end.ending) for end in outcome.timers if end.ending != "fired"] == [(5, "cancelled")]
    assert outcome.after.state == "end"
    assert_replays(life)


def test_what_comes_behind_a_rung_whose_event_was_refused_is_told_by_itself() -> None:
    life = Life(ONCE, data={"open": False})
    acted, behind = life.fire_due(LONG_AFTER)
    assert acted.trouble is not None
    assert acted.explanation.ground == "guard"
    assert [(each.timer, each.folded) for each in messages([behind])] == [(5, ())]
    assert life.fire_due(LONG_AFTER) == []
    assert_replays(life)


def test_a_part_of_the_ladder_that_was_told_in_time_is_not_told_again() -> None:
    life = Life(ONCE)
    life.fire_due(at("2024-03-25T00:00"))
    (outcome,) = life.fire_due(at("2024-04-04T00:00"))
    assert [(each.kind, each.to, each.folded) for each in messages([outcome])] == [
        ("due", "clerk", (1,)),
        ("due", "chief", (1,)),
    ]
    assert_replays(life)


def test_reminders_that_short_months_bring_out_of_order_are_folded_in_the_order_of_their_moments() -> None:
    text = TEXT.replace('"each"', '"once"').replace('within = "30 days"', 'within = "60 days"')
    text = text.replace(
        'remind = [{ before = "10 days", to = "clerk" }, { before = "2 days", to = ["clerk", "chief"] }]',
        'remind = [{ before = "1 month", to = "clerk" }, { before = "30 days", to = "chief" }]',
    )
    # Due at the end of 31 March: a month before is the end of 29 February, thirty days the end of 1 March.
    life = Life(workflow(text), at("2024-01-31T09:00"))
    (outcome,) = life.fire_due(at("2024-04-02T00:00"))
    assert fired([outcome]) == [0, 1, 2]
    # At the end of 15 March of that year the thirty days begin earlier than the month.
    life = Life(workflow(text), at("2024-01-15T09:00"))
    moments = [timer.due for timer in life.instance.deadlines[0].timers][:2]
    (outcome,) = life.fire_due(at("2024-03-16T00:00"))
    assert fired([outcome]) == [index for _, index in sorted(zip(moments, (0, 1), strict=True))] + [2]
    assert_replays(life)


def test_what_the_move_makes_moot_is_cancelled_with_it() -> None:
    life = Life(EACH)
    life.fire_due(at("2024-04-05T00:00"))
    left = life.taken("go", at("2024-04-05T00:00"))
    assert [(end.index, end.ending) for end in left.timers] == [
        (3, "cancelled"),
        (4, "cancelled"),
        (5, "cancelled"),
    ]
    assert life.fire_due(LONG_AFTER) == []
    assert left.ended[0].late == at("2024-04-05T00:00") - DUE


def test_a_timer_is_refused_before_its_moment_and_after_it_has_fired() -> None:
    life = Life(EACH)
    for command in (FireTimer(1, 0), FireTimer(1, 1, (0,)), FireTimer(7, 0)):
        with pytest.raises(ValueError, match="no due timer"):
            step(EACH, life.instance, command, Facts(T0))
    life.fire_due(DUE)
    for command in (FireTimer(1, 0), FireTimer(1, 3, (2,))):
        with pytest.raises(ValueError, match="no due timer"):
            step(EACH, life.instance, command, Facts(DUE + timedelta(days=6)))


@pytest.mark.parametrize("declared", [EACH, ONCE])
def test_a_clock_that_jumps_back_and_forth_tells_nothing_twice(declared: Workflow) -> None:
    life = Life(declared)
    for moment in (DUE, T0, DUE + timedelta(days=6), T0 - timedelta(days=365), DUE, LONG_AFTER, T0):
        life.fire_due(moment)
    assert sorted(fired(life.outcomes)) == [0, 1, 2, 3, 4]
    assert_replays(life)


def test_a_rung_without_event_or_reader_and_one_of_an_unknown_policy_are_faults() -> None:
    with pytest.raises(FaultyFile, match="catch_up"):
        workflow(TEXT.replace('"each"', '"never"'))
    with pytest.raises(FaultyFile, match="does nothing"):
        workflow(TEXT.replace('{ after = "20 days", to = "board" }', '{ after = "20 days" }'))
