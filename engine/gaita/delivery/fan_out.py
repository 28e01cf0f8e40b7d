"""Spreading: each new message becomes one delivery for every channel and recipient that is to have it."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from hashlib import sha256

from sqlalchemy import Connection

from gaita.context.context import Context
from gaita.delivery.notice_composer import Summaries, as_json, instances_of, workflow_of
from gaita.delivery.route import Route
from gaita.model.instance import Instance
from gaita.model.notice import Recipient
from gaita.model.outcome import Message, Trouble
from gaita.model.value import Data
from gaita.ports import Recipients
from gaita.store import StoredMessage
from gaita.store.deliveries import DeliveryStore, NewDelivery

NOBODY_HEARS = "nobody_hears"
"""The code of the incident that is opened, once for a role, where nobody is found."""
_BATCH = 200
_LONGEST_KEY = 400


class FanOut:
    """Works out who is to hear, right before it is sent. Several processes may do it at once."""

    def __init__(
        self,
        context: Context,
        deliveries: DeliveryStore,
        recipients: Recipients,
        summaries: Summaries | None,
    ) -> None:
        """Keep what it needs."""
        self._context = context
        self._deliveries = deliveries
        self._recipients = recipients
        self._summaries = summaries

    def spread(self, routes: Sequence[Route]) -> int:
        """Spread every message that is not spread yet; return for how many nobody was found."""
        unheard = 0
        while routes:
            # Whoever is asked who bears a role may take their time: no lock is held meanwhile.
            with self._context.reading() as connection:
                stored = self._context.store.outbox.unspread(connection, most=_BATCH)
                if not stored:
                    break
                addressed = self._address(connection, stored, routes)
            unheard += self._write(stored, addressed)
        return unheard

    def _address(
        self, connection: Connection, stored: Sequence[StoredMessage], routes: Sequence[Route]
    ) -> dict[int, list[NewDelivery]]:
        now = self._context.clock.now()
        named = [stored_message.message.instance for stored_message in stored]
        instances = instances_of(self._context, connection, named)
        addressed: dict[int, list[NewDelivery]] = {}
        for stored_message in stored:
            instance = instances.get(stored_message.message.instance)
            try:
                found = list(self._of(connection, stored_message, instance, routes, now))
                if not found:
                    found = [_unheard(stored_message, _nobody(stored_message.message, routes))]
            except Exception as error:  # noqa: BLE001 - a message that goes nowhere holds up no other
                found = [_unheard(stored_message, f"{type(error).__name__}: {error}")]
            addressed[stored_message.number] = found
        return addressed

    def _of(
        self,
        connection: Connection,
        stored_message: StoredMessage,
        instance: Instance | None,
        routes: Sequence[Route],
        now: datetime,
    ) -> Iterator[NewDelivery]:
        message = stored_message.message
        title = message.to
        bearers: Sequence[Recipient] = ()
        if message.kind == "digest":
            if self._summaries is not None:
                bearers = self._summaries.recipients(connection, message, now)
        else:
            workflow = workflow_of(self._context, connection, message)
            title = next(iter(workflow.roles[message.to].title.values()), message.to)
            data: Data = {} if instance is None else instance.data
            bearers = self._recipients.of(workflow, message.to, data, now)
        everybody = Recipient(message.to, title, message.to, {})
        for route in routes:
            if route.takes(message):
                for recipient in route.recipients(bearers, everybody):
                    key = _key(message, route.name, recipient)
                    yield NewDelivery(key, stored_message.number, route.name, as_json(recipient))

    def _write(self, stored: Sequence[StoredMessage], addressed: dict[int, list[NewDelivery]]) -> int:
        now = self._context.clock.now()
        store = self._context.store
        unheard = 0
        with self._context.writing() as connection:
            mine = store.outbox.spread(connection, addressed, now)
            rows: list[NewDelivery] = []
            for stored_message in stored:
                if stored_message.number not in mine:  # another process was first
                    continue
                rows.extend(addressed[stored_message.number])
                for each in addressed[stored_message.number]:
                    if each.unheard is not None:
                        unheard += 1
                        trouble = Trouble(NOBODY_HEARS, each.unheard)
                        store.incidents.open_once(connection, None, trouble, now)
            self._deliveries.add(connection, rows)
        return unheard


def _unheard(stored_message: StoredMessage, why: str) -> NewDelivery:
    message = stored_message.message
    nobody = Recipient(message.to, message.to, message.to, {})
    return NewDelivery(_key(message, "", nobody), stored_message.number, "", as_json(nobody), why)


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
