"""Rendering: the engine's values as stable JSON objects, and as tables and sentences for people.

The JSON of a command is documented by the function that makes it: names do not change their meaning, and
new ones may be added. Moments are RFC 3339 in UTC; ``due_day`` is the day as people in the workflow's zone
read it.
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import cast
from zoneinfo import ZoneInfo

from rich.table import Table
from rich.text import Text

from gaita import (
    Account,
    Candidate,
    ClauseResult,
    Deadline,
    Explanation,
    Incident,
    Instance,
    OpenDeadline,
    Receipt,
    Record,
    Value,
    Workflow,
    due_day_text,
    moment_text,
)
from gaita_adapters.console import titled

_MARKS = {"holds": ("✓", "green"), "unmet": ("✗", "red"), "unknown": ("?", "yellow"), "failed": ("!", "red")}

_GROUNDS = {
    "no_transition": "this state has no transition for it",
    "role": "the actor has none of the roles that may cause it",
    "guard": "a condition is not met",
    "no_previous": "there is no previous state to go back to",
    "value": "a value that it would set cannot be computed, or is not admitted",
    "final": "the instance has come to its end",
    "field_role": "the actor may not change these fields",
}

_ENDINGS = ("met", "missed", "superseded", "withdrawn", "open")


# -- JSON


def instance_json(instance: Instance, workflow: Workflow, language: str, now: datetime) -> dict[str, object]:
    """Return an instance: what it runs, where it is since when, its data and its open deadlines."""
    following = next_deadline(instance)
    return {
        "id": instance.id,
        "workflow": instance.workflow,
        "version": instance.workflow_version,
        "state": instance.state,
        "state_title": state_title(workflow, instance.state, language),
        "final": workflow.states[instance.state].final,
        "since": moment_text(instance.since),
        "started_at": moment_text(instance.started_at),
        "data": dict(instance.data),
        "next_due": moment_text(following.due) if following else None,
        "overdue": any(deadline.due <= now for deadline in instance.deadlines),
        "deadlines": [
            {
                "number": deadline.number,
                "rule": deadline.rule,
                "title": rule_title(workflow, deadline.rule, language),
                "since": moment_text(deadline.since),
                "due": moment_text(deadline.due),
                "due_day": due_day_text(deadline.due, workflow.zone),
                "overdue": deadline.due <= now,
                "clipped": deadline.clipped,
                "timers": [moment_text(timer.due) for timer in deadline.timers],
            }
            for deadline in instance.deadlines
        ],
        "accepted_commands": instance.version,
        "records": instance.sequence,
    }


def listed_json(instance: Instance, workflow: Workflow, language: str, now: datetime) -> dict[str, object]:
    """Return an instance as one of a list: as ``instance_json``, without its data."""
    told = instance_json(instance, workflow, language, now)
    return {name: value for name, value in told.items() if name not in {"data", "deadlines"}}


def explanation_json(explanation: Explanation, workflow: Workflow, language: str) -> dict[str, object]:
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
                "clauses": [_clause_json(clause, language) for clause in candidate.clauses],
            }
            for candidate in explanation.candidates
        ],
        "fields": {name: list(roles) for name, roles in (explanation.fields or {}).items()},
        "elsewhere": [
            {"state": state, "title": state_title(workflow, state, language)}
            for state in explanation.elsewhere
        ],
    }


def _clause_json(clause: ClauseResult, language: str) -> dict[str, object]:
    return {
        "id": clause.id,
        "check": clause.check,
        "why": titled(clause.why, language, clause.id),
        "verdict": clause.verdict,
        "read": dict(clause.read),
        "missing": list(clause.missing),
        "error": clause.error,
    }


def receipt_json(receipt: Receipt, workflow: Workflow, language: str) -> dict[str, object]:
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
        "repeated": receipt.repeated,
        "settled": receipt.settled,
        "moves": [
            {"transition": move.transition, "from": move.source, "to": move.target, "internal": move.internal}
            for move in receipt.moves
        ],
        "explanation": explanation_json(receipt.explanation, workflow, language),
    }


def record_json(record: Record) -> dict[str, object]:
    """Return a record as it is hashed: ``hash`` is the SHA-256 of ``body`` with ``previous`` in it."""
    return {
        "instance": record.instance,
        "sequence": record.sequence,
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
            **{ending: getattr(line, ending) for ending in _ENDINGS},
            "overdue": line.overdue,
        }
        for line in account.lines
    ]
    names = ("armed", *_ENDINGS, "overdue")
    return {
        "at": moment_text(account.at),
        "balanced": account.balanced,
        "armed_by_instances": account.armed,
        "lines": lines,
        "total": {name: sum(cast("int", line[name]) for line in lines) for name in names},
        "imbalances": list(account.imbalances),
    }


def deadline_json(
    deadline: OpenDeadline, workflow: Workflow, language: str, now: datetime
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
        "overdue": deadline.due <= now,
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


# -- for people


def state_title(workflow: Workflow, state: str, language: str) -> str:
    """Return what people call a state."""
    found = workflow.states.get(state)
    return titled(found.title if found else None, language, state)


def rule_title(workflow: Workflow, rule: str, language: str) -> str:
    """Return what people call a deadline."""
    found = workflow.rules.get(rule)
    return titled(found.title if found else None, language, rule)


def role_titles(workflow: Workflow, roles: Iterable[str], language: str) -> str:
    """Return roles by id and title: ``lab_lead (Head of the laboratory)``."""
    return " or ".join(
        f"{role} ({titled(workflow.roles[role].title, language, role)})" if role in workflow.roles else role
        for role in roles
    )


def event_title(workflow: Workflow, event: str | None, language: str) -> str:
    """Return an event by id and title."""
    if event is None:
        return "the change"
    found = workflow.events.get(event)
    title = titled(found.title if found else None, language, event)
    return event if title == event else f"{event} ({title})"


def local_text(moment: datetime, zone: str) -> str:
    """Return a moment as a clock in ``zone`` shows it."""
    return moment.astimezone(ZoneInfo(zone)).strftime("%Y-%m-%d %H:%M")


def next_deadline(instance: Instance) -> Deadline | None:
    """Return the open deadline that is due first."""
    return min(instance.deadlines, key=lambda deadline: deadline.due, default=None)


def value_text(value: object) -> str:
    """Return a value as it would be typed."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def table_of(*columns: str) -> Table:
    """Return an empty table in the one style; a column that begins with ``>`` is set to the right."""
    table = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 2, 0, 0))
    for column in columns:
        table.add_column(
            column.removeprefix(">"), justify="right" if column.startswith(">") else "left", overflow="fold"
        )
    return table


