"""Commands on deadlines: due, ledger, and the incidents of what could not be carried out."""

import click
from rich.console import RenderableType

from gaita import MalformedCommand, due_day_text, hint_for, moment_text, words
from gaita.phrase import phrase, plural_phrase
from gaita.texts import due_cell_words
from gaita_adapters.command_line.exit_code import ExitCode
from gaita_adapters.command_line.session import Session, command, workflow_of
from gaita_adapters.presenting import (
    OPEN_DEADLINE,
    account_json,
    account_table,
    corrected_words,
    deadline_json,
    deadlines_table,
    incident_json,
    ledger_json,
    ledger_table,
    local_text,
    rule_title,
    table_of,
)


@command(
    "due",
    "gaita due",
    "gaita due --why P-1",
    "gaita due --run --deliver",
    "gaita due --account",
    "gaita due --format csv > due.csv",
    csv=True,
)
@click.option("--why", metavar="INSTANCE", help="Show the arithmetic of this instance's deadlines.")
@click.option("--run", "running", is_flag=True, help="Fire every timer that is due, now.")
@click.option(
    "--deliver", is_flag=True, help="Hand over waiting notices, by the channels of the settings, or here."
)
@click.option(
    "--account", is_flag=True, help="Account for every deadline; exit code 7 if it does not balance."
)
@click.option("--limit", type=click.IntRange(1), default=100, show_default=True, help="List at most so many.")
@click.pass_context
def due(
    ctx: click.Context, *, why: str | None, running: bool, deliver: bool, account: bool, limit: int
) -> None:
    """List open deadlines, the earliest first; or carry out what is due; or account for all of them.

    The list as JSON: {"deadlines": [{"instance", "workflow", "version", "state", "state_title", "rule",
    "title", "number", "occurrence", "due", "due_day", "overdue", "overdue_seconds", "paused_at",
    "provisional"}]}, also as CSV. --why:
    {"deadlines": [{"rule", "title", "due", "due_day", "why"}]}. --run: {"timers", "instances", "messages",
    "incidents"}. --account: {"at", "balanced", "armed_by_instances", "lines", "total", "imbalances"}, where
    armed = met + missed + superseded + withdrawn + annulled + open; the lateness of a line is in seconds.
    """
    session = ctx.ensure_object(Session)
    if (account or why is not None) and (running or deliver or (account and why is not None)):
        message = phrase("%(option)s goes alone", option="--account" if account else "--why")
        raise click.UsageError(message)
    if why is not None:
        _why(session, why)
    elif running or deliver:
        _run_due(session, running=running, deliver=deliver)
    elif account:
        _account(ctx, session)
    else:
        _list_due(session, limit)


def _run_due(session: Session, *, running: bool, deliver: bool) -> None:
    # What is wrong with a channel is told of before anything is carried out.
    routes = session.routes() if deliver else []
    with session.writing(delivering=deliver) as engine:
        if running:
            sweep = engine.run_due()
            counts = {
                "timers": sweep.timers,
                "instances": sweep.instances,
                "messages": sweep.messages,
                "incidents": sweep.incidents,
            }
            told = session.language.gettext(
                "Carried out: %(timers)s timers, %(instances)s instances, %(messages)s messages,"
                " %(incidents)s incidents.",
                **counts,
            )
            session.answer(counts, told)
        if deliver:
            engine.outbox.deliver(routes)


def _account(ctx: click.Context, session: Session) -> None:
    with session.reading() as engine:
        found = engine.deadlines.account()
    shown: list[RenderableType] = [account_table(found, session.language), ""]
    if found.balanced:
        balanced = session.language.gettext(
            "Balanced: the instances armed %(number)s, and each has one end or is open.", number=found.armed
        )
        shown.append(balanced)
    else:
        shown += [session.language.gettext("Not balanced:"), *(f"  {each}" for each in found.imbalances)]
    session.answer(account_json(found), *shown)
    if not found.balanced:
        ctx.exit(ExitCode.UNSOUND)


def _why(session: Session, instance: str) -> None:
    with session.reading() as engine:
        engine.get(instance)
        needs = engine.deadlines.worklist(instance=instance)
    shown: list[RenderableType] = []
    told: list[dict[str, object]] = []
    for need in needs:
        title = rule_title(need.workflow, need.rule.id, session.language)
        day = due_day_text(need.deadline.due, need.workflow.zone)
        why = (
            words(need.explained, session.language)
            if need.explained
            else session.language.gettext(
                "due %(due)s, as declared",
                due=due_cell_words(need.deadline.due, need.workflow.zone, session.language),
            )
        )
        shown.append(f"{title} [{need.rule.id}]: {why}")
        told.append(
            {
                "rule": need.rule.id,
                "title": title,
                "due": moment_text(need.deadline.due),
                "due_day": day,
                "why": why,
            }
        )
    session.answer(
        {"deadlines": told},
        *(shown or [session.language.gettext("%(instance)s has no open deadline.", instance=instance)]),
    )


