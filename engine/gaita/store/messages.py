"""The outbox: messages wait here, written in the same transaction as what they tell of."""

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, bindparam, func, select

from gaita.clock import from_microseconds, to_microseconds
from gaita.model.outcome import Message
from gaita.store.codec import optional_moment
from gaita.store.statement import Statement
from gaita.store.tables import Tables
from gaita.store.transaction import Transaction

_WRITTEN = (
    "id", "kind", "recipient", "instance", "workflow", "state", "rule", "deadline", "due", "at", "timer",
    "folded", "words",
)  # fmt: skip
_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class StoredMessage:
    """A message in the outbox."""

    number: int
    message: Message
    spread_at: datetime | None
    """When it was worked out who is to hear, and over which channels; ``None``: not yet."""


class MessageStore:
    """Puts messages in, and keeps account of those that were spread into deliveries."""

    def __init__(self, tables: Tables) -> None:
        messages = tables.messages
        self._table = messages
        self._insert = Statement(messages.insert(), _WRITTEN)
        self._unspread = (
            select(messages)
            .where(
                messages.c.spread_at.is_(None),
                messages.c.moot.is_(None),
                messages.c.number > bindparam("after"),
            )
            .order_by(messages.c.number)
            .limit(bindparam("most"))
        )
        self._spread = (
            messages.update()
            .where(
                messages.c.number.in_(bindparam("numbers", expanding=True)),
                messages.c.spread_at.is_(None),
                messages.c.moot.is_(None),
            )
            .values(spread_at=bindparam("at_moment"))
            .returning(messages.c.number)
        )
        self._many = select(messages).where(messages.c.number.in_(bindparam("numbers", expanding=True)))
        self._moot = (
            messages.update()
            .where(messages.c.id.in_(bindparam("ids", expanding=True)))
            .values(moot=bindparam("correction"))
            .returning(messages.c.number)
        )
        self._again = messages.update().where(messages.c.number == bindparam("nr")).values(spread_at=None)

    def put(self, transaction: Transaction, messages: Sequence[Message]) -> None:
        """Put messages into the outbox."""
        if messages:
            self._insert.run(transaction, [message_row(message) for message in messages])

    def unspread(self, transaction: Transaction, *, after: int = 0, most: int = 100) -> list[StoredMessage]:
        """Return messages behind number ``after`` that are not spread yet, oldest first."""
        return [
            stored_message(row) for row in transaction.execute(self._unspread, {"after": after, "most": most})
        ]

    def count_unspread(self, transaction: Transaction) -> int:
        """Return how many messages are not spread yet."""
        query = select(func.count()).where(self._table.c.spread_at.is_(None), self._table.c.moot.is_(None))
        return transaction.execute(query).scalar_one()

    def spread(self, transaction: Transaction, numbers: Collection[int], now: datetime) -> set[int]:
        """Note that messages are spread; return those that were not before, and so are the caller's."""
        parameters = {"numbers": list(numbers), "at_moment": to_microseconds(now)}
        return set(transaction.execute(self._spread, parameters).scalars())

    def spread_again(self, transaction: Transaction, number: int) -> None:
        """Let a message that nobody was found for wait to be spread once more."""
        transaction.execute(self._again, {"nr": number})

    def many(self, transaction: Transaction, numbers: Collection[int]) -> dict[int, Message]:
        """Return messages by their numbers."""
        rows = transaction.execute(self._many, {"numbers": list(numbers)})
        return {row.number: stored_message(row).message for row in rows}

    def make_moot(self, transaction: Transaction, identities: Sequence[str], record: int) -> list[int]:
        """Note that messages would never have been written, by a correction; return their numbers."""
        numbers: list[int] = []
        for first in range(0, len(identities), _AT_ONCE):
            some = list(identities[first : first + _AT_ONCE])
            parameters = {"ids": some, "correction": record}
            numbers += transaction.execute(self._moot, parameters).scalars()
        return numbers

    def has(self, transaction: Transaction, identity: str) -> bool:
        """Whether a message of this id was ever put in."""
        query = select(self._table.c.number).where(self._table.c.id == identity)
        return transaction.execute(query).first() is not None

    def every(self, transaction: Transaction, *, after: int = 0, most: int = 1000) -> list[StoredMessage]:
        """Return messages behind number ``after``, spread or not, in order."""
        query = select(self._table).where(self._table.c.number > after).order_by(self._table.c.number)
        return [stored_message(row) for row in transaction.execute(query.limit(most))]


def message_row(message: Message) -> dict[str, Any]:
    """Return the row of a message that waits to be spread; its number is the database's to give."""
    return {
        "id": message.id,
        "kind": message.kind,
        "recipient": message.to,
        "instance": message.instance,
        "workflow": message.workflow,
        "state": message.state,
        "rule": message.rule,
        "deadline": message.deadline,
        "due": to_microseconds(message.due),
        "at": to_microseconds(message.at),
        "timer": message.timer,
        "folded": json.dumps(message.folded),
        "words": message.words,
    }


def stored_message(row: Row[Any]) -> StoredMessage:
    """Return the message that a row of the messages holds."""
    message = Message(
        id=row.id,
        kind=row.kind,
        to=row.recipient,
        instance=row.instance,
        workflow=row.workflow,
        state=row.state,
        rule=row.rule,
        deadline=row.deadline,
        timer=row.timer,
        due=from_microseconds(row.due),
        at=from_microseconds(row.at),
        folded=tuple(json.loads(row.folded)),
        words=row.words,
    )
    return StoredMessage(row.number, message, optional_moment(row.spread_at))
