"""Selecting transitions: in each active leaf, the first candidate that may be caused and whose guard holds.

Of those selected in several regions, all are taken together that do not leave one another's states: as SCXML
has it (W3C Recommendation 2015, appendix D).
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from gaita.model.instance import Instance
from gaita.model.outcome import (
    Candidate,
    CandidateVerdict,
    ClauseResult,
    ClauseVerdict,
    Explanation,
    Ground,
    Move,
)
from gaita.model.state_tree import BESIDE, leaves_of
from gaita.model.value import Value
from gaita.model.workflow import PREVIOUS, Clause, Expression, Failed, Guard, Transition, Unknown, Workflow
from gaita.step.facts import Names, read_names

_NEAREST: tuple[Ground, ...] = ("value", "no_previous", "not_done", "guard", "role")
"""Of several candidates that fail, the one named first here came nearest."""

_NOTHING_SET: Mapping[str, Value | None] = {}


@dataclass(frozen=True, slots=True)
class Selected:
    """A transition that may be taken, where it leads, and what it sets."""

    transition: Transition
    target: str | None
    """The place to enter, ``None`` for an internal transition."""
    values: Mapping[str, Value | None]
    failures: tuple[str, ...]
    """What could not be computed on the way to it: an incident, though the step goes on."""
    passed_over: tuple[Candidate, ...]
    """The candidates before it, which did not hold."""
    evidence: Mapping[str, Value] | None = None
    """What its guard read; ``None``: it has none."""
    beside: "tuple[Selected, ...]" = ()
    """Those that are taken with it, in other regions."""


def select(
    workflow: Workflow, instance: Instance, event: str | None, names: Names, roles: frozenset[str] | None
) -> Selected | tuple[Explanation, tuple[str, ...]]:
    """Return the transition to take, or why there is none and which guards could not be computed.

    ``event`` is ``None`` for automatic transitions; ``roles`` is ``None`` for the engine itself, which
    is exempt from roles but not from guards.
    """
    if BESIDE in instance.state:
        return _select_beside(workflow, instance, event, names, roles)
    passed: list[Candidate] = []
    failures: list[str] = []
    found = _choose(workflow, instance, instance.state, event, names, roles, passed, failures)
    if found is not None:
        return found
    return _refusal(workflow, instance, event, tuple(passed)), tuple(failures)


def _choose(
    workflow: Workflow,
    instance: Instance,
    leaf: str,
    event: str | None,
    names: Names,
    roles: frozenset[str] | None,
    passed: list[Candidate],
    failures: list[str],
) -> Selected | None:
    """Return the transition to take in one leaf; those passed over join ``passed``."""
    for transition in workflow.candidates.get((leaf, event), ()):
        allowed = roles is None or not transition.by or not roles.isdisjoint(transition.by)
        waits_for = _waits_for(workflow, instance, leaf, transition) if transition.done else ()
        holds = allowed and (transition.guard is None or transition.guard.all.evaluate(names) is True)
        if holds and not waits_for:
            attempt = _attempt(workflow, instance, leaf, transition, names)
            if not isinstance(attempt, Candidate):
                target, values = attempt
                guard = transition.guard
                read = None if guard is None else read_names(names, guard.all.reads)[0]
                return Selected(transition, target, values, tuple(failures), tuple(passed), read)
            passed.append(attempt)
            continue
        clauses = () if transition.guard is None else _judge(transition.guard, names)
        verdict: CandidateVerdict = "not_done" if holds else "guard" if allowed else "role"
        passed.append(
            Candidate(transition.number, transition.target, transition.by, verdict, clauses, waits_for)
        )
        failures.extend(
            f"transition {transition.number}, clause {clause.id}: {clause.error}"
            for clause in clauses
            if clause.verdict == "failed"
        )
    return None


def _select_beside(
    workflow: Workflow, instance: Instance, event: str | None, names: Names, roles: frozenset[str] | None
) -> Selected | tuple[Explanation, tuple[str, ...]]:
    """Select in each active leaf; a transition from a state around several of them is one."""
    passed: list[Candidate] = []
    failures: list[str] = []
    enabled: list[tuple[str, Selected]] = []
    for leaf in leaves_of(instance.state):
        over: list[Candidate] = []
        wrong: list[str] = []
        found = _choose(workflow, instance, leaf, event, names, roles, over, wrong)
        passed += [each for each in over if each not in passed]
        failures += [each for each in wrong if each not in failures]
        if found is None:
            continue
        source = _source_of(workflow, found.transition, leaf)
        if all((source, found.transition) != (other, each.transition) for other, each in enabled):
            enabled.append((source, found))
    together = _without_conflicts(workflow, instance.state, enabled)
    if not together:
        return _refusal(workflow, instance, event, tuple(passed)), tuple(failures)
    passed += [
        Candidate(each.transition.number, each.transition.target, each.transition.by, "preempted")
        for _, each in enabled
        if each not in together
    ]
    first, *others = together
    return replace(first, failures=tuple(failures), passed_over=tuple(passed), beside=tuple(others))


def _without_conflicts(workflow: Workflow, place: str, enabled: list[tuple[str, Selected]]) -> list[Selected]:
    """Return those that can be taken together: an inner one goes before one that leaves its state.

    Else the first in the file goes before one that would leave what it leaves.
    """
    kept: list[tuple[str, Selected, frozenset[str]]] = []
    for source, selected in enabled:
        target = selected.target
        exited = frozenset(() if target is None else workflow.tree.change(place, target).exited)
        against = [each for each in kept if not exited.isdisjoint(each[2])]
        if all(source != each[0] and each[0] in workflow.paths[source] for each in against):
            kept = [each for each in kept if each not in against]
            kept.append((source, selected, exited))
    return [selected for _, selected, _ in kept]


def _source_of(workflow: Workflow, transition: Transition, leaf: str) -> str:
    """Return the state that a candidate of a leaf leads from: itself, or the nearest one around it."""
    path = workflow.paths[leaf]
    if transition.sources is None:
        return path[0]
    return next(state for state in reversed(path) if state in transition.sources)


def _waits_for(workflow: Workflow, instance: Instance, leaf: str, transition: Transition) -> tuple[str, ...]:
    source = _source_of(workflow, transition, leaf)
    return workflow.tree.unfinished(instance.state, source)


def taken(transition: Transition, target: str | None, evidence: Mapping[str, Value] | None) -> Candidate:
    """Return a transition that was taken as a candidate: every clause of its guard held.

    ``evidence`` is what the guard read, so nothing is evaluated again.
    """
    guard, known = transition.guard, evidence or {}
    clauses = tuple(
        ClauseResult(
            clause.id,
            clause.check.source,
            clause.why,
            "holds",
            {name: known[name] for name in clause.check.reads if name in known},
        )
        for clause in (() if guard is None else guard.clauses)
    )
    return Candidate(transition.number, target, transition.by, "taken", clauses)


def taken_by(workflow: Workflow, move: Move) -> Candidate:
    """Return the transition of a move that was carried out as a candidate."""
    transition = workflow.transitions[move.transition - 1]
    is_known = transition.target != PREVIOUS and not transition.history
    target = transition.target if is_known else move.target
    return taken(transition, target, move.evidence)


def _attempt(
    workflow: Workflow, instance: Instance, leaf: str, transition: Transition, names: Names
) -> tuple[str | None, Mapping[str, Value | None]] | Candidate:
    """Work out where a permitted transition leads and what it sets, or why it cannot be taken after all."""
    target = transition.target
    if target == PREVIOUS:
        target = instance.memory.get(leaf)
        if target is None:
            return Candidate(transition.number, PREVIOUS, transition.by, "no_previous")
    elif transition.history and target is not None:
        target = instance.memory.get(target) or workflow.tree.entry(target)
    if not transition.set:
        return target, _NOTHING_SET
    values: dict[str, Value | None] = {}
    failed: list[ClauseResult] = []
    for field, expression in transition.set:
        value = expression.evaluate(names)
        if isinstance(value, Failed):
            failed.append(_result(field, expression, workflow.fields[field].title, value, names))
        else:  # what is computed from something unknown is unknown itself
            values[field] = None if isinstance(value, Unknown) else value
    if failed:
        return Candidate(transition.number, transition.target, transition.by, "value", tuple(failed))
    return target, values


def _judge(guard: Guard, names: Names) -> tuple[ClauseResult, ...]:
    return tuple(_judge_clause(clause, names) for clause in guard.clauses)


def _judge_clause(clause: Clause, names: Names) -> ClauseResult:
    return _result(clause.id, clause.check, clause.why, clause.check.evaluate(names), names)


def _result(
    identity: str,
    expression: Expression,
    why: Mapping[str, str],
    value: Value | Unknown | Failed,
    names: Names,
) -> ClauseResult:
    read, _ = read_names(names, expression.reads)
    verdict: ClauseVerdict
    missing: tuple[str, ...] = ()
    error: str | None = None
    match value:
        case Unknown():
            verdict, missing = "unknown", value.missing
        case Failed():
            verdict, error = "failed", value.error
        case _:
            verdict = "holds" if value is True else "unmet"
    return ClauseResult(identity, expression.source, why, verdict, read, missing, error)


def _refusal(
    workflow: Workflow, instance: Instance, event: str | None, candidates: tuple[Candidate, ...]
) -> Explanation:
    if not candidates:
        elsewhere = tuple(state for state in workflow.paths if (state, event) in workflow.candidates)
        return Explanation(instance.state, event, "no_transition", elsewhere=elsewhere)
    verdicts: set[str] = {candidate.verdict for candidate in candidates}
    nearest: Ground = next(ground for ground in _NEAREST if ground in verdicts)
    return Explanation(instance.state, event, nearest, candidates)