def _list_due(session: Session, limit: int) -> None:
    with session.reading() as engine:
        now = engine.now()
        rows = [
            (each, engine.workflow(each.workflow, each.version))
            for each in engine.deadlines.open(limit=limit)
        ]
    language = session.language
    table = deadlines_table(rows, language, now)
    told = [deadline_json(each, workflow, language, now) for each, workflow in rows]
    session.answer(
        {"deadlines": told},
        table if rows else language.gettext("No deadline is open."),
        columns=OPEN_DEADLINE,
    )


@command("incidents", "gaita incidents", "gaita incidents --all", "gaita incidents --retry 3 --actor anna")
@click.option("--all", "closed", is_flag=True, help="Those that are closed as well.")
@click.option(
    "--retry", type=int, metavar="NUMBER", help="Close this one, and let what it held back run again."
)
@click.option("--actor", default="operator", show_default=True, help="Who closes it.")
@click.pass_obj
def incidents(session: Session, *, closed: bool, retry: int | None, actor: str) -> None:
    """List what the engine could not do; or try it again.

    As JSON: {"incidents": [{"number", "opened_at", "instance", "code", "message", "closed_at",
    "closed_by"}]}; with --retry {"closed", "released"}.
    """
    if retry is not None:
        with session.writing() as engine:
            released = engine.incidents.retry(retry, actor=actor)
        session.answer(
            {"closed": retry, "released": released},
            plural_phrase(
                "Incident %(incident)s is closed; %(number)s timer will be tried again.",
                "Incident %(incident)s is closed; %(number)s timers will be tried again.",
                released,
                incident=retry,
            ),
        )
        return
    with session.reading() as engine:
        found = engine.incidents.list(closed=closed)
    language = session.language
    table = table_of(
        ">" + language.pgettext("the number of a row", "no"),
        language.gettext("opened (UTC)"),
        language.gettext("instance"),
        language.gettext("what"),
        language.gettext("closed by"),
    )
    for each in found:
        opened = local_text(each.opened_at, "UTC")
        table.add_row(str(each.number), opened, each.instance or "", each.message, each.closed_by or "")
    told = [incident_json(each) for each in found]
    session.answer({"incidents": told}, table if found else language.gettext("No incident is open."))


@command("ledger", "gaita ledger P-1", "gaita ledger P-1 --deadline idea.decision")
@click.argument("instance")
@click.option("--deadline", metavar="RULE", help="Only the deadlines of this rule.")
@click.pass_obj
def ledger(session: Session, *, instance: str, deadline: str | None) -> None:
    """Tell what happened to an instance's deadlines: armed, paused, extended, reminded, due, met or missed.

    As JSON: {"ledgers": [{"instance", "rule", "title", "number", "occurrence", "open", "entries": [{"at",
    "kind", "record", "actor", "reason", "due", "due_day", "amount", "late_seconds", "to"}]}], "corrected"}.
    What was put right is told by what is known now; what should never have been ends as annulled.
    """
    with session.reading() as engine:
        workflow = workflow_of(engine, instance)
        if deadline is not None and deadline not in workflow.rules:
            hint = hint_for(deadline, workflow.rules)
            complaint = phrase(
                "deadline: workflow %(key)s has no deadline %(name)s; %(hint)s",
                key=workflow.key,
                name=repr(deadline),
                hint=hint,
            )
            raise MalformedCommand(phrase("the ledger"), [complaint])
        found = engine.deadlines.ledger(instance, deadline)
        case = engine.get(instance)
    told = [ledger_json(each, workflow, session.language) for each in found]
    tables: list[RenderableType] = [ledger_table(each, workflow, session.language) for each in found]
    if case.corrected:
        head = session.language.pgettext("a case", "put right")
        tables.append(f"{head}: {corrected_words(case, session.language)}")
    session.answer(
        {"ledgers": told, "corrected": case.corrected},
        *(
            tables
            or [session.language.gettext("%(instance)s has armed no such deadline.", instance=instance)]
        ),
    )
