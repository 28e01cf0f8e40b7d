"""The notice composer: what a channel is handed, put together as things stand at that moment."""

from collections.abc import Mapping, Sequence
from dataclasses import fields, replace
from datetime import datetime, timedelta
from typing import Any, Final, Protocol, TypeAlias

from gaita.calendar import earlier
from gaita.context.context import Context
from gaita.context.situation import Situation, Situations
from gaita.delivery.route import Route
from gaita.errors import Undeliverable
from gaita.model.instance import Instance
from gaita.model.notice import Digest, IncidentSummary, Notice, Recipient, Stuck
from gaita.model.outcome import Message
from gaita.model.state_tree import leaves_of
from gaita.model.workflow import PREVIOUS, Workflow
from gaita.ports import Recipients
from gaita.step import Facts
from gaita.store.deliveries import StoredDelivery
from gaita.store.transaction import Transaction

_HARDLY_LATE: Final = timedelta(minutes=5)
"""So much later than its moment, at most, a reminder counts as sent at it."""

_RECIPIENT: Final = fields(Recipient)

Summary: TypeAlias = Digest | IncidentSummary
"""What reports no single deadline."""
Composed: TypeAlias = Notice | Summary | Exception
"""What is handed over; or why there is nothing to hand over."""


class Summaries(Protocol):
    """Whatever makes the messages of a kind that tell of no single deadline: digests, for one."""

    def recipients(self, message: Message, now: datetime) -> Sequence[Recipient]:
        """Return who is to hear."""
        ...

    def compose(
        self, transaction: Transaction, message: Message, recipient: Recipient, now: datetime
    ) -> Summary:
        """Return the summary as things stand now, under the message's own key."""
        ...


def as_json(recipient: Recipient) -> Mapping[str, Any]:
    """Return a recipient as it is stored."""
    stored = {each.name: getattr(recipient, each.name) for each in _RECIPIENT}
    return {**stored, "addresses": dict(recipient.addresses)}


def from_json(stored: Mapping[str, Any]) -> Recipient:
    """Return a recipient that was stored."""
    return Recipient(**stored)


class NoticeComposer:
    """Composes notices and digests. What fails fails alone."""

    def __init__(self, context: Context, recipients: Recipients, summaries: Mapping[str, Summaries]) -> None:
        self._context = context
        self._recipients = recipients
        self._summaries = summaries

    def compose(
        self, transaction: Transaction, taken: Sequence[StoredDelivery], route: Route, now: datetime
    ) -> list[Composed]:
        """Return what is to be handed over for each of ``taken``, in that order."""
        messages = self._context.store.outbox.many(transaction, {each.message for each in taken})
        situations = Situations(self._context, transaction, now)
        found = situations.of(each.instance for each in messages.values())
        summaries: dict[int, Summary] = {}
        composed: list[Composed] = []
        for each in taken:
            try:
                message = messages[each.message]
                recipient = self._recipient(each, route)
                if not message.instance:
                    if each.message not in summaries:  # the same for each who bears the role
                        summaries[each.message] = self._summary(transaction, message, recipient, now)
                    composed.append(replace(summaries[each.message], key=each.key, recipient=recipient))
                    continue
                situation = found.get(message.instance)
                composed.append(notice_of(each.key, message, recipient, situations, situation, now))
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

    def _summary(
        self, transaction: Transaction, message: Message, recipient: Recipient, now: datetime
    ) -> Summary:
        maker = self._summaries.get(message.kind)
        if maker is None:
            complaint = f"nothing here makes messages of the kind {message.kind}"
            raise Undeliverable(complaint)
        return maker.compose(transaction, message, recipient, now)


def workflow_of(situations: Situations, message: Message) -> Workflow:
    """Return the version of the workflow that a message speaks of. Raises ``UnknownWorkflow``."""
    identity, _, version = message.workflow.partition("@")
    found = situations.workflow(identity, int(version))
    if isinstance(found, Exception):
        raise found
    return found


def notice_of(
    key: str,
    message: Message,
    recipient: Recipient,
    situations: Situations,
    situation: Situation | Stuck | None,
    now: datetime,
) -> Notice:
    """Return the notice of a message as things stand; of a case that cannot be read it tells less.

    Raises ``UnknownWorkflow`` where the workflow that it speaks of is gone.
    """
    workflow = workflow_of(situations, message)
    at = _counted_from(workflow, message, situations.facts(workflow), max(now, message.at))
    if not isinstance(situation, Situation):
        return Notice(key, message, recipient, workflow, None, {}, None, (), at, stuck=situation)
    instance = situation.instance
    deadline = next((each for each in instance.deadlines if each.number == message.deadline), None)
    return Notice(
        key,
        message,
        recipient,
        workflow,
        instance,
        situation.possibilities(),
        None if deadline is None else situation.explained(deadline),
        () if deadline is None else situation.upcoming(deadline),
        at,
        _led_to(workflow, message, instance),
        situation.stuck,
    )


def _counted_from(workflow: Workflow, message: Message, facts: Facts | Exception, now: datetime) -> datetime:
    """Return from when a notice counts: a reminder that is hardly late, from the moment it reports.

    Else five days before the end would be four, and a few milliseconds less than 24 hours.
    """
    moment = workflow.rules[message.rule].moments[message.timer]
    if message.kind != "reminder" or isinstance(facts, Exception):
        return now
    due = earlier(message.due, moment.offset, workflow.zone, facts.calendar).due
    if due is None:
        return now
    hardly = min(_HARDLY_LATE, (message.due - due) / 20)
    return due if due <= now <= due + hardly else now


def _led_to(workflow: Workflow, message: Message, instance: Instance) -> str | None:
    """Return the state to which the moment that is told about has moved the case by itself."""
    moment = workflow.rules[message.rule].moments[message.timer]
    if message.kind == "restated" or instance.since != message.at or instance.state == message.state:
        return None  # it has not moved, or something else has moved it on since
    if moment.close_to is not None:
        return instance.state
    transitions = [
        each
        for leaf in leaves_of(message.state)
        for each in (workflow.candidates.get((leaf, moment.fire), ()) if moment.fire else ())
    ]
    # Where the event was refused, a command may have moved the case in the same instant.
    return (
        instance.state
        if any(_may_reach(workflow, each.target, instance.configuration) for each in transitions)
        else None
    )


def _may_reach(workflow: Workflow, target: str | None, leaves: Sequence[str]) -> bool:
    """Whether a transition to ``target``, and the automatic ones behind it, may end in these leaves."""
    if target is None:
        return False
    entered = leaves_of(target)
    active = {state for leaf in leaves for state in workflow.paths.get(leaf, ())}
    if target == PREVIOUS or not active.isdisjoint(entered):
        return True
    return any(
        (leaf, None) in workflow.candidates
        for leaf, path in workflow.paths.items()
        if not set(path).isdisjoint(entered)
    )
