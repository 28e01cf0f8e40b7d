"""The command that shows the engine at work: demo. Portfolios rehearsed, then single things up close."""

import os
import shlex
import shutil
import sys
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from importlib.resources import as_file, files
from pathlib import Path

import click
from rich.console import RenderableType
from rich.text import Text

from gaita import (
    CorrectionPlan,
    Digest,
    Engine,
    Fire,
    Insert,
    ManualClock,
    Recipient,
    SetData,
    Workflow,
    title_text,
)
from gaita.language import read
from gaita.phrase import phrase
from gaita.rehearsal import Rehearsal, rehearse
from gaita.texts import Language, translated
from gaita_adapters.command_line.rehearse import (
    expectation_lines,
    forecast_line,
    progress_bar,
    refusal_lines,
    summary_lines,
)
from gaita_adapters.command_line.session import Session, command
from gaita_adapters.notices import Texts
from gaita_adapters.presenting import account_table, correction_json, correction_lines, ledger_table

_SHIPPED = (
    ("prototype.toml", "prototype.events.csv"),
    ("digital-service-standard.toml", "digital-service-standard.events.jsonl"),
    ("uk-digital-service.toml", "uk-digital-service.events.jsonl"),
)
_INTRODUCTIONS = (
    phrase("1. An example: twelve invented prototypes of a state innovation laboratory"),
    phrase("2. Real: 26 assessments of Australian digital services, by the published rule"),
    phrase("3. Real: 183 digital projects of four British departments, and their forecasts"),
)
_MORNING = datetime(2025, 5, 6, 5, 0, tzinfo=UTC)
"""A Tuesday, 08:00 in Riga, eight weeks before the programme ends."""
_LADDER = ("queue-forecast", "idea.decision")
_FORGOTTEN = datetime(2022, 7, 12, 7, 0, tzinfo=UTC)
"""When somebody did take up the case of the ladder, which nobody entered."""
_CASE = "river-watch"
_READER = "lab_lead"
_LANGUAGE = "lv"
_MOST_OF_A_DIGEST = 9


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
    """Rehearse the workflows that are shipped, and show a ladder, a digest and a notice up close.

    Their databases are left to look into. As JSON: {"rehearsals": [{"database", "result": as of `gaita
    rehearse`}], "correction": the plan, as of `gaita correct`, "digest": {"subject", "plain"},
    "notice": {"subject", "plain"}}.
    """
    into.mkdir(parents=True, exist_ok=True)
    language = session.language
    told: list[dict[str, object]] = []
    shown: list[RenderableType] = [
        phrase(
            "Gaita runs declared lifecycles: here are three, from files of dated commands,"
            " on a simulated clock."
        ),
        "",
    ]
    databases = [into / f"{name.removesuffix('.toml')}.sqlite3" for name, _ in _SHIPPED]
    for (name, events), database, introduction in zip(_SHIPPED, databases, _INTRODUCTIONS, strict=True):
        done, declared = _rehearsed(session, name, events, database)
        told.append({"database": str(database), "result": done.as_json()})
        shown += [Text(translated(introduction, language), "bold"), *_in_short(done, declared, language), ""]
    morning = into / f"prototype-{_MORNING:%Y-%m-%d}.sqlite3"
    _rehearsed(session, *_SHIPPED[0], morning, until=_MORNING)
    with closing(Engine(f"sqlite:///{morning}", clock=ManualClock(_MORNING))) as engine:
        digest, notice = _letters(engine)
        shown += _ladder(engine, session.language)
        plan, workflow = _plan(engine)
        told_plan = correction_json(plan, workflow, language)
        history = engine.history(_LADDER[0])
        title = language.gettext(
            "Put right: it had been taken up, and nobody entered it. A correction's plan, with nothing done"
        )
        shown += ["", Text(title, "bold"), *correction_lines(plan, workflow, history, language)]
    shown += [
        "",
        Text(
            language.gettext("What the head of the laboratory gets (in Latvian): the digest of that morning"),
            "bold",
        ),
        *_quoted(digest, language, most=_MOST_OF_A_DIGEST),
        "",
        Text(language.gettext("And a notice about %(case)s", case=_CASE), "bold"),
        *_quoted(notice, language),
        "",
        Text(language.gettext("Look further: these databases stand at the rehearsal's last moment"), "bold"),
        *_commands(databases, morning, language),
    ]
    session.answer(
        {
            "rehearsals": told,
            "correction": told_plan,
            "digest": {"subject": digest[0], "plain": digest[1]},
            "notice": {"subject": notice[0], "plain": notice[1]},
        },
        *shown,
    )


def _rehearsed(
    session: Session, name: str, events: str, database: Path, *, until: datetime | None = None
) -> tuple[Rehearsal, Workflow]:
    """Rehearse a shipped workflow into a new database; return what came of it, and the workflow."""
    source, script = (files("gaita_workflows").joinpath(each) for each in (name, events))
    for suffix in ("", "-wal", "-shm"):
        Path(f"{database}{suffix}").unlink(missing_ok=True)
    with as_file(source) as workflow, progress_bar(session) as progress:
        done = rehearse(
            workflow.read_bytes(),
            script.read_bytes(),
            workflow_name=name,
            script_name=events,
            database=database,
            until=until,
            progress=progress,
        )
        return done, read(workflow.read_bytes(), name)


