"""Regions: states that are active side by side, when they are done, and what was left inside them."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from statemachine.io import create_machine_class_from_definition

from gaita.errors import MalformedCommand
from gaita.model.command import Command, Fire, SetData, Start
from gaita.model.instance import Instance
from gaita.model.outcome import Accepted
from gaita.model.workflow import Workflow
from gaita.step import Facts, explain, step
from tests.gaita.building import T0, Life, assert_replays, endings, ground, heading, told, workflow
from tests.gaita.step.test_properties import assert_accounted

HEAD = heading(initial="idle").replace("language = 1", "language = 2")
DATA = '[data.f]\ntype = "boolean"\nby = "clerk"\n[data.g]\ntype = "boolean"\nby = "clerk"\n'
ROLES = "[roles.clerk]\n[roles.chief]\n"
STATES = """\
[states.idle]
[states.p.regions.one]
initial = "a"
[states.p.regions.one.states.a]
[states.p.regions.one.states.b]
[states.p.regions.one.states.ready]
final = true
[states.p.regions.two]
initial = "c"
[states.p.regions.two.states.c]
initial = "c1"
[states.p.regions.two.states.c.states.c1]
[states.p.regions.two.states.c.states.c2]
[states.p.regions.two.states.d]
[states.p.regions.two.states.tested]
final = true
[states.z]
initial = "z1"
[states.z.states.z1]
[states.z.states.z2]
final = true
[states.end]
final = true
"""
PATHS = {
    path.rpartition("/")[2]: path
    for path in (
        "idle", "p", "p/one", "p/one/a", "p/one/b", "p/one/ready", "p/two", "p/two/c", "p/two/c/c1",
        "p/two/c/c2", "p/two/d", "p/two/tested", "z", "z/z1", "z/z2", "end",
    )
}  # fmt: skip
EVENTS = ["e0", "e1", "e2", "reach", "finish"]


def way(source: str, target: str | None, event: str | None, **keys: str) -> str:
    lines = ["[[transitions]]", f'from = "{source}"']
    lines += [f'to = "{target}"'] if target else []
    lines += [f'event = "{event}"'] if event else []
    return "\n".join([*lines, *(f"{key} = {value}" for key, value in keys.items())]) + "\n"


# Each state is reached by some event, so that the check has nothing to say.
REACHED = "".join(
    f"[events.to_{name}]\n" + way("any", path, f"to_{name}") for name, path in PATHS.items() if name != "end"
)
ENDED = way("any", "end", "finish") + way("p", "z", "reach", done="true")


def declared(*transitions: str, deadlines: str = "") -> Workflow:
    events = "".join(f"[events.{each}]\n" for each in EVENTS)
    return workflow(
        HEAD + DATA + ROLES + STATES + deadlines + events + REACHED + ENDED + "".join(transitions)
    )


def life(*transitions: str, state: str | None = "p", deadlines: str = "", **data: object) -> Life:
    return Life(declared(*transitions, deadlines=deadlines), state=state, data=data)


def place(*names: str) -> str:
    return " + ".join(PATHS[name] for name in names)


# -- where a case is


def test_a_state_with_regions_is_entered_in_all_of_them() -> None:
    case = life(state=None)
    case.taken("to_p")
    assert case.instance.configuration == ("p/one/a", "p/two/c/c1")
    assert case.instance.state == "p/one/a + p/two/c/c1"


def test_a_move_in_one_region_leaves_the_others_as_they_are() -> None:
    case = life(way("a", "b", "e0"))
    outcome = case.taken("e0", T0 + timedelta(hours=1))
    assert case.instance.state == place("b", "c1")
    (move,) = outcome.moves
    assert (move.source, move.target, move.exited, move.entered) == (
        PATHS["a"], PATHS["b"], (PATHS["a"],), (PATHS["b"],),
    )  # fmt: skip
    assert case.instance.since_in(PATHS["b"]) == case.instance.since == T0 + timedelta(hours=1)
    assert case.instance.since_in(PATHS["c1"]) == T0


def test_one_event_is_taken_in_every_region_that_has_a_way_for_it() -> None:
    case = life(way("a", "b", "e0"), way("c1", "d", "e0"))
    outcome = case.taken("e0")
    assert case.instance.state == place("b", "d")
    assert [each.verdict for each in outcome.explanation.candidates] == ["taken", "taken"]


def test_it_is_accepted_if_one_region_takes_it_and_the_others_say_why_they_do_not() -> None:
    case = life(way("a", "b", "e0"), way("c1", "d", "e0", guard='"data.f"'))
    outcome = case.taken("e0")
    assert case.instance.state == place("b", "c1")
    assert [each.verdict for each in outcome.explanation.candidates] == ["guard", "taken"]
    assert_replays(case)


def test_it_is_refused_where_no_region_takes_it() -> None:
    case = life(way("a", "b", "e0", guard='"data.g"'), way("c1", "d", "e0", by='"chief"'))
    refused = case.refused("e0")
    assert [each.verdict for each in refused.explanation.candidates] == ["guard", "role"]


def test_each_region_decides_on_the_data_before_any_of_them_sets_it() -> None:
    case = life(
        way("a", "b", "e0", set='{ f = "true" }'),
        way("c1", "d", "e0", guard='"data.f"'),
        way("c1", "c2", "e0", set='{ g = "data.f" }'),
        f=False,
    )
    case.taken("e0")
    assert (case.instance.state, dict(case.instance.data)) == (place("b", "c2"), {"f": True, "g": False})


def test_a_way_out_of_the_whole_goes_behind_one_inside_and_before_a_later_one() -> None:
    inner = life(way("p", "z", "e0"), way("c1", "d", "e0"))
    inner.taken("e0")
    assert inner.instance.state == place("a", "d")
    first = life(way("a", "z", "e0"), way("c1", "d", "e0"))
    outcome = first.taken("e0")
    assert first.instance.state == "z/z1"
    assert sorted(each.verdict for each in outcome.explanation.candidates) == ["preempted", "taken"]


def test_where_a_case_is_may_be_a_condition() -> None:
    case = life(way("a", "b", "e0", guard='\'in_state("d") && !in_state("p/one/b")\''), way("c1", "d", "e1"))
    refused = case.refused("e0")
    assert refused.explanation.candidates[0].clauses[0].read == {
        "in_state.p/two/d": False,
        "in_state.p/one/b": False,
    }
    case.taken("e1")
    assert case.taken("e0").moves[0].evidence == {"in_state.p/two/d": True, "in_state.p/one/b": False}


def test_a_region_may_wait_for_another_and_go_on_by_itself() -> None:
    case = life(way("a", "b", None, guard="'in_state(\"tested\")'"), way("c1", "tested", "e0"))
    case.taken("e0")
    assert case.instance.state == place("b", "tested")


# -- done


def test_a_state_with_regions_is_done_when_each_of_them_is() -> None:
    case = life(way("a", "ready", "e0"), way("c1", "tested", "e1"))
    case.taken("e0")
    refused = case.refused("reach")
    assert ground(refused) == "not_done"
    assert refused.explanation.candidates[0].waits_for == ("p/two",)
    case.taken("e1")
    case.taken("reach")
    assert case.instance.state == "z/z1"


def test_what_waits_until_a_state_is_done_may_happen_by_itself() -> None:
    case = life(way("a", "ready", "e0"), way("c1", "tested", "e1"), way("p", "z", None, done="true"))
    case.taken("e1")
    assert case.instance.state == place("a", "tested")
    case.taken("e0")
    assert case.instance.state == "z/z1"


def test_a_final_state_inside_another_ends_no_life() -> None:
    case = life(way("z1", "z2", "e0"), state="z")
    case.taken("e0")
    assert case.workflow.is_final(case.instance.state) is False
    case.taken("finish")
    assert case.workflow.is_final(case.instance.state)


# -- ways back


def test_history_enters_what_was_active_inside_however_deep() -> None:
    case = life(
        way("a", "b", "e0"),
        way("c1", "c2", "e0"),
        way("p", "idle", "e1"),
        way("idle", "p", "e2", history="true"),
    )
    case.taken("e0")
    case.taken("e1")
    case.taken("e2")
    assert case.instance.state == place("b", "c2")
    assert_replays(case)


def test_previous_leads_back_to_all_the_states_it_was_entered_from() -> None:
    case = life(way("c1", "c2", "e0"), way("p", "idle", "e1"), way("idle", "previous", "e2"))
    case.taken("e0")
    case.taken("e1")
    case.taken("e2")
    assert case.instance.state == place("a", "c2")
    assert_replays(case)


def test_inside_a_region_previous_is_what_it_was_entered_from_there() -> None:
    case = life(way("a", "b", "e0"), way("b", "previous", "e1"), way("c1", "d", "e2"))
    case.taken("e0")
    case.taken("e2")
    case.taken("e1")
    assert case.instance.state == place("a", "d")


# -- which states `any` means


def test_any_leaves_out_the_state_that_it_leads_to() -> None:
    case = life(state="idle")
    assert ground(case.fire("to_idle")) == "no_transition"
    case = life(way("any", None, "e0"), state="p")
    case.taken("e0")


def test_unless_it_is_named() -> None:
    named = '[[transitions]]\nevent = "e0"\nfrom = ["any", "idle"]\nto = "idle"\n'
    case = life(named, state="idle")
    assert case.taken("e0").moves[0].exited == ("idle",)


# -- where a life begins


def test_a_case_is_taken_over_in_states_of_several_regions() -> None:
    case = life(state="b + d")
    assert case.instance.state == place("b", "d")
    case = life(state="d")
    assert case.instance.state == place("a", "d")


def test_states_that_are_never_active_together_are_refused() -> None:
    start = Start("one", {}, state="a + b", reason="moved here")
    with pytest.raises(MalformedCommand, match="'p/one/a' and 'p/one/b' are never active together"):
        step(declared(), None, start, Facts(T0))


# -- deadlines


WHOLE = """
[states.p.deadlines.whole]
within = "10 days"
pause_in = "b"
met_by = "e2"
escalate = [{ to = "clerk" }]
[states.p.regions.one.states.a.deadlines.first]
within = "2 days"
through = "p/two/d"
escalate = [{ to = "chief" }]
"""


def test_a_deadline_lasts_while_any_state_of_its_scope_is_active() -> None:
    case = life(way("a", "b", "e0"), way("c1", "d", "e0"), way("d", "tested", "e1"), deadlines=WHOLE)
    assert endings(case.taken("e0")) == []
    assert endings(case.taken("e1")) == [("p/one/a.first", "met")]


def test_a_clock_stands_while_a_state_of_another_region_is_active() -> None:
    case = life(way("a", "b", "e0"), way("b", "a", "e1"), deadlines=WHOLE)
    due = case.opened("p.whole")[0].due
    case.taken("e0", T0 + timedelta(days=1))
    assert case.opened("p.whole")[0].is_paused
    assert told(case.fire_due(T0 + timedelta(days=30))) == []
    case.taken("e1", T0 + timedelta(days=31))
    assert case.opened("p.whole")[0].due.date() == due.date() + timedelta(days=30)
    assert_replays(case)


def test_a_clock_stands_from_the_first_where_the_scope_is_entered_with_such_a_state() -> None:
    case = life(state="idle", deadlines=WHOLE)
    case.taken("to_b")
    (deadline,) = case.opened("p.whole")
    assert deadline.is_paused
    assert all(timer.due is None for timer in deadline.timers)
    assert_replays(case)


def test_an_event_that_two_regions_take_meets_a_deadline_once() -> None:
    case = life(way("a", "b", "e2"), way("c1", "d", "e2"), deadlines=WHOLE)
    assert endings(case.taken("e2")) == [("p.whole", "met")]


def test_all_regions_are_left_when_the_case_is_closed() -> None:
    case = life(deadlines=WHOLE)
    outcome = case.taken("finish")
    assert case.instance.state == "end"
    assert outcome.moves[0].exited == (
        "p/two/c/c1", "p/two/c", "p/two", "p/one/a", "p/one", "p",
    )  # fmt: skip
    assert case.instance.deadlines == ()


# -- whatever is declared


INSIDE = {
    "one": (["a", "b"], ["a", "b", "ready"]),
    "two": (["c", "c1", "c2", "d"], ["c", "c1", "c2", "d", "tested"]),
}
OUTSIDE = ["idle", "z", "z1", "z2", "p"]


@st.composite
def moves(draw: st.DrawFn) -> tuple[str, str, str, str | None]:
    """Draw a way: from where, to where, by which event, under which condition."""
    kind = draw(st.sampled_from(["one", "two", "out", "in"]))
    if kind in INSIDE:
        sources, targets = INSIDE[kind]
    elif kind == "out":
        sources, targets = ["a", "b", "c", "c2", "d", "p"], OUTSIDE
    else:
        sources, targets = ["idle", "z", "z1"], ["p", "b", "c2", "d", "tested", "idle", "z", "z2"]
    return (
        draw(st.sampled_from(sources)),
        draw(st.sampled_from(targets)),
        draw(st.sampled_from(EVENTS[:3])),
        draw(st.sampled_from([None, "f", "g"])),
    )


several = st.lists(moves(), min_size=2, max_size=12, unique=True)


class Model:
    """What the conditions of the other machine read."""

    f = False
    g = False


def chart(ways: list[tuple[str, str, str, str | None]]) -> Any:  # noqa: ANN401 - its class is made here
    """Return the same machine as python-statemachine has it, which follows SCXML."""
    by_state: dict[str, dict[str, list[dict[str, object]]]] = {}
    for source, target, event, guard in ways:
        found: dict[str, object] = {"target": target}
        if guard is not None:
            found["cond"] = guard
        by_state.setdefault(source, {}).setdefault(event, []).append(found)

    def state(name: str, inside: Mapping[str, object] | None = None, **keys: object) -> dict[str, object]:
        told = {"on": by_state[name]} if name in by_state else {}
        return {**keys, **told, **({"states": inside} if inside else {})}

    one = {"a": state("a", initial=True), "b": state("b"), "ready": state("ready", final=True)}
    c = {"c1": state("c1", initial=True), "c2": state("c2")}
    two = {"c": state("c", c, initial=True), "d": state("d"), "tested": state("tested", final=True)}
    z = {"z1": state("z1", initial=True), "z2": state("z2", final=True)}
    states: Any = {
        "idle": state("idle", initial=True),
        "p": state("p", {"one": state("one", one), "two": state("two", two)}, parallel=True),
        "z": state("z", z),
    }
    made: Any = create_machine_class_from_definition(
        "Chart", states, validate_disconnected_states=False, validate_trap_states=False,
        validate_final_reachability=False,
    )  # fmt: skip
    return made


@settings(deadline=None, max_examples=150)
@given(several, st.lists(st.sampled_from(EVENTS[:3]), max_size=8), st.booleans(), st.booleans())
def test_a_case_moves_as_scxml_has_it(
    ways: list[tuple[str, str, str, str | None]], events: list[str], f: bool, g: bool
) -> None:
    model = Model()
    model.f, model.g = f, g
    other = chart(ways)(model)
    texts = [
        way(PATHS[source], PATHS[target], event, **({"guard": f'"data.{guard}"'} if guard else {}))
        for source, target, event, guard in ways
    ]
    ours = life(*texts, state=None, f=f, g=g)
    for event in events:
        outcome = ours.fire(event)
        if any(each.verdict == "preempted" for each in outcome.explanation.candidates):
            return  # the library prefers the region that was entered first, SCXML the one that stands first
        other.send(event)
        leaves = {each.id for each in other.configuration if not each.states}
        assert {leaf.rpartition("/")[2] for leaf in ours.instance.configuration} == leaves


def assert_legal(declared: Workflow, instance: Instance) -> None:
    """Assert that each active state has one active state inside it, and one with regions all of them."""
    tree = declared.tree
    active = tree.active(instance.state)
    for state in active:
        children = [each for each in active if declared.states[each].parent == state]
        regions = declared.states[state].regions
        assert tuple(children) == regions if regions else len(children) == (not tree.is_leaf(state))
    assert len([each for each in active if declared.states[each].parent is None]) == 1


DEADLINES = [
    "",
    WHOLE,
    WHOLE
    + '[states.z.deadlines.then]\nwithin = "20 days"\nfrom = "first p/one/b"\npause_in = "d"\n'
    + 'through = "p"\nescalate = [{ to = "clerk" }, { after = "3 days", fire = "to_d" }]\n',
]
commands = st.one_of(
    st.sampled_from([*EVENTS, *(f"to_{name}" for name in PATHS if name != "end")]).map(
        lambda event: Fire(event, {}, "ilze", frozenset())
    ),
    st.builds(
        lambda values: SetData(values, "ilze", frozenset({"clerk"})),
        st.dictionaries(st.sampled_from(["f", "g"]), st.none() | st.booleans(), min_size=1),
    ),
)
extras = st.lists(
    st.sampled_from(
        [
            way("idle", "p", "e0", history="true"),
            way("b", "previous", "e1"),
            way("idle", "previous", "e2"),
            way("c", "tested", None, guard="'in_state(\"ready\") && data.f'"),
            way("p", "z", None, done="true", guard='"data.g"'),
            way("d", None, "e1", set='{ f = "data.g" }'),
        ]
    ),
    unique=True,
)


@settings(deadline=None, max_examples=150)
@given(
    several,
    extras,
    st.sampled_from(DEADLINES),
    st.lists(st.tuples(st.integers(0, 200), commands), max_size=12),
    st.integers(1, 60),
)
def test_whatever_happens_in_regions_is_explained_accounted_and_replayed(
    ways: list[tuple[str, str, str, str | None]],
    more: list[str],
    deadlines: str,
    schedule: list[tuple[int, Command]],
    looks: int,
) -> None:
    texts = [
        way(PATHS[source], PATHS[target], event, **({"guard": f'"data.{guard}"'} if guard else {}))
        for source, target, event, guard in ways
    ]
    case, now = life(*texts, *more, state=None, deadlines=deadlines), T0
    for hours, command in schedule:
        for hour in range(0, hours, looks):
            case.fire_due(now + timedelta(hours=hour))
        now += timedelta(hours=hours)
        assert isinstance(command, Fire | SetData)
        said = explain(case.workflow, case.instance, command, Facts(now))
        outcome = case.do(command, now)
        assert (said.ground, said.state) == (outcome.explanation.ground, outcome.explanation.state)
        verdicts = [(each.transition, each.target, each.verdict) for each in said.candidates]
        done = outcome.explanation.candidates
        assert verdicts == [(each.transition, each.target, each.verdict) for each in done]
    case.fire_due(now + timedelta(days=365))
    for outcome in case.outcomes:
        assert_legal(case.workflow, outcome.after)
        active = case.workflow.tree.active(outcome.after.state)
        for deadline in outcome.after.deadlines:
            rule = case.workflow.rules[deadline.rule]
            stands = any(state in active for state in rule.pause_in)
            assert stands or any(state in active for state in rule.scope)
            assert stands == ("state" in deadline.paused_by)
    assert_replays(case)
    assert_accounted(case.workflow, case.outcomes, case.instance)
    assert all(isinstance(each, Accepted) or each.after.state == each.before.state for each in case.outcomes)
