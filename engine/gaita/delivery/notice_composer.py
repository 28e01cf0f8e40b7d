"""Composing: what a channel is handed, put together as things stand at that moment."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any, Protocol, TypeAlias

import structlog
from sqlalchemy import Connection

from gaita.context.context import Context
from gaita.delivery.route import Route
from gaita.errors import DatabaseTrouble, Undeliverable
from gaita.model.instance import Instance
from gaita.model.notice import Digest, Notice, Recipient, Upcoming
from gaita.model.outcome import Explanation, Message
from gaita.model.workflow import Workflow
from gaita.ports import Recipients
from gaita.step import explained_due, possibilities
from gaita.store.deliveries import StoredDelivery

_log = structlog.get_logger("gaita.delivery")

Composed: TypeAlias = Notice | Digest | Exception
"""What is handed over; or why there is nothing to hand over."""


class Summaries(Protocol):
    """Whatever makes digests: messages of the kind ``digest`` that tell of no single deadline."""

    def recipients(self, connection: Connection, message: Message, now: datetime) -> Sequence[Recipient]:
        """Return who bears the digest's role."""
        ...

    def digest(
        self, connection: Connection, message: Message, recipient: Recipient, key: str, now: datetime
    ) -> Digest:
        """Return the digest as things stand now."""
        ...


def workflow_of(context: Context, connection: Connection, message: Message) -> Workflow:
    """Return the version of the workflow that a message speaks of. Raises ``UnknownWorkflow``."""
    identity, _, version = message.workflow.partition("@")
    return context.catalogue.get(connection, identity, int(version))


def instances_of(
    context: Context, connection: Connection, identities: Collection[str]
) -> dict[str, Instance]:
    """Return the instances that exist and can be read."""
    names = [identity for identity in dict.fromkeys(identities) if identity]
    store = context.store.instances
    try:
        return {name: loaded.instance for name, loaded in store.load_many(connection, names).items()}
    except DatabaseTrouble:  # a row that cannot be read: find out which, one by one
        found: dict[str, Instance] = {}
        for name in names:
            try:
                loaded = store.load(connection, name)
            except DatabaseTrouble:
                continue
            if loaded is not None:
                found[name] = loaded.instance
        return found


def as_json(recipient: Recipient) -> Mapping[str, Any]:
    """Return a recipient as it is stored."""
    return {**asdict(recipient), "addresses": dict(recipient.addresses)}


def from_json(stored: Mapping[str, Any]) -> Recipient:
    """Return a recipient that was stored."""
    return Recipient(**stored)


@dataclass(frozen=True, slots=True)
class _Standing:
    """An instance as it stands, with what its notices tell of it."""

    instance: Instance
    possibilities: Mapping[str, Explanation]


class NoticeComposer:
    """Composes notices and digests. What fails fails alone."""

    def __init__(self, context: Context, recipients: Recipients, summaries: Summaries | None) -> None:
        """Keep what composing needs."""
        self._context = context
        self._recipients = recipients
        self._summaries = summaries

    def compose(
        self, connection: Connection, taken: Sequence[StoredDelivery], route: Route, now: datetime
    ) -> list[Composed]:
        """Return what is to be handed over for each of ``taken``, in that order."""
        messages = self._context.store.outbox.many(connection, {each.message for each in taken})
        found = instances_of(self._context, connection, [each.instance for each in messages.values()])
        known: dict[str, _Standing] = {}
        composed: list[Composed] = []
        for each in taken:
            try:
                message = messages[each.message]
                recipient = self._recipient(each, route)
                if message.kind == "digest":
                    composed.append(self._digest(connection, message, recipient, each.key, now))
                    continue
                workflow = workflow_of(self._context, connection, message)
                if message.instance in found and message.instance not in known:
                    known[message.instance] = self._standing(connection, found[message.instance], now)
                bare = Notice(each.key, message, recipient, workflow, None, {}, None, ())
                composed.append(self._told(connection, bare, known.get(message.instance), now))
            except Exception as error:  # noqa: BLE001 - it counts as an attempt that failed; others go on
                composed.append(error)
        return composed

    def _recipient(self, delivery: StoredDelivery, route: Route) -> Recipient:
        stored = from_json(delivery.recipient)
        if not route.channel.personal:
            return stored
        recipient = self._recipients.refreshed(stored)
        if not recipient.addresses.get(route.channel.kind):
            message = f"{recipient.id} has no address of the kind {route.channel.kind} any more"
            raise Undeliverable(message)
        return recipient

    def _digest(
        self, connection: Connection, message: Message, recipient: Recipient, key: str, now: datetime
    ) -> Digest:
        if self._summaries is None:
            complaint = "nothing here makes digests"
            raise Undeliverable(complaint)
        return self._summaries.digest(connection, message, recipient, key, now)

    def _told(
        self, connection: Connection, bare: Notice, standing: _Standing | None, now: datetime
    ) -> Notice:
        """Return a notice with what there is to tell of its instance and its deadline."""
        if standing is None:
            return bare
        instance, message, workflow = standing.instance, bare.message, bare.workflow
        notice = replace(bare, instance=instance, possibilities=standing.possibilities)
        deadline = next((each for each in instance.deadlines if each.number == message.deadline), None)
        if deadline is None:
            return notice
        moments = workflow.rules[deadline.rule].moments
        ahead = [Upcoming(timer.due, moments[timer.index]) for timer in deadline.timers if timer.due]
        try:
            facts = self._context.facts(connection, workflow, now)
            explained = explained_due(workflow, instance, deadline, facts)
        except Exception as error:  # noqa: BLE001 - see _standing
            _log.warning("a due moment cannot be explained", instance=instance.id, error=str(error))
            explained = None
        return replace(notice, explained=explained, upcoming=tuple(sorted(ahead, key=lambda each: each.at)))

    def _standing(self, connection: Connection, instance: Instance, now: datetime) -> _Standing:
        # An instance that is stuck is one that people must hear of: the notice goes out all the same, and
        # only tells less.
        try:
            workflow = self._context.catalogue.get(connection, instance.workflow, instance.workflow_version)
            facts = self._context.facts(connection, workflow, now)
            return _Standing(instance, possibilities(workflow, instance, None, facts))
        except Exception as error:  # noqa: BLE001 - see above
            _log.warning("what is missing cannot be told", instance=instance.id, error=str(error))
            return _Standing(instance, {})
