"""Commands that change an instance: start, fire, set."""

from contextlib import AbstractContextManager
from datetime import datetime
from typing import Any

import click
import structlog
from structlog.contextvars import bound_contextvars

from gaita import MalformedCommand, Receipt, UnknownEvent, Workflow, shown
from gaita.phrase import phrase
from gaita_adapters.command_line.exit_code import ExitCode
from gaita_adapters.command_line.session import (
    Session,
    acting,
    command,
    effective,
    warn_of_roles,
    workflow_of,
)
from gaita_adapters.command_line.values import read_moment, read_object, read_on, read_pairs
from gaita_adapters.presenting import receipt_json, receipt_lines

_log = structlog.get_logger("gaita.command")
KEY = click.option("--key", help="An idempotency key: the same command with it is carried out once.")


@command(
    "start",
    "gaita start prototype --id P-1 --set problem='Forms are filled in twice'",
    "gaita start prototype --id P-2 --state lab_test --since 2024-03-01 --reason 'began on paper'",
)
@click.argument("workflow")
@click.option("--id", "identity", help="The instance's id; without one a sortable id is made.")
@click.option("--set", "pairs", multiple=True, metavar="KEY=VALUE", help="A data field; may be repeated.")
@click.option("--data", metavar="JSON", help="Data as a JSON object.")
@click.option("--state", help="Adopt it mid-life, in this state.")
@click.option("--since", metavar="TIME", help="Adopt it as being there since this day or moment.")
@click.option("--started", metavar="TIME", help="When the life of an adopted one began, where that is known.")
@click.option(
    "--entered", multiple=True, metavar="STATE=TIME", help="When it entered a state before; may be repeated."
)
@click.option("--reason", help="Why; an adoption needs one.")
@KEY
@acting
@click.pass_context
def start(  # noqa: PLR0913 - one argument for each option
    ctx: click.Context,
    *,
    workflow: str,
    identity: str | None,
    pairs: tuple[str, ...],
    data: str | None,
    state: str | None,
    since: str | None,
    started: str | None,
    entered: tuple[str, ...],
    reason: str | None,
    key: str | None,
    actor: str,
    roles: tuple[str, ...],
) -> None:
    """Start an instance of the latest version of WORKFLOW.

    As JSON, the receipt: {"accepted", "instance", "workflow", "version", "state", "state_title", "record",
    "at", "actor", "command", "repeated", "fired_first", "moves", "deadlines": [{"change", "rule", "number",
    "due", "due_day", "was", "past", "provisional", "held", "skipped", "at_once", "late_seconds"}],
    "explanation"}.
    """
    session = ctx.ensure_object(Session)
    with session.writing() as engine, _bound(workflow=workflow, instance=identity):
        declared = engine.workflow(workflow)
        values = {**read_object("--data", data), **read_pairs("--set", pairs, declared.fields)}
        moment = None if since is None else read_moment("--since", since, declared.zone)
        receipt = engine.start(
            workflow,
            instance=identity,
            data=values,
            actor=actor,
            roles=roles,
            state=state,
            since=moment,
            started=None if started is None else read_moment("--started", started, declared.zone),
            entered=_entries(entered, declared.zone),
            reason=reason,
            key=key,
        )
        tell(ctx, session, receipt, declared)


def _entries(pairs: tuple[str, ...], zone: str) -> dict[str, datetime]:
    """Return the entries of ``--entered``. Raises ``MalformedCommand``."""
    found: dict[str, datetime] = {}
    for pair in pairs:
        state, equals, at = pair.partition("=")
        if not equals:
            complaint = phrase("%(pair)s names no time; write STATE=TIME", pair=shown(pair))
            raise MalformedCommand("--entered", [complaint])
        found[state] = read_moment("--entered", at, zone)
    return found


