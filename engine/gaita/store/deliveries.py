"""Deliveries: each message once for every channel and recipient, until it has been handed over."""

import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from hashlib import sha256
from typing import Any, Literal, TypeAlias

from sqlalchemy import ColumnElement, Row, bindparam, func, literal_column, select

from gaita.clock import from_microseconds, to_microseconds
from gaita.store.codec import encode, optional_moment
from gaita.store.tables import Tables
from gaita.store.transaction import Transaction

DeliveryState: TypeAlias = Literal["waiting", "delivered", "dead", "dropped", "unheard"]
"""``dead``: given up; ``dropped``: somebody said it need not be; ``unheard``: nobody was found to hear."""
_LONGEST_KEY = 400
AT_ONCE = 0
"""The moment of a delivery that was not tried yet: whatever the clock says, it is due."""


@dataclass(frozen=True, slots=True)
class NewDelivery:
    """Where one message is to go."""

    key: str
    message: int
    channel: str
    recipient: Mapping[str, Any]
    unheard: str | None = None
    """Why nobody hears: then it goes nowhere, and only stands in the list."""


@dataclass(frozen=True, slots=True)
class StoredDelivery:
    """A delivery, and how far it has come."""

    number: int
    key: str
    message: int
    channel: str
    recipient: Mapping[str, Any]
    state: DeliveryState
    attempts: int
    """How often it was tried; an attempt that is under way is counted."""
    next_at: datetime | None
    """Not before then; under a lease, when that runs out. ``None``: at once."""
    leased: bool
    """Whether somebody has taken it, to hand it over."""
    error: str | None
    incident: int | None
    ended_at: datetime | None
    ended_by: str | None
    reason: str | None


