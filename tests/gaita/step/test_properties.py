"""Properties over random machines and commands: what must hold whatever an operator writes."""

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as st
from transitions import MachineError

from gaita.language.machine import machine_of, trigger_of
from gaita.model.command import Command, Fire, SetData
from gaita.model.instance import Deadline, Instance
from gaita.model.outcome import Accepted, Outcome
from gaita.model.workflow import Transition, Workflow
from gaita.step import GENESIS, Facts, chain, explain, replay
from gaita.step.facts import Names
from tests.gaita.building import HEAD, T0, Life, workflow

EVENTS = ["e0", "e1", "e2"]
LEAVES = ["a/one", "a/two", "b/one", "b/two", "c"]
STATES = ["a", *LEAVES[:2], "b", *LEAVES[2:4], "c"]
FIXED = (
    HEAD
    + """
[data.f]
type = "boolean"
by = "clerk"
[data.g]
type = "boolean"
by = "clerk"
[data.day]
type = "date"
by = "clerk"
[roles.clerk]
[states.a]
initial = "one"
[states.a.deadlines.whole]
within = "3 days"
remind = [{ before = "1 day", to = "clerk" }]
escalate = [{ to = "clerk" }, { after = "2 days", to = "clerk" }]
[states.a.states.one]
[states.a.states.two]
[states.a.states.two.deadlines.part]
within = "30 hours"
escalate = [{ to = "clerk" }]
[states.b]
initial = "one"
[states.b.states.one]
[states.b.states.two]
[states.b.deadlines.by_day]
at = "data.day"
remind = [{ before = "2 days", to = "clerk" }]
escalate = [{ to = "clerk" }]
[states.c]
[states.c.deadlines.far]
within = "1 month"
escalate = [{ to = "clerk" }]
[states.end]
final = true
[events.e0]
[events.e1]
[events.e2]
[events.walk]
[events.finish]
"""
    + "".join(
        f'[[transitions]]\nevent = "walk"\nfrom = "{source}"\nto = "{target}"\n'
        for source, target in zip(LEAVES, [*LEAVES[1:], LEAVES[0]], strict=True)
    )
    + '[[transitions]]\nevent = "finish"\nfrom = "any"\nto = "end"\n'
)


@st.composite
def machines(draw: st.DrawFn, *, everything: bool = True) -> Workflow:
    """Draw a workflow; without ``everything`` only what the library ``transitions`` knows as well."""
    targets = [None, *STATES] + (["previous"] if everything else [])
    text, drawn = FIXED, set[str]()
    for _ in range(draw(st.integers(1, 8))):
        event = draw(st.sampled_from(EVENTS))
        source = draw(st.sampled_from(["any", *STATES]))
        target = draw(st.sampled_from(targets))
        guard = draw(st.sampled_from([None, "data.f", "!data.f", "data.g", "data.f || data.g"]))
        declared = f'[[transitions]]\nevent = "{event}"\nfrom = "{source}"\n'
        declared += f'to = "{target}"\n' if target else ""
        declared += f'guard = "{guard}"\n' if guard else ""
        declared += 'by = "clerk"\n' if everything and draw(st.booleans()) else ""
        text += "" if declared in drawn else declared  # the same one twice is a fault
        drawn.add(declared)
    if everything and draw(st.booleans()):
        text += '[[transitions]]\nfrom = "a/two"\nto = "b"\nguard = "data.f && data.g"\n'
    return workflow(text)


class Model:
    """What the library moves, and puts its own methods on."""

    state: str
    trigger: Callable[[str], bool]


flags = st.dictionaries(st.sampled_from(["f", "g"]), st.booleans())


@settings(deadline=None, max_examples=60)
@given(
    machines(everything=False), flags, st.sampled_from(LEAVES), st.sampled_from([*EVENTS, "walk", "finish"])
)
def test_the_tables_and_the_machine_move_alike(
    declared: Workflow, data: dict[str, object], leaf: str, event: str
) -> None:
    life = Life(declared, data=data, state=leaf)
    names = Names(declared, life.instance.data, {}, Facts(T0))

    def conditions(transition: Transition) -> list[str | Callable[..., bool | None]]:
        guard = transition.guard
        return [] if guard is None else [lambda *_: guard.all.evaluate(names) is True]

    model = Model()
    machine, _ = machine_of(
        declared.states, declared.transitions, declared.initial, model=model, conditions=conditions
    )
    machine.set_state(leaf, model=model)
    try:
        moved = model.trigger(trigger_of(event))
    except (AttributeError, MachineError):  # no transition from here, or none at all for this event
        moved = False
    outcome = life.fire(event)
    assert (isinstance(outcome, Accepted), outcome.after.state) == (moved, model.state)


