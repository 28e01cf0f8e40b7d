"""Tables: lists of instances, deadlines and records, and one instance in full, for people."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Final, cast

from rich.table import Table
from rich.text import Text

from gaita import Account, Deadline, Field, Instance, OpenDeadline, Workflow
from gaita.texts import Language, between_words, due_cell_words, moment_cell
from gaita_adapters.presenting.json_objects import ENDINGS, account_json, next_deadline, overdue_by
from gaita_adapters.presenting.titles import (
    json_text,
    rule_title,
    state_title,
)
from gaita_adapters.presenting.values import field_words


def table_of(*columns: str) -> Table:
    """Return an empty table in the one style; a column that begins with ``>`` is set to the right."""
    table = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 2, 0, 0))
    for column in columns:
        table.add_column(
            column.removeprefix(">"), justify="right" if column.startswith(">") else "left", overflow="fold"
        )
    return table


def due_cell(deadline: Deadline | OpenDeadline, zone: str, now: datetime, language: Language) -> Text:
    """Return a due day, marked where it has passed, is not certain, or its clock stands."""
    day, overdue = due_cell_words(deadline.due, zone, language), deadline.is_overdue(now)
    if deadline.paused_at is not None and overdue:
        return Text(language.gettext("%(due)s overdue, paused", due=day), "yellow")
    if deadline.paused_at is not None:
        return Text(language.gettext("%(due)s paused", due=day), "yellow")
    if deadline.provisional:
        return Text(language.gettext("%(due)s provisional", due=day), "yellow")
    return Text(language.gettext("%(due)s overdue", due=day), "red") if overdue else Text(day)


def overdue_words(
    deadline: Deadline | OpenDeadline | None, zone: str, now: datetime, language: Language
) -> str:
    """Return by how much a deadline is overdue, while its clock ran: ``3 days``; empty where it is not."""
    late = None if deadline is None else overdue_by(deadline, now)
    if deadline is None or late is None:
        return ""
    return between_words(deadline.due, deadline.due + late, zone, language) or language.gettext(
        "less than a minute"
    )


def overdue_column(told: Sequence[str], language: Language) -> list[str]:
    """Return the head of the column that says by how much each is overdue; no column where none is."""
    return [">" + language.gettext("overdue by")] if any(told) else []


def deadlines_table(
    rows: Sequence[tuple[OpenDeadline, Workflow]], language: Language, now: datetime
) -> Table:
    """Return a list of open deadlines."""
    late = [overdue_words(each, workflow.zone, now, language) for each, workflow in rows]
    table = table_of(
        language.gettext("due"),
        *overdue_column(late, language),
        language.gettext("instance"),
        language.gettext("state"),
        language.gettext("deadline"),
    )
    for (each, workflow), told in zip(rows, late, strict=True):
        table.add_row(
            due_cell(each, workflow.zone, now, language),
            *([told] if any(late) else []),
            each.instance,
            state_title(workflow, each.state, language),
            rule_title(workflow, each.rule, language),
        )
    return table


def instances_table(rows: Sequence[tuple[Instance, Workflow]], language: Language, now: datetime) -> Table:
    """Return a list of instances."""
    following = [next_deadline(instance) for instance, _ in rows]
    late = [
        overdue_words(deadline, workflow.zone, now, language)
        for deadline, (_, workflow) in zip(following, rows, strict=True)
    ]
    corrected = any(instance.corrected for instance, _ in rows)
    table = table_of(
        language.gettext("instance"),
        language.gettext("workflow"),
        language.gettext("state"),
        language.gettext("since"),
        language.gettext("next due"),
        *overdue_column(late, language),
        *([">" + language.pgettext("a case", "put right")] if corrected else []),
    )
    for (instance, workflow), deadline, told in zip(rows, following, late, strict=True):
        table.add_row(
            instance.id,
            f"{instance.workflow}@{instance.workflow_version}",
            state_title(workflow, instance.state, language),
            moment_cell(instance.since, workflow.zone, language),
            due_cell(deadline, workflow.zone, now, language) if deadline else "",
            *([told] if any(late) else []),
            *([language.number(instance.corrected) if instance.corrected else ""] if corrected else []),
        )
    return table


def _place(instance: Instance, workflow: Workflow, language: Language) -> str:
    """Return where an instance is, and how its life ended."""
    here = f"{state_title(workflow, instance.state, language)} [{instance.state}]"
    state = workflow.states.get(instance.state)
    if state is None or not state.final:
        return here
    return f"{here} ({', '.join([language.gettext('final'), *([state.verdict] if state.verdict else [])])})"


def _since(instance: Instance, workflow: Workflow, language: Language) -> Iterator[str]:
    """Yield since when an instance is where it is: in each of its regions."""
    for leaf in instance.configuration:
        told = moment_cell(instance.since_in(leaf), workflow.zone, language)
        yield told if leaf == instance.state else f"{told} · {state_title(workflow, leaf, language)}"


def instance_lines(
    instance: Instance, workflow: Workflow, language: Language, now: datetime
) -> Iterator[Text | Table]:
    """Yield an instance in full."""
    yield Text(f"{instance.id} · {language.title(workflow.title, workflow.id)}", "bold")
    facts = table_of("", "")
    facts.show_header = False
    facts.add_row(language.gettext("workflow"), workflow.key)
    facts.add_row(language.gettext("state"), _place(instance, workflow, language))
    for told in _since(instance, workflow, language):
        facts.add_row(language.gettext("since"), told)
    facts.add_row(language.gettext("started"), moment_cell(instance.started_at, workflow.zone, language))
    counts = language.gettext(
        "%(records)s records, %(commands)s accepted commands",
        records=language.number(instance.sequence),
        commands=language.number(instance.version),
    )
    facts.add_row(language.gettext("history"), counts)
    if instance.corrected:
        facts.add_row(language.pgettext("a case", "put right"), corrected_words(instance, language))
    yield facts
    if instance.deadlines:
        table = table_of(
            language.gettext("deadline"),
            language.gettext("due"),
            language.gettext("next moment"),
            ">" + language.gettext("number"),
        )
        for deadline in sorted(instance.deadlines, key=lambda each: each.due):
            moments = [timer.due for timer in deadline.timers if timer.due is not None]
            stands = deadline.timers and not moments
            if not stands:
                following = language.gettext("none left")
            elif deadline.is_held:
                following = language.gettext("none until its calendar knows more")
            else:
                following = language.gettext("none while its clock stands")
            table.add_row(
                rule_title(workflow, deadline.rule, language),
                due_cell(deadline, workflow.zone, now, language),
                moment_cell(min(moments), workflow.zone, language) if moments else following,
                str(deadline.number),
            )
        yield Text()
        yield table
    data = table_of(language.gettext("data"), language.gettext("value"), "")
    for field in workflow.fields.values():
        if field.id in instance.data:
            title = language.title(field.title, "")
            personal = language.gettext("personal") if field.personal else ""
            note = ", ".join(filter(None, [title, personal]))
            told = _typed(field, instance.data[field.id], workflow.zone, language)
            data.add_row(field.id, told, Text(note, "dim"))
        else:
            unset = Text(language.gettext("not set"), "dim")
            data.add_row(field.id, unset, Text(language.title(field.title, ""), "dim"))
    if workflow.fields:
        yield Text()
        yield data


def corrected_words(instance: Instance, language: Language) -> str:
    """Return how often a case was put right, and where that is told."""
    return language.ngettext(
        "%(number)s time, by a late entry or a correction (%(command)s)",
        "%(number)s times, by late entries or corrections (%(command)s)",
        instance.corrected,
        command=f"gaita history {instance.id}",
    )


def _typed(field: Field, value: object, zone: str, language: Language) -> str:
    """Return a value in words; text as it was typed, and a choice with its id, which an operator types."""
    match field.type.kind:
        case "choice":
            told = field_words(field, value, zone, language)
            return told if told == value else f"{told} [{value}]"
        case "list" | "map" if not field.choice_titles:
            return json_text(value)
        case "string":
            return json_text(value)
        case _:
            return field_words(field, value, zone, language)


_SELDOM: Final = frozenset({"annulled", "restated", "paused", "provisional"})
"""What has no column where there is none."""


def account_table(account: Account, language: Language) -> Table:
    """Return the account with its total, and how late the missed ones were."""
    told = account_json(account)
    total = cast("dict[str, int]", told["total"])
    names = ("armed", *ENDINGS, "restated", "overdue", "paused", "provisional")
    counted = [each for each in names if each not in _SELDOM or total[each]]
    table = table_of(
        language.gettext("deadline"),
        *(f">{_account_head(name, language)}" for name in counted),
        ">" + language.gettext("late p50"),
        ">p90",
        ">" + language.gettext("max"),
    )
    for line in cast("list[dict[str, object]]", told["lines"]):
        name = f"{line['workflow']}@{line['version']} {line['rule']}"
        late = cast("dict[str, float] | None", line["lateness"]) or {}
        spans = (_days(late[each], language) if each in late else "" for each in ("p50", "p90", "max"))
        table.add_row(name, *(str(line[each]) for each in counted), *spans)
    table.add_row(language.gettext("total"), *(str(total[each]) for each in counted), style="bold")
    return table


def _account_head(name: str, language: Language) -> str:
    """Return the head of a column, which counts deadlines."""
    return {
        "armed": language.pgettext("deadlines", "armed"),
        "met": language.pgettext("deadlines", "met"),
        "missed": language.pgettext("deadlines", "missed"),
        "superseded": language.pgettext("deadlines", "superseded"),
        "withdrawn": language.pgettext("deadlines", "withdrawn"),
        "annulled": language.pgettext("deadlines", "annulled"),
        "restated": language.pgettext("deadlines", "restated"),
        "open": language.pgettext("deadlines", "open"),
        "overdue": language.pgettext("deadlines", "overdue"),
        "paused": language.pgettext("deadlines", "paused"),
        "provisional": language.pgettext("deadlines", "provisional"),
    }[name]


def _days(seconds: float, language: Language) -> str:
    return language.gettext("%(days)s d", days=language.number(round(seconds / 86_400, 1)))
