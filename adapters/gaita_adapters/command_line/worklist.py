"""The command worklist: what needs a role."""

from datetime import datetime

import click
from rich.text import Text

from gaita import Engine, MalformedCommand, Need, Title, due_day_text, hint_for, moment_text
from gaita.phrase import phrase
from gaita.texts import Language
from gaita_adapters.command_line.session import Session, command
from gaita_adapters.presenting import due_cell, table_of, titled
from gaita_adapters.presenting.viewing import Reading, need_view
from gaita_adapters.presenting.views import ItemView


@command(
    "worklist",
    "gaita worklist --role lab_lead",
    "gaita worklist --role lab_lead --workflow prototype --format json",
)
@click.option("--role", required=True, help="Whose work it is.")
@click.option("--workflow", help="Only instances of this workflow.")
@click.option(
    "--limit", type=click.IntRange(1, 10_000), default=100, show_default=True, help="At most so many."
)
@click.pass_obj
def worklist(session: Session, *, role: str, workflow: str | None, limit: int) -> None:
    """List what needs a role: open deadlines, the earliest due first, and what is missing for each.

    As JSON: {"role", "needs": [{"instance", "workflow", "version", "state", "state_title", "rule", "title",
    "number", "due", "due_day", "overdue", "stopped_since", "provisional", "missing", "steps": [{"title",
    "to", "mine", "ready", "by", "missing"}]}]}. "due" is null while the clock is stopped; of the data of an
    instance only what a condition read is told, and nothing personal.
    """
    with session.reading() as engine:
        title = title_of(engine, role)  # a role that there is not is told, not answered with nothing
        now = engine.now()
        needs = engine.deadlines.worklist(role, workflow=workflow, limit=limit)
    language = session.language
    items = [(need, need_view(need, Reading(language, role, now))) for need in needs]
    table = table_of(
        language.gettext("due"),
        language.gettext("instance"),
        language.gettext("state"),
        language.gettext("deadline"),
        language.gettext("what is missing"),
    )
    for need, item in items:
        table.add_row(
            _due(need, item, now, language), need.instance.id, item.state, item.deadline, item.missing
        )
    told = [_json(need, item, now) for need, item in items]
    nothing = language.gettext("Nothing needs %(role)s.", role=titled(title, language, role))
    shown = table if items else nothing
    session.answer({"role": role, "needs": told}, shown)


def title_of(engine: Engine, role: str) -> Title:
    """Return what people call a role. Raises ``MalformedCommand`` where no deployed workflow has it."""
    titles: dict[str, Title] = {}
    for each in engine.workflows():
        declared = engine.workflow(each.id, each.version)
        titles.update({name: found.title for name, found in declared.roles.items()})
    if role not in titles:
        complaint = phrase(
            "no deployed workflow has the role %(role)s; %(hint)s",
            role=repr(role),
            hint=hint_for(role, sorted(titles)),
        )
        raise MalformedCommand(phrase("the role"), [complaint])
    return titles[role]


def _due(need: Need, item: ItemView, now: datetime, language: Language) -> Text:
    if item.stopped_since:
        return Text(language.gettext("clock stopped"), "yellow")
    return due_cell(need.deadline, need.workflow.zone, now, language)


def _json(need: Need, item: ItemView, now: datetime) -> dict[str, object]:
    deadline, stopped = need.deadline, need.deadline.paused_at
    return {
        "instance": need.instance.id,
        "workflow": need.workflow.id,
        "version": need.workflow.version,
        "state": need.instance.state,
        "state_title": item.state,
        "rule": deadline.rule,
        "title": item.deadline,
        "number": deadline.number,
        "due": None if stopped else moment_text(deadline.due),
        "due_day": None if stopped else due_day_text(deadline.due, need.workflow.zone),
        "overdue": deadline.is_overdue(now),
        "stopped_since": moment_text(stopped) if stopped else None,
        "provisional": deadline.provisional,
        "missing": item.missing,
        "steps": [
            {
                "title": step.title,
                "to": step.to,
                "mine": step.mine,
                "ready": step.ready,
                "by": list(step.by),
                "missing": [clause.words for clause in step.missing],
            }
            for step in item.steps
        ],
    }
