"""Explaining: the same step on a copy, with every clause judged and every value shown."""

from collections.abc import Mapping

from gaita.model.command import Fire, SetData
from gaita.model.instance import Instance
from gaita.model.outcome import Explanation
from gaita.model.workflow import Workflow
from gaita.step.due_timers import fire_due_timers
from gaita.step.facts import Facts, Names
from gaita.step.select import Selected, select
from gaita.step.step import accepted, step


def explain(workflow: Workflow, instance: Instance, command: Fire | SetData, facts: Facts) -> Explanation:
    """Return why ``command`` would be accepted or refused now; nothing is changed.

    Raises what ``step`` raises: ``UnknownEvent``, ``MalformedCommand``, ``EndlessMoves``.
    """
    return explain_settled(workflow, with_due_timers_fired(workflow, instance, facts), command, facts)


def explain_settled(
    workflow: Workflow, instance: Instance, command: Fire | SetData, facts: Facts
) -> Explanation:
    """Return the same of an instance whose due timers have been fired. Raises what ``explain`` raises."""
    return step(workflow, instance, command, facts).explanation


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
            found[event] = accepted(instance, event, selected)
        else:
            found[event] = selected[0]
    return found


def with_due_timers_fired(workflow: Workflow, instance: Instance, facts: Facts) -> Instance:
    """Return ``instance`` as its due timers leave it."""
    for outcome in fire_due_timers(workflow, instance, facts):
        instance = outcome.after
    return instance
