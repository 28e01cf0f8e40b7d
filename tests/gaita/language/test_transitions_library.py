"""The machine and the tables read off it: both choose the same transition."""

from dataclasses import dataclass, field

from hypothesis import given
from hypothesis import strategies as st
from transitions import MachineError

from gaita.language.transitions_library import candidates_of, machine_of, trigger_of
from gaita.model.workflow import State, Transition

NAMES = ("a", "b", "lab", "test", "lab_test")


@dataclass
class Model:
    """What the machine moves."""

    state: str = ""


@dataclass(frozen=True)
class Declared:
    """The states and transitions of a random machine, and which guards hold."""

    states: dict[str, State]
    transitions: tuple[Transition, ...]
    holding: frozenset[int] = field(default_factory=frozenset)


@st.composite
def machines(draw: st.DrawFn) -> Declared:
    """Up to three levels of states; one, several or any source; internal, reflexive, into compounds."""
    states: dict[str, State] = {}
    flat = draw(st.booleans())

    def add(parent: str | None, depth: int) -> list[str]:
        names = draw(st.lists(st.sampled_from(NAMES), unique=True, min_size=1, max_size=3))
        for name in names:
            path = f"{parent}/{name}" if parent else name
            states[path] = State(path, {"en": name}, parent)
            if not flat and depth < 3 and draw(st.booleans()):
                inner = add(path, depth + 1)
                states[path] = State(path, {"en": name}, parent, f"{path}/{draw(st.sampled_from(inner))}")
        return names

    add(None, 1)
    some = st.sampled_from(sorted(states))
    sources = st.one_of(st.none(), st.lists(some, unique=True, min_size=1, max_size=3).map(tuple))
    count = draw(st.integers(1, 12))
    transitions = tuple(
        Transition(
            number,
            draw(st.sampled_from(["trigger", "state", "go", None])),
            draw(sources),
            draw(st.one_of(st.none(), some)),
        )
        for number in range(1, count + 1)
    )
    holding = draw(st.frozensets(st.integers(1, count)))
    return Declared(states, transitions, holding)


def entered(states: dict[str, State], state: str) -> str:
    """Return the leaf entered with a state."""
    while (initial := states[state].initial) is not None:
        state = initial
    return state


@given(machines())
def test_the_tables_choose_what_the_machine_chooses(declared: Declared) -> None:
    """The first candidate whose guard holds is the transition that the machine itself carries out."""
    states = declared.states
    initial = next(iter(states))
    tables = candidates_of(states, declared.transitions, initial)
    taken: list[int] = []

    def conditions(transition: Transition) -> "list[object]":
        def holds() -> bool:
            if transition.number in declared.holding:
                taken.append(transition.number)
            return transition.number in declared.holding

        return [holds]

    model = Model()
    machine, _ = machine_of(states, declared.transitions, initial, model=model, conditions=conditions)  # type: ignore[arg-type]
    for leaf in (each for each, state in states.items() if state.is_leaf):
        for event in {transition.event for transition in declared.transitions}:
            machine.set_state(leaf, model)  # type: ignore[no-untyped-call, unused-ignore]
            taken.clear()
            chosen = next(
                (each for each in tables.get((leaf, event), ()) if each.number in declared.holding), None
            )
            try:
                moved = model.trigger(trigger_of(event))  # type: ignore[attr-defined]
            except (MachineError, AttributeError):  # flat, nested: no such transition from here
                moved = False
            assert bool(moved) == (chosen is not None)
            if chosen is not None:
                assert taken == [chosen.number]
                target = leaf if chosen.target is None else entered(states, chosen.target)
                assert model.state == target


def test_names_that_an_underscore_would_merge_stay_apart() -> None:
    """``lab_test`` is not the state ``test`` inside ``lab``."""
    states = {
        "lab": State("lab", {}, None, "lab/test"),
        "lab/test": State("lab/test", {}, "lab"),
        "lab_test": State("lab_test", {}),
    }
    one = Transition(1, "go", ("lab/test",), "lab_test")
    other = Transition(2, "go", ("lab_test",), "lab")
    assert candidates_of(states, (one, other), "lab") == {
        ("lab/test", "go"): (one,),
        ("lab_test", "go"): (other,),
    }


def test_a_transition_that_names_a_state_and_the_one_around_it_is_one_candidate() -> None:
    """It would be explained twice otherwise."""
    states = {"a": State("a", {}, None, "a/b"), "a/b": State("a/b", {}, "a")}
    both = Transition(1, "go", ("a", "a/b"), "a")
    assert candidates_of(states, (both,), "a") == {("a/b", "go"): (both,)}


def test_final_states_have_no_candidates() -> None:
    """Neither from any, nor from the state around them."""
    states = {
        "a": State("a", {}, None, "a/b"),
        "a/b": State("a/b", {}, "a"),
        "a/end": State("a/end", {}, "a", final=True),
        "end": State("end", {}, final=True),
    }
    outer, anywhere = Transition(1, "go", ("a",), "end"), Transition(2, "go", None, "end")
    assert candidates_of(states, (outer, anywhere), "a") == {("a/b", "go"): (outer, anywhere)}
