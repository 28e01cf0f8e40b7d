"""Commands on workflows as files: check, deploy, graph, schema."""

import json
from collections.abc import Iterator
from pathlib import Path

import click
from rich.console import RenderableType

from gaita import Deployment, FaultyFile, SystemClock, Workflow, day_of
from gaita.language import Checked, json_schema, read
from gaita.language import check as check_source
from gaita.phrase import Phrase, phrase, plural_phrase
from gaita.texts import Language, translated
from gaita_adapters.command_line.exit_code import ExitCode
from gaita_adapters.command_line.session import Session, command, show_faults
from gaita_adapters.diagram import mermaid, svg
from gaita_adapters.presenting import difference_lines, impact_json, impact_lines
from gaita_adapters.settings import FaultySettings, calendars_wanted, without_secrets

_FILES = click.Path(exists=True, dir_okay=False, path_type=Path)


@command(
    "check",
    "gaita check prototype.toml",
    "gaita check workflows/*.toml --format json",
    "gaita check --settings",
)
@click.argument("files", nargs=-1, type=_FILES, metavar="[FILE…]")
@click.option(
    "--settings", "names", is_flag=True, help="Check the settings against the deployed workflows as well."
)
@click.pass_context
def check(ctx: click.Context, files: tuple[Path, ...], *, names: bool) -> None:
    """Check workflows, and name every fault with its place.

    With --settings, the roles that the settings name are held against the deployed workflows. Warnings alone
    end in success. As JSON, where the settings are one more file, with "workflow" null: {"valid", "files":
    [{"file", "valid", "workflow", "faults": [{"severity", "code", "message", "expected", "hint", "file",
    "line", "column", "end_line", "end_column"}]}]}.
    """
    session = ctx.ensure_object(Session)
    if not files and not names:
        raise click.UsageError(phrase("name a FILE, or give --settings"))
    told: list[dict[str, object]] = []
    if names:
        told.append(_checked_settings(session))
    for file in files:
        checked = _checked(session, file, file.read_bytes())
        valid = checked.workflow is not None
        identity = checked.workflow.id if checked.workflow else None
        faults = [fault.as_json() for fault in checked.faults]
        told.append({"file": str(file), "valid": valid, "workflow": identity, "faults": faults})
        if session.json:
            continue
        show_faults(checked.faults, checked.text, session.language)
        errors = len(checked.errors)
        warnings = len(checked.faults) - errors
        workflow = checked.workflow
        if workflow is None or warnings:
            click.echo(f"{file}: {_counts(errors, warnings, session.language)}")
        if workflow is not None and not warnings:
            session.show(
                phrase(
                    "%(file)s: %(workflow)s is in order (%(states)s states, %(transitions)s transitions,"
                    " %(deadlines)s deadlines)",
                    file=file,
                    workflow=workflow.id,
                    states=len(workflow.states),
                    transitions=len(workflow.transitions),
                    deadlines=len(workflow.rules),
                )
            )
    valid = all(each["valid"] for each in told)
    if session.json:
        session.answer({"valid": valid, "files": told})
    if not valid:
        ctx.exit(ExitCode.FAULTS)


@command(
    "deploy",
    "gaita deploy prototype.toml",
    "gaita deploy --dry-run prototype.toml",
    "gaita --database sqlite:////srv/gaita.sqlite3 deploy *.toml",
)
@click.argument("files", nargs=-1, required=True, type=_FILES, metavar="FILE…")
@click.option("--dry-run", is_flag=True, help="Deploy nothing; say what it would change.")
@click.pass_obj
def deploy(session: Session, files: tuple[Path, ...], *, dry_run: bool) -> None:
    """Deploy workflows, each as the next version of its id: all of them, or none.

    The same content deploys nothing. Instances go on by the version that they started on: "staying" says how
    many, by older version; "impact" what is different, and what that would mean for them. As JSON:
    {"deployed": [{"file", "workflow", "version", "digest", "new", "staying": {VERSION: COUNT}, "impact":
    {"workflow", "version", "running", "affected", "cases": [{"version", "kind", "id", "number", "examples":
    [{"instance", "why", "from", "to"}]}], "differences"}}]}; "differences" as `gaita workflows diff` gives
    them, "impact" null where there is no older version. With --dry-run, "would_deploy" instead of "deployed".
    """
    sources = [(file, file.read_bytes()) for file in files]
    for file, source in sources:  # before a database is made for nothing
        checked = _checked(session, file, source)
        if checked.workflow is None:
            raise FaultyFile(str(file), checked.errors)
        show_faults(checked.faults, checked.text, session.language, err=True)
    if dry_run:
        with session.reading() as engine:
            done = [(file, engine.deploy(source, str(file), dry_run=True)) for file, source in sources]
    elif len(sources) == 1:  # what it means for running cases is looked at before the lock is taken
        with session.writing() as engine:
            done = [(file, engine.deploy(source, str(file))) for file, source in sources]
    else:
        with session.writing() as engine, engine.transaction() as connection:
            done = [
                (file, engine.deploy(source, str(file), connection=connection)) for file, source in sources
            ]
    told = [
        {
            "file": str(file),
            "workflow": each.workflow.id,
            "version": each.workflow.version,
            "digest": each.workflow.digest,
            "new": each.new,
            "staying": {str(version): count for version, count in each.staying.items()},
            "impact": None if each.impact is None else impact_json(each.impact),
        }
        for file, each in done
    ]
    shown: list[RenderableType] = []
    with session.reading() as engine:
        kept = engine.workflows()
    for _, each in done:
        shown += _deployment_lines(each, session.language, dry_run=dry_run)
        now = each.workflow
        shown += [
            phrase(
                "%(workflow)s has the same content as %(earlier)s: a version that was deployed before",
                workflow=now.key,
                earlier=f"{old.id}@{old.version}",
            )
            for old in kept
            if each.new and (old.id, old.digest) == (now.id, now.digest) and old.version < now.version
        ][-1:]
    session.answer({"would_deploy" if dry_run else "deployed": told}, *shown)


