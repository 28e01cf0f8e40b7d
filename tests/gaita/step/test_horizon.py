"""The horizon: as the programme's end draws near it warns, and at the end nothing runs on unheard."""

from datetime import timedelta

import pytest

from gaita.errors import FaultyFile, MalformedCommand
from gaita.model.outcome import Accepted
from tests.gaita.building import HEAD, T0, Life, assert_replays, at, endings, heading, told, workflow


def programme(end: str, deadline: str = "", past_timers: str = "skip") -> str:
    return (
        heading(horizon="2024-06-30", past_timers=past_timers)
        + f"""
[data.ready]
type = "boolean"
default = false
[roles.clerk]
[roles.chief]
[roles.board]
[horizon]
remind = ["3 months", {{ before = "10 days", to = "clerk" }}]
to = ["chief", "board"]
{end}
[states.a]
{deadline}
[states.b]
initial = "one"
[states.b.states.one]
[states.b.states.two]
[states.hold]
[states.end]
final = true
[states.closed]
final = true
[events.go]
[events.inside]
[events.stop]
[events.close]
[events.finish]
[[transitions]]
event = "go"
from = ["a", "hold"]
to = "b"
[[transitions]]
event = "inside"
from = "b/one"
to = "b/two"
[[transitions]]
event = "stop"
from = ["a", "b"]
to = "hold"
[[transitions]]
event = "close"
from = "any"
to = "closed"
guard = "data.ready"
[[transitions]]
event = "finish"
from = "any"
to = "end"
"""
    )


END = at("2024-06-30T21:00")
CLOSING = workflow(programme('close_to = "closed"'))
FIRING = workflow(programme('fire = "close"'))
TELLING = workflow(programme(""))


def test_it_lasts_through_every_state_that_is_not_final_and_warns_on_the_way() -> None:
    life = Life(CLOSING)
    (deadline,) = life.instance.deadlines
    assert (deadline.rule, deadline.due, deadline.clipped) == ("horizon", END, False)
    for event in ("go", "inside", "stop", "go"):
        assert life.taken(event).after.deadlines == (deadline,)
    assert told(life.fire_due(at("2024-03-30T21:59"))) == []
    assert told(life.fire_due(at("2024-03-30T22:00"))) == [("reminder", "chief"), ("reminder", "board")]
    assert told(life.fire_due(at("2024-06-20T21:00"))) == [("reminder", "clerk")]
    assert life.fire_due(END - timedelta(microseconds=1)) == []
    assert_replays(life)


def test_at_the_end_it_closes_what_still_runs_whatever_the_guards_say() -> None:
    life = Life(CLOSING)
    life.fire_due(END - timedelta(days=1))
    (closed,) = life.fire_due(END)
    assert isinstance(closed, Accepted)
    assert told([closed]) == [("due", "chief"), ("due", "board")]
    assert closed.after.state == "closed"
    assert endings(closed) == [("horizon", "missed")]
    assert closed.after.deadlines == ()
    assert life.fire_due(END + timedelta(days=99)) == []
    assert_replays(life)


def test_after_an_outage_it_tells_once_and_closes() -> None:
    life = Life(CLOSING)
    life.taken("go")
    (closed,) = life.fire_due(END + timedelta(days=5))
    assert told([closed]) == [("due", "chief"), ("due", "board"), ("due", "clerk")]
    assert closed.after.state == "closed"
    assert_replays(life)


def test_what_ends_before_has_met_it() -> None:
    life = Life(CLOSING)
    assert endings(life.taken("finish", END - timedelta(minutes=1))) == [("horizon", "met")]
    assert life.fire_due(END + timedelta(days=1)) == []


def test_an_event_that_it_fires_obeys_the_guards_and_refused_it_is_trouble() -> None:
    life = Life(FIRING, data={"ready": True})
    life.fire_due(END)
    assert life.instance.state == "closed"
    life = Life(FIRING)
    outcome = life.fire_due(END)[-1]
    assert isinstance(outcome, Accepted)
    assert outcome.trouble is not None
    assert "close" in outcome.trouble.message
    assert (outcome.after.state, outcome.explanation.ground) == ("a", "guard")
    assert life.fire_due(END + timedelta(days=1)) == []
    late = life.taken("finish", END + timedelta(days=2))
    assert endings(late) == [("horizon", "missed")]
    assert late.ended[0].late == timedelta(days=2)
    assert_replays(life)


def test_with_nothing_to_do_at_the_end_it_tells() -> None:
    life = Life(TELLING)
    assert told(life.fire_due(END)) == [
        ("due", "chief"),
        ("due", "board"),
        ("due", "clerk"),
    ]
    assert life.instance.state == "a"


PAUSED = """
[states.a.deadlines.x]
within = "400 days"
pause_in = "hold"
pause_by = "chief"
escalate = [{ to = "clerk" }]
"""


def test_other_deadlines_cut_back_to_it_fire_before_it_closes() -> None:
    life = Life(workflow(programme('close_to = "closed"', deadline=PAUSED)))
    life.fire_due(END - timedelta(days=1))
    first, second = life.fire_due(END)
    assert told([first]) == [("due", "clerk")]
    assert told([second]) == [("due", "chief"), ("due", "board")]
    assert sorted(endings(second)) == [("a.x", "missed"), ("horizon", "missed")]
    assert_replays(life)


def test_it_comes_while_another_deadline_is_paused_and_closes_that_as_met() -> None:
    life = Life(workflow(programme('close_to = "closed"', deadline=PAUSED)))
    life.taken("stop")
    assert life.opened("horizon")[0].timers[0].due is not None
    closed = life.fire_due(END)[-1]
    assert sorted(endings(closed)) == [("a.x", "met"), ("horizon", "missed")]
    assert_replays(life)


def test_the_horizon_is_neither_paused_nor_extended() -> None:
    life = Life(CLOSING)
    assert life.pause("horizon").explanation.ground == "not_pausable"
    assert life.extend("horizon", "1 day").explanation.ground == "not_extendable"


def test_nothing_starts_after_it() -> None:
    Life(CLOSING, END - timedelta(microseconds=1))
    with pytest.raises(MalformedCommand, match="the horizon of case@1, 2024-06-30, is past"):
        Life(CLOSING, END)


@pytest.mark.parametrize(("policy", "warned"), [("skip", 0), ("fire", 2)])
def test_adopted_late_it_skips_or_gives_the_warning_that_is_past(policy: str, warned: int) -> None:
    declared = workflow(programme("", past_timers=policy))
    life = Life(declared, at("2024-05-01T00:00"), since=T0)
    assert len(told(life.fire_due(at("2024-05-01T00:00")))) == warned
    assert len(told(life.fire_due(at("2024-06-21T00:00")))) == 1


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        (programme('close_to = "closed"\nfire = "close"'), "says twice"),
        (programme('close_to = "b"'), "is not final"),
        (programme("").replace("horizon = 2024-06-30", ""), "declares no horizon"),
        (programme('fire = "clse"'), "clse"),
        (programme("").replace('to = ["chief", "board"]', ""), "nobody is named who could hear"),
        (programme("").replace('"3 months"', '"5 days"'), "comes after `5 days` before"),
        (programme("").replace('"3 months"', '"10 days"'), "stands twice"),
        (HEAD + "horizon = 2024-06-30\n[horizon]\n[states.a]\n", "nothing happens at the horizon"),
    ],
)
def test_a_horizon_that_contradicts_itself_is_a_fault(text: str, complaint: str) -> None:
    with pytest.raises(FaultyFile, match=complaint):
        workflow(text)
