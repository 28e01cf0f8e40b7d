"""Commands on versions of workflows: those there are with their running cases, and what tells two apart."""

import click

from gaita import Engine
from gaita.phrase import phrase
from gaita_adapters.command_line.session import CommandGroup, Commands, Session
from gaita_adapters.presenting import (
    difference_json,
    difference_lines,
    version_json,
    versions_table,
)


@click.group(
    "workflows",
    cls=CommandGroup,
    invoke_without_command=True,
    examples=("gaita workflows", "gaita workflows diff prototype@1 prototype@2"),
)
@click.pass_context
def workflows(ctx: click.Context) -> None:
    """List the versions of all workflows, and how many cases run on each.

    As JSON: {"workflows": [{"workflow", "version", "title", "digest", "deployed_at", "running", "latest"}]}.
    """
    if ctx.invoked_subcommand is not None:
        return
    session = ctx.ensure_object(Session)
    with session.reading() as engine:
        versions = engine.versions.running()
    language = session.language
    nothing = language.gettext("No workflow is deployed yet: `gaita deploy FILE` deploys one.")
    told = [version_json(each, language) for each in versions]
    session.answer({"workflows": told}, versions_table(versions, language) if versions else nothing)


@workflows.command(
    "diff",
    cls=Commands,
    examples=(
        "gaita workflows diff prototype@1 prototype@2",
        "gaita workflows diff prototype@1",
        "gaita workflows diff 1 2",
    ),
)
@click.argument("before", metavar="ID@VERSION")
@click.argument("after", metavar="[ID@VERSION]", required=False)
@click.pass_obj
def diff(session: Session, *, before: str, after: str | None) -> None:
    """Say what one version of a workflow changes in another, or the latest one where only one is named.

    Where only one workflow is deployed, the numbers are enough. As JSON: {"before", "after", "changes":
    [{"kind", "id", "change", "aspects": [{"name", "before", "after"}]}]}; kind: workflow, role, field, state,
    deadline, event, transition; change: came, went, changed.
    """
    with session.reading() as engine:
        identity, old = _version(engine, before)
        other, new = (identity, None) if after is None else _version(engine, after)
        if other != identity:
            message = phrase(
                "%(before)s and %(after)s are not versions of one workflow", before=before, after=after
            )
            raise click.UsageError(message)
        found = engine.versions.difference(identity, old, new)
    session.answer(difference_json(found), *difference_lines(found, session.language))


def _version(engine: Engine, text: str) -> tuple[str, int]:
    identity, _, version = text.rpartition("@")
    deployed = sorted({each.id for each in engine.workflows()})
    if not identity and len(deployed) == 1:
        identity = deployed[0]
    if not version.isdecimal() or not identity:
        message = phrase(
            "%(text)s names no version; write its workflow and number, as in prototype@2", text=repr(text)
        )
        raise click.UsageError(message)
    return identity, int(version)
