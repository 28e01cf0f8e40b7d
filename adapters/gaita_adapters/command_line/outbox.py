"""The commands on the outbox: what is on its way, trying again what was given up, and dropping it."""

from collections.abc import Sequence
from typing import Final, Literal, TypeAlias

import click

from gaita import Delivery, moment_text
from gaita.phrase import phrase, plural_phrase
from gaita.texts import Language, with_id
from gaita_adapters.channels.console import kind_title
from gaita_adapters.command_line.session import Session, command
from gaita_adapters.presenting import local_text, table_of

_State: TypeAlias = Literal["waiting", "delivered", "dead", "dropped", "unheard"]
_STATES: Final[tuple[_State, ...]] = ("waiting", "delivered", "dead", "dropped", "unheard")
_OPEN: Final[tuple[_State, ...]] = ("waiting", "dead", "unheard")


@click.group("outbox")
def outbox() -> None:
    """See to messages that are on their way: list, retry, drop.

    `gaita outbox list` shows what waits, what was given up (dead) and what nobody was found to hear
    (unheard).
    """


@command("list", "gaita outbox list", "gaita outbox list --state dead --channel mail --format json")
@click.option("--state", type=click.Choice(_STATES), help="Only those in this state.")
@click.option("--all", "everything", is_flag=True, help="Those that were delivered or dropped as well.")
@click.option("--channel", help="Only those over this channel.")
@click.option(
    "--after", type=int, default=0, metavar="NUMBER", help="Go on behind it: the `next` of the page before."
)
@click.option(
    "--limit", type=click.IntRange(1, 10_000), default=100, show_default=True, help="At most so many."
)
@click.pass_obj
def list_deliveries(
    session: Session, *, state: _State | None, everything: bool, channel: str | None, after: int, limit: int
) -> None:
    """List deliveries that have not come to their end, in the order they were made.

    As JSON: {"deliveries": [{"number", "key", "state", "channel", "role", "recipient", "name", "kind",
    "instance", "workflow", "rule", "attempts", "next_at", "underway", "error", "ended_at", "ended_by",
    "reason"}], "next", "unspread"}; "unspread" counts the messages that wait for their first round.
    """
    language = session.language
    wanted = (state,) if state is not None else _STATES if everything else _OPEN
    with session.reading() as engine:
        found = engine.outbox.list(state=wanted, channel=channel, after=after, limit=limit + 1)
        unspread = engine.outbox.unspread()
    page, more = found[:limit], len(found) > limit
    table = table_of(
        ">" + language.pgettext("the number of a row", "no"),
        language.pgettext("delivery", "state"),
        language.gettext("over"),
        language.gettext("to"),
        language.gettext("what"),
        ">" + language.gettext("tried"),
        language.gettext("next (UTC)"),
        language.gettext("why"),
    )
    for each in page:
        following = "" if each.next_at is None else local_text(each.next_at, "UTC")
        table.add_row(
            str(each.number),
            _state_words(each, language),
            each.channel,
            _to(each),
            _what(each, language),
            str(each.attempts),
            following or (language.gettext("at once") if each.state == "waiting" else ""),
            each.reason or each.error or "",
        )
    following_page = page[-1].number if more else None
    told = {
        "deliveries": [delivery_json(each) for each in page],
        "next": following_page,
        "unspread": unspread,
    }
    shown = [table if page else language.gettext("Nothing is on its way.")]
    if more:
        shown.append(language.gettext("There are more: --after %(id)s", id=following_page))
    if unspread:
        shown.append(
            language.ngettext(
                "%(number)s message waits for its first round: `gaita run`, or `gaita due --deliver`.",
                "%(number)s messages wait for their first round: `gaita run`, or `gaita due --deliver`.",
                unspread,
            )
        )
    session.answer(told, *shown)


@command("retry", "gaita outbox retry 17 18 --actor anna", "gaita outbox retry --all --channel mail")
@click.argument("numbers", type=int, nargs=-1, metavar="[NUMBER]...")
@click.option("--all", "everything", is_flag=True, help="Every one that was given up, or that nobody hears.")
@click.option("--channel", help="With --all: only those over this channel.")
@click.option("--actor", default="operator", show_default=True, help="Who closes their incidents.")
@click.pass_obj
def retry(
    session: Session, *, numbers: Sequence[int], everything: bool, channel: str | None, actor: str
) -> None:
    """Let deliveries be tried at once, as if they had not been yet.

    Where nobody was found to hear, they are looked for again. As JSON: {"retried"}.
    """
    if bool(numbers) == everything or (channel is not None and not everything):
        message = phrase("name deliveries by their numbers, or say --all, with or without --channel")
        raise click.UsageError(message)
    with session.writing() as engine:
        if everything:
            count = engine.outbox.retry_dead(channel=channel, actor=actor)
        else:
            for number in numbers:
                engine.outbox.retry(number, actor=actor)
            count = len(numbers)
    told = plural_phrase(
        "%(number)s delivery will be tried again.", "%(number)s deliveries will be tried again.", count
    )
    session.answer({"retried": count}, told)


@command("drop", 'gaita outbox drop 17 --reason "told by telephone" --actor anna')
@click.argument("number", type=int)
@click.option("--reason", required=True, help="Why it need not be delivered; it is kept.")
@click.option("--actor", default="operator", show_default=True, help="Who says so; it is kept.")
@click.pass_obj
def drop(session: Session, *, number: int, reason: str, actor: str) -> None:
    """Give a delivery up for good, and close its incident. As JSON: {"dropped"}."""
    with session.writing() as engine:
        engine.outbox.drop(number, reason, actor=actor)
    session.answer({"dropped": number}, phrase("Delivery %(number)s is dropped.", number=number))


for each_command in (list_deliveries, retry, drop):
    outbox.add_command(each_command)


def delivery_json(delivery: Delivery) -> dict[str, object]:
    """Return a delivery as a flat JSON object."""
    message = delivery.message
    return {
        "number": delivery.number,
        "key": delivery.key,
        "state": delivery.state,
        "channel": delivery.channel or None,
        "role": message.to,
        "recipient": delivery.recipient.id if delivery.channel else None,
        "name": delivery.recipient.name if delivery.channel else None,
        "kind": message.kind,
        "instance": message.instance or None,
        "workflow": message.workflow or None,
        "rule": message.rule or None,
        "attempts": delivery.attempts,
        "next_at": None if delivery.next_at is None else moment_text(delivery.next_at),
        "underway": delivery.underway,
        "error": delivery.error,
        "ended_at": None if delivery.ended_at is None else moment_text(delivery.ended_at),
        "ended_by": delivery.ended_by,
        "reason": delivery.reason,
    }


def _state_words(delivery: Delivery, language: Language) -> str:
    """Return how a delivery stands, with what is typed behind ``--state`` where a language calls it else."""
    if delivery.underway:
        return language.gettext("underway")
    words = {
        "waiting": language.pgettext("delivery", "waiting"),
        "delivered": language.pgettext("delivery", "delivered"),
        "dead": language.pgettext("delivery", "dead"),
        "dropped": language.pgettext("delivery", "dropped"),
        "unheard": language.pgettext("delivery", "unheard"),
    }[delivery.state]
    return words if words == delivery.state else with_id(words, delivery.state)


def _to(delivery: Delivery) -> str:
    name, role = delivery.recipient.name, delivery.message.to
    return role if name == role else f"{name} ({role})"


def _what(delivery: Delivery, language: Language) -> str:
    message = delivery.message
    told = (kind_title(message.kind, language), message.instance, message.rule)
    return " · ".join(each for each in told if each)
