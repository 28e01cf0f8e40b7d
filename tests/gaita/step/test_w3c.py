"""The W3C's conformance tests of SCXML on states, in the language of workflows.

From the SCXML 1.0 Implementation Report Plan (W3C, BSD 3-Clause). There a state raises events as it is
entered or left; here they are fired one after the other, in the order in which they would be raised. What a
handler at entry or exit would count, the moves tell: ``exited`` and ``entered``, in order.

355 is not among them, since `initial` must be written here; 411 neither, since nothing runs between the entry
of a state and that of one inside it. 504 and 570 come out otherwise, each of which is said beside them.
"""

import tomllib
from collections.abc import Iterator, Mapping
from typing import Any

from gaita.model.outcome import Accepted
from tests.gaita.building import Life, heading, workflow

HEAD = heading(initial="{initial}").replace("language = 1", "language = 2")
ENDS = "[states.pass]\nfinal = true\n[states.fail]\nfinal = true\n"


def move(source: str, target: str | None, event: str | None = None, **keys: str) -> str:
    """Return a transition."""
    lines = ["[[transitions]]", f'from = "{source}"']
    lines += [f'to = "{target}"'] if target else []
    lines += [f'event = "{event}"'] if event else []
    lines += [f"{key} = {value}" for key, value in keys.items()]
    return "\n".join(lines) + "\n"


def machine(states: str, *moves: str, initial: str = '"s0"', data: str = "") -> Life:
    """Return a case of a workflow that ends in ``pass`` or ``fail``, and declares whatever events it has.

    An event leads to each of its states from anywhere: a state that no way leads to would be a fault.
    """
    declared = states + ENDS
    reached = [*_paths(tomllib.loads(declared)["states"], "")]
    rest = "".join(moves) + "".join(move("any", each, f"reach_{place}") for place, each in enumerate(reached))
    events = {line.partition('"')[2].rstrip('"') for line in rest.splitlines() if line.startswith("event")}
    head = HEAD.replace('"{initial}"', initial)
    return Life(
        workflow(head + data + declared + "".join(f"[events.{each}]\n" for each in sorted(events)) + rest)
    )


def _paths(states: Mapping[str, Any], around: str) -> Iterator[str]:
    for name, state in states.items():
        yield around + name
        yield from _paths(state.get("states", {}) | state.get("regions", {}), f"{around}{name}/")


def exits(life: Life) -> list[str]:
    """Return the states that were left, in order."""
    moves = [move for each in life.outcomes if isinstance(each, Accepted) for move in each.moves]
    return [state for move in moves for state in move.exited]


def entries(life: Life) -> list[str]:
    """Return the states that were entered, in order."""
    moves = [move for each in life.outcomes if isinstance(each, Accepted) for move in each.moves]
    return [state for move in moves for state in move.entered]


def fire(life: Life, *events: str) -> str:
    """Fire events one after the other, until the life is over; return where it is."""
    for event in events:
        if not life.workflow.is_final(life.instance.state):
            life.fire(event)
    return life.instance.state


PARALLEL = """\
[states.p.regions.one]
initial = "s0"
[states.p.regions.one.states.s0]
[states.p.regions.two]
initial = "s1"
[states.p.regions.two.states.s1]
"""


def test_310_a_condition_asks_whether_a_state_beside_is_active() -> None:
    life = machine(
        PARALLEL, move("s0", "pass", guard="'in_state(\"s1\")'"), move("s0", "fail"), initial='"p"'
    )
    assert life.instance.state == "pass"


NESTED = """\
[states.{name}]
initial = {initial}
[states.{name}.states.{name}1]
initial = "{name}11"
[states.{name}.states.{name}1.states.{name}11]
[states.{name}.states.{name}1p.regions.a]
initial = "{name}a1"
[states.{name}.states.{name}1p.regions.a.states.{name}a1]
[states.{name}.states.{name}1p.regions.a.states.{name}a2]
[states.{name}.states.{name}1p.regions.b]
initial = "{name}b1"
[states.{name}.states.{name}1p.regions.b.states.{name}b1]
[states.{name}.states.{name}1p.regions.b.states.{name}b2]
"""


