"""The worklist: what needs a role, the earliest due first."""

from collections.abc import Iterator, Sequence
from datetime import timedelta

import pytest

from gaita import Need
from gaita.clock import ManualClock
from gaita.delivery.worklist import concerns
from gaita.runtime import Engine
from tests.gaita.building import T0, heading, workflow

DESK = (
    heading("desk")
    + """
[roles.hears]
[roles.reminded]
[roles.moves]
[roles.stays]
[roles.nobody]
[states.a]
[states.a.deadlines.soon]
within = "10 days"
remind = [{ before = "3 days", to = "reminded" }]
escalate = [{ to = "hears" }]
[states.a.deadlines.far]
within = "30 days"
escalate = [{ to = "hears" }]
[states.b]
[states.b.deadlines.later]
within = "20 days"
escalate = [{ to = "nobody" }]
[states.end]
final = true
[events.go]
[events.note]
[events.finish]
[[transitions]]
event = "go"
from = "a"
to = "b"
by = "moves"
[[transitions]]
event = "note"
from = "a"
by = "stays"
[[transitions]]
event = "finish"
from = "any"
to = "end"
by = "stays"
"""
)


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(T0)


@pytest.fixture
def engine(url: str, clock: ManualClock) -> Iterator[Engine]:
    made = Engine(url, clock=clock)
    made.migrate()
    made.deploy(DESK)
    made.deploy(DESK.replace('id = "desk"', 'id = "other"'))
    made.start("desk", instance="first")
    clock.advance(timedelta(days=1))
    made.start("other", instance="second")
    made.start("desk", instance="third")
    yield made
    made.close()


def told(needs: Sequence[Need]) -> list[tuple[str, str]]:
    return [(each.instance.id, each.rule.id) for each in needs]


def test_whoever_hears_of_a_moment_is_concerned_and_whoever_may_move_on() -> None:
    declared = workflow(DESK)
    rules = declared.rules
    found = {
        role: [each.id for each in rules.values() if concerns(declared, each, role)]
        for role in declared.roles
    }
    assert found == {
        "hears": ["a.soon", "a.far"],
        "reminded": ["a.soon"],
        "moves": ["a.soon", "a.far"],
        "stays": [],  # a note moves nothing on, and what may happen anywhere is nobody's work
        "nobody": ["b.later"],
    }


def test_the_earliest_due_comes_first_over_all_workflows(engine: Engine) -> None:
    assert told(engine.deadlines.worklist("hears")) == [
        ("first", "a.soon"),
        ("second", "a.soon"),
        ("third", "a.soon"),
        ("first", "a.far"),
        ("second", "a.far"),
        ("third", "a.far"),
    ]
    assert told(engine.deadlines.worklist("reminded")) == [
        (each, "a.soon") for each in ("first", "second", "third")
    ]


def test_it_is_narrowed_by_workflow_by_instance_and_by_number(engine: Engine) -> None:
    assert told(engine.deadlines.worklist("reminded", workflow="other")) == [("second", "a.soon")]
    assert told(engine.deadlines.worklist("reminded", instance="third")) == [("third", "a.soon")]
    assert told(engine.deadlines.worklist("hears", limit=2)) == [("first", "a.soon"), ("second", "a.soon")]
    assert told(engine.deadlines.worklist(workflow="other")) == [("second", "a.soon"), ("second", "a.far")]
    assert len(engine.deadlines.worklist()) == 6
    assert engine.deadlines.worklist("reminded", workflow="none") == []
    assert engine.deadlines.worklist("strange") == []


def test_what_has_ended_needs_nobody(engine: Engine) -> None:
    engine.fire("first", "go", roles=["moves"])
    assert told(engine.deadlines.worklist("moves")) == [
        (name, rule) for rule in ("a.soon", "a.far") for name in ("second", "third")
    ]
    assert told(engine.deadlines.worklist("nobody")) == [("first", "b.later")]


def test_a_need_says_why_it_is_due_and_what_the_role_can_do(engine: Engine) -> None:
    need = engine.deadlines.worklist("moves", instance="first")[0]
    assert need.explained is not None
    assert need.explained.due == need.deadline.due
    assert need.possibilities["go"].accepted
    assert not need.possibilities["finish"].accepted
    other = engine.deadlines.worklist("hears", instance="first")[0]
    assert not other.possibilities["go"].accepted


def test_each_version_of_a_workflow_is_read_as_it_was_declared(engine: Engine) -> None:
    engine.deploy(DESK.replace('to = "reminded"', 'to = "nobody"'))
    engine.start("desk", instance="fourth")
    assert told(engine.deadlines.worklist("reminded", workflow="desk")) == [
        ("first", "a.soon"),
        ("third", "a.soon"),
    ]
    assert told(engine.deadlines.worklist("nobody")) == [("fourth", "a.soon")]