def due_cell(due: datetime, zone: str, now: datetime) -> Text:
    """Return a due day, marked where it has passed."""
    day = due_day_text(due, zone)
    return Text(f"{day} overdue", "red") if due <= now else Text(day)


def instances_table(rows: Sequence[tuple[Instance, Workflow]], language: str, now: datetime) -> Table:
    """Return a list of instances."""
    table = table_of("instance", "workflow", "state", "since", "next due")
    for instance, workflow in rows:
        following = next_deadline(instance)
        table.add_row(
            instance.id,
            f"{instance.workflow}@{instance.workflow_version}",
            state_title(workflow, instance.state, language),
            local_text(instance.since, workflow.zone),
            due_cell(following.due, workflow.zone, now) if following else "",
        )
    return table


def instance_lines(
    instance: Instance, workflow: Workflow, language: str, now: datetime
) -> Iterator[Text | Table]:
    """Yield an instance in full."""
    state = workflow.states[instance.state]
    verdict = f", {state.verdict}" if state.verdict else ""
    yield Text(f"{instance.id} · {titled(workflow.title, language, workflow.id)}", "bold")
    facts = table_of("", "")
    facts.show_header = False
    facts.add_row("workflow", workflow.key)
    ended = f" (final{verdict})" if state.final else ""
    facts.add_row("state", f"{state_title(workflow, instance.state, language)} [{instance.state}]{ended}")
    facts.add_row("since", local_text(instance.since, workflow.zone))
    facts.add_row("started", local_text(instance.started_at, workflow.zone))
    facts.add_row("history", f"{instance.sequence} records, {instance.version} accepted commands")
    yield facts
    if instance.deadlines:
        table = table_of("deadline", "due", "next moment", ">number")
        for deadline in sorted(instance.deadlines, key=lambda each: each.due):
            moments = [timer.due for timer in deadline.timers]
            table.add_row(
                rule_title(workflow, deadline.rule, language),
                due_cell(deadline.due, workflow.zone, now),
                local_text(min(moments), workflow.zone) if moments else "none left",
                str(deadline.number),
            )
        yield Text()
        yield table
    data = table_of("data", "value", "")
    for field in workflow.fields.values():
        if field.id in instance.data:
            title = titled(field.title, language, "")
            note = (
                f"{title}, personal" if field.personal and title else "personal" if field.personal else title
            )
            data.add_row(field.id, value_text(instance.data[field.id]), Text(note, "dim"))
        else:
            data.add_row(field.id, Text("not set", "dim"), Text(titled(field.title, language, ""), "dim"))
    if workflow.fields:
        yield Text()
        yield data


