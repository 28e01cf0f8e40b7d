"""The outbox: messages wait here, written in the same transaction as what they tell of."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, bindparam, select

from gaita.clock import from_microseconds, to_microseconds
from gaita.model.outcome import Message
from gaita.store.codec import optional_moment
from gaita.store.tables import Tables


@dataclass(frozen=True, slots=True)
class Parcel:
    """A message on its way, and how its delivery stands."""

    number: int
    message: Message
    attempts: int
    delivered_at: datetime | None
    error: str | None


class OutboxStore:
    """Puts messages in and takes note of how they fare."""

    def __init__(self, tables: Tables) -> None:
        """Prepare the statements."""
        messages = tables.messages
        self._table = messages
        self._insert = messages.insert()
        self._waiting = (
            select(messages)
            .where(messages.c.delivered_at.is_(None), messages.c.number > bindparam("after"))
            .order_by(messages.c.number)
            .limit(bindparam("most"))
        )
        of = messages.c.number == bindparam("nr")
        self._delivered = (
            messages.update()
            .where(of)
            .values(delivered_at=bindparam("at_moment"), attempts=messages.c.attempts + 1, error=None)
        )
        self._failed = (
            messages.update().where(of).values(attempts=messages.c.attempts + 1, error=bindparam("what"))
        )

    def put(self, connection: Connection, messages: Iterable[Message]) -> None:
        """Put messages into the outbox."""
        rows = [_row(message) for message in messages]
        if rows:
            connection.execute(self._insert, rows if len(rows) > 1 else rows[0])

    def waiting(self, connection: Connection, *, after: int = 0, most: int = 100) -> list[Parcel]:
        """Return undelivered messages behind number ``after``, oldest first."""
        return [_parcel(row) for row in connection.execute(self._waiting, {"after": after, "most": most})]

    def every(self, connection: Connection, *, after: int = 0, most: int = 1000) -> list[Parcel]:
        """Return messages behind number ``after``, delivered or not, in order."""
        query = select(self._table).where(self._table.c.number > after).order_by(self._table.c.number)
        return [_parcel(row) for row in connection.execute(query.limit(most))]

    def delivered(self, connection: Connection, number: int, now: datetime) -> None:
        """Note that a message was handed over."""
        connection.execute(self._delivered, {"nr": number, "at_moment": to_microseconds(now)})

    def failed(self, connection: Connection, number: int, error: str) -> None:
        """Note that a message could not be handed over; it keeps waiting."""
        connection.execute(self._failed, {"nr": number, "what": error})


def _row(message: Message) -> dict[str, Any]:
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
        "attempts": 0,
    }


def _parcel(row: Row[Any]) -> Parcel:
    message = Message(
        id=row.id,
        kind=row.kind,
        to=row.recipient,
        instance=row.instance,
        workflow=row.workflow,
        state=row.state,
        rule=row.rule,
        deadline=row.deadline,
        due=from_microseconds(row.due),
        at=from_microseconds(row.at),
    )
    return Parcel(row.number, message, row.attempts, optional_moment(row.delivered_at), row.error)
