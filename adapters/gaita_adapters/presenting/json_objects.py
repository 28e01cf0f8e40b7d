"""Objects: the engine's values as stable JSON.

The JSON of a command is documented by the function that makes it: names do not change their meaning, and
new ones may be added. Moments are RFC 3339 in UTC; ``due_day`` is the day as people in the workflow's zone
read it.
"""

from datetime import datetime, timedelta
from typing import Final, cast

from gaita import (
    Account,
    ClauseResult,
    Deadline,
    Explanation,
    Incident,
    Instance,
    Moment,
    OpenDeadline,
    Receipt,
    Record,
    Workflow,
    due_day_text,
    entries_of,
    moment_text,
)
from gaita.texts import Language
from gaita_adapters.presenting.titles import rule_title, state_title

ENDINGS = ("met", "missed", "superseded", "withdrawn", "annulled", "open")


def instance_json(
    instance: Instance, workflow: Workflow, language: Language, now: datetime
) -> dict[str, object]:
    """Return an instance: what it runs, where it is since when, its data and its open deadlines."""
    following = next_deadline(instance)
    return {
        "id": instance.id,
        "workflow": instance.workflow,
        "version": instance.workflow_version,
        "state": instance.state,
        "state_title": state_title(workflow, instance.state, language),
        "configuration": _configuration(instance, workflow, language),
        "final": workflow.is_final(instance.state),
        "since": moment_text(instance.since),
        "started_at": moment_text(instance.started_at),
        "data": dict(instance.data),
        "next_due": moment_text(following.due) if following else None,
        "next_due_day": due_day_text(following.due, workflow.zone) if following else None,
        "overdue": any(deadline.is_overdue(now) for deadline in instance.deadlines),
        "overdue_seconds": _overdue_seconds(following, now),
        "deadlines": [
            {
                "number": deadline.number,
                "rule": deadline.rule,
                "title": rule_title(workflow, deadline.rule, language),
                "since": moment_text(deadline.since),
                "due": moment_text(deadline.due),
                "due_day": due_day_text(deadline.due, workflow.zone),
                "overdue": deadline.is_overdue(now),
                "overdue_seconds": _overdue_seconds(deadline, now),
                "occurrence": deadline.occurrence,
                "clipped": deadline.clipped,
                "provisional": deadline.provisional,
                "paused_at": optional_moment_text(deadline.paused_at),
                "timers": [moment_text(timer.due) for timer in deadline.timers if timer.due is not None],
            }
            for deadline in instance.deadlines
        ],
        "accepted_commands": instance.version,
        "records": instance.sequence,
        "corrected": instance.corrected,
    }


LISTED: Final = (
    "id", "workflow", "version", "state", "state_title", "final", "since", "started_at", "next_due",
    "next_due_day", "overdue", "overdue_seconds", "accepted_commands", "records", "corrected",
)  # fmt: skip
"""What ``listed_json`` gives, in its order."""


def listed_json(
    instance: Instance, workflow: Workflow, language: Language, now: datetime
) -> dict[str, object]:
    """Return an instance as one of a list: what of ``instance_json`` has one value."""
    told = instance_json(instance, workflow, language, now)
    return {name: told[name] for name in LISTED}


def _configuration(instance: Instance, workflow: Workflow, language: Language) -> list[dict[str, object]]:
    """Return the active leaves, each with when it was entered."""
    return [
        {
            "state": leaf,
            "title": state_title(workflow, leaf, language),
            "since": moment_text(instance.since_in(leaf)),
        }
        for leaf in instance.configuration
    ]


def explanation_json(explanation: Explanation, workflow: Workflow, language: Language) -> dict[str, object]:
    """Return an explanation: whether accepted, the ground if not, and every candidate with its clauses."""
    return {
        "accepted": explanation.accepted,
        "state": explanation.state,
        "event": explanation.event,
        "ground": explanation.ground,
        "candidates": [
            {
                "transition": candidate.transition,
                "to": candidate.target,
                "by": list(candidate.by),
                "verdict": candidate.verdict,
                "waits_for": list(candidate.waits_for),
                "clauses": [_clause_json(clause, language) for clause in candidate.clauses],
            }
            for candidate in explanation.candidates
        ],
        "deadline": explanation.deadline,
        "by": list(explanation.by),
        "amounts": dict(explanation.amounts or {}),
        "fields": {name: list(roles) for name, roles in (explanation.fields or {}).items()},
        "elsewhere": [
            {"state": state, "title": state_title(workflow, state, language)}
            for state in explanation.elsewhere
        ],
        "incident": explanation.incident,
    }


def _clause_json(clause: ClauseResult, language: Language) -> dict[str, object]:
    return {
        "id": clause.id,
        "check": clause.check,
        "why": language.title(clause.why, clause.id),
        "verdict": clause.verdict,
        "read": dict(clause.read),
        "missing": list(clause.missing),
        "error": clause.error,
    }