def receipt_lines(receipt: Receipt, workflow: Workflow, language: str) -> Iterator[Text]:
    """Yield what became of a command; a refusal with all its reasons."""
    if receipt.settled:
        yield Text(f"First, {receipt.settled} due timer(s) of {receipt.instance} were fired.")
    if not receipt.accepted:
        yield from explanation_lines(receipt.explanation, workflow, language, receipt.instance)
        return
    state = f"{state_title(workflow, receipt.state, language)} [{receipt.state}]"
    again = ", as answered before for this key: nothing was done" if receipt.repeated else ""
    yield Text.assemble(("✓ ", "green"), f"{receipt.instance}: {state}, record {receipt.sequence}{again}")
    for move in receipt.moves:
        if move.internal:
            yield Text(f"  stays in {move.target} (transition {move.transition})")
        elif move.source is not None:
            yield Text(f"  {move.source} → {move.target} (transition {move.transition})")


def explanation_lines(
    explanation: Explanation, workflow: Workflow, language: str, instance: str, *, asked: bool = False
) -> Iterator[Text]:
    """Yield why a command is accepted or refused; ``asked``: it was only a question."""
    event = event_title(workflow, explanation.event, language)
    state = f"{state_title(workflow, explanation.state, language)} [{explanation.state}]"
    if explanation.ground is None:
        verb = "would be accepted" if asked else "accepted"
        yield Text.assemble(("✓ ", "green"), (event, "bold"), f" {verb} for {instance} in {state}")
    else:
        verb = "would be refused" if asked else "refused"
        yield Text.assemble(
            ("✗ ", "red"),
            (event, "bold"),
            f" {verb} for {instance} in {state}: {_GROUNDS[explanation.ground]}",
        )
    for candidate in explanation.candidates:
        yield from _candidate_lines(candidate, workflow, language)
    for field, roles in (explanation.fields or {}).items():
        who = role_titles(workflow, roles, language)
        told = f"may be changed by {who}" if roles else "changes only through transitions"
        yield Text(f"  {field}: {told}")
    if explanation.elsewhere:
        there = ", ".join(
            f"{state_title(workflow, each, language)} [{each}]" for each in explanation.elsewhere
        )
        yield Text(f"  it can happen in: {there}")
    elif explanation.ground == "no_transition":
        yield Text("  no state has a transition for it")
    yield from _cure(explanation, workflow, language)


def _candidate_lines(candidate: Candidate, workflow: Workflow, language: str) -> Iterator[Text]:
    target = candidate.target or explained_target(candidate)
    told = {
        "taken": "taken",
        "guard": "condition",
        "role": "role",
        "value": "value",
        "no_previous": "no way back",
    }
    yield Text(f"  transition {candidate.transition}, to {target}: {told[candidate.verdict]}", "bold")
    if candidate.by:
        allowed = candidate.verdict != "role"
        yield Text.assemble(
            "    ",
            ("✓ ", "green") if allowed else ("✗ ", "red"),
            f"by {role_titles(workflow, candidate.by, language)}",
        )
    for clause in candidate.clauses:
        mark, style = _MARKS[clause.verdict]
        yield Text.assemble("    ", (f"{mark} ", style), titled(clause.why, language, clause.id))
        yield Text(f"      {clause.check}{_read_text(clause)}", "dim")


def explained_target(candidate: Candidate) -> str:
    """Return where a transition without a target leads: nowhere."""
    return "the same state (nothing is left)" if candidate.target is None else candidate.target


