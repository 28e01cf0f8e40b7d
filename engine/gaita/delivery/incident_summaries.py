"""Summaries of incidents: administrators hear of what the engine could not do, at most once an hour."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Connection

from gaita.calendar import day_of
from gaita.context.context import Context
from gaita.model.notice import IncidentSummary, Recipient
from gaita.model.outcome import Message
from gaita.ports import Recipients
from gaita.store.transaction import Transaction

ADMINISTRATORS: Final = "administrators"
"""The role that hears of incidents, dead letters and calendars that end."""
_SCHEDULE: Final = "[administrators]"
"""Its name among the schedules of digests: no role is called so."""


@dataclass(frozen=True, slots=True)
class IncidentPlan:
    """How administrators are told about incidents."""

    zone: str = "UTC"
    """In which they read moments, and are away or not."""
    every: timedelta = timedelta(hours=1)
    """At most one summary is written in this time."""


class IncidentSummaries:
    """Writes summaries of new incidents into the outbox, and puts them together when they are sent.

    The first incident is told at once; what comes within the time that the plan says waits for its end. A
    summary that cannot be delivered is an incident as well, but none that a summary reports.
    """

    def __init__(self, context: Context, plan: IncidentPlan | None, recipients: Recipients) -> None:
        self._context = context
        self._plan = plan
        self._recipients = recipients

    def next_due(self, transaction: Transaction, now: datetime) -> datetime | None:
        """Return when the next summary is to be written; ``None``: there is nothing new to tell."""
        plan, store = self._plan, self._context.store
        if plan is None or store.incidents.newest_untold(transaction) is None:
            return None
        earliest = store.digests.next_at(transaction, _SCHEDULE)
        # Nothing is planned further ahead, unless the clock was set back since.
        return now if earliest is None else max(now, min(earliest, now + plan.every))

    def write_due(self, now: datetime, host: Connection | None = None) -> int:
        """Write a summary where one is due; return how many were written. Where none is, only look."""
        with self._context.reading(host) as transaction:
            if not self._is_due(transaction, now):
                return 0
        store = self._context.store
        with self._context.writing(host) as transaction:
            newest = store.incidents.newest_untold(transaction)
            if self._plan is None or newest is None or not self._is_due(transaction, now):
                return 0  # another process was first
            store.outbox.put(transaction, [_message(newest, now)])
            store.incidents.tell(transaction, now)
            store.digests.plan(transaction, _SCHEDULE, now + self._plan.every)
        return 1

    def recipients(self, message: Message, now: datetime) -> Sequence[Recipient]:
        """Return who the administrators are now."""
        return self._recipients.bearers(message.to, day_of(now, self._zone))

    def compose(
        self, transaction: Transaction, message: Message, recipient: Recipient, now: datetime
    ) -> IncidentSummary:
        """Return the summary as things stand now, under the message's own key."""
        del now
        store = self._context.store.incidents
        told = store.told_at(transaction, message.at)
        opened = tuple(each for each in told if each.closed_at is None)
        count = store.count_open(transaction)
        return IncidentSummary(
            message.id, recipient, message.at, self._zone, opened, len(told) - len(opened), count
        )

    @property
    def _zone(self) -> str:
        return "UTC" if self._plan is None else self._plan.zone

    def _is_due(self, transaction: Transaction, now: datetime) -> bool:
        due = self.next_due(transaction, now)
        return due is not None and due <= now


def _message(newest: int, now: datetime) -> Message:
    return Message(
        id=f"incidents/{newest}",
        kind="incidents",
        to=ADMINISTRATORS,
        instance="",
        workflow="",
        state="",
        rule="",
        deadline=0,
        timer=0,
        due=now,
        at=now,
    )
