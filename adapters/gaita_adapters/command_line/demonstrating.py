"""The command that shows the engine at work: demo. Portfolios rehearsed, then single things up close."""

import os
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

from gaita import Digest, Engine, ManualClock, Recipient
from gaita.language import read
from gaita.rehearsal import rehearse
from gaita_adapters.command_line.context import Session, command
from gaita_adapters.command_line.rehearsing import progress_bar, report
from gaita_adapters.notices import Texts
from gaita_adapters.presenting import ledger_table

_SHIPPED = (
    ("prototype.toml", "prototype.events.csv"),
    ("digital-service-standard.toml", "digital-service-standard.events.jsonl"),
    ("uk-digital-service.toml", "uk-digital-service.events.jsonl"),
)
_MORNING = datetime(2025, 5, 5, 5, 0, tzinfo=UTC)
"""A Monday, 08:00 in Riga, eight weeks before the programme ends."""
_LADDER, _PAUSE = ("queue-forecast", "idea.decision"), ("plain-letters", "co_design.design")
_READER = "lab_lead"
_LANGUAGE = "lv"


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
    """Rehearse the workflows that are shipped, and show a ladder, a pause, a digest and a notice up close.

    Their databases are left to look into. As JSON: {"rehearsals": [{"database", "result": as of `gaita
    rehearse`}], "digest": {"subject", "plain"}, "notice": {"subject", "plain"}}.
    """
    into.mkdir(parents=True, exist_ok=True)
    told: list[dict[str, object]] = []
    for name, events in _SHIPPED:
        database = into / f"{name.removesuffix('.toml')}.sqlite3"
        result, shown = _rehearsed(session, name, events, database)
        told.append({"database": str(database), "result": result})
        if not session.json:
            session.show(*shown, "")
    morning = into / "prototype-2025-05-05.sqlite3"
    _rehearsed(session, *_SHIPPED[0], morning, until=_MORNING)
    with closing(Engine(f"sqlite:///{morning}", clock=ManualClock(_MORNING))) as engine:
        digest, notice = _texts(engine)
        if not session.json:
            session.show(*_up_close(engine))
            click.echo("\n".join([*digest, *notice]))
    # Set up by make, the command stands in .venv/bin, where no shell looks for it.
    gaita = "gaita" if shutil.which("gaita") else os.path.relpath(sys.argv[0])
    look = [f"  {gaita} --database sqlite:///{each['database']} list --overdue" for each in told]
    look += [f"  {gaita} --database sqlite:///{each['database']} due --account" for each in told[:1]]
    look += [
        f"  {gaita} --database sqlite:///{told[0]['database']} ledger {_PAUSE[0]}",
        f"  {gaita} --database sqlite:///{morning} --language lv notice preview river-watch",
    ]
    session.answer(
        {
            "rehearsals": told,
            "digest": {"subject": digest[3], "plain": digest[-1]},
            "notice": {"subject": notice[3], "plain": notice[-1]},
        },
        Text("To look further:", "bold"),
        *look,
    )


def _rehearsed(
    session: Session, name: str, events: str, database: Path, *, until: datetime | None = None
) -> tuple[dict[str, object], list[RenderableType]]:
    """Rehearse a shipped workflow into a new database; return what came of it, as JSON and for people."""
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
        declared = read(workflow.read_bytes(), name)
    return done.as_json(), report(done, declared, session.language)


def _up_close(engine: Engine) -> Iterator[RenderableType]:
    """Yield a ladder that was climbed to its end, and a clock that stood for a while."""
    for title, (instance, rule) in (
        ("A ladder: nobody took the idea up, so the last rung closed it", _LADDER),
        ("A pause: the clock stood while the prototype was on hold", _PAUSE),
    ):
        found = engine.get(instance)
        workflow = engine.workflow(found.workflow, found.workflow_version)
        yield Text(title, "bold")
        for each in engine.deadlines.ledger(instance, rule):
            yield ledger_table(each, workflow, "en")
        yield ""


def _texts(engine: Engine) -> tuple[list[str], list[str]]:
    """Return a digest and a notice as their readers get them, in Latvian."""
    texts = Texts(_LANGUAGE)
    now = engine.now()
    reader = Recipient(_READER, "Laboratorijas vadītājs", _READER, {}, _LANGUAGE)
    needs = tuple(engine.deadlines.worklist(_READER))
    digest = texts.digest(Digest("demo", reader, now, "Europe/Riga", needs), _LANGUAGE)
    notice = texts.notice(engine.deadlines.preview("river-watch", role=_READER), _LANGUAGE)
    rule = "-" * 78
    return (
        [
            "The digest of the head of the laboratory, as it arrives",
            rule,
            "",
            digest.subject,
            "",
            digest.plain,
        ],
        ["One notice, as it arrives", rule, "", notice.subject, "", notice.plain],
    )
