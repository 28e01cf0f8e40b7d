"""Explaining: the same step on a copy, with every clause judged and every value shown."""

from collections.abc import Mapping
from dataclasses import replace

from gaita.model.command import Fire, SetData
from gaita.model.instance import Instance
from gaita.model.outcome import Accepted, Explanation, Outcome
from gaita.model.workflow import Workflow
from gaita.step.due_timers import fire_due_timers
from gaita.step.facts import Facts, Names
from gaita.step.select import Selected, select, taken, taken_by
from gaita.step.step import step


def explain(workflow: Workflow, instance: Instance, command: Fire | SetData, facts: Facts) -> Explanation:
    """Return why ``command`` would be accepted or refused now; nothing is changed.

    Raises what ``step`` raises: ``UnknownEvent``, ``MalformedCommand``, ``EndlessMoves``.
    """
    return explain_settled(workflow, with_due_timers_fired(workflow, instance, facts), command, facts)


def explain_settled(
    workflow: Workflow, instance: Instance, command: Fire | SetData, facts: Facts
) -> Explanation:
    """Return the same of an instance whose due timers have been fired. Raises what ``explain`` raises."""
    return explanation_of(workflow, step(workflow, instance, command, facts))


def explanation_of(workflow: Workflow, outcome: Outcome) -> Explanation:
    """Return the explanation of an outcome whole: with each clause of the guard that held, and what it read.

    The step leaves those out, since nobody looks at most of what it accepts.
    """
    explanation = outcome.explanation
    taken_last = explanation.candidates and explanation.candidates[-1].verdict == "taken"
    if not (isinstance(outcome, Accepted) and taken_last and outcome.moves):
        return explanation
    took = taken_by(workflow, outcome.moves[0])
    return replace(explanation, candidates=(*explanation.candidates[:-1], took))


def possibilities(
    workflow: Workflow, instance: Instance, roles: frozenset[str] | None, facts: Facts
) -> Mapping[str, Explanation]:
    """Return, for each event that has a transition from here, what stands in its way.

    No payload is known, so a clause that reads one is unknown; ``roles=None`` asks for every role.
    """
    return possibilities_settled(workflow, with_due_timers_fired(workflow, instance, facts), roles, facts)


def possibilities_settled(
    workflow: Workflow, instance: Instance, roles: frozenset[str] | None, facts: Facts
) -> Mapping[str, Explanation]:
    """Return the same of an instance whose due timers have been fired."""
    found: dict[str, Explanation] = {}
    if workflow.states[instance.state].final:
        return found
    for event in workflow.events:
        if (instance.state, event) not in workflow.candidates:
            continue
        names = Names(workflow, instance.data, {}, facts)
        selected = select(workflow, instance, event, names, roles)
        if isinstance(selected, Selected):
            took = taken(selected.transition, selected.target, selected.evidence)
            found[event] = Explanation(instance.state, event, None, (*selected.passed_over, took))
        else:
            found[event] = selected[0]
    return found


def with_due_timers_fired(workflow: Workflow, instance: Instance, facts: Facts) -> Instance:
    """Return ``instance`` as its due timers leave it."""
    for outcome in fire_due_timers(workflow, instance, facts):
        instance = outcome.after
    return instance