def _deployment_lines(each: Deployment, language: Language, *, dry_run: bool) -> Iterator[RenderableType]:
    if not each.new:
        said = phrase("%(workflow)s is deployed already: %(title)s")
    elif dry_run:
        said = phrase("%(workflow)s would be deployed: %(title)s; nothing was done")
    else:
        said = phrase("%(workflow)s deployed: %(title)s")
    yield said.filled(workflow=each.workflow.key, title=language.title(each.workflow.title, each.workflow.id))
    for version, count in each.staying.items():
        yield plural_phrase(
            "%(number)s instance stays on %(workflow)s: what has started goes on"
            " by the rules that it started with",
            "%(number)s instances stay on %(workflow)s: what has started goes on"
            " by the rules that it started with",
            count,
            workflow=f"{each.workflow.id}@{version}",
        )
    if each.impact is not None:
        for difference in each.impact.differences.values():
            yield ""
            yield from difference_lines(difference, language)
        if each.impact.running:
            yield ""
            yield from impact_lines(each.impact, language)


@command("graph", "gaita graph prototype.toml > prototype.mmd", "gaita --language lv graph --svg prototype")
@click.argument("workflow", metavar="FILE|WORKFLOW")
@click.option("--svg", "as_svg", is_flag=True, help="Draw a picture that can be printed, as SVG.")
@click.pass_obj
def graph(session: Session, workflow: str, *, as_svg: bool) -> None:
    """Draw a workflow, from a file or as deployed: a Mermaid diagram, or with --svg a picture.

    As JSON: {"workflow", "version", "mermaid"}, or "svg" in place of "mermaid".
    """
    found = _file_or_deployed(session, workflow)
    form, draw = ("svg", svg) if as_svg else ("mermaid", mermaid)
    drawn = draw(found, session.language)
    if session.json:
        session.answer({"workflow": found.id, "version": found.version, form: drawn})
    else:
        click.echo(drawn, nl=False)


@command("schema", "gaita schema > workflow.schema.json")
def schema() -> None:
    """Print the JSON Schema of workflow files, for editors that complete and check TOML."""
    click.echo(json.dumps(json_schema(), ensure_ascii=False, indent=2))


def _file_or_deployed(session: Session, name: str) -> Workflow:
    file = Path(name)
    if file.is_file():
        return read(file.read_bytes(), name)
    if file.suffix == ".toml":
        message = phrase("there is no file %(name)s", name=name)
        raise click.UsageError(message)
    identity, _, version = name.partition("@")
    with session.reading() as engine:
        return engine.workflow(identity, int(version) if version.isdecimal() else None)


def faulty_text(error: FaultyFile) -> str:
    """Return the text that an error's faults point into; nothing, where it is no file or cannot be read."""
    if isinstance(error.name, Phrase):  # "the environment"
        return ""
    try:
        text = Path(error.name).read_bytes().decode("utf-8-sig", errors="replace").replace("\r\n", "\n")
    except OSError:
        return ""
    return without_secrets(text) if isinstance(error, FaultySettings) else text


def _checked(session: Session, file: Path, source: bytes) -> Checked:
    """Check a file, and its calendar against those of the settings, where it names one."""
    languages = session.languages.codes
    checked = check_source(source, str(file), languages=languages)
    if checked.workflow is None:
        return checked
    today = day_of(SystemClock().now(), checked.workflow.zone)
    calendars = None
    if checked.workflow.calendar is not None:
        calendars = {each.name: each for each in calendars_wanted(session.settings)}
    return check_source(source, str(file), calendars, today=today, languages=languages)


def _checked_settings(session: Session) -> dict[str, object]:
    """Check what the settings name against the deployed workflows, and print what is wrong."""
    _ = session.texts  # its catalogues and templates: raises, where they are faulty
    with session.reading() as engine:
        faults = session.name_faults(engine)
    name, text = session.settings_text()
    errors = sum(fault.severity == "error" for fault in faults)
    if not session.json:
        show_faults(faults, text, session.language)
        told_name = translated(name, session.language)
        counts = _counts(errors, len(faults) - errors, session.language)
        known = session.language.gettext("%(name)s: every role that it names is known", name=told_name)
        click.echo(f"{told_name}: {counts}" if faults else known)
    told = [fault.as_json() for fault in faults]
    return {"file": name, "valid": not errors, "workflow": None, "faults": told}


def _counts(errors: int, warnings: int, language: Language) -> str:
    return ", ".join(
        (
            language.ngettext("%(number)s error", "%(number)s errors", errors),
            language.ngettext("%(number)s warning", "%(number)s warnings", warnings),
        )
    )
