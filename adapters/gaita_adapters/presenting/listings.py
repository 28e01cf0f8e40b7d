"""Tables: lists of instances, deadlines and records, and one instance in full, for people."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import cast

from rich.table import Table
from rich.text import Text

from gaita import Account, Deadline, Instance, OpenDeadline, Record, Workflow, due_day_text
from gaita.texts import Language
from gaita_adapters.presenting.objects import ENDINGS, account_json, next_deadline
from gaita_adapters.presenting.titles import (
    due_of,
    json_text,
    local_text,
    named_event,
    rule_title,
    state_title,
)


def table_of(*columns: str) -> Table:
    """Return an empty table in the one style; a column that begins with ``>`` is set to the right."""
    table = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 2, 0, 0))
    for column in columns:
        table.add_column(
            column.removeprefix(">"), justify="right" if column.startswith(">") else "left", overflow="fold"
        )
    return table


def due_cell(deadline: Deadline | OpenDeadline, zone: str, now: datetime) -> Text:
    """Return a due day, marked where it has passed, is not certain, or its clock stands."""
    day = due_day_text(deadline.due, zone)
    if deadline.paused_at is not None:
        overdue = "overdue, " if deadline.is_overdue(now) else ""
        return Text(f"{day} {overdue}paused", "yellow")
    if deadline.provisional:
        return Text(f"{day} provisional", "yellow")
    return Text(f"{day} overdue", "red") if deadline.is_overdue(now) else Text(day)


def instances_table(rows: Sequence[tuple[Instance, Workflow]], language: Language, now: datetime) -> Table:
    """Return a list of instances."""
    table = table_of("instance", "workflow", "state", "since", "next due")
    for instance, workflow in rows:
        following = next_deadline(instance)
        table.add_row(
            instance.id,
            f"{instance.workflow}@{instance.workflow_version}",
            state_title(workflow, instance.state, language),
            local_text(instance.since, workflow.zone),
            due_cell(following, workflow.zone, now) if following else "",
        )
    return table


def instance_lines(
    instance: Instance, workflow: Workflow, language: Language, now: datetime
) -> Iterator[Text | Table]:
    """Yield an instance in full."""
    state = workflow.states[instance.state]
    verdict = f", {state.verdict}" if state.verdict else ""
    yield Text(f"{instance.id} · {language.title(workflow.title, workflow.id)}", "bold")
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
            moments = [timer.due for timer in deadline.timers if timer.due is not None]
            stands = deadline.timers and not moments
            unsure = (
                "none until its calendar knows more" if deadline.is_held else "none while its clock stands"
            )
            following = unsure if stands else "none left"
            table.add_row(
                rule_title(workflow, deadline.rule, language),
                due_cell(deadline, workflow.zone, now),
                local_text(min(moments), workflow.zone) if moments else following,
                str(deadline.number),
            )
        yield Text()
        yield table
    data = table_of("data", "value", "")
    for field in workflow.fields.values():
        if field.id in instance.data:
            title = language.title(field.title, "")
            note = (
                f"{title}, personal" if field.personal and title else "personal" if field.personal else title
            )
            data.add_row(field.id, json_text(instance.data[field.id]), Text(note, "dim"))
        else:
            data.add_row(field.id, Text("not set", "dim"), Text(language.title(field.title, ""), "dim"))
    if workflow.fields:
        yield Text()
        yield data


def record_line(record: Record, workflow: Workflow, language: Language) -> tuple[str, str, str, str, str]:
    """Return a record as a row: number, when, who, what, and what came of it."""
    body = record.body
    kind = str(body.get("kind", ""))
    event = body.get("event")
    what = {
        "started": "started",
        "adopted": "adopted",
        "data_set": "data set",
        "paused": f"pause {body.get('rule')}",
        "resumed": f"resume {body.get('rule')}",
        "extended": f"extend {body.get('rule')} by {body.get('by')}",
        "recounted": f"recounted by the calendar {body.get('calendar')}",
        "timer": f"deadline {body.get('deadline')}, timer {body.get('timer')}",
        "refused": _refused(body),
    }.get(kind, "")
    if isinstance(event, str):
        what = f"{what} {named_event(workflow, event, language)}".strip()
    moment = datetime.fromisoformat(str(body["at"]))
    came = state_title(workflow, str(body["state"]), language)
    armed = [cast("Mapping[str, object]", each) for each in cast("list[object]", body.get("armed") or [])]
    ended = [cast("Mapping[str, object]", each) for each in cast("list[object]", body.get("ended") or [])]
    notes = [f"{each['rule']} due {due_of(str(each['due']), workflow.zone)}" for each in armed]
    adjusted = [
        cast("Mapping[str, object]", each) for each in cast("list[object]", body.get("adjusted") or [])
    ]
    notes += [
        f"{each['rule']} paused"
        if each["kind"] == "paused"
        else f"{each['rule']} {each['kind']}, due {due_of(str(each['due']), workflow.zone)}"
        for each in adjusted
    ]
    notes += [f"deadline {each['deadline']} {each['ending']}" for each in ended]
    if body.get("reason"):
        notes.append(str(body["reason"]))
    explained = cast("Mapping[str, object]", body.get("explanation") or {})
    if explained.get("ground"):
        notes.append(str(explained["ground"]))
    outcome = f"{came}: {'; '.join(notes)}" if notes else came
    return str(record.sequence), local_text(moment, workflow.zone), str(body.get("actor", "")), what, outcome


def _refused(body: Mapping[str, object]) -> str:
    """Say what was refused; records of earlier releases do not name the command."""
    asked = str(body.get("command", ""))
    if asked == "set":
        return (
            f"refused: set {', '.join(str(each) for each in cast('list[object]', body.get('fields') or []))}"
        )
    rule = body.get("rule")
    return f"refused: {asked} {rule}".rstrip() if rule and asked else "refused"


def account_table(account: Account) -> Table:
    """Return the account with its total, and how late the missed ones were."""
    told = account_json(account)
    total = cast("dict[str, int]", told["total"])
    counted = ("armed", *ENDINGS, "overdue", *(each for each in ("paused", "provisional") if total[each]))
    table = table_of("deadline", *(f">{name}" for name in counted), ">late p50", ">p90", ">max")
    for line in cast("list[dict[str, object]]", told["lines"]):
        name = f"{line['workflow']}@{line['version']} {line['rule']}"
        late = cast("dict[str, float] | None", line["lateness"]) or {}
        spans = (_days(late[each]) if each in late else "" for each in ("p50", "p90", "max"))
        table.add_row(name, *(str(line[each]) for each in counted), *spans)
    table.add_row("total", *(str(total[each]) for each in counted), style="bold")
    return table


def _days(seconds: float) -> str:
    return f"{seconds / 86_400:.1f} d"
