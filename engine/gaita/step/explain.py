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
    if not isinstance(outcome, Accepted):
        return explanation
    # The first moves are those that the event caused; automatic ones may follow.
    took = [each for each in explanation.candidates if each.verdict == "taken"]
    if not took or len(outcome.moves) < len(took):
        return explanation
    others = explanation.candidates[: -len(took)]
    moves = {move.transition: move for move in reversed(outcome.moves[: len(took)])}
    whole = (taken_by(workflow, moves[each.transition]) for each in took)
    return replace(explanation, candidates=(*others, *whole))


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
    if workflow.is_final(instance.state):
        return found
    for event in workflow.events:
        if not workflow.has_transition(instance.state, event):
            continue
        names = Names(workflow, instance.state, instance.data, {}, facts)
        selected = select(workflow, instance, event, names, roles)
        if isinstance(selected, Selected):
            took = [
                taken(each.transition, each.target, each.evidence) for each in (selected, *selected.beside)
            ]
            found[event] = Explanation(instance.state, event, None, (*selected.passed_over, *took))
        else:
            found[event] = selected[0]
    return found


def with_due_timers_fired(workflow: Workflow, instance: Instance, facts: Facts) -> Instance:
    """Return ``instance`` as its due timers leave it."""
    for outcome in fire_due_timers(workflow, instance, facts):
        instance = outcome.after
    return instance
