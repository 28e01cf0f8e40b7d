"""Commands on deadlines: due, incidents, and run, which carries them out until it is stopped."""

import signal
import threading
from datetime import timedelta
from types import FrameType

import click
import structlog
from rich.console import RenderableType

from gaita import Scheduler
from gaita_adapters.command_line.exit_code import ExitCode
from gaita_adapters.command_line.session import Session, command
from gaita_adapters.console import ConsoleChannel
from gaita_adapters.rendering import (
    account_json,
    account_table,
    deadline_json,
    due_cell,
    incident_json,
    local_text,
    rule_title,
    state_title,
    table_of,
)

_log = structlog.get_logger("gaita.run")


@command("due", "gaita due", "gaita due --run --deliver", "gaita due --account")
@click.option("--run", "running", is_flag=True, help="Fire every timer that is due, now.")
@click.option("--deliver", is_flag=True, help="Hand waiting notices to the console.")
@click.option(
    "--account", is_flag=True, help="Account for every deadline; exit code 7 if it does not balance."
)
@click.option("--limit", type=click.IntRange(1), default=100, show_default=True, help="List at most so many.")
@click.pass_context
def due(ctx: click.Context, *, running: bool, deliver: bool, account: bool, limit: int) -> None:
    """List open deadlines, the earliest first; or carry out what is due; or account for all of them.

    The list as JSON: {"deadlines": [{"instance", "workflow", "version", "state", "state_title", "rule",
    "title", "number", "due", "due_day", "overdue"}]}. --run: {"timers", "instances", "messages",
    "incidents"}. --account: {"at", "balanced", "armed_by_instances", "lines", "total", "imbalances"}, where
    armed = met + missed + superseded + withdrawn + open.
    """
    session = ctx.ensure_object(Session)
    if account and (running or deliver):
        message = "--account goes alone"
        raise click.UsageError(message)
    if running or deliver:
        _run_due(session, running=running, deliver=deliver)
    elif account:
        _account(ctx, session)
    else:
        _list_due(session, limit)


def _run_due(session: Session, *, running: bool, deliver: bool) -> None:
    with session.writing() as engine:
        if running:
            sweep = engine.run_due()
            counts = {
                "timers": sweep.timers,
                "instances": sweep.instances,
                "messages": sweep.messages,
                "incidents": sweep.incidents,
            }
            told = ", ".join(f"{count} {name}" for name, count in counts.items())
            session.answer(counts, f"Carried out: {told}.")
        if deliver:
            engine.deliver(ConsoleChannel(click.echo, language=session.language, format=session.format))


def _account(ctx: click.Context, session: Session) -> None:
    with session.reading() as engine:
        found = engine.account()
    shown: list[RenderableType] = [account_table(found), ""]
    if found.balanced:
        shown.append(f"Balanced: the instances armed {found.armed}, and each has one end or is open.")
    else:
        shown += ["Not balanced:", *(f"  {each}" for each in found.imbalances)]
    session.answer(account_json(found), *shown)
    if not found.balanced:
        ctx.exit(ExitCode.UNSOUND)


def _list_due(session: Session, limit: int) -> None:
    with session.reading() as engine:
        now = engine.now()
        rows = [
            (each, engine.workflow(each.workflow, each.version))
            for each in engine.open_deadlines(limit=limit)
        ]
    table = table_of("due", "instance", "state", "deadline")
    for each, workflow in rows:
        table.add_row(
            due_cell(each.due, workflow.zone, now),
            each.instance,
            state_title(workflow, each.state, session.language),
            rule_title(workflow, each.rule, session.language),
        )
    told = [deadline_json(each, workflow, session.language, now) for each, workflow in rows]
    session.answer({"deadlines": told}, table if rows else "No deadline is open.")


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
            released = engine.retry(retry, actor=actor)
        session.answer(
            {"closed": retry, "released": released},
            f"Incident {retry} is closed; {released} timer(s) will be tried again.",
        )
        return
    with session.reading() as engine:
        found = engine.incidents(closed=closed)
    table = table_of(">no", "opened (UTC)", "instance", "what", "closed by")
    for each in found:
        opened = local_text(each.opened_at, "UTC")
        table.add_row(str(each.number), opened, each.instance or "", each.message, each.closed_by or "")
    told = [incident_json(each) for each in found]
    session.answer({"incidents": told}, table if found else "No incident is open.")


@command("run", "gaita run", "gaita --settings /etc/gaita.toml run --format json")
@click.pass_obj
def run(session: Session) -> None:
    """Carry out deadlines as they fall due and hand over notices, until SIGTERM or SIGINT.

    A round that is under way is finished first. Each notice is one line; as JSON {"id", "kind", "to",
    "to_title", "instance", "workflow", "state", "state_title", "deadline", "deadline_title", "due",
    "due_day", "at"}.
    """
    stop = threading.Event()

    def stopped(_number: int, _frame: FrameType | None) -> None:
        stop.set()

    before = {each: signal.signal(each, stopped) for each in (signal.SIGTERM, signal.SIGINT)}
    try:
        with session.writing() as engine:
            channel = ConsoleChannel(click.echo, language=session.language, format=session.format)
            every = timedelta(seconds=session.settings.scheduler.sweep_seconds)
            scheduler = Scheduler(engine, sweep_every=every, after_each=lambda: engine.deliver(channel))
            scheduler.start()
            _log.info("running", sweep_seconds=every.total_seconds())
            stop.wait()
            _log.info("stopping")
            scheduler.stop()
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)
    _log.info("stopped")
