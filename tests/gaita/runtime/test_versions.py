"""Versions: what a new one would mean for the cases that run on an older one."""

import pytest

from gaita.clock import ManualClock
from gaita.errors import UnknownWorkflow
from gaita.runtime import Engine
from gaita.versions import ImpactLine
from tests.gaita.building import COUNTER, T0

WITH_PERSON = COUNTER.replace('[data.name]\ntype = "string"', '[data.name]\ntype = "string"\npersonal = true')


def told(lines: tuple[ImpactLine, ...]) -> list[tuple[int, str, str, int]]:
    return [(each.version, each.kind, each.id, each.cases) for each in lines]


def impact_of(engine: Engine, text: str) -> list[tuple[int, str, str, int]]:
    found = engine.deploy(text, dry_run=True).impact
    assert found is not None
    return told(found.lines)


@pytest.fixture
def running(engine: Engine) -> Engine:
    """Two cases in a, one of which has its reminder behind it; one in b; one that has ended."""
    engine.start("case", instance="one", data={"count": 7, "name": "Anna"})
    engine.start("case", instance="two", data={"count": 2})
    engine.start("case", instance="three", data={"count": 2})
    engine.fire("three", "go")
    engine.start("case", instance="ended")
    engine.fire("ended", "finish")
    return engine


def test_a_dry_run_deploys_nothing_and_says_what_a_deployment_would(running: Engine) -> None:
    text = COUNTER.replace('within = "10 days"', 'within = "12 days"')
    shown = running.deploy(text, dry_run=True)
    assert (shown.workflow.key, shown.new, shown.staying) == ("case@2", True, {1: 3})
    assert len(running.workflows()) == 1
    done = running.deploy(text)
    assert done.impact is not None
    assert shown.impact is not None
    assert (done.workflow.key, done.new, done.impact.lines) == ("case@2", True, shown.impact.lines)
    assert running.deploy(text, dry_run=True).impact is None


def test_a_state_that_is_gone_strands_the_cases_that_stand_in_it(running: Engine) -> None:
    text = COUNTER.replace("[states.a", "[states.first").replace('"a"', '"first"')
    lines = impact_of(running, text)
    assert lines == [(1, "state_gone", "a", 2), (1, "deadline_gone", "a.soon", 2)]


def test_a_state_that_is_compound_or_final_now_holds_no_running_case(running: Engine) -> None:
    compound = COUNTER.replace("[states.b]\n", '[states.b]\ninitial = "in"\n[states.b.states.in]\n')
    assert impact_of(running, compound) == [(1, "state_compound", "b", 1)]
    final = (
        COUNTER[: COUNTER.index("[states.b.deadlines")]
        + "final = true\n"
        + COUNTER[COUNTER.index("[states.end]") :]
    )
    final = final.replace('[[transitions]]\nevent = "back"\nfrom = "b"\nto = "a"\nby = "clerk"\n', "")
    final = final.replace('from = ["a", "b"]', 'from = "a"')
    assert (1, "state_final", "b", 1) in impact_of(running, final)


def test_the_way_back_that_is_gone_is_found(engine: Engine) -> None:
    text = COUNTER.replace("[events.go]", "[states.hold]\n[events.hold]\n[events.go]") + (
        '[[transitions]]\nevent = "hold"\nfrom = ["a", "b"]\nto = "hold"\n'
        '[[transitions]]\nevent = "back"\nfrom = "hold"\nto = "previous"\n'
    )
    engine.deploy(text)
    engine.start("case", instance="one")
    engine.fire("one", "hold")
    assert engine.get("one").memory == {"hold": "a"}
    gone = text.replace("[states.a", "[states.first").replace('"a"', '"first"')
    assert impact_of(engine, gone) == [(2, "way_back_gone", "a", 1)]


