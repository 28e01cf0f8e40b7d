"""The command that rehearses a workflow on a simulated clock: rehearse."""

import sys
from collections.abc import Callable, Generator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import click
from rich.console import Console, RenderableType
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.text import Text

from gaita import Workflow, due_day_text
from gaita.language import read
from gaita.rehearsal import Forecasts, Refusal, Rehearsal
from gaita.rehearsal import rehearse as rehearse_script
from gaita.texts import Language
from gaita_adapters.channels.console import kind_title
from gaita_adapters.command_line.context import Session, command
from gaita_adapters.command_line.exit_code import ExitCode
from gaita_adapters.command_line.values import read_day_or_moment
from gaita_adapters.presenting import (
    account_table,
    explanation_lines,
    local_text,
    named_event,
    named_roles,
    rule_title,
    state_title,
    table_of,
)
from gaita_adapters.settings import calendars_wanted

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@command(
    "rehearse",
    "gaita rehearse prototype.toml prototype.events.csv",
    "gaita rehearse prototype.toml events.jsonl --db trial.sqlite3 --until 2025-06-30",
)
@click.argument("workflow", type=_FILE, metavar="WORKFLOW.toml")
@click.argument("events", type=_FILE, metavar="EVENTS")
@click.option("--db", "database", type=click.Path(path_type=Path), help="Keep the result in this new file.")
@click.option("--until", metavar="TIME", help="Run on to the end of this day, or to this moment.")
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
    moment = None if until is None else read_day_or_moment("--until", until, declared.zone)
    with progress_bar(session) as progress:
        done = rehearse_script(
            workflow.read_bytes(),
            events.read_bytes(),
            workflow_name=str(workflow),
            script_name=str(events),
            database=database,
            until=moment,
            calendars=lambda: calendars_wanted(session.settings),
            progress=progress,
        )
    session.answer(done.as_json(), *report(done, declared, session.language, every_notice=notices))
    if done.faults:
        ctx.exit(ExitCode.FAULTS)


def report(
    done: Rehearsal, workflow: Workflow, language: Language, *, every_notice: bool = False
) -> list[RenderableType]:
    """Return what came of a rehearsal, for people."""
    shown: list[RenderableType] = [*summary_lines(done, language), "", _board(done, workflow, language)]
    shown += _refusals(done, workflow, language)
    if done.notices and every_notice:
        shown += ["", Text("Notices", "bold"), _notices(done, workflow, language)]
    if done.expectations.total:
        shown += ["", *expectation_lines(done)]
    if done.forecasts.every:
        shown += ["", forecast_line(done.forecasts)]
    shown += ["", account_table(done.account, language)]
    shown += [f"Not balanced: {each}" for each in done.account.imbalances]
    shown += [Text(f"Incident {each.number}: {each.message}", "red") for each in done.incidents]
    shown += [Text(str(each), "red") for each in done.faults]
    return shown


def summary_lines(done: Rehearsal, language: Language) -> list[RenderableType]:
    """Return the name of what was rehearsed, and how much of it there was."""
    return [
        Text(f"{language.title(done.title, done.workflow)} · {done.workflow}", "bold"),
        (
            f"{local_text(done.began, done.zone)} to {due_day_text(done.ended, done.zone)}: "
            f"{done.commands} commands, {done.accepted} accepted, {len(done.refusals)} refused, "
            f"{done.timers} timers fired, {len(done.notices)} notices"
        ),
    ]


def expectation_lines(done: Rehearsal) -> list[str]:
    """Return how far it came out as recorded, and each line that did not."""
    told = done.expectations
    return [
        f"As recorded: {told.agreed} of {told.total} (accepting all: {told.always})",
        *(
            f"  {each.instance}, {each.asked}: recorded {each.expected}, here {each.answered}"
            for each in told.disagreements
        ),
    ]


def _board(done: Rehearsal, workflow: Workflow, language: Language) -> RenderableType:
    table = table_of("instance", "state", "since", "next due", "overdue")
    for line in done.board:
        table.add_row(
            line.instance,
            language.title(line.title, line.state),
            local_text(line.since, done.zone),
            due_day_text(line.next_due, done.zone) if line.next_due else "",
            Text(", ".join(rule_title(workflow, rule, language) for rule in line.overdue), "red"),
        )
    return table


def _refusals(done: Rehearsal, workflow: Workflow, language: Language) -> list[RenderableType]:
    shown: list[RenderableType] = ["", Text("Refusals", "bold")] if done.refusals else []
    for each in done.refusals:
        shown += refusal_lines(each, workflow, language)
    return shown


def refusal_lines(refusal: Refusal, workflow: Workflow, language: Language) -> list[RenderableType]:
    """Return who asked for what, and why it was refused."""
    asked = named_event(workflow, refusal.asked, language)
    at = local_text(refusal.at, workflow.zone)
    return [
        f"{at} {refusal.instance}: {refusal.actor} asked for {asked}",
        *(
            Text.assemble("  ", line)
            for line in explanation_lines(refusal.explanation, workflow, language, refusal.instance)
        ),
    ]


def forecast_line(forecasts: Forecasts) -> str:
    """Return how many forecasts had each fate, and how late the late ones were."""
    late = sorted(each.late / timedelta(days=1) for each in forecasts.every if each.fate == "late")
    counted: list[str] = []
    for fate, count in forecasts.counts.items():
        words = f"{count} {fate.replace('_', ' ')}"
        if fate == "late":
            half, most = late[(len(late) - 1) // 2], late[-1]
            words += " (by " if count == 1 else f" (half of them by at most {half:.1f} d, the latest by "
            words += f"{most:.1f} d)"
        counted.append(words)
    return f"Forecasts: {len(forecasts.every)} = {', '.join(counted)}"


def _notices(done: Rehearsal, workflow: Workflow, language: Language) -> RenderableType:
    table = table_of("when", "what", "to", "instance", "state", "deadline", "due")
    for each in done.notices:
        table.add_row(
            local_text(each.at, done.zone),
            kind_title(each.kind, language),
            named_roles(workflow, [each.to], language),
            each.instance,
            state_title(workflow, each.state, language),
            rule_title(workflow, each.rule, language),
            due_day_text(each.due, done.zone),
        )
    return table


@contextmanager
def progress_bar(session: Session) -> Generator[Callable[[int, int], None] | None]:
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
