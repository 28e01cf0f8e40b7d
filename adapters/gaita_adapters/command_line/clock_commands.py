"""Commands on the clock of one deadline: pause, resume, extend."""

import click

from gaita_adapters.command_line.instance_commands import KEY, tell
from gaita_adapters.command_line.session import Session, acting, command, workflow_of


@command("pause", "gaita pause P-1 co_design.design --reason 'waiting for the ministry' --role lab_lead")
@click.argument("instance")
@click.argument("deadline")
@click.option("--reason", required=True, help="Why; it stays in the history.")
@KEY
@acting
@click.pass_context
def pause(
    ctx: click.Context,
    *,
    instance: str,
    deadline: str,
    reason: str,
    key: str | None,
    actor: str,
    roles: tuple[str, ...],
) -> None:
    """Stop the clock of an open DEADLINE: it cannot fall due until it is resumed.

    As JSON, the receipt, as `gaita fire` prints it.
    """
    session = ctx.ensure_object(Session)
    with session.writing() as engine:
        receipt = engine.pause(instance, deadline, reason, actor=actor, roles=roles, key=key)
        tell(ctx, session, receipt, workflow_of(engine, instance))


@command("resume", "gaita resume P-1 co_design.design --role lab_lead")
@click.argument("instance")
@click.argument("deadline")
@click.option("--reason", help="Why; it stays in the history.")
@KEY
@acting
@click.pass_context
def resume(
    ctx: click.Context,
    *,
    instance: str,
    deadline: str,
    reason: str | None,
    key: str | None,
    actor: str,
    roles: tuple[str, ...],
) -> None:
    """Let the clock of a paused DEADLINE run again, with the time that it had left.

    As JSON, the receipt, as `gaita fire` prints it.
    """
    session = ctx.ensure_object(Session)
    with session.writing() as engine:
        receipt = engine.resume(instance, deadline, reason, actor=actor, roles=roles, key=key)
        tell(ctx, session, receipt, workflow_of(engine, instance))


@command(
    "extend",
    "gaita extend P-1 co_design.design '10 working days' --reason 'more workshops' --role state_chancellery",
)
@click.argument("instance")
@click.argument("deadline")
@click.argument("by", metavar="AMOUNT")
@click.option("--reason", required=True, help="Why; it stays in the history.")
@KEY
@acting
@click.pass_context
def extend(
    ctx: click.Context,
    *,
    instance: str,
    deadline: str,
    by: str,
    reason: str,
    key: str | None,
    actor: str,
    roles: tuple[str, ...],
) -> None:
    """Give an open DEADLINE more time, within what its workflow admits.

    As JSON, the receipt, as `gaita fire` prints it.
    """
    session = ctx.ensure_object(Session)
    with session.writing() as engine:
        receipt = engine.extend(instance, deadline, by, reason, actor=actor, roles=roles, key=key)
        tell(ctx, session, receipt, workflow_of(engine, instance))
