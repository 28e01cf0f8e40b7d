"""Delivery: messages leave the outbox after the commit that wrote them, and are marked once handed over."""

from dataclasses import dataclass
from typing import Protocol

from sqlalchemy import Connection
from sqlalchemy import Engine as Database

from gaita.clock import Clock
from gaita.engine.catalogue import Catalogue
from gaita.engine.writing import Store
from gaita.model.outcome import Message
from gaita.model.workflow import Role, Rule, State, Workflow
from gaita.store import Parcel, begin_reading, begin_writing

_BATCH = 100


@dataclass(frozen=True, slots=True)
class Notice:
    """A message with the declarations it speaks of, so that a channel can put it into words."""

    message: Message
    workflow: Workflow

    @property
    def role(self) -> Role:
        """The role that is to hear."""
        return self.workflow.roles[self.message.to]

    @property
    def state(self) -> State:
        """The state the instance was in."""
        return self.workflow.states[self.message.state]

    @property
    def rule(self) -> Rule:
        """The deadline as declared."""
        return self.workflow.rules[self.message.rule]


class Channel(Protocol):
    """Carries notices out of the engine. At least once: the message's id tells a repetition."""

    def deliver(self, notice: Notice) -> None:
        """Hand the notice over, or raise; what raises is tried again later."""
        ...


@dataclass(frozen=True, slots=True)
class Delivered:
    """What one round of delivery did."""

    handed_over: int
    failed: int


class Courier:
    """Takes waiting messages, in order, to a channel."""

    def __init__(self, database: Database, store: Store, catalogue: Catalogue, clock: Clock) -> None:
        """Keep what a round needs."""
        self._database = database
        self._store = store
        self._catalogue = catalogue
        self._clock = clock

    def round(self, channel: Channel) -> Delivered:
        """Try every waiting message once. A message that fails keeps waiting and holds up no other."""
        handed_over = failed = after = 0
        while True:
            with begin_reading(self._database) as connection:
                parcels = self._store.outbox.waiting(connection, after=after, most=_BATCH)
                notices = [(parcel, self._notice(connection, parcel)) for parcel in parcels]
            if not notices:
                return Delivered(handed_over, failed)
            after = parcels[-1].number
            errors = {parcel.number: _hand_over(channel, notice) for parcel, notice in notices}
            with begin_writing(self._database, self._store.tables) as connection:
                now = self._clock.now()
                for number, error in errors.items():
                    if error is None:
                        handed_over += 1
                        self._store.outbox.delivered(connection, number, now)
                    else:
                        failed += 1
                        self._store.outbox.failed(connection, number, error)

    def _notice(self, connection: Connection, parcel: Parcel) -> Notice:
        identity, _, version = parcel.message.workflow.partition("@")
        return Notice(parcel.message, self._catalogue.get(connection, identity, int(version)))


def _hand_over(channel: Channel, notice: Notice) -> str | None:
    try:
        channel.deliver(notice)
    except Exception as error:  # noqa: BLE001 - a channel may fail in any way it likes; others must still hear
        return f"{type(error).__name__}: {error}"
    return None