@command(
    "fire",
    "gaita fire P-1 report_test users=12 viability=3.5 --role lab_lead",
    "gaita fire P-1 hold_workshop --payload '{\"participants\": 8}' --actor anna --role lab_lead",
)
@click.argument("instance")
@click.argument("event")
@click.argument("pairs", nargs=-1, metavar="[KEY=VALUE]…")
@click.option("--payload", metavar="JSON", help="The payload as a JSON object.")
@effective
@KEY
@acting
@click.pass_context
def fire(  # noqa: PLR0913 - one argument for each option
    ctx: click.Context,
    *,
    instance: str,
    event: str,
    pairs: tuple[str, ...],
    payload: str | None,
    on: str | None,
    notice: str | None,
    key: str | None,
    actor: str,
    roles: tuple[str, ...],
) -> None:
    """Fire EVENT on INSTANCE; a refusal says why, and ends with exit code 3.

    As JSON, the receipt: see `gaita start --help`.
    """
    session = ctx.ensure_object(Session)
    with session.writing() as engine, _bound(instance=instance, event=event):
        workflow = workflow_of(engine, instance)
        values = read_payload(workflow, event, pairs, payload)
        receipt = engine.fire(
            instance,
            event,
            values,
            actor=actor,
            roles=roles,
            on=read_on(on, workflow.zone),
            notice=notice,
            key=key,
        )
        tell(ctx, session, receipt, workflow)


@command(
    "set", "gaita set P-1 budget_eur=25000 --role state_chancellery", "gaita set P-1 problem= --role lab_lead"
)
@click.argument("instance")
@click.argument("pairs", nargs=-1, required=True, metavar="KEY=VALUE…")
@click.option("--reason", help="Why, for the history.")
@effective
@KEY
@acting
@click.pass_context
def set_data(  # noqa: PLR0913 - one argument for each option
    ctx: click.Context,
    *,
    instance: str,
    pairs: tuple[str, ...],
    reason: str | None,
    on: str | None,
    notice: str | None,
    key: str | None,
    actor: str,
    roles: tuple[str, ...],
) -> None:
    """Change data of INSTANCE directly; KEY= clears a field.

    As JSON, the receipt: see `gaita start --help`.
    """
    session = ctx.ensure_object(Session)
    with session.writing() as engine, _bound(instance=instance):
        workflow = workflow_of(engine, instance)
        values = read_pairs(phrase("the change"), pairs, workflow.fields, clearing=True)
        receipt = engine.set_data(
            instance,
            values,
            actor=actor,
            roles=roles,
            reason=reason,
            on=read_on(on, workflow.zone),
            notice=notice,
            key=key,
        )
        tell(ctx, session, receipt, workflow)


def read_payload(
    workflow: Workflow, event: str, pairs: tuple[str, ...], payload: str | None
) -> dict[str, object]:
    """Return an event's payload from its pairs and its JSON. Raises ``MalformedCommand``."""
    declared = workflow.events.get(event)
    try:
        values = read_pairs(
            phrase("the payload of %(event)s", event=event), pairs, declared.payload if declared else {}
        )
    except MalformedCommand as error:
        if declared is None:  # the name of the event is what is wrong first
            message = phrase("workflow %(key)s has no event %(event)s", key=workflow.key, event=repr(event))
            raise UnknownEvent(message) from error
        raise
    return {**read_object("--payload", payload), **values}


def _bound(**names: str | None) -> AbstractContextManager[Any]:
    return bound_contextvars(**{name: value for name, value in names.items() if value is not None})


def tell(ctx: click.Context, session: Session, receipt: Receipt, workflow: Workflow) -> None:
    """Print what became of a command; a refusal ends with its own exit code."""
    with bound_contextvars(instance=receipt.instance, workflow=workflow.key):
        _log.debug(
            "accepted" if receipt.accepted else "refused", state=receipt.state, record=receipt.sequence
        )
    session.answer(
        receipt_json(receipt, workflow, session.language), *receipt_lines(receipt, workflow, session.language)
    )
    warn_of_roles(session, workflow, ctx.params.get("roles", ()), anyhow=not receipt.accepted)
    if not receipt.accepted:
        ctx.exit(ExitCode.REFUSED)
