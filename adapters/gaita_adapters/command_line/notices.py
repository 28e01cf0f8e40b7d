"""Commands on notices: notice preview, which shows one as its reader would get it."""

import re
from pathlib import Path

import click

from gaita import Engine, MalformedCommand, Notice, Rule
from gaita.phrase import phrase
from gaita_adapters.command_line.session import Session, command
from gaita_adapters.notices import Texts
from gaita_adapters.presenting import waiting_words

_MOMENT = re.compile(r"(due|reminder|rung)(?::([1-9][0-9]?))?")


@click.group("notice")
def notice() -> None:
    """Look at notices: gaita notice preview INSTANCE."""


@command(
    "preview",
    "gaita notice preview P-1",
    "gaita notice preview P-1 --deadline lab_test.results --moment rung:2 --to state_chancellery",
    "gaita notice preview P-1 --language lv --html > notice.html",
)
@click.argument("instance")
@click.option("--deadline", "rule", metavar="RULE", help="The deadline [default: the open one due first].")
@click.option(
    "--moment",
    metavar="MOMENT",
    help="due, reminder or rung; reminder:2 is the second [default: the next to come].",
)
@click.option("--to", "role", metavar="ROLE", help="The role that reads it [default: the first that hears].")
@click.option("--html", "as_html", is_flag=True, help="Show the HTML instead of the plain text.")
@click.option(
    "--templates",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Try the templates in this folder instead of the settings'.",
)
@click.pass_obj
def preview(
    session: Session,
    *,
    instance: str,
    rule: str | None,
    moment: str | None,
    role: str | None,
    as_html: bool,
    templates: Path | None,
) -> None:
    """Show a notice on INSTANCE as its reader would get it; nothing is sent.

    A faulty template is named with its file and line. Why it could not be sent yet stands on the standard
    error. As JSON: {"instance", "deadline", "kind", "to", "language", "subject", "plain", "html",
    "waits_for"}; "waits_for": "calendar", "clock", or null.
    """
    spoken = session.language.code
    texts = texts_of(session, templates, strict=True)
    with session.reading() as engine:
        found = _composed(engine, instance, rule, moment, role)
    text = texts.notice(found, spoken)
    told = {
        "instance": instance,
        "deadline": found.message.rule,
        "kind": found.message.kind,
        "to": found.message.to,
        "language": spoken,
        "subject": text.subject,
        "plain": text.plain,
        "html": text.html,
        "waits_for": found.waits_for,
    }
    if session.json:
        session.answer(told)
    else:
        if (waiting := waiting_words(found, session.language)) is not None:
            click.echo(waiting, err=True)  # of the notice, not in it
        click.echo(text.html if as_html else f"{text.subject}\n\n{text.plain}", nl=False)


notice.add_command(preview)


def texts_of(
    session: Session, folder: Path | None = None, link: str | None = None, *, strict: bool = False
) -> Texts:
    """Return the texts as the settings want them; ``folder`` and ``link`` go over these."""
    notices = session.settings.notices
    if folder is None and notices.templates:
        folder = Path(notices.templates)
    return Texts(
        session.language.code,
        folder,
        link or notices.link or None,
        strict=strict,
        languages=session.languages,
    )


def _composed(
    engine: Engine, instance: str, rule: str | None, moment: str | None, role: str | None
) -> Notice:
    if moment is None:
        return engine.deadlines.preview(instance, rule, None, role)
    if rule is None:
        rule = engine.deadlines.preview(instance, None, None, None).message.rule
    found = engine.get(instance)
    declared = engine.workflow(found.workflow, found.workflow_version).rules.get(rule)
    timer = None if declared is None else _timer(declared, moment)  # the engine says which rules there are
    return engine.deadlines.preview(instance, rule, timer, role)


def _timer(rule: Rule, moment: str) -> int:
    """Return the place of a moment among those of its rule."""
    shape = _MOMENT.fullmatch(moment)
    if shape is None:
        complaint = phrase(
            "expected due, reminder, rung, or one of several such as rung:2, found %(moment)s",
            moment=repr(moment),
        )
        raise MalformedCommand("--moment", [complaint])
    kind, number = shape[1], int(shape[2] or 1)
    places = [index for index, each in enumerate(rule.moments) if each.kind == kind]
    if number > len(places):
        has = ", ".join(f"{each} × {sum(m.kind == each for m in rule.moments)}" for each in _KINDS)
        raise MalformedCommand(
            "--moment",
            [
                phrase(
                    "%(rule)s has no %(moment)s; it has %(has)s",
                    rule=rule.id,
                    moment=f"{kind}:{number}",
                    has=has,
                )
            ],
        )
    return places[number - 1]


_KINDS = ("reminder", "due", "rung")
