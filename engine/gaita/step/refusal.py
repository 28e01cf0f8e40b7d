"""Refusing: the answer that changes nothing but the history."""

from collections.abc import Mapping
from dataclasses import replace
from hashlib import sha256

from gaita.model.command import Asked, Extend, Fire, SetData
from gaita.model.instance import Instance
from gaita.model.outcome import Explanation, Refused, Trouble
from gaita.model.value import Value
from gaita.step.facts import Facts

_NOTHING: Mapping[str, Value | None] = {}


def refuse(
    instance: Instance,
    command: Asked,
    facts: Facts,
    explanation: Explanation,
    failures: tuple[str, ...] = (),
    payload: Mapping[str, Value | None] = _NOTHING,
) -> Refused:
    """Return the refusal; it is not recorded again where the latest record is an equal one."""
    digest = _refusal_digest(command, explanation)
    trouble = Trouble("expression_failed", "; ".join(failures)) if failures else None
    if digest == instance.refusal:
        return Refused(command, facts.now, instance, instance, explanation, recorded=False, trouble=trouble)
    after = replace(instance, refusal=digest, sequence=instance.sequence + 1)
    return Refused(
        command,
        facts.now,
        instance,
        after,
        explanation,
        trouble=trouble,
        calendar=facts.calendar_digest,
        payload=payload,
    )


def _refusal_digest(command: Asked, explanation: Explanation) -> str:
    """What makes two refusals equal: who asked for what, and which clauses stood in the way."""
    match command:
        case Fire():
            asked = command.event
        case SetData():
            asked = ",".join(sorted(command.values))
        case Extend():
            asked = f"{command.deadline} {command.by}"
        case _:
            asked = command.deadline
    clauses = [
        (candidate.transition, candidate.verdict, clause.id, clause.verdict)
        for candidate in explanation.candidates
        for clause in candidate.clauses
    ]
    verdicts = [
        (candidate.transition, candidate.verdict, *candidate.waits_for)
        for candidate in explanation.candidates
    ]
    told = repr((command.actor, type(command).__name__, asked, explanation.ground, verdicts, clauses))
    return sha256(told.encode()).hexdigest()