class DeliveryStore:
    """Leases deliveries to workers, and takes note of how they fare.

    What a worker reports of a delivery counts only under the token of its own lease.
    """

    def __init__(self, tables: Tables) -> None:
        table = tables.deliveries
        self._table = table
        # Written out, not bound: else the database cannot tell that the index has all it asks for.
        waiting = table.c.state == literal_column("'waiting'")
        held = (table.c.lease == bindparam("token")) & waiting
        mine = (table.c.number == bindparam("nr")) & held
        ours = table.c.number.in_(bindparam("numbers", expanding=True)) & held
        self._known = select(table.c.key).where(table.c.message.in_(bindparam("messages", expanding=True)))
        self._next = select(func.min(table.c.next_at)).where(table.c.channel == bindparam("of"), waiting)
        self._due = (
            select(table)
            .where(table.c.channel == bindparam("of"), waiting, table.c.next_at <= bindparam("until"))
            .order_by(table.c.next_at, table.c.number)
            .limit(bindparam("most"))
            .with_for_update(skip_locked=True)
        )
        self._lease = (
            table.update()
            .where(table.c.number.in_(bindparam("numbers", expanding=True)))
            .values(lease=bindparam("token"), next_at=bindparam("runs_out"), attempts=table.c.attempts + 1)
        )
        ended: dict[str, Any] = {
            "lease": None,
            "ended_at": bindparam("at_moment"),
            "error": bindparam("what"),
        }
        self._delivered = table.update().where(ours).values(state="delivered", **ended)
        self._dead = table.update().where(mine).values(state="dead", **ended)
        self._again = (
            table.update()
            .where(mine)
            .values(lease=None, next_at=bindparam("at_moment"), error=bindparam("what"))
        )
        self._back = (
            table.update()
            .where(mine)
            .values(lease=None, next_at=bindparam("at_moment"), attempts=table.c.attempts - 1)
        )
        self._recover = (
            table.update()
            .where(table.c.channel == bindparam("of"), waiting, table.c.next_at > bindparam("latest"))
            .values(next_at=bindparam("at_moment"), lease=None)
        )

    # -- for workers

    def add(self, transaction: Transaction, addresses: Iterable[NewDelivery]) -> None:
        """Put deliveries in; they are due at once."""
        rows = [
            {
                "key": each.key,
                "message": each.message,
                "channel": each.channel,
                "recipient": encode(each.recipient),
                "state": "waiting" if each.unheard is None else "unheard",
                "attempts": 0,
                "next_at": AT_ONCE,
                "error": each.unheard,
            }
            for each in addresses
        ]
        if rows:
            transaction.execute(self._table.insert(), rows)

    def known(self, transaction: Transaction, messages: Collection[int]) -> set[str]:
        """Return the keys of the deliveries that messages have already."""
        return set(transaction.execute(self._known, {"messages": list(messages)}).scalars())

    def next_at(self, transaction: Transaction, channel: str) -> datetime | None:
        """Return when the next delivery of a channel is due, past or future; ``None``: none waits."""
        moment = transaction.execute(self._next, {"of": channel}).scalar_one()
        return optional_moment(moment)

    def take(
        self,
        transaction: Transaction,
        channel: str,
        until: datetime,
        most: int,
        token: str,
        runs_out: datetime,
    ) -> list[StoredDelivery]:
        """Lease the ``most`` earliest of a channel that are due at ``until``, to whoever knows ``token``.

        They are returned as they waited, but with this attempt counted.
        """
        asked = {"of": channel, "until": to_microseconds(until), "most": most}
        found = [_stored(row) for row in transaction.execute(self._due, asked)]
        if found:
            numbers = [each.number for each in found]
            lease = {"numbers": numbers, "token": token, "runs_out": to_microseconds(runs_out)}
            transaction.execute(self._lease, lease)
        return [replace(each, attempts=each.attempts + 1) for each in found]

    def delivered(
        self, transaction: Transaction, numbers: Collection[int], token: str, now: datetime
    ) -> None:
        """Note that deliveries were handed over."""
        told = {"numbers": list(numbers), "token": token, "at_moment": to_microseconds(now), "what": None}
        transaction.execute(self._delivered, told)

    def again(self, transaction: Transaction, number: int, token: str, next_at: datetime, error: str) -> None:
        """Note that a delivery failed, and when it is tried again."""
        told = {"nr": number, "token": token, "at_moment": to_microseconds(next_at), "what": error}
        transaction.execute(self._again, told)

    def dead(self, transaction: Transaction, number: int, token: str, now: datetime, error: str) -> bool:
        """Note that a delivery is given up; return whether it was the caller's to say so."""
        told = {"nr": number, "token": token, "at_moment": to_microseconds(now), "what": error}
        return transaction.execute(self._dead, told).rowcount > 0

    def give_back(self, transaction: Transaction, taken: Iterable[StoredDelivery], token: str) -> None:
        """End the lease of deliveries that were not tried: they wait as they did before."""
        back = [
            {
                "nr": each.number,
                "token": token,
                "at_moment": AT_ONCE if each.next_at is None else to_microseconds(each.next_at),
            }
            for each in taken
        ]
        if back:
            transaction.execute(self._back, back)

    def recover(self, transaction: Transaction, channel: str, latest: datetime, now: datetime) -> int:
        """Let those that would wait past ``latest`` be due now; return how many.

        Nothing is put off so long: the clock was set back since.
        """
        told = {"of": channel, "latest": to_microseconds(latest), "at_moment": to_microseconds(now)}
        return transaction.execute(self._recover, told).rowcount

    # -- for operators

    def find(
        self, transaction: Transaction, number: int, *, for_update: bool = False
    ) -> StoredDelivery | None:
        """Return one delivery."""
        query = select(self._table).where(self._table.c.number == number)
        row = transaction.execute(query.with_for_update() if for_update else query).one_or_none()
        return None if row is None else _stored(row)

    def every(
        self,
        transaction: Transaction,
        *,
        states: Collection[DeliveryState] | None = None,
        channel: str | None = None,
        after: int = 0,
        most: int = 100,
    ) -> list[StoredDelivery]:
        """Return deliveries behind number ``after``, in order: all, or some states', or a channel's."""
        table = self._table
        wanted: list[ColumnElement[bool]] = [table.c.number > after]
        if states is not None:
            wanted.append(table.c.state.in_(states))
        if channel is not None:
            wanted.append(table.c.channel == channel)
        query = select(table).where(*wanted).order_by(table.c.number).limit(most)
        return [_stored(row) for row in transaction.execute(query)]

    def tell(self, transaction: Transaction, number: int, incident: int | None) -> None:
        """Note the incident that reports a delivery."""
        self._set(transaction, number, incident=incident)

    def revive(self, transaction: Transaction, number: int) -> None:
        """Let a delivery wait as if it had not been tried yet. What went wrong last stays to be read."""
        fresh = {"state": "waiting", "attempts": 0, "next_at": AT_ONCE}
        gone = dict.fromkeys(("lease", "incident", "ended_at", "ended_by", "reason"))
        self._set(transaction, number, **fresh, **gone)

    def drop(self, transaction: Transaction, number: int, reason: str, actor: str, now: datetime) -> None:
        """Give a delivery up because somebody says so."""
        ended = {"state": "dropped", "ended_at": to_microseconds(now), "ended_by": actor, "reason": reason}
        self._set(transaction, number, lease=None, **ended)

    def withdraw(
        self, transaction: Transaction, messages: Collection[int], reason: str, actor: str, now: datetime
    ) -> set[int]:
        """Drop what was not handed over of messages; return those of which somebody may have heard.

        Whatever was tried once, or is under way, may have been heard.
        """
        table = self._table
        heard: set[int] = set()
        for row in transaction.execute(select(table).where(table.c.message.in_(list(messages)))).all():
            delivery = _stored(row)
            if delivery.state == "delivered" or delivery.leased or delivery.attempts > 0:
                heard.add(delivery.message)
            if delivery.state == "waiting" and not delivery.leased:
                self.drop(transaction, delivery.number, reason, actor, now)
        return heard

    def remove(self, transaction: Transaction, number: int) -> None:
        """Take out the row which says that nobody hears."""
        transaction.execute(self._table.delete().where(self._table.c.number == number))

    def _set(self, transaction: Transaction, number: int, **values: object) -> None:
        transaction.execute(self._table.update().where(self._table.c.number == number).values(**values))


def delivery_key(message: str, channel: str, recipient: str) -> str:
    """Return the idempotency key of a delivery, from the ids of its message and of its recipient."""
    return plain_key(message, _part(channel), _part(recipient), hashed=f"{channel}/{recipient}")


def plain_key(message: str, channel: str, recipient: str, *, hashed: str | None = None) -> str:
    """Return the key as it is put together, and as earlier releases did, which left slashes as they are."""
    key = f"{message}/{channel}/{recipient}"
    if len(key) <= _LONGEST_KEY:
        return key
    return f"{message}/{sha256((hashed or f'{channel}/{recipient}').encode()).hexdigest()}"


def _part(text: str) -> str:
    """Return text as one part of a key: an instance's id may hold slashes too, and no two keys are alike."""
    return text.replace("%", "%25").replace("/", "%2F")


def _stored(row: Row[Any]) -> StoredDelivery:
    return StoredDelivery(
        row.number,
        row.key,
        row.message,
        row.channel,
        json.loads(row.recipient),
        row.state,
        row.attempts,
        None if row.next_at == AT_ONCE else from_microseconds(row.next_at),
        row.lease is not None,
        row.error,
        row.incident,
        optional_moment(row.ended_at),
        row.ended_by,
        row.reason,
    )
