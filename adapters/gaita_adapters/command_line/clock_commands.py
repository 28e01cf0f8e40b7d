"""Commands on the clock of one deadline: pause, resume, extend."""

import click

from gaita_adapters.command_line.instance_commands import KEY, tell
from gaita_adapters.command_line.session import Session, acting, command, effective, workflow_of
from gaita_adapters.command_line.values import read_on


@command("pause", "gaita pause P-1 co_design.design --reason 'waiting for the ministry' --role lab_lead")
@click.argument("instance")
@click.argument("deadline")
@click.option("--reason", required=True, help="Why; it stays in the history.")
@effective
@KEY
@acting
@click.pass_context
def pause(  # noqa: PLR0913 - one argument for each option
    ctx: click.Context,
    *,
    instance: str,
    deadline: str,
    reason: str,
    on: str | None,
    notice: str | None,
    key: str | None,
    actor: str,
    roles: tuple[str, ...],
) -> None:
    """Stop the clock of an open DEADLINE: it cannot fall due until it is resumed.

    As JSON, the receipt, as `gaita fire` prints it.
    """
    session = ctx.ensure_object(Session)
    with session.writing() as engine:
        workflow = workflow_of(engine, instance)
        when = read_on(on, workflow.zone)
        receipt = engine.pause(
            instance, deadline, reason, actor=actor, roles=roles, on=when, notice=notice, key=key
        )
        tell(ctx, session, receipt, workflow)


@command("resume", "gaita resume P-1 co_design.design --role lab_lead")
@click.argument("instance")
@click.argument("deadline")
@click.option("--reason", help="Why; it stays in the history.")
@effective
@KEY
@acting
@click.pass_context
def resume(  # noqa: PLR0913 - one argument for each option
    ctx: click.Context,
    *,
    instance: str,
    deadline: str,
    reason: str | None,
    on: str | None,
    notice: str | None,
    key: str | None,
    actor: str,
    roles: tuple[str, ...],
) -> None:
    """Let the clock of a paused DEADLINE run again, with the time that it had left.

    As JSON, the receipt, as `gaita fire` prints it.
    """
    session = ctx.ensure_object(Session)
    with session.writing() as engine:
        workflow = workflow_of(engine, instance)
        when = read_on(on, workflow.zone)
        receipt = engine.resume(
            instance, deadline, reason, actor=actor, roles=roles, on=when, notice=notice, key=key
        )
        tell(ctx, session, receipt, workflow)


@command(
    "extend",
    "gaita extend P-1 co_design.design '10 working days' --reason 'more workshops' --role state_chancellery",
)
@click.argument("instance")
@click.argument("deadline")
@click.argument("by", metavar="AMOUNT")
@click.option("--reason", required=True, help="Why; it stays in the history.")
@effective
@KEY
@acting
@click.pass_context
def extend(  # noqa: PLR0913 - one argument for each option
    ctx: click.Context,
    *,
    instance: str,
    deadline: str,
    by: str,
    reason: str,
    on: str | None,
    notice: str | None,
    key: str | None,
    actor: str,
    roles: tuple[str, ...],
) -> None:
    """Give an open DEADLINE more time, within what its workflow admits.

    As JSON, the receipt, as `gaita fire` prints it.
    """
    session = ctx.ensure_object(Session)
    with session.writing() as engine:
        workflow = workflow_of(engine, instance)
        when = read_on(on, workflow.zone)
        receipt = engine.extend(
            instance, deadline, by, reason, actor=actor, roles=roles, on=when, notice=notice, key=key
        )
        tell(ctx, session, receipt, workflow)