def test_values_that_fit_no_more_are_counted_and_personal_ones_not_shown(engine: Engine) -> None:
    engine.deploy(WITH_PERSON)
    for identity in ("one", "two"):
        engine.start("case", instance=identity, data={"count": 7, "name": "Anna"})
    tight = WITH_PERSON.replace('type = "integer"\ndefault = 0', 'type = "integer"\nmax = 5\ndefault = 0')
    tight = tight.replace('[data.name]\ntype = "string"', '[data.name]\ntype = "date"')
    found = engine.deploy(tight, dry_run=True).impact
    assert found is not None
    assert told(found.lines) == [(2, "value_unfit", "count", 2), (2, "value_unfit", "name", 2)]
    whys = [str(line.examples[0].why) for line in found.lines]
    assert whys == [
        "expected at most 5, found the number 7",
        "it does not fit; it is personal, and not shown",
    ]
    assert found.affected == 2
    without = (
        WITH_PERSON[: WITH_PERSON.index("[data.name]")] + WITH_PERSON[WITH_PERSON.index("[roles.clerk]") :]
    )
    assert impact_of(engine, without) == [(2, "field_gone", "name", 2)]


def test_a_deadline_that_would_be_due_at_another_moment_says_from_when_to_when(running: Engine) -> None:
    found = running.deploy(COUNTER.replace('within = "10 days"', 'within = "12 days"')).impact
    assert found is not None
    (line,) = found.lines
    assert (line.kind, line.id, line.cases) == ("deadline_moved", "a.soon", 2)
    example = line.examples[0]
    assert example.before is not None
    assert example.after is not None
    assert (example.instance, (example.after - example.before).days) == ("one", 2)


def test_a_due_moment_that_has_fired_would_not_move(running: Engine, clock: ManualClock) -> None:
    clock.set(T0.replace(day=20))
    running.run_due()
    assert impact_of(running, COUNTER.replace('within = "10 days"', 'within = "12 days"')) == []


def test_a_deadline_whose_scope_is_elsewhere_or_whose_anchor_is_missing_is_found(running: Engine) -> None:
    anchored = COUNTER.replace('within = "10 days"', 'within = "10 days"\nfrom = "data.since"')
    anchored = anchored.replace("[data.name]", '[data.since]\ntype = "date"\nby = "clerk"\n[data.name]')
    assert impact_of(running, anchored) == [(1, "deadline_unanchored", "a.soon", 2)]


def test_every_older_version_with_running_cases_is_compared_and_counted_by_itself(running: Engine) -> None:
    running.deploy(COUNTER.replace('within = "10 days"', 'within = "11 days"'))
    running.start("case", instance="four")
    running.deploy(COUNTER.replace('within = "10 days"', 'within = "12 days"'))
    found = running.versions.impact("case")
    assert told(found.lines) == [(1, "deadline_moved", "a.soon", 2), (2, "deadline_moved", "a.soon", 1)]
    assert (dict(found.running), found.affected) == ({1: 3, 2: 1}, 3)
    assert [each.before for each in found.differences.values()] == ["case@1", "case@2"]
    rows = [(each.workflow.key, each.running, each.latest) for each in running.versions.running()]
    assert rows == [("case@1", 3, False), ("case@2", 1, False), ("case@3", 0, True)]


def test_only_the_first_cases_are_named_however_many_there_are(engine: Engine) -> None:
    with engine.transaction() as connection:
        for number in range(12):
            engine.start("case", instance=f"c{number:02}", connection=connection)
    found = engine.deploy(COUNTER.replace("10 days", "12 days")).impact
    assert found is not None
    (line,) = found.lines
    assert (line.cases, [each.instance for each in line.examples]) == (
        12,
        ["c00", "c01", "c02", "c03", "c04"],
    )


def test_a_deployment_in_a_hosts_transaction_looks_inside_it(engine: Engine) -> None:
    with engine.transaction() as connection:
        engine.start("case", instance="one", connection=connection)
        found = engine.deploy(COUNTER.replace("10 days", "12 days"), connection=connection)
        assert found.impact is not None
        assert found.impact.affected == 1


def test_a_version_that_is_not_deployed_is_named(engine: Engine) -> None:
    with pytest.raises(UnknownWorkflow, match="'case' has no version 7"):
        engine.versions.difference("case", 1, 7)
