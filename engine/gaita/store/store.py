"""The store as one: outcomes become rows, records, messages and incidents, all in the one transaction."""

from collections.abc import Sequence
from datetime import datetime

from gaita.model.incident import STUCK
from gaita.model.outcome import Accepted, Outcome, Trouble
from gaita.model.workflow import Workflow
from gaita.phrase import formed, phrase
from gaita.store.calendars import CalendarStore
from gaita.store.deadline_account import AccountStore
from gaita.store.digest_schedule import DigestStore
from gaita.store.incidents import IncidentStore
from gaita.store.instances import InstanceStore
from gaita.store.keys import KeyStore
from gaita.store.last_moment import LastMomentStore
from gaita.store.messages import MessageStore
from gaita.store.records import RecordStore
from gaita.store.sealed_outcomes import Happened
from gaita.store.tables import Tables
from gaita.store.timers import TimerStore
from gaita.store.transaction import Transaction
from gaita.store.workflows import WorkflowStore


def calendar_ends(calendar: str) -> Trouble:
    """Return what is told about a calendar that knows too few days for the deadlines counted by it."""
    return Trouble(
        "calendar_ends",
        phrase(
            "deadlines run past the last day that the calendar %(calendar)s knows: they are"
            " provisional, and tell nobody until it knows more; raise known_until in the settings,"
            " then run `gaita calendar diff`",
            calendar=calendar,
        ),
    )


class Store:
    """Every part of the store on the same tables."""

    def __init__(self, tables: Tables) -> None:
        self.tables = tables
        self.workflows = WorkflowStore(tables)
        self.instances = InstanceStore(tables)
        self.records = RecordStore(tables)
        self.timers = TimerStore(tables)
        self.keys = KeyStore(tables)
        self.calendars = CalendarStore(tables)
        self.digests = DigestStore(tables)
        self.outbox = MessageStore(tables)
        self.incidents = IncidentStore(tables)
        self.accounts = AccountStore(tables)
        self.last_moment = LastMomentStore(tables)

    def write(self, transaction: Transaction, happenings: Sequence[Happened], now: datetime) -> int:
        """Write what happened: the one way into the tables. Return how many incidents were opened."""
        self.instances.write(transaction, happenings)
        self.records.append(transaction, [record for each in happenings for record in each.records])
        self.outbox.put(transaction, [message for each in happenings for message in each.messages])
        self.keys.keep(transaction, happenings, now)
        opened = 0
        for each in happenings:
            for trouble in each.troubles:
                self.incidents.open(transaction, each.after.id, trouble, now)
                opened += 1
            self.tell_provisional(transaction, each.workflow, each.outcomes, now)
        return opened

    def tell_provisional(
        self, transaction: Transaction, workflow: Workflow, outcomes: Sequence[Outcome], now: datetime
    ) -> None:
        """Open an incident, once for each calendar, where a deadline runs past what its calendar knows.

        Nothing of such a deadline fires: an operator must hear of it while there is time.
        """
        if workflow.calendar is None or not workflow.counts_working_time:
            return
        for outcome in outcomes:
            if isinstance(outcome, Accepted) and any(
                deadline.is_held for deadline in (*outcome.armed, *(each.after for each in outcome.adjusted))
            ):
                self.incidents.open_once(transaction, None, calendar_ends(workflow.calendar), now)
                return

    def stuck_by(self, transaction: Transaction, instance: str) -> int | None:
        """Return the open incident that holds back an instance's timers; ``None``: it is not stuck."""
        number = self.timers.held_by(transaction, [instance]).get(instance)
        found = None if number is None else self.incidents.find(transaction, number)
        return number if found and found.code == STUCK and found.closed_at is None else None

    def set_aside(self, transaction: Transaction, instance: str, error: Exception, now: datetime) -> int:
        """Open an incident for an instance that cannot be carried on, and hold back its timers."""
        trouble = Trouble(STUCK, formed("%(name)s: %(error)s", name=type(error).__name__, error=error))
        number = self.incidents.open(transaction, instance, trouble, now)
        self.timers.hold(transaction, instance, number)
        return number
