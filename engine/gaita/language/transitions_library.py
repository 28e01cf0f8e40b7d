"""The machine: a workflow's transitions as the library ``transitions`` understands them.

The only module that knows that library. What the step looks up, the candidates by leaf and event, is read
off the machine built here; with guards plugged in, the same machine is the oracle for what it can do itself.
It knows neither history (``previous``), nor roles, nor automatic moves to rest: those are the step's.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final, TypeAlias, cast

from transitions import Machine
from transitions.extensions.nesting import HierarchicalMachine, NestedState

from gaita.model.state_tree import BESIDE, leaves_of
from gaita.model.workflow import PREVIOUS, State, Transition

Candidates: TypeAlias = Mapping[tuple[str, str | None], tuple[Transition, ...]]
Conditions: TypeAlias = Callable[[Transition], "list[str | Callable[..., bool | None]]"]

AUTOMATIC: Final = "automatic"
"""What the machine calls a transition without an event; an event is called ``on:ID``."""


class _State(NestedState):
    """A state whose path is written as in the file: the library's own ``_`` would merge two names."""

    separator: str = "/"


class _Nested(HierarchicalMachine):
    """A machine of states inside states."""

    state_cls = _State  # pyright: ignore[reportIncompatibleVariableOverride] - how the library wants it


def trigger_of(event: str | None) -> str:
    """Return the machine's name for an event: kept apart from the names that the library puts on models."""
    return AUTOMATIC if event is None else f"on:{event}"


def machine_of(
    states: Mapping[str, State],
    transitions: Sequence[Transition],
    initial: str,
    *,
    model: object = None,
    conditions: Conditions | None = None,
) -> tuple[Machine, Mapping[int, Transition]]:
    """Return a machine, and what each of its transitions (by ``id``) was declared as.

    ``any`` is expanded onto the outermost states that are not final, behind all that names a state. A way
    back to ``previous`` is an internal transition here. ``conditions`` gives the callables that stand for
    a transition's guard; without it none is asked. Flat workflows get a flat machine, which is faster.
    """
    machine = _empty(states, initial, model)
    declared: dict[int, Transition] = {}
    outermost = [each for each in states if "/" not in each and not states[each].final]
    specific = [each for each in transitions if each.sources is not None]
    unspecific = [each for each in transitions if each.sources is None]
    for transition in (*specific, *unspecific):
        trigger = trigger_of(transition.event)
        target = None if transition.target == PREVIOUS else transition.target
        if target is not None and BESIDE in target:
            target = leaves_of(target)[0]  # for the tables its source alone matters
        asked = conditions(transition) if conditions else None
        for source in outermost if transition.sources is None else transition.sources:
            machine.add_transition(trigger, source, target, conditions=asked)
            added = cast("list[object]", machine.events[trigger].transitions[source])
            declared[id(added[-1])] = transition
    return machine, declared


def candidates_of(states: Mapping[str, State], transitions: Sequence[Transition], initial: str) -> Candidates:
    """Return by leaf and event (``None``: automatic) the transitions in the order of selection.

    An inner source goes before an outer one, a specific one before ``any``, the first in the file before
    the next. Final leaves have none. What is not there has none either.
    """
    machine, declared = machine_of(states, transitions, initial)
    found: dict[tuple[str, str | None], tuple[Transition, ...]] = {}
    leaves = [each for each, state in states.items() if state.is_leaf and not state.final]
    for event in dict.fromkeys(transition.event for transition in transitions):
        trigger = machine.events.get(trigger_of(event))
        by_source = cast("Mapping[str, Iterable[object]]", trigger.transitions if trigger else {})
        for leaf in leaves:
            chosen = _chosen(leaf, by_source, declared)
            if chosen:
                found[leaf, event] = chosen
    return found


def _chosen(
    leaf: str, by_source: Mapping[str, Iterable[object]], declared: Mapping[int, Transition]
) -> tuple[Transition, ...]:
    names = leaf.split("/")
    path = ["/".join(names[:length]) for length in range(len(names), 0, -1)]
    chosen: dict[int, Transition] = {}  # by number: a transition may name a state and the one around it
    for source in path:
        if source in by_source:
            for each in by_source[source]:
                transition = declared[id(each)]
                if not (transition.spares_target and _leads_to(transition, path)):
                    chosen.setdefault(transition.number, transition)
    return tuple(chosen.values())


def _leads_to(transition: Transition, path: Sequence[str]) -> bool:
    return transition.target is not None and any(each in path for each in leaves_of(transition.target))


def _empty(states: Mapping[str, State], initial: str, model: object) -> Machine:
    settings: dict[str, Any] = {"model": model, "initial": leaves_of(initial)[0], "auto_transitions": False}
    if not any("/" in each for each in states):
        return Machine(states=list(states), **settings)
    nested: dict[str, dict[str, Any]] = {}
    roots: list[dict[str, Any]] = []
    for identifier, state in states.items():
        described: dict[str, Any] = {"name": identifier.rpartition("/")[2]}
        if state.regions:
            described |= {"initial": [each.rpartition("/")[2] for each in state.regions], "children": []}
        elif state.initial is not None:
            first = leaves_of(state.initial)[0].removeprefix(f"{identifier}/").partition("/")[0]
            described |= {"initial": first, "children": []}
        nested[identifier] = described
        (roots if state.parent is None else nested[state.parent]["children"]).append(described)
    return _Nested(states=roots, **settings)
