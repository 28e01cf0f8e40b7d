"""The command that puts right what was entered wrongly, or not at all: correct."""

import click
from rich.text import Text

from gaita import MalformedCommand
from gaita.phrase import phrase
from gaita_adapters.command_line.edits import read_edits
from gaita_adapters.command_line.exit_code import ExitCode
from gaita_adapters.command_line.session import Session, acting, command, workflow_of
from gaita_adapters.presenting import (
    correction_json,
    correction_lines,
    correction_refusal_lines,
)


@command(
    "correct",
    "gaita correct P-1 undo 12 --dry-run",
    "gaita correct P-1 undo 12 --reason 'it was another case' --actor uldis --role lab_lead",
    "gaita correct P-1 amend 7 users=21 --on 2025-03-14 --reason 'a slip' --role lab_lead --plan 3f9a0c21",
    "gaita correct P-1 undo 12 then insert report_test users=9 viability=3.5 --on 2025-03-14T10:00 \\\n"
    "      --for-actor anna --for-role lab_lead --reason 'was not entered' --actor uldis --role lab_lead",
    ignore_unknown_options=True,
)
@click.argument("instance")
@click.argument("edits", nargs=-1, required=True, type=click.UNPROCESSED, metavar="EDIT [then EDIT]…")
@click.option("--reason", help="Why; it stays in the history. Only a plan needs none.")
@click.option("--dry-run", is_flag=True, help="Show the plan: what it would do. Nothing is changed.")
@click.option("--plan", metavar="DIGEST", help="Do exactly what the plan of this digest showed, or nothing.")
@click.option("--override", is_flag=True, help="Also behind `closed_until`, what was reported on already.")
@click.option("--notice", metavar="TEXT", help="What those are told who were told something wrong.")
@acting
@click.pass_context
def correct(  # noqa: PLR0913 - one argument for each option
    ctx: click.Context,
    *,
    instance: str,
    edits: tuple[str, ...],
    reason: str | None,
    dry_run: bool,
    plan: str | None,
    override: bool,
    notice: str | None,
    actor: str,
    roles: tuple[str, ...],
) -> None:
    """Put right what the history of INSTANCE says; the history grows by one record that tells it.

    \b
    An EDIT is one of these; several stand behind one another, with `then` between them:
      undo ENTRY                           as though it had never been made
      amend ENTRY [KEY=VALUE]… [--on WHEN] other values, or another moment
      insert EVENT [KEY=VALUE]… --on WHEN  an event that was forgotten
      set KEY=VALUE… --on WHEN             a change of data that was forgotten
      pause | resume DEADLINE --on WHEN [--because TEXT]
      extend DEADLINE AMOUNT --on WHEN [--because TEXT]

    ENTRY is a number of `gaita history`: that of the record, or 12.1 for what record 12 entered late or
    inserted. WHEN is a day (its last instant) or a moment, in the workflow's zone. --for-actor and --for-role
    behind an edit name who should have acted; without them, of an amended entry whoever did, else --actor.

    A workflow says in [corrections] who may correct. A refusal says why, and ends with exit code 3. As JSON:
    {"accepted", "instance", "record", "ground", "by", "plan": {"digest", "since", "edits", "state", "data",
    "deadlines", "notices", "moot", "upset", "stops"}}; "accepted" is null for --dry-run.
    """  # noqa: D301 - the \b is click's: what follows is not to be wrapped
    session = ctx.ensure_object(Session)
    language = session.language
    if dry_run:
        with session.reading() as engine:
            workflow = workflow_of(engine, instance)
            entries = engine.corrections.entries(instance)
            wanted = read_edits(edits, ctx, workflow, entries, actor, roles, engine.now())
            found = engine.corrections.plan(instance, *wanted)
            records = engine.history(instance)
        told: dict[str, object] = {"accepted": None, "instance": instance, "record": None, "ground": None}
        session.answer(
            {**told, "by": list(workflow.corrections.by), "plan": correction_json(found, workflow, language)},
            *correction_lines(found, workflow, records, language),
        )
        return
    if reason is None:
        complaint = phrase("reason: is missing; say why, with --reason (or look first, with --dry-run)")
        raise MalformedCommand(phrase("the correction"), [complaint])
    with session.writing() as engine:
        workflow = workflow_of(engine, instance)
        entries = engine.corrections.entries(instance)
        wanted = read_edits(edits, ctx, workflow, entries, actor, roles, engine.now())
        records = engine.history(instance)
        done = engine.corrections.correct(
            instance,
            *wanted,
            reason=reason,
            actor=actor,
            roles=roles,
            plan=plan,
            override=override,
            notice=notice,
        )
    told = {
        "accepted": done.accepted,
        "instance": instance,
        "record": None if done.record is None else done.record.sequence,
        "ground": done.ground,
        "by": list(workflow.corrections.by),
        "plan": correction_json(done.plan, workflow, language),
    }
    if done.accepted:
        shown = list(correction_lines(done.plan, workflow, records, language, done=done.record))
    else:
        shown = list(correction_refusal_lines(done, workflow, language))
    session.answer(told, *(shown or [Text()]))
    if not done.accepted:
        ctx.exit(ExitCode.REFUSED)