def receipt_json(receipt: Receipt, workflow: Workflow, language: Language) -> dict[str, object]:
    """Return what became of a command: whether accepted, the state after it, its record, its explanation."""
    return {
        "accepted": receipt.accepted,
        "instance": receipt.instance,
        "workflow": workflow.id,
        "version": workflow.version,
        "state": receipt.state,
        "state_title": state_title(workflow, receipt.state, language),
        "record": receipt.sequence,
        "at": moment_text(receipt.at),
        "actor": receipt.record.body.get("actor") if receipt.record else None,
        "command": receipt.record.body.get("kind") if receipt.record else None,
        "repeated": receipt.repeated,
        "fired_first": receipt.fired_first,
        "moves": [
            {"transition": move.transition, "from": move.source, "to": move.target, "internal": move.internal}
            for move in receipt.moves
        ],
        "deadlines": [
            {
                "change": each.kind,
                "rule": each.rule,
                "number": each.number,
                "due": optional_moment_text(each.due),
                "due_day": None if each.due is None else due_day_text(each.due, workflow.zone),
                "was": optional_moment_text(each.was),
                "past": each.past,
                "provisional": each.provisional,
                "held": each.held,
                "skipped": len(each.skipped),
                "at_once": [_moment_json(workflow.rules[each.rule].moments[at]) for at in each.at_once],
                "late_seconds": each.late.total_seconds(),
            }
            for each in receipt.deadlines
        ],
        "explanation": explanation_json(receipt.explanation, workflow, language),
    }


def _moment_json(moment: Moment) -> dict[str, object]:
    return {
        "kind": moment.kind,
        "to": list(moment.to),
        "fire": moment.fire,
        "close_to": moment.close_to,
    }


def record_json(record: Record) -> dict[str, object]:
    """Return a record as it is hashed: ``hash`` is the SHA-256 of ``body`` with ``previous`` in it.

    ``entries``: the ids under which a correction may name what was entered by it.
    """
    return {
        "instance": record.instance,
        "sequence": record.sequence,
        "entries": list(entries_of(record)),
        "body": dict(record.body),
        "previous": record.previous,
        "hash": record.hash,
    }


def account_json(account: Account) -> dict[str, object]:
    """Return the account: a line for each rule, the total, what the instances say, and each imbalance."""
    lines: list[dict[str, object]] = [
        {
            "workflow": line.workflow,
            "version": line.version,
            "rule": line.rule,
            "armed": line.armed,
            **{ending: getattr(line, ending) for ending in ENDINGS},
            "restated": line.restated,
            "overdue": line.overdue,
            "paused": line.paused,
            "provisional": line.provisional,
            "lateness": None
            if line.lateness is None
            else {
                "p50": line.lateness.half.total_seconds(),
                "p90": line.lateness.nine_tenths.total_seconds(),
                "p99": line.lateness.ninety_nine.total_seconds(),
                "max": line.lateness.most.total_seconds(),
            },
        }
        for line in account.lines
    ]
    names = ("armed", *ENDINGS, "restated", "overdue", "paused", "provisional")
    return {
        "at": moment_text(account.at),
        "balanced": account.balanced,
        "armed_by_instances": account.armed,
        "lines": lines,
        "total": {name: sum(cast("int", line[name]) for line in lines) for name in names},
        "imbalances": list(account.imbalances),
    }


OPEN_DEADLINE: Final = (
    "instance", "workflow", "version", "state", "state_title", "rule", "title", "number", "due", "due_day",
    "occurrence", "overdue", "overdue_seconds", "paused_at", "provisional",
)  # fmt: skip
"""What ``deadline_json`` gives, in its order."""


def deadline_json(
    deadline: OpenDeadline, workflow: Workflow, language: Language, now: datetime
) -> dict[str, object]:
    """Return an open deadline with the instance that it belongs to."""
    return {
        "instance": deadline.instance,
        "workflow": deadline.workflow,
        "version": deadline.version,
        "state": deadline.state,
        "state_title": state_title(workflow, deadline.state, language),
        "rule": deadline.rule,
        "title": rule_title(workflow, deadline.rule, language),
        "number": deadline.number,
        "due": moment_text(deadline.due),
        "due_day": due_day_text(deadline.due, workflow.zone),
        "occurrence": deadline.occurrence,
        "overdue": deadline.is_overdue(now),
        "overdue_seconds": _overdue_seconds(deadline, now),
        "paused_at": optional_moment_text(deadline.paused_at),
        "provisional": deadline.provisional,
    }


def incident_json(incident: Incident) -> dict[str, object]:
    """Return an incident; ``closed_at`` is null while it is open."""
    return {
        "number": incident.number,
        "opened_at": moment_text(incident.opened_at),
        "instance": incident.instance,
        "code": incident.code,
        "message": incident.message,
        "closed_at": moment_text(incident.closed_at) if incident.closed_at else None,
        "closed_by": incident.closed_by,
    }


def next_deadline(instance: Instance) -> Deadline | None:
    """Return the open deadline that is due first."""
    return min(instance.deadlines, key=lambda deadline: deadline.due, default=None)


def overdue_by(deadline: Deadline | OpenDeadline, now: datetime) -> timedelta | None:
    """Return by how much a deadline is overdue, or was when its clock was stopped; ``None``: it is not."""
    return (deadline.paused_at or now) - deadline.due if deadline.is_overdue(now) else None


def _overdue_seconds(deadline: Deadline | OpenDeadline | None, now: datetime) -> int | None:
    """Return by how many whole seconds a deadline is overdue."""
    late = None if deadline is None else overdue_by(deadline, now)
    return None if late is None else int(late.total_seconds())


def optional_moment_text(moment: datetime | None) -> str | None:
    """Return an instant as text; ``None`` for none."""
    return None if moment is None else moment_text(moment)
