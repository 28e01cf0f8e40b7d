"""Selecting a transition: the first candidate that the actor may cause and whose guard holds."""

from collections.abc import Mapping
from dataclasses import dataclass

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
from gaita.model.value import Value
from gaita.model.workflow import PREVIOUS, Clause, Expression, Failed, Guard, Transition, Unknown, Workflow
from gaita.step.facts import Names, read_names

_NEAREST: tuple[Ground, ...] = ("value", "no_previous", "guard", "role")
"""Of several candidates that fail, the one named first here came nearest."""

_NOTHING_SET: Mapping[str, Value | None] = {}


@dataclass(frozen=True, slots=True)
class Selected:
    """A transition that may be taken, where it leads, and what it sets."""

    transition: Transition
    target: str | None
    """The state to enter, ``None`` for an internal transition."""
    values: Mapping[str, Value | None]
    failures: tuple[str, ...]
    """What could not be computed on the way to it: an incident, though the step goes on."""
    passed_over: tuple[Candidate, ...]
    """The candidates before it, which did not hold."""
    evidence: Mapping[str, Value] | None = None
    """What its guard read; ``None``: it has none."""


def select(
    workflow: Workflow, instance: Instance, event: str | None, names: Names, roles: frozenset[str] | None
) -> Selected | tuple[Explanation, tuple[str, ...]]:
    """Return the transition to take, or why there is none and which guards could not be computed.

    ``event`` is ``None`` for automatic transitions; ``roles`` is ``None`` for the engine itself, which
    is exempt from roles but not from guards.
    """
    candidates = workflow.candidates.get((instance.state, event), ())
    passed: list[Candidate] = []
    failures: list[str] = []
    for transition in candidates:
        allowed = roles is None or not transition.by or not roles.isdisjoint(transition.by)
        if allowed and (transition.guard is None or transition.guard.all.evaluate(names) is True):
            attempt = _attempt(workflow, instance, transition, names)
            if not isinstance(attempt, Candidate):
                target, values = attempt
                guard = transition.guard
                read = None if guard is None else read_names(names, guard.all.reads)[0]
                return Selected(transition, target, values, tuple(failures), tuple(passed), read)
            passed.append(attempt)
            continue
        clauses = () if transition.guard is None else _judge(transition.guard, names)
        verdict: CandidateVerdict = "guard" if allowed else "role"
        passed.append(Candidate(transition.number, transition.target, transition.by, verdict, clauses))
        failures.extend(
            f"transition {transition.number}, clause {clause.id}: {clause.error}"
            for clause in clauses
            if clause.verdict == "failed"
        )
    return _refusal(workflow, instance, event, tuple(passed)), tuple(failures)


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
    target = move.target if transition.target == PREVIOUS else transition.target
    return taken(transition, target, move.evidence)


def _attempt(
    workflow: Workflow, instance: Instance, transition: Transition, names: Names
) -> tuple[str | None, Mapping[str, Value | None]] | Candidate:
    """Work out where a permitted transition leads and what it sets, or why it cannot be taken after all."""
    target = transition.target
    if target == PREVIOUS:
        target = instance.memory.get(instance.state)
        if target is None:
            return Candidate(transition.number, PREVIOUS, transition.by, "no_previous")
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