def _read_text(clause: ClauseResult) -> str:
    parts = [f"{name} = {value_text(_mentioned(value, clause.check))}" for name, value in clause.read.items()]
    if clause.missing:
        parts.append(f"not known yet: {', '.join(clause.missing)}")
    if clause.error:
        parts.append(clause.error)
    return f"   ({'; '.join(parts)})" if parts else ""


def _mentioned(value: Value, check: str) -> Value:
    """Return of a map only the entries that the condition names, where it names any."""
    if not isinstance(value, dict):
        return value
    named = {key: each for key, each in value.items() if f"'{key}'" in check or f'"{key}"' in check}
    return named or value


def _cure(explanation: Explanation, workflow: Workflow, language: str) -> Iterator[Text]:
    """Yield what would unblock a refusal, by the candidate that came nearest."""
    nearest = next((each for each in explanation.candidates if each.verdict == explanation.ground), None)
    if explanation.ground == "role" and nearest:
        yield Text(f"  To go on: have it done by {role_titles(workflow, nearest.by, language)}.")
    elif explanation.ground in {"guard", "value"} and nearest:
        missing = sorted({name for clause in nearest.clauses for name in clause.missing})
        unmet = [titled(each.why, language, each.id) for each in nearest.clauses if each.verdict != "holds"]
        if unmet:
            yield Text(f"  To go on: {'; '.join(unmet)}.")
        setters = [text for name in missing if (text := _setter(name, workflow, language))]
        for text in setters:
            yield Text(f"  {text}")


def _setter(name: str, workflow: Workflow, language: str) -> str | None:
    where, _, field = name.partition(".")
    if where == "event":
        return f"{name} comes with the event: give {field}=…"
    found = workflow.fields.get(field)
    if found is None:
        return None
    if found.by:
        return f"{name} may be set by {role_titles(workflow, found.by, language)}"
    events = [
        each.event for each in workflow.transitions if each.event and any(key == field for key, _ in each.set)
    ]
    return f"{name} is set by the event {' or '.join(dict.fromkeys(events))}" if events else None


def record_line(record: Record, workflow: Workflow, language: str) -> tuple[str, str, str, str, str]:
    """Return a record as a row: number, when, who, what, and what came of it."""
    body = record.body
    kind = str(body.get("kind", ""))
    event = body.get("event")
    what = {
        "started": "started",
        "adopted": "adopted",
        "data_set": "data set",
        "timer": f"deadline {body.get('deadline')}, timer {body.get('timer')}",
        "refused": "refused",
    }.get(kind, "")
    if isinstance(event, str):
        what = f"{what} {event_title(workflow, event, language)}".strip()
    moment = datetime.fromisoformat(str(body["at"]))
    came = state_title(workflow, str(body["state"]), language)
    armed = [cast("Mapping[str, object]", each) for each in cast("list[object]", body.get("armed") or [])]
    ended = [cast("Mapping[str, object]", each) for each in cast("list[object]", body.get("ended") or [])]
    notes = [f"{each['rule']} due {due_of(str(each['due']), workflow.zone)}" for each in armed]
    notes += [f"deadline {each['deadline']} {each['ending']}" for each in ended]
    if body.get("reason"):
        notes.append(str(body["reason"]))
    explained = cast("Mapping[str, object]", body.get("explanation") or {})
    if explained.get("ground"):
        notes.append(str(explained["ground"]))
    outcome = f"{came}: {'; '.join(notes)}" if notes else came
    return str(record.sequence), local_text(moment, workflow.zone), str(body.get("actor", "")), what, outcome


def due_of(text: str, zone: str) -> str:
    """Return a stored moment as the day it means."""
    return due_day_text(datetime.fromisoformat(text), zone)


def account_table(account: Account) -> Table:
    """Return the account with its total."""
    table = table_of("deadline", ">armed", *(f">{ending}" for ending in _ENDINGS), ">overdue")
    told = account_json(account)
    for line in cast("list[dict[str, object]]", told["lines"]):
        name = f"{line['workflow']}@{line['version']} {line['rule']}"
        table.add_row(name, *(str(line[each]) for each in ("armed", *_ENDINGS, "overdue")))
    total = cast("dict[str, object]", told["total"])
    cells = (str(total[each]) for each in ("armed", *_ENDINGS, "overdue"))
    table.add_row("total", *cells, style="bold")
    return table
