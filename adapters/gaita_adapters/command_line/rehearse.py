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

from gaita import Workflow
from gaita.language import read
from gaita.rehearsal import Forecasts, Refusal, Rehearsal
from gaita.rehearsal import rehearse as rehearse_script
from gaita.rehearsal.forecast_accuracy import Fate
from gaita.texts import Language, due_cell_words, moment_cell, translated
from gaita_adapters.channels.console import kind_title
from gaita_adapters.command_line.exit_code import ExitCode
from gaita_adapters.command_line.session import Session, command
from gaita_adapters.command_line.values import read_day_or_moment
from gaita_adapters.presenting import (
    account_table,
    explanation_lines,
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
        shown += ["", Text(language.gettext("Notices"), "bold"), _notices(done, workflow, language)]
    if done.expectations.total:
        shown += ["", *expectation_lines(done, language)]
    if done.forecasts.every:
        shown += ["", forecast_line(done.forecasts, language)]
    shown += ["", account_table(done.account, language)]
    shown += [language.gettext("Not balanced: %(what)s", what=each) for each in done.account.imbalances]
    shown += [
        Text(
            language.gettext(
                "Incident %(number)s: %(what)s", number=each.number, what=translated(each.message, language)
            ),
            "red",
        )
        for each in done.incidents
    ]
    shown += [Text(translated(str(each), language), "red") for each in done.faults]
    return shown


def summary_lines(done: Rehearsal, language: Language) -> list[RenderableType]:
    """Return the name of what was rehearsed, and how much of it there was."""
    return [
        Text(f"{language.title(done.title, done.workflow)} · {done.workflow}", "bold"),
        language.gettext(
            "%(began)s to %(ended)s: %(commands)s commands, %(accepted)s accepted, %(refused)s refused,"
            " %(timers)s timers fired, %(notices)s notices",
            began=moment_cell(done.began, done.zone, language),
            ended=due_cell_words(done.ended, done.zone, language),
            commands=done.commands,
            accepted=done.accepted,
            refused=len(done.refusals),
            timers=done.timers,
            notices=len(done.notices),
        ),
    ]


def expectation_lines(done: Rehearsal, language: Language) -> list[str]:
    """Return how far it came out as recorded, and each line that did not."""
    told = done.expectations
    return [
        language.gettext(
            "As recorded: %(agreed)s of %(total)s (accepting all: %(always)s)",
            agreed=told.agreed,
            total=told.total,
            always=told.always,
        ),
        *(
            "  "
            + language.gettext(
                "%(instance)s, %(asked)s: recorded %(recorded)s, here %(here)s",
                instance=each.instance,
                asked=each.asked,
                recorded=_answer_words(each.expected, language),
                here=_answer_words(each.answered, language),
            )
            for each in told.disagreements
        ),
    ]


def _board(done: Rehearsal, workflow: Workflow, language: Language) -> RenderableType:
    table = table_of(
        language.gettext("instance"),
        language.gettext("state"),
        language.gettext("since"),
        language.gettext("next due"),
        language.gettext("overdue"),
    )
    for line in done.board:
        table.add_row(
            line.instance,
            state_title(workflow, line.state, language),
            moment_cell(line.since, done.zone, language),
            due_cell_words(line.next_due, done.zone, language) if line.next_due else "",
            Text(", ".join(rule_title(workflow, rule, language) for rule in line.overdue), "red"),
        )
    return table


def _refusals(done: Rehearsal, workflow: Workflow, language: Language) -> list[RenderableType]:
    shown: list[RenderableType] = ["", Text(language.gettext("Refusals"), "bold")] if done.refusals else []
    for each in done.refusals:
        shown += refusal_lines(each, workflow, language)
    return shown


def refusal_lines(refusal: Refusal, workflow: Workflow, language: Language) -> list[RenderableType]:
    """Return who asked for what, and why it was refused."""
    asked = named_event(workflow, refusal.asked, language)
    at = moment_cell(refusal.at, workflow.zone, language)
    return [
        language.gettext(
            "%(at)s %(instance)s: %(actor)s asked for %(asked)s",
            at=at,
            instance=refusal.instance,
            actor=refusal.actor,
            asked=asked,
        ),
        *(
            Text.assemble("  ", line)
            for line in explanation_lines(refusal.explanation, workflow, language, refusal.instance)
        ),
    ]


def forecast_line(forecasts: Forecasts, language: Language) -> str:
    """Return how many forecasts had each fate, and how late the late ones were."""
    late = sorted(each.late / timedelta(days=1) for each in forecasts.every if each.fate == "late")
    counted: list[str] = []
    for fate, count in forecasts.counts.items():
        words = _fate_words(fate, count, language)
        if fate == "late" and late:
            half, most = (language.number(round(each, 1)) for each in (late[(len(late) - 1) // 2], late[-1]))
            words = (
                language.gettext("%(what)s (by %(days)s d)", what=words, days=most)
                if count == 1
                else language.gettext(
                    "%(what)s (half of them by at most %(half)s d, the latest by %(most)s d)",
                    what=words,
                    half=half,
                    most=most,
                )
            )
        counted.append(words)
    return language.gettext(
        "Forecasts: %(number)s = %(fates)s", number=len(forecasts.every), fates=", ".join(counted)
    )


def _fate_words(fate: Fate, count: int, language: Language) -> str:
    """Return how many forecasts had a fate."""
    match fate:
        case "kept":
            return language.npgettext("forecasts", "%(number)s kept", "%(number)s kept", count)
        case "late":
            return language.npgettext("forecasts", "%(number)s late", "%(number)s late", count)
        case "cleared":
            return language.npgettext("forecasts", "%(number)s cleared", "%(number)s cleared", count)
        case "entered_already":
            return language.npgettext(
                "forecasts", "%(number)s entered already", "%(number)s entered already", count
            )
        case "past_when_recorded":
            return language.npgettext(
                "forecasts", "%(number)s past when recorded", "%(number)s past when recorded", count
            )
        case "never_observed":
            return language.npgettext(
                "forecasts", "%(number)s never observed", "%(number)s never observed", count
            )
        case "unparseable":
            return language.npgettext("forecasts", "%(number)s unparseable", "%(number)s unparseable", count)


def _answer_words(answer: str, language: Language) -> str:
    match answer:
        case "accepted":
            return language.pgettext("answer", "accepted")
        case "refused":
            return language.pgettext("answer", "refused")
        case _:
            return answer


def _notices(done: Rehearsal, workflow: Workflow, language: Language) -> RenderableType:
    table = table_of(
        language.gettext("when"),
        language.gettext("what"),
        language.gettext("to"),
        language.gettext("instance"),
        language.gettext("state"),
        language.gettext("deadline"),
        language.gettext("due"),
    )
    for each in done.notices:
        table.add_row(
            moment_cell(each.at, done.zone, language),
            kind_title(each.kind, language),
            named_roles(workflow, [each.to], language),
            each.instance,
            state_title(workflow, each.state, language),
            rule_title(workflow, each.rule, language),
            due_cell_words(each.due, done.zone, language),
        )
    return table


@contextmanager
def progress_bar(session: Session) -> Generator[Callable[[int, int], None] | None]:
    """Show a bar where a person waits in front of a terminal."""
    if session.json or not sys.stderr.isatty():
        yield None
        return
    told = session.language.gettext("rehearsing")
    columns = (TextColumn(told), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(told, total=None)

        def moved(done: int, total: int) -> None:
            bar.update(task, completed=done, total=total)

        yield moved
