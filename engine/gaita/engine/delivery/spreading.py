"""Spreading: each new message becomes one delivery for every channel and recipient that is to have it."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from hashlib import sha256

from sqlalchemy import Connection

from gaita.engine.delivery.channel import Route
from gaita.engine.delivery.composing import Summaries, as_json, instances_of, workflow_of
from gaita.engine.delivery.notice import Recipient
from gaita.engine.delivery.recipients import Recipients
from gaita.engine.ground import Ground
from gaita.model.instance import Instance
from gaita.model.outcome import Message, Trouble
from gaita.model.value import Data
from gaita.store import Parcel
from gaita.store.deliveries import Address, DeliveryStore

NOBODY_HEARS = "nobody_hears"
"""The code of the incident that is opened, once for a role, where nobody is found."""
_BATCH = 200
_LONGEST_KEY = 400


class Spreader:
    """Works out who is to hear, right before it is sent. Several processes may do it at once."""

    def __init__(
        self,
        ground: Ground,
        deliveries: DeliveryStore,
        recipients: Recipients,
        summaries: Summaries | None,
    ) -> None:
        """Keep what it needs."""
        self._ground = ground
        self._deliveries = deliveries
        self._recipients = recipients
        self._summaries = summaries

    def spread(self, routes: Sequence[Route]) -> int:
        """Spread every message that is not spread yet; return for how many nobody was found."""
        unheard = 0
        while routes:
            # Whoever is asked who bears a role may take their time: no lock is held meanwhile.
            with self._ground.reading() as connection:
                parcels = self._ground.store.outbox.unspread(connection, most=_BATCH)
                if not parcels:
                    break
                addressed = self._address(connection, parcels, routes)
            unheard += self._write(parcels, addressed)
        return unheard

    def _address(
        self, connection: Connection, parcels: Sequence[Parcel], routes: Sequence[Route]
    ) -> dict[int, list[Address]]:
        now = self._ground.clock.now()
        named = [parcel.message.instance for parcel in parcels]
        instances = instances_of(self._ground, connection, named)
        addressed: dict[int, list[Address]] = {}
        for parcel in parcels:
            instance = instances.get(parcel.message.instance)
            try:
                found = list(self._of(connection, parcel, instance, routes, now))
                if not found:
                    found = [_unheard(parcel, _nobody(parcel.message, routes))]
            except Exception as error:  # noqa: BLE001 - a message that goes nowhere holds up no other
                found = [_unheard(parcel, f"{type(error).__name__}: {error}")]
            addressed[parcel.number] = found
        return addressed

    def _of(
        self,
        connection: Connection,
        parcel: Parcel,
        instance: Instance | None,
        routes: Sequence[Route],
        now: datetime,
    ) -> Iterator[Address]:
        message = parcel.message
        title = message.to
        bearers: Sequence[Recipient] = ()
        if message.kind == "digest":
            if self._summaries is not None:
                bearers = self._summaries.recipients(connection, message, now)
        else:
            workflow = workflow_of(self._ground, connection, message)
            title = next(iter(workflow.roles[message.to].title.values()), message.to)
            data: Data = {} if instance is None else instance.data
            bearers = self._recipients.of(workflow, message.to, data, now)
        everybody = Recipient(message.to, title, message.to, {})
        for route in routes:
            if route.takes(message):
                for recipient in route.recipients(bearers, everybody):
                    key = _key(message, route.name, recipient)
                    yield Address(key, parcel.number, route.name, as_json(recipient))

    def _write(self, parcels: Sequence[Parcel], addressed: dict[int, list[Address]]) -> int:
        now = self._ground.clock.now()
        store = self._ground.store
        unheard = 0
        with self._ground.writing() as connection:
            mine = store.outbox.spread(connection, addressed, now)
            rows: list[Address] = []
            for parcel in parcels:
                if parcel.number not in mine:  # another process was first
                    continue
                rows.extend(addressed[parcel.number])
                for each in addressed[parcel.number]:
                    if each.unheard is not None:
                        unheard += 1
                        trouble = Trouble(NOBODY_HEARS, each.unheard)
                        store.incidents.open_once(connection, None, trouble, now)
            self._deliveries.add(connection, rows)
        return unheard


def _unheard(parcel: Parcel, why: str) -> Address:
    message = parcel.message
    nobody = Recipient(message.to, message.to, message.to, {})
    return Address(_key(message, "", nobody), parcel.number, "", as_json(nobody), why)


def _nobody(message: Message, routes: Sequence[Route]) -> str:
    """Return why nobody hears: the same words for each message of a role, so that they are told once."""
    workflow = message.workflow.partition("@")[0]
    kinds = ", ".join(f"{route.name} ({route.channel.kind})" for route in routes)
    return (
        f"nobody hears what is for the role {message.to} of {workflow or 'the digest'}: no channel takes it,"
        f" or nobody who bears it has an address; channels: {kinds}. Name somebody in the settings, then"
        " `gaita outbox retry --all`"
    )


def _key(message: Message, channel: str, recipient: Recipient) -> str:
    key = f"{message.id}/{channel}/{recipient.id}"
    if len(key) <= _LONGEST_KEY:
        return key
    return f"{message.id}/{sha256(f'{channel}/{recipient.id}'.encode()).hexdigest()}"
