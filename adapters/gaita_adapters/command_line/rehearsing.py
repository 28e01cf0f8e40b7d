"""Commands that rehearse a workflow on a simulated clock: rehearse, demo."""

import os
import shutil
import sys
from collections.abc import Callable, Generator
from contextlib import contextmanager
from importlib.resources import as_file, files
from pathlib import Path

import click
from rich.console import Console, RenderableType
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.text import Text

from gaita import Workflow, due_day_text
from gaita.language import read
from gaita.rehearsal import Rehearsal
from gaita.rehearsal import rehearse as rehearse_script
from gaita_adapters.command_line.exit_code import ExitCode
from gaita_adapters.command_line.session import Session, command
from gaita_adapters.command_line.values import read_moment
from gaita_adapters.console import kind_title, titled
from gaita_adapters.rendering import (
    account_table,
    event_title,
    explanation_lines,
    local_text,
    role_titles,
    rule_title,
    state_title,
    table_of,
)

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
_SHIPPED = (
    ("prototype.toml", "prototype.events.csv"),
    ("digital-service-standard.toml", "digital-service-standard.events.jsonl"),
    ("uk-digital-service.toml", "uk-digital-service.events.jsonl"),
)


@command(
    "rehearse",
    "gaita rehearse prototype.toml prototype.events.csv",
    "gaita rehearse prototype.toml events.jsonl --db trial.sqlite3 --until 2025-06-30",
)
@click.argument("workflow", type=_FILE, metavar="WORKFLOW.toml")
@click.argument("events", type=_FILE, metavar="EVENTS")
@click.option("--db", "database", type=click.Path(path_type=Path), help="Keep the result in this new file.")
@click.option("--until", metavar="TIME", help="Run on to this day or moment behind the last command.")
@click.option("--notices/--no-notices", default=True, help="Show every notice, or only how many there were.")
@click.pass_context
def rehearse(
    ctx: click.Context,
    *,
    workflow: Path,
    events: Path,
    database: Path | None,
    until: str | None,
    notices: bool,
) -> None:
    """Run a file of dated commands (CSV or JSON Lines) through WORKFLOW.toml, as fast as the machine goes.

    It ends with a board of the portfolio, the notices, every refusal with its reasons, and the account of
    deadlines. The same files give the same result. As JSON: {"workflow", "title", "zone", "began", "ended",
    "commands", "accepted", "timers", "left_out", "board", "notices", "refusals", "faults", "expectations",
    "moves", "forecasts", "account", "incidents"}.
    """
    session = ctx.ensure_object(Session)
    declared = read(workflow.read_bytes(), str(workflow))
    moment = None if until is None else read_moment("--until", until, declared.zone)
    with _progress(session) as progress:
        done = rehearse_script(
            workflow.read_bytes(),
            events.read_bytes(),
            workflow_name=str(workflow),
            script_name=str(events),
            database=database,
            until=moment,
            progress=progress,
        )
    session.answer(done.as_json(), *report(done, declared, session.language, every_notice=notices))
    if done.faults:
        ctx.exit(ExitCode.FAULTS)


@command("demo", "gaita demo", "gaita demo --into another-folder")
@click.option(
    "--into",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path("demo"),
    show_default=True,
    help="The folder for the databases; those of an earlier demo are made anew.",
)
@click.pass_obj
def demo(session: Session, into: Path) -> None:
    """Rehearse the workflows that are shipped, show their boards, and leave their databases to look into.

    As JSON: {"rehearsals": [{"database", "result": as of `gaita rehearse`}]}.
    """
    into.mkdir(parents=True, exist_ok=True)
    told: list[dict[str, object]] = []
    for name, events in _SHIPPED:
        source, script = (files("gaita_workflows").joinpath(each) for each in (name, events))
        with as_file(source) as there:
            if not there.is_file():
                continue
        database = into / f"{name.removesuffix('.toml')}.sqlite3"
        for suffix in ("", "-wal", "-shm"):
            Path(f"{database}{suffix}").unlink(missing_ok=True)
        declared = read(source.read_bytes(), name)
        with _progress(session) as progress:
            done = rehearse_script(
                source.read_bytes(),
                script.read_bytes(),
                workflow_name=name,
                script_name=events,
                database=database,
                progress=progress,
            )
        told.append({"database": str(database), "result": done.as_json()})
        if not session.json:
            session.show(*report(done, declared, session.language), "")
    # Set up by make, the command stands in .venv/bin, where no shell looks for it.
    gaita = "gaita" if shutil.which("gaita") else os.path.relpath(sys.argv[0])
    look = [f"  {gaita} --database sqlite:///{each['database']} list --overdue" for each in told]
    look += [f"  {gaita} --database sqlite:///{each['database']} due --account" for each in told[:1]]
    session.answer({"rehearsals": told}, Text("To look further:", "bold"), *look)


