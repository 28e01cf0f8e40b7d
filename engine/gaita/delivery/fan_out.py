"""The fan-out: each new message becomes one delivery for every channel and recipient that is to have it."""

from collections.abc import Mapping, Sequence
from datetime import datetime

import structlog

from gaita.context.context import Context
from gaita.context.situation import Situation, Situations
from gaita.delivery.notice_composer import Summaries, as_json, workflow_of
from gaita.delivery.route import Route
from gaita.fault import listed
from gaita.model.incident import NOBODY_HEARS, NOT_TOLD
from gaita.model.notice import Recipient
from gaita.model.outcome import Message, Trouble
from gaita.model.value import Data
from gaita.ports import Recipients
from gaita.store import StoredMessage
from gaita.store.deliveries import DeliveryStore, NewDelivery, delivery_key
from gaita.store.transaction import Transaction

_log = structlog.get_logger("gaita.delivery")
_BATCH = 200


class FanOut:
    """Works out who is to hear, right before it is sent. Several processes may do it at once."""

    def __init__(
        self,
        context: Context,
        deliveries: DeliveryStore,
        recipients: Recipients,
        summaries: Mapping[str, Summaries],
    ) -> None:
        self._context = context
        self._deliveries = deliveries
        self._recipients = recipients
        self._summaries = summaries

    def spread(self, routes: Sequence[Route]) -> int:
        """Spread every message that is not spread yet; return for how many nobody was found."""
        unheard = 0
        while routes:
            # Whoever is asked who bears a role may take their time: no lock is held meanwhile.
            with self._context.reading() as transaction:
                stored = self._context.store.outbox.unspread(transaction, most=_BATCH)
                if not stored:
                    break
                addressed = self._address(transaction, stored, routes)
            unheard += self._write(stored, addressed)
        return unheard

    def _address(
        self, transaction: Transaction, stored: Sequence[StoredMessage], routes: Sequence[Route]
    ) -> dict[int, list[NewDelivery]]:
        now = self._context.clock.now()
        situations = Situations(self._context, transaction, now)
        cases = situations.of(each.message.instance for each in stored)
        addressed: dict[int, list[NewDelivery]] = {}
        for each in stored:
            case = cases.get(each.message.instance)
            data: Data = case.instance.data if isinstance(case, Situation) else {}
            try:
                found = self._of(each, situations, data, routes, now)
            except Exception as error:  # noqa: BLE001 - a message that goes nowhere holds up no other
                found = [_unheard(each, f"{type(error).__name__}: {error}")]
            addressed[each.number] = found
        return addressed

    def _of(
        self,
        stored: StoredMessage,
        situations: Situations,
        data: Data,
        routes: Sequence[Route],
        now: datetime,
    ) -> list[NewDelivery]:
        """Return where one message goes; and that nobody hears it, where it goes to no person."""
        message = stored.message
        title, contact = message.to, None
        bearers: Sequence[Recipient] = ()
        if not message.instance:
            if message.kind in self._summaries:
                bearers = self._summaries[message.kind].recipients(message, now)
        else:
            workflow = workflow_of(situations, message)
            role = workflow.roles[message.to]
            title, contact = next(iter(role.title.values()), message.to), role.contact
            bearers = self._recipients.of(workflow, message.to, data, now)
        everybody = Recipient(message.to, title, message.to, {})
        found: list[NewDelivery] = []
        heard = False
        for route in routes:
            if route.takes(message):
                for recipient in route.recipients(bearers, everybody):
                    key = delivery_key(message.id, route.name, recipient.id)
                    found.append(NewDelivery(key, stored.number, route.name, as_json(recipient)))
                    heard = heard or route.is_heard
        # Where no channel at all writes to people, what takes a copy is all that was ever asked for.
        if not heard and (not found or any(route.is_heard for route in routes)):
            found.append(_unheard(stored, _nobody(message, contact, routes)))
        return found

    def _write(self, stored: Sequence[StoredMessage], addressed: dict[int, list[NewDelivery]]) -> int:
        now = self._context.clock.now()
        store = self._context.store
        unheard = 0
        with self._context.writing() as transaction:
            mine = store.outbox.spread(transaction, addressed, now)
            rows: list[NewDelivery] = []
            for stored_message in stored:
                if stored_message.number not in mine:  # another process was first
                    continue
                rows.extend(addressed[stored_message.number])
                for each in addressed[stored_message.number]:
                    if each.unheard is not None:
                        unheard += 1
                        own = stored_message.message.kind == "incidents"
                        trouble = Trouble(NOT_TOLD if own else NOBODY_HEARS, each.unheard)
                        incident = store.incidents.open_once(transaction, None, trouble, now)
                        if incident is not None:
                            _log.warning("nobody hears", incident=incident, why=each.unheard)
            # What was spread before, and is spread again since nobody heard it, has its copies already.
            known = self._deliveries.known(transaction, {each.message for each in rows})
            self._deliveries.add(transaction, (each for each in rows if each.key not in known))
        return unheard


def _unheard(stored_message: StoredMessage, why: str) -> NewDelivery:
    message = stored_message.message
    nobody = Recipient(message.to, message.to, message.to, {})
    return NewDelivery(
        delivery_key(message.id, "", nobody.id), stored_message.number, "", as_json(nobody), why
    )


def _nobody(message: Message, contact: str | None, routes: Sequence[Route]) -> str:
    """Return why nobody hears: the same words for each message of a role, so that they are told once."""
    workflow = message.workflow.partition("@")[0]
    taking = [route for route in routes if route.takes(message)]
    heard = listed(f"{route.name} ({route.channel.kind})" for route in taking if route.is_heard)
    copies = ", ".join(route.name for route in taking if not route.is_heard)
    if not taking:
        why = f"no channel takes it; channels: {', '.join(route.name for route in routes)}"
    elif not heard:
        why = "no channel that writes to people takes it"
    else:
        why = f"nobody who bears it has an address for {heard}"
    if taking and copies:
        why += f"; {copies} took a copy"
    cure = "Name somebody in the settings and start `gaita run` anew"
    if contact is not None:
        cure = f"Correct the field {contact} of its cases, which says who bears it, or name somebody"
    return (
        f"nobody hears what is for the role {message.to} of {workflow or f'the {message.kind}'}: {why}."
        f" {cure}, then `gaita outbox retry --all`"
    )
