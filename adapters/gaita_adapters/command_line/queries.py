"""Commands that only look: show, list, explain, history, verify."""

import click
from rich.text import Text

from gaita import Engine, Explanation, Instance, MalformedCommand, Verification, Workflow, record_texts
from gaita.texts import Language, moment_cell, state_title, with_id
from gaita_adapters.command_line.exit_code import ExitCode
from gaita_adapters.command_line.instance_commands import read_payload
from gaita_adapters.command_line.session import Session, command, warn_of_roles, workflow_of
from gaita_adapters.presenting import (
    LISTED,
    explanation_json,
    explanation_lines,
    instance_json,
    instance_lines,
    instances_table,
    listed_json,
    record_json,
    table_of,
)


@command("show", "gaita show P-1", "gaita show P-1 --format json")
@click.argument("instance")
@click.pass_obj
def show(session: Session, instance: str) -> None:
    """Show an instance: its state, its deadlines, its data.

    As JSON: {"id", "workflow", "version", "state", "state_title", "final", "since", "started_at", "data",
    "next_due", "next_due_day", "overdue", "overdue_seconds", "deadlines": [{"number", "rule", "title",
    "since", "due", "due_day", "overdue", "overdue_seconds", "clipped", "timers"}], "accepted_commands",
    "records", "corrected"}; "corrected" is how often it was put right, by late entries and corrections.
    """
    with session.reading() as engine:
        found = engine.get(instance)
        workflow = engine.workflow(found.workflow, found.workflow_version)
        now = engine.now()
    told = instance_json(found, workflow, session.language, now)
    session.answer(told, *instance_lines(found, workflow, session.language, now))


@command(
    "list",
    "gaita list --workflow prototype --state lab_test",
    "gaita list --overdue --format json",
    "gaita list --format csv > cases.csv",
    csv=True,
)
@click.option("--workflow", help="Only instances of this workflow.")
@click.option("--state", help="Only those in this state, or in one inside it.")
@click.option("--text", help="Only those whose id or data (not personal) holds this, whatever its case.")
@click.option("--overdue", is_flag=True, help="Only those with an open deadline that was due.")
@click.option("--after", metavar="ID", help="Go on behind this instance: the `next` of the page before.")
@click.option(
    "--limit", type=click.IntRange(1, 10_000), default=100, show_default=True, help="At most so many."
)
@click.pass_obj
def list_instances(
    session: Session,
    *,
    workflow: str | None,
    state: str | None,
    text: str | None,
    overdue: bool,
    after: str | None,
    limit: int,
) -> None:
    """List instances in order of their ids.

    As JSON: {"instances": [as of `gaita show`, without "data" and "deadlines"], "next"}; "next" is null on
    the last page. As CSV, the same of each instance; "overdue_seconds" is by how much the one due first is.
    """
    with session.reading() as engine:
        page = engine.list(
            workflow=workflow, state=state, text=text, overdue=overdue, after=after, limit=limit
        )
        rows = _with_workflows(engine, page.instances)
        now = engine.now()
    told = [listed_json(each, declared, session.language, now) for each, declared in rows]
    table = instances_table(rows, session.language, now)
    shown = [table] if rows else [session.language.gettext("No instance fits.")]
    more = [session.language.gettext("There are more: --after %(id)s", id=page.next)] if page.next else []
    session.answer({"instances": told, "next": page.next}, *shown, *more, columns=LISTED)


@command(
    "explain",
    "gaita explain P-1",
    "gaita explain P-1 start_field_pilot",
    "gaita explain P-1 start_field_pilot ends_on=2025-03-31 --role lab_lead",
)
@click.argument("instance")
@click.argument("event", required=False)
@click.argument("pairs", nargs=-1, metavar="[KEY=VALUE]…")
@click.option("--payload", metavar="JSON", help="The payload as a JSON object.")
@click.option("--role", "roles", multiple=True, help="Ask as this role; without any, as all of them.")
@click.pass_obj
def explain(
    session: Session,
    *,
    instance: str,
    event: str | None,
    pairs: tuple[str, ...],
    payload: str | None,
    roles: tuple[str, ...],
) -> None:
    """Say what each event (or EVENT) would meet now: every condition, what it read, what is missing.

    Without a payload, a condition on it is not known yet. It changes nothing, and ends with 0 whatever the
    answer. As JSON: {"instance", "explanations": {EVENT: {"accepted", "state", "event", "ground",
    "candidates": [{"transition", "to", "by", "verdict", "clauses": [{"id", "check", "why", "verdict",
    "read", "missing", "error"}]}], "fields", "elsewhere"}}}.
    """
    with session.reading() as engine:
        workflow = workflow_of(engine, instance)
        found = engine.get(instance)
        if event is None:
            explanations = dict(engine.possibilities(instance, roles=roles or None))
        else:
            given = bool(pairs or payload)
            values = read_payload(workflow, event, pairs, payload)
            explanations = {
                event: _explained(engine, workflow, found, event, values if given else None, roles)
            }
    told = {name: explanation_json(each, workflow, session.language) for name, each in explanations.items()}
    shown = [
        line
        for each in explanations.values()
        for line in explanation_lines(each, workflow, session.language, instance, asked=True)
    ]
    if not shown:
        shown = [Text(_nothing(workflow, found, session.language))]
    session.answer({"instance": instance, "explanations": told}, *shown)
    warn_of_roles(session, workflow, roles, anyhow=True)