def report(
    done: Rehearsal, workflow: Workflow, language: str, *, every_notice: bool = False
) -> list[RenderableType]:
    """Return what came of a rehearsal, for people."""
    shown: list[RenderableType] = [
        Text(f"{titled(done.title, language, done.workflow)} · {done.workflow}", "bold"),
        (
            f"{local_text(done.began, done.zone)} to {local_text(done.ended, done.zone)}: "
            f"{done.commands} commands, {done.accepted} accepted, {len(done.refusals)} refused, "
            f"{done.timers} timers fired, {len(done.notices)} notices"
        ),
        "",
        _board(done, workflow, language),
    ]
    shown += _refusals(done, workflow, language)
    if done.notices and every_notice:
        shown += ["", Text("Notices", "bold"), _notices(done, workflow, language)]
    if done.expectations.total:
        told = done.expectations
        shown += ["", f"As recorded: {told.agreed} of {told.total} (accepting all: {told.always})"]
        shown += [
            f"  {each.instance}, {each.asked}: recorded {each.expected}, here {each.answered}"
            for each in told.disagreements
        ]
    if done.forecasts.every:
        counts = ", ".join(
            f"{count} {fate.replace('_', ' ')}" for fate, count in done.forecasts.counts.items()
        )
        shown += ["", f"Forecasts: {len(done.forecasts.every)} = {counts}"]
    shown += ["", account_table(done.account)]
    shown += [f"Not balanced: {each}" for each in done.account.imbalances]
    shown += [Text(f"Incident {each.number}: {each.message}", "red") for each in done.incidents]
    shown += [Text(str(each), "red") for each in done.faults]
    return shown


def _board(done: Rehearsal, workflow: Workflow, language: str) -> RenderableType:
    table = table_of("instance", "state", "since", "next due", "overdue")
    for line in done.board:
        table.add_row(
            line.instance,
            titled(line.title, language, line.state),
            local_text(line.since, done.zone),
            due_day_text(line.next_due, done.zone) if line.next_due else "",
            Text(", ".join(rule_title(workflow, rule, language) for rule in line.overdue), "red"),
        )
    return table


def _refusals(done: Rehearsal, workflow: Workflow, language: str) -> list[RenderableType]:
    shown: list[RenderableType] = ["", Text("Refusals", "bold")] if done.refusals else []
    for each in done.refusals:
        asked = event_title(workflow, each.asked, language)
        shown.append(f"{local_text(each.at, done.zone)} {each.instance}: {each.actor} asked for {asked}")
        shown += [
            Text.assemble("  ", line)
            for line in explanation_lines(each.explanation, workflow, language, each.instance)
        ]
    return shown


def _notices(done: Rehearsal, workflow: Workflow, language: str) -> RenderableType:
    table = table_of("when", "what", "to", "instance", "state", "deadline", "due")
    for each in done.notices:
        table.add_row(
            local_text(each.at, done.zone),
            kind_title(each.kind, language),
            role_titles(workflow, [each.to], language),
            each.instance,
            state_title(workflow, each.state, language),
            rule_title(workflow, each.rule, language),
            due_day_text(each.due, done.zone),
        )
    return table


@contextmanager
def _progress(session: Session) -> Generator[Callable[[int, int], None] | None]:
    """Show a bar where a person waits in front of a terminal."""
    if session.json or not sys.stderr.isatty():
        yield None
        return
    columns = (TextColumn("rehearsing"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("rehearsing", total=None)

        def moved(done: int, total: int) -> None:
            bar.update(task, completed=done, total=total)

        yield moved
