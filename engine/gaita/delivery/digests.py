"""Digests: for each role a summary of what needs it, daily or weekly, planned by the wall clock."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from typing import Literal

from sqlalchemy import Connection

from gaita.calendar import day_of, moment_on
from gaita.context.context import Context
from gaita.delivery.worklist import Worklist
from gaita.model.notice import Digest, Recipient
from gaita.model.outcome import Message
from gaita.model.value import moment_text
from gaita.ports import Recipients
from gaita.store.transaction import Transaction

_MOST_NEEDS = 500
_LONGEST_REST = 366
"""Days."""


@dataclass(frozen=True, slots=True)
class DigestPlan:
    """When a role is sent its summary."""

    role: str
    zone: str
    at: time
    """The wall clock's time in ``zone``; where the clocks skip it, as much later."""
    every: Literal["day", "week"] = "day"
    weekday: int = 0
    """For a weekly one: 0 is Monday."""
    works: Callable[[date], bool] | None = None
    """Whether a day is worked: a daily one comes on such days only. ``None``: on all."""

    def after(self, moment: datetime) -> datetime:
        """Return the first moment after another at which it is to be written: one on each day of its own.

        A time that the clocks repeat counts once, the first time. Where no day of a year is worked, it comes
        as if all were.
        """
        first = day_of(moment, self.zone)
        for days in range(_LONGEST_REST):
            day = first + timedelta(days=days)
            if self._is_own(day) and (found := moment_on(day, self.at, self.zone)) > moment:
                return found
        return replace(self, works=None).after(moment)

    def _is_own(self, day: date) -> bool:
        if self.every == "week":
            return day.weekday() == self.weekday
        return self.works is None or self.works(day)


class Digests:
    """Writes digests into the outbox when they are due, and puts them together when they are sent."""

    def __init__(
        self, context: Context, worklist: Worklist, plans: Iterable[DigestPlan], recipients: Recipients
    ) -> None:
        self._context = context
        self._worklist = worklist
        self._plans = {plan.role: plan for plan in plans}
        self._recipients = recipients

    def next_due(self, transaction: Transaction, now: datetime) -> datetime | None:
        """Return when the next digest is to be written."""
        if not self._plans:
            return None
        store = self._context.store.digests
        return min(
            min(planned, plan.after(now)) if (planned := store.next_at(transaction, plan.role)) else now
            for plan in self._plans.values()
        )

    def write_due(self, now: datetime, host: Connection | None = None) -> int:
        """Write the digests that are due into the outbox; return how many. Where none is, only look.

        After an outage each is written once, not for every day that was missed. One that was never planned
        is planned now.
        """
        if not self._plans:
            return 0
        with self._context.reading(host) as transaction:
            if not any(self._changes(transaction, plan, now) for plan in self._plans.values()):
                return 0
        with self._context.writing(host) as transaction:
            return sum(self._write(transaction, plan, now) for plan in self._plans.values())

    def _changes(self, transaction: Transaction, plan: DigestPlan, now: datetime) -> bool:
        """Whether a plan's digest is due, or is not planned for when it is to be."""
        planned = self._context.store.digests.next_at(transaction, plan.role)
        return planned is None or planned <= now or planned != plan.after(now)

    def _write(self, transaction: Transaction, plan: DigestPlan, now: datetime) -> bool:
        """Write the digest of a plan where it is due, and plan the next; return whether it was written."""
        store = self._context.store
        written = False
        planned, following = store.digests.next_at(transaction, plan.role), plan.after(now)
        if planned is not None and planned <= now:
            message = _message(plan, planned, now)
            # The clock may have gone back. What would be empty is not sent at all.
            if not store.outbox.has(transaction, message.id) and self._worklist.waits(
                transaction, now, plan.role
            ):
                store.outbox.put(transaction, [message])
                written = True
        if planned is None or planned != following:
            store.digests.plan(transaction, plan.role, following)
        return written

    def recipients(self, message: Message, now: datetime) -> Sequence[Recipient]:
        """Return who bears the digest's role now."""
        plan = self._plans.get(message.to)
        zone = "UTC" if plan is None else plan.zone
        return self._recipients.bearers(message.to, day_of(now, zone))

    def compose(
        self, transaction: Transaction, message: Message, recipient: Recipient, now: datetime
    ) -> Digest:
        """Return the digest as things stand now, under the message's own key."""
        plan = self._plans.get(message.to)
        needs = self._worklist.needs(transaction, now, role=message.to, limit=_MOST_NEEDS)
        return Digest(message.id, recipient, message.due, "UTC" if plan is None else plan.zone, tuple(needs))


def _message(plan: DigestPlan, planned: datetime, now: datetime) -> Message:
    return Message(
        id=f"digest/{plan.role}/{moment_text(planned)}",
        kind="digest",
        to=plan.role,
        instance="",
        workflow="",
        state="",
        rule="",
        deadline=0,
        timer=0,
        due=planned,
        at=now,
    )