def _nothing(workflow: Workflow, instance: Instance, language: Language) -> str:
    """Say why no event can happen."""
    if workflow.is_final(instance.state):
        return language.gettext(
            "%(instance)s has come to its end: no event can happen any more.", instance=instance.id
        )
    if instance.deadlines:
        return language.gettext(
            "No event can happen to %(instance)s now: what is due ends it, or it waits for its deadlines.",
            instance=instance.id,
        )
    state = with_id(state_title(workflow, instance.state, language), instance.state)
    return language.gettext("No event has a transition from %(state)s.", state=state)


def _explained(
    engine: Engine,
    workflow: Workflow,
    instance: Instance,
    event: str,
    payload: dict[str, object] | None,
    roles: tuple[str, ...],
) -> Explanation:
    if payload is None:
        possible = engine.possibilities(instance.id, roles=roles or None)
        if event in possible:
            return possible[event]
    asked = frozenset(roles) or frozenset(workflow.roles)
    try:
        return engine.explain(instance.id, event, payload or {}, roles=asked)
    except MalformedCommand:
        if payload is not None:
            raise
        # It cannot happen here at all; what it would have to carry does not matter yet.
        final = workflow.is_final(instance.state)
        there = tuple(dict.fromkeys(state for state, each in workflow.candidates if each == event))
        return Explanation(instance.state, event, "final" if final else "no_transition", elsewhere=there)


@command("history", "gaita history P-1", "gaita history P-1 --after 20 --format json")
@click.argument("instance")
@click.option("--after", type=click.IntRange(0), default=0, help="Only the records behind this number.")
@click.option("--limit", type=click.IntRange(1), help="At most so many.")
@click.pass_obj
def history(session: Session, instance: str, after: int, limit: int | None) -> None:
    """Show who did what to an instance, and what came of it.

    As JSON: {"instance", "records": [{"instance", "sequence", "entries", "body", "previous", "hash"}]};
    "hash" is the SHA-256 of the RFC 8785 form of "body" with "previous" among its names; "entries" are the
    ids by which `gaita correct` takes what the record entered: its number, or 12.1 for what 12 inserted.
    """
    language = session.language
    with session.reading() as engine:
        workflow = workflow_of(engine, instance)
        # From the first one on: what a value was before, and whether a clock stood, the records before say.
        every = engine.history(instance)
    every = every if limit is None else every[: after + limit]
    records = [each for each in every if each.sequence > after]
    table = table_of(
        ">" + language.pgettext("the number of a row", "no"),
        language.gettext("when"),
        language.gettext("who"),
        language.gettext("what"),
        language.gettext("came of it"),
    )
    for each in () if session.json else record_texts(workflow, every, language):
        if each.sequence > after:
            when = moment_cell(each.at, workflow.zone, language)
            table.add_row(str(each.sequence), when, each.actor, each.what, "\n".join(each.came_of_it))
    session.answer({"instance": instance, "records": [record_json(each) for each in records]}, table)


@command("verify", "gaita verify", "gaita verify P-1")
@click.argument("instance", required=False)
@click.pass_context
def verify(ctx: click.Context, instance: str | None) -> None:
    """Hold every table to the histories, of INSTANCE or of all, and name what they do not bear out.

    Note the digest somewhere else: a rewritten database then shows. What is found ends with exit code 7.
    As JSON: {"sound", "instances", "records", "rows", "findings": [{"table", "instance", "record", "column",
    "message"}], "more", "notes", "digest"}.
    """
    session = ctx.ensure_object(Session)
    with session.reading() as engine:
        found = engine.verify(instance)
    told = {
        "sound": found.sound,
        "instances": found.instances,
        "records": found.records,
        "rows": dict(found.rows),
        "findings": [
            {
                "table": each.table,
                "instance": each.instance,
                "record": each.record,
                "column": each.column,
                "message": str(each),
            }
            for each in found.findings
        ],
        "more": found.more,
        "notes": list(found.notes),
        "digest": found.digest,
    }
    session.answer(told, *_verified(found, session.language))
    if not found.sound:
        ctx.exit(ExitCode.UNSOUND)


def _verified(found: Verification, language: Language) -> list[str]:
    """Return what a verification found, for people; the findings themselves are evidence, as in the JSON."""
    counted = {"records": language.number(found.records), "instances": language.number(found.instances)}
    head = (
        language.gettext("records: %(records)s, instances: %(instances)s; all sound", **counted)
        if found.sound
        else language.gettext(
            "records: %(records)s, instances: %(instances)s; findings: %(findings)s",
            findings=language.number(len(found.findings) + found.more),
            **counted,
        )
    )
    held = ", ".join(f"{table} {language.number(count)}" for table, count in found.rows.items() if count)
    more = [language.gettext("… and %(number)s more", number=found.more)] if found.more else []
    return [
        *map(str, found.findings),
        *more,
        head,
        language.gettext("held to the histories: %(rows)s", rows=held or language.gettext("nothing")),
        *(language.gettext("proven less: %(what)s", what=note) for note in found.notes),
        language.gettext("digest %(digest)s", digest=found.digest),
    ]


def _with_workflows(engine: Engine, instances: tuple[Instance, ...]) -> list[tuple[Instance, Workflow]]:
    return [(each, engine.workflow(each.workflow, each.workflow_version)) for each in instances]