def test_364_initial_states_are_entered_however_deep_and_in_however_many_regions() -> None:
    states = (
        NESTED.format(name="s", initial='["sa2", "sb2"]')
        + NESTED.format(name="t", initial='["ta2", "tb2"]')
        + '[states.u]\ninitial = "u1"\n[states.u.states.u1]\ninitial = "u11"\n'
        + "[states.u.states.u1.states.u11]\n"
    )
    ways = [move("s1", "fail"), move("sa1", "fail"), move("sb1", "fail"), move("t1", "fail")]
    life = machine(
        states,
        *ways,
        move("sb2", "t", "next"),
        move("tb2", "u", "next"),
        move("u11", "pass", "next"),
        initial='"s"',
    )
    assert life.instance.configuration == ("s/s1p/a/sa2", "s/s1p/b/sb2")
    assert fire(life, "next") == "t/t1p/a/ta2 + t/t1p/b/tb2"
    assert fire(life, "next", "next") == "pass"


def test_375_and_377_what_is_raised_first_comes_first() -> None:
    life = machine(
        "[states.s0]\n[states.s1]\n[states.s2]\n",
        move("s0", "s1", "event1"),
        move("s0", "fail", "event2"),
        move("s1", "pass", "event2"),
        move("s2", "s1", "event1"),
        move("s1", "fail", "event1"),
        move("s0", "s2", "go"),
    )
    assert fire(life, "event1", "event2") == "pass"


def test_387_the_history_of_a_state_that_never_was_left_is_what_it_enters_first() -> None:
    states = """\
[states.s0]
initial = "s022"
[states.s0.states.s01]
initial = "s011"
[states.s0.states.s01.states.s011]
[states.s0.states.s02]
initial = "s021"
[states.s0.states.s02.states.s021]
[states.s0.states.s02.states.s022]
[states.s1]
"""
    life = machine(
        states,
        move("s1", "s0", "go", history="true"),
        move("s021", "fail"),
        move("s011", "fail"),
        move("s022", "pass", "entering"),
        move("s022", "s01", "aside"),
        initial='"s1"',
    )
    assert fire(life, "go") == "s0/s02/s022"
    assert fire(life, "entering") == "pass"


def test_396_a_transition_has_its_own_event() -> None:
    life = machine("[states.s0]\n", move("s0", "pass", "foo"), move("s0", "fail", "bar"))
    assert fire(life, "foo") == "pass"


def test_403a_an_inner_transition_goes_before_an_outer_one_and_an_earlier_before_a_later() -> None:
    states = '[states.s0]\ninitial = "s01"\n[states.s0.states.s01]\n[states.s0.states.s02]\n'
    life = machine(
        states,
        move("s0", "fail", "event1"),
        move("s0", "pass", "event2"),
        move("s01", "s02", "event1"),
        move("s01", "fail", "event1", guard='"1 == 1"'),
        move("s02", "fail", "event1"),
        move("s02", "fail", "event2", guard='"1 == 2"'),
    )
    assert fire(life, "event1", "event2") == "pass"


COUNT = '[data.count]\ntype = "integer"\ndefault = 0\n'


def test_403b_a_transition_around_several_active_states_is_taken_once() -> None:
    add = '{ count = "data.count + 1" }'
    states = '[states.s0]\ninitial = "p"\n' + PARALLEL.replace("[states.p", "[states.s0.states.p")
    life = machine(
        states,
        move("s0", None, "event1", set=add.replace("1 }", "100 }")),
        move("p", None, "event1", set=add),
        move("s0/p/one/s0", "pass", "event2", guard='"data.count == 1"'),
        move("s0/p/one/s0", "fail", "event2"),
        initial='"states"'.replace("states", "s0/p"),
        data=COUNT,
    )
    assert fire(life, "event1", "event2") == "pass"


def test_404_states_are_left_from_the_inside_and_of_those_side_by_side_the_last_first() -> None:
    life = machine(PARALLEL + "[states.s02]\n", move("p", "s02", "go"), move("s02", "pass"), initial='"p"')
    assert fire(life, "go") == "pass"
    assert exits(life) == ["p/two/s1", "p/two", "p/one/s0", "p/one", "p", "s02"]


def test_406_states_are_entered_from_the_outside_and_of_those_side_by_side_the_first_first() -> None:
    life = machine(
        PARALLEL + "[states.s01]\n", move("s01", "p", "go"), move("p", "pass", "end"), initial='"s01"'
    )
    assert fire(life, "go") == "p/one/s0 + p/two/s1"
    assert entries(life) == ["s01", "p", "p/one", "p/one/s0", "p/two", "p/two/s1"]