def _in_short(done: Rehearsal, workflow: Workflow, language: Language) -> Iterator[RenderableType]:
    """Yield what a rehearsal shows best: departures from the records, a refusal, or forecasts."""
    yield summary_lines(done, language)[1]
    if done.expectations.disagreements:
        yield from expectation_lines(done, language)
    elif done.refusals:
        yield ""
        yield phrase("One of the %(number)s refusals, with its reasons:", number=len(done.refusals))
        yield from refusal_lines(done.refusals[0], workflow, language)
        yield ""
        yield phrase(
            "Every deadline is accounted for"
            " (armed = met + missed + superseded + withdrawn + annulled + open):"
        )
        yield account_table(done.account, language)
    else:
        yield forecast_line(done.forecasts, language)


def _ladder(engine: Engine, language: Language) -> Iterator[RenderableType]:
    """Yield a ladder that was climbed to its end."""
    instance, rule = _LADDER
    found = engine.get(instance)
    workflow = engine.workflow(found.workflow, found.workflow_version)
    title = language.gettext(
        "A ladder: nobody took up %(instance)s, so the last rung closed it", instance=instance
    )
    yield Text(title, "bold")
    for each in engine.deadlines.ledger(instance, rule):
        yield ledger_table(each, workflow, language)


def _plan(engine: Engine) -> tuple[CorrectionPlan, Workflow]:
    """Return what it would do to enter that the case of the ladder was taken up in time, and its workflow."""
    instance, _ = _LADDER
    granted = SetData({"budget_eur": 40_000}, "chancellery", frozenset({"state_chancellery"}))
    owner = {"owner": "A. Paraugs", "owner_kind": "municipality"}
    selected = Fire("select", owner, "lab", frozenset({"lab_lead"}))
    edits = (Insert(granted, _FORGOTTEN), Insert(selected, _FORGOTTEN))
    found = engine.get(instance)
    return engine.corrections.plan(instance, *edits), engine.workflow(found.workflow, found.workflow_version)


def _letters(engine: Engine) -> tuple[tuple[str, str], tuple[str, str]]:
    """Return the subject and the text of a digest and of a notice, as their reader gets them."""
    texts = Texts(_LANGUAGE)
    found = engine.get(_CASE)
    workflow = engine.workflow(found.workflow, found.workflow_version)
    reader = Recipient(
        _READER, title_text(workflow.roles[_READER].title, _LANGUAGE, _READER), _READER, {}, _LANGUAGE
    )
    needs = tuple(engine.deadlines.worklist(_READER))
    digest = texts.digest(Digest("demo", reader, engine.now(), workflow.zone, needs), _LANGUAGE)
    notice = texts.notice(engine.deadlines.preview(_CASE, role=_READER), _LANGUAGE)
    return (digest.subject, digest.plain), (notice.subject, notice.plain)


def _quoted(letter: tuple[str, str], language: Language, *, most: int | None = None) -> Iterator[str]:
    """Yield the lines of a letter behind a bar, at most so many."""
    subject, plain = letter
    lines = [subject, "", *plain.strip().splitlines()]
    for line in lines[:most]:
        yield f"│ {line}"
    if most is not None and len(lines) > most:
        more = language.ngettext("(%(number)s line more)", "(%(number)s lines more)", len(lines) - most)
        yield f"│ … {more}"


def _commands(databases: list[Path], morning: Path, language: Language) -> Iterator[str]:
    """Yield commands to look further by, as they may be typed in the present folder."""
    # Set up by make, the command stands in .venv/bin, where no shell looks for it.
    gaita = "gaita" if shutil.which("gaita") else os.path.relpath(sys.argv[0])
    for what, database, arguments in (
        (phrase("what is due on that morning, and what needs the head"), morning, "due"),
        ("", morning, f"worklist --role {_READER}"),
        (phrase("what each event of a case would need"), morning, f"explain {_CASE}"),
        (
            phrase("try one: the rehearsal goes on from there"),
            morning,
            f"fire {_CASE} hold_workshop participants=5 --role lab_lead",
        ),
        (
            phrase("a correction that would upset what followed: a lower score of a pilot"),
            morning,
            "correct village-hall amend 12 satisfaction=68 --dry-run",
        ),
        (phrase("the notice above"), morning, f"--language lv notice preview {_CASE}"),
        (
            phrase("a clock that stood while its case was on hold"),
            morning,
            "ledger plain-letters --deadline co_design.design",
        ),
        (phrase("what was overdue when the British records end"), databases[2], "list --overdue --limit 10"),
    ):
        if what:
            yield f"# {translated(what, language)}"
        yield f"{shlex.quote(gaita)} --database {shlex.quote(f'sqlite:///{database}')} {arguments}"