commands = st.one_of(
    st.builds(
        lambda event, clerk: Fire(event, {}, "ilze", frozenset({"clerk"} if clerk else ())),
        st.sampled_from([*EVENTS, "walk", "walk", "finish"]),
        st.booleans(),
    ),
    st.builds(
        lambda values: SetData(values, "ilze", frozenset({"clerk"})),
        st.dictionaries(st.sampled_from(["f", "g"]), st.none() | st.booleans(), min_size=1),
    ),
    st.builds(
        lambda day: SetData({"day": day and f"2024-03-{day:02}"}, "ilze", frozenset({"clerk"})),
        st.none() | st.integers(1, 31),
    ),
)
schedules = st.lists(st.tuples(st.integers(0, 60), commands), max_size=12)


def live(declared: Workflow, schedule: list[tuple[int, Command]], looks: int | None) -> Life:
    """Carry out commands some hours apart; the scheduler looks every ``looks`` hours, or never."""
    life, now = Life(declared), T0
    for hours, command in schedule:
        if looks is not None:
            for hour in range(0, hours, looks):
                life.settle(now + timedelta(hours=hour))
        now += timedelta(hours=hours)
        life.do(command, now)
    life.settle(now + timedelta(days=365))
    return life


def timeless(outcome: Outcome) -> object:
    """What an outcome says, but for the moment at which a timer was looked at."""
    if not isinstance(outcome, Accepted):
        return (outcome.command, outcome.at, outcome.explanation, outcome.recorded)
    return (
        outcome.command,
        outcome.explanation,
        outcome.moves,
        outcome.changed,
        outcome.armed,
        outcome.ended,
        [replace(each, late=timedelta(0)) for each in outcome.timers],
        [replace(each, at=T0) for each in outcome.messages],
        outcome.after,
    )


@settings(deadline=None, max_examples=60)
@given(machines(), schedules, st.integers(1, 30))
def test_no_result_depends_on_when_the_scheduler_ran(
    declared: Workflow, schedule: list[tuple[int, Command]], looks: int
) -> None:
    never, often = live(declared, schedule, None), live(declared, schedule, looks)
    assert often.instance == never.instance
    assert [timeless(each) for each in often.outcomes] == [timeless(each) for each in never.outcomes]


@settings(deadline=None, max_examples=60)
@given(machines(), schedules)
def test_what_explaining_says_is_what_firing_does(
    declared: Workflow, schedule: list[tuple[int, Command]]
) -> None:
    life, now = Life(declared), T0
    for hours, command in schedule:
        now += timedelta(hours=hours)
        assert isinstance(command, Fire | SetData)
        said = explain(declared, life.instance, command, Facts(now))
        done = life.do(command, now).explanation
        assert (said.state, said.ground, said.fields, said.elsewhere) == (
            done.state,
            done.ground,
            done.fields,
            done.elsewhere,
        )
        verdicts = [(each.transition, each.target, each.verdict) for each in said.candidates]
        assert verdicts == [(each.transition, each.target, each.verdict) for each in done.candidates]


@settings(deadline=None, max_examples=60)
@given(machines(), schedules, st.integers(1, 30))
def test_the_history_leads_to_the_instance_and_every_timer_is_accounted(
    declared: Workflow, schedule: list[tuple[int, Command]], looks: int
) -> None:
    life = live(declared, schedule, looks)
    assert replay(declared, chain(declared, life.outcomes, GENESIS)) == life.instance
    assert_accounted(declared, life.outcomes, life.instance)


def assert_accounted(declared: Workflow, outcomes: list[Outcome], last: Instance) -> None:
    accepted = [each for each in outcomes if isinstance(each, Accepted)]
    armed: dict[int, Deadline] = {each.number: each for outcome in accepted for each in outcome.armed}
    ended = Counter(each.deadline.number for outcome in accepted for each in outcome.ended)
    assert sorted(armed) == list(range(1, last.armed + 1))
    assert set(ended.values()) <= {1}
    assert {each.number for each in last.deadlines} == set(armed) - set(ended)
    timers = Counter((each.deadline, each.index) for outcome in accepted for each in outcome.timers)
    assert set(timers.values()) <= {1}
    still_open = {(each.number, timer.index) for each in last.deadlines for timer in each.timers}
    every = {
        (number, index)
        for number, each in armed.items()
        for index in range(len(declared.rules[each.rule].moments))
    }
    assert set(timers) | still_open == every
    assert not set(timers) & still_open
    for outcome in accepted:
        for each in outcome.timers:
            assert each.ending != "fired" or outcome.at - each.due == each.late >= timedelta(0)
