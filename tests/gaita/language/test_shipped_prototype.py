"""The shipped lifecycle of a prototype: it reads without a fault, and says what its readers rely on."""

from importlib import resources

import pytest

from gaita.language import check
from gaita.model.workflow import AtField, AtHorizon, Workflow


@pytest.fixture(scope="module")
def workflow() -> Workflow:
    source = (resources.files("gaita_workflows") / "prototype.toml").read_bytes()
    checked = check(source, "prototype.toml")
    assert checked.faults == ()
    assert checked.workflow
    return checked.workflow


def test_it_has_the_states_of_the_programme(workflow: Workflow) -> None:
    """From the idea to the roll-out, and on hold."""
    assert list(workflow.states) == [
        "idea", "co_design", "lab_test", "field_pilot", "rollout", "on_hold", "retired"
    ]  # fmt: skip


def test_every_state_in_mid_life_has_a_deadline_that_climbs(workflow: Workflow) -> None:
    """Nothing waits for ever unheard."""
    for leaf, rules in workflow.scoped.items():
        if not workflow.states[leaf].final:
            assert any(len(rule.moments) > 1 and any(each.to for each in rule.moments) for rule in rules), (
                leaf
            )


def test_it_shows_each_kind_of_deadline_and_transition(workflow: Workflow) -> None:
    """Operators learn the language from it."""
    dues = {type(rule.due) for rule in workflow.rules.values()}
    assert {AtHorizon, AtField} < dues
    assert {moment.fire for rule in workflow.rules.values() for moment in rule.moments} == {None, "retire"}
    kinds = {(each.event is None, each.target is None, each.sources is None) for each in workflow.transitions}
    assert {(True, False, False), (False, True, False), (False, False, True)} < kinds
    assert workflow.remembering == {"on_hold"}
    assert any(each.sources == (each.target,) for each in workflow.transitions)