def test_407_a_state_that_is_left_is_left_once() -> None:
    life = machine("[states.s0]\n[states.s1]\n", move("s0", "s1"), move("s1", "pass"))
    assert (life.instance.state, exits(life)) == ("pass", ["s0", "s1"])


def test_413_a_life_begins_where_it_is_said_whatever_is_entered_first_otherwise() -> None:
    life = machine(
        NESTED.format(name="s", initial='"s1"'),
        move("s1", "fail"),
        move("sa1", "fail"),
        move("sb1", "fail"),
        move("sa2", "pass", guard="'in_state(\"sb2\")'"),
        initial='["sa2", "sb2"]',
    )
    assert life.instance.state == "pass"


def test_416_a_state_is_done_when_a_final_state_inside_it_is_entered() -> None:
    states = """\
[states.s1]
initial = "s11"
[states.s1.states.s11]
initial = "s111"
[states.s1.states.s11.states.s111]
[states.s1.states.s11.states.last]
final = true
"""
    life = machine(states, move("s111", "last"), move("s11", "pass", done="true"), initial='"s1"')
    assert life.instance.state == "pass"


ENDING = PARALLEL + "".join(
    f"[states.p.regions.{region}.states.last]\nfinal = true\n" for region in ("one", "two")
)


def test_417_a_state_with_regions_is_done_when_all_of_them_are() -> None:
    life = machine(
        ENDING,
        move("s0", "p/one/last", "e1"),
        move("s1", "p/two/last", "e2"),
        move("p", "pass", done="true"),
        initial='"p"',
    )
    assert fire(life, "e1") == "p/one/last + p/two/s1"
    assert fire(life, "e2") == "pass"


def test_419_what_happens_by_itself_goes_before_any_event() -> None:
    life = machine("[states.s1]\n", move("s1", "fail", "any"), move("s1", "pass"), initial='"s1"')
    assert fire(life, "any") == "pass"


def test_503_a_transition_without_a_target_leaves_nothing() -> None:
    life = machine(
        "[states.s2]\n[states.s3]\n",
        move("s2", None, "foo", set='{ count = "data.count + 1" }'),
        move("s2", "s3", "bar", guard='"data.count == 1"'),
        move("s2", "fail", "bar"),
        move("s3", "pass"),
        initial='"s2"',
        data=COUNT,
    )
    assert (fire(life, "foo", "bar"), exits(life)) == ("pass", ["s2", "s3"])


def test_504_but_a_target_inside_its_source_never_leaves_the_source() -> None:
    """The W3C's leaves the source and all its regions: there the other regions would begin again."""
    life = machine(PARALLEL, move("p", "p/one", "foo"), move("p", "pass", "bar"), initial='"p"')
    assert fire(life, "foo") == "p/one/s0 + p/two/s1"
    assert exits(life) == ["p/one/s0", "p/one"]
    assert fire(life, "bar") == "pass"


def test_506_a_transition_to_its_own_source_leaves_it_and_enters_it_anew() -> None:
    life = machine(
        '[states.s2]\ninitial = "s21"\n[states.s2.states.s21]\n',
        move("s2", "s2", "foo"),
        move("s2", "pass", "bar"),
        initial='"s2"',
    )
    assert fire(life, "foo", "bar") == "pass"
    assert exits(life) == ["s2/s21", "s2"] * 2


def test_570_a_region_is_done_before_the_state_around_it() -> None:
    """There `done` is an event, kept until a later state asks for it; here it is how things stand."""
    life = machine(
        ENDING,
        move("s0", "p/one/last", "e1"),
        move("s1", "p/two/last", "e2"),
        move("p", "pass", "asked", done="true"),
        initial='"p"',
    )
    tree = life.workflow.tree
    fire(life, "e2")
    assert (tree.is_done(life.instance.state, "p/two"), tree.is_done(life.instance.state, "p")) == (
        True,
        False,
    )
    assert fire(life, "asked") == "p/one/s0 + p/two/last"
    assert fire(life, "e1", "asked") == "pass"


def test_576_a_life_begins_deep_in_two_regions() -> None:
    life = machine(
        NESTED.format(name="s", initial='"s1"'),
        move("sb2", "pass", "inside", guard="'in_state(\"sa2\")'"),
        move("s1", "fail"),
        initial='["sa2", "sb2"]',
    )
    assert fire(life, "inside") == "pass"
