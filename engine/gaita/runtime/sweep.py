"""A sweep: every timer that is due, in batches, each instance's outcome its own."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from time import sleep, thread_time

from sqlalchemy import Connection

from gaita.context.context import Context
from gaita.errors import BrokenHistory, DatabaseTrouble, DuplicateRow, UnknownInstance
from gaita.model.outcome import Accepted
from gaita.step import Facts, fire_due_timers, has_due_timers
from gaita.store import Happened, Loaded, happened
from gaita.store.transaction import Transaction

GAP = 0.003
"""Seconds between two transactions of one piece of work, in which other writers get in: they look every so
often whether the lock is free, and nobody hands it to them."""
_LONG = 0.25
"""Seconds of work after which a batch has held the write lock for long: the next one is half as large."""
_SHARES = 10
"""A batch has so many shares, or fewer where fewer instances wait."""
_LOADED_AT_ONCE = 250
_MOST_WAITING = 10_000
"""More than so many instances are not named to the database in one statement: they go on at once."""


def weight_of(loaded: Loaded) -> int:
    """Return for how many timers one of this instance counts: with many open deadlines each takes longer."""
    return 1 + len(loaded.instance.deadlines) // 5_000


@dataclass(frozen=True, slots=True)
class Sweep:
    """What one sweep did."""

    timers: int = 0
    """How many timers fired."""
    instances: int = 0
    """How many instances have nothing more that is due."""
    messages: int = 0
    incidents: int = 0

    def __add__(self, other: "Sweep") -> "Sweep":
        return Sweep(
            self.timers + other.timers,
            self.instances + other.instances,
            self.messages + other.messages,
            self.incidents + other.incidents,
        )


class Sweeper:
    """Carries out what is due, a batch at a time. What fails drops out of its batch, and becomes an incident.

    A batch is one transaction of so many timers at most, however few or many instances they belong to, and of
    fewer where the one before took long. An instance with more timers due than its share of a batch goes on
    behind all others; what is left of it waits where it is, so nothing is lost by a process that ends in
    between. Where a batch cannot be written, each of its instances is carried out by itself.
    """

    def __init__(self, context: Context) -> None:
        self._context = context
        self._store = context.store

    def run(self, now: datetime, most: int, host: Connection | None) -> Sweep:
        """Carry out all that is due at ``now``, ``most`` timers in a transaction; without any, only look."""
        total = Sweep()
        later: set[str] = set()
        allowed = most
        while True:
            with self._context.reading(host) as transaction:
                due = self._store.timers.due_instances(transaction, now, 1, without=later)
            if not due and not later:
                return total
            if not due:
                later.clear()  # all others have been served: now these go on, in turn
                continue
            if host is None and total.timers:
                sleep(GAP)
            begun, names = thread_time(), list[str]()
            try:
                with self._context.writing(host) as transaction:
                    names = self._store.timers.due_instances(transaction, now, allowed, without=later)
                    done, unfinished = self._batch(transaction, names, now, allowed)
            except DuplicateRow:
                if not names:
                    raise
                done, unfinished = self._one_by_one(names, now, allowed, host)
            spent = thread_time() - begun  # of this thread alone, however busy the machine is
            allowed = max(allowed // 2, 1) if spent > _LONG else min(allowed * 2, most)
            total += done
            later = later | unfinished if len(later) < _MOST_WAITING else set()

    def _one_by_one(
        self, identities: Sequence[str], now: datetime, most: int, host: Connection | None
    ) -> tuple[Sweep, set[str]]:
        """Carry out each instance by itself: one that cannot be written holds up no other."""
        total, later = Sweep(), set[str]()
        for identity in identities:
            try:
                with self._context.writing(host) as transaction:
                    done, unfinished = self._batch(transaction, [identity], now, most)
            except DuplicateRow as error:
                with self._context.writing(host) as transaction:
                    self._store.set_aside(transaction, identity, error, now)
                done, unfinished = Sweep(incidents=1), set[str]()
            total, later = total + done, later | unfinished
        return total, later

    def _batch(
        self, transaction: Transaction, identities: Sequence[str], now: datetime, most: int
    ) -> tuple[Sweep, set[str]]:
        """Fire due timers of instances; return what was done, and the instances that used up their share."""
        share = max(most // min(len(identities), _SHARES), 1) if identities else most
        done: list[Happened] = []
        failed: list[tuple[str, Exception]] = []
        unfinished: set[str] = set()
        known: dict[str, Facts] = {}
        left, ended = most, 0
        for first in range(0, len(identities), _LOADED_AT_ONCE):
            names = identities[first : first + _LOADED_AT_ONCE]
            loaded = load_each(self._context, transaction, names, failed, for_update=True)
            for identity, case in loaded.items():
                if left <= 0:
                    break
                allowed, weight = min(share, left), weight_of(case)
                try:
                    happened_to = self._fire_due(transaction, case, now, known, max(allowed // weight, 1))
                except Exception as error:  # noqa: BLE001 - whatever it is, it must hold up nobody else
                    failed.append((identity, error))
                    continue
                done.append(happened_to)
                left -= len(happened_to.outcomes) * weight
                if not has_due_timers(happened_to.outcomes[-1].after, now):
                    ended += 1
                elif allowed == share:
                    unfinished.add(identity)
            if left <= 0:
                break
        incidents = self._store.write(transaction, done, now)
        for identity, cause in failed:
            self._store.set_aside(transaction, identity, cause, now)
        messages = sum(
            len(outcome.messages)
            for each in done
            for outcome in each.outcomes
            if isinstance(outcome, Accepted)
        )
        timers = sum(len(each.outcomes) for each in done)
        return Sweep(timers, ended, messages, incidents + len(failed)), unfinished

    def _fire_due(
        self, transaction: Transaction, case: Loaded, now: datetime, known: dict[str, Facts], most: int
    ) -> Happened:
        """Fire due timers of one instance, ``most`` at most.

        ``known``: the facts by workflow, the same for the whole of a transaction.
        """
        instance = case.instance
        workflow = self._context.catalogue.get(
            transaction, instance.workflow, instance.workflow_version, case.workflow_digest
        )
        facts = known.get(workflow.key)
        if facts is None:
            facts = known[workflow.key] = self._context.facts(transaction, workflow, now)
        outcomes = list(fire_due_timers(workflow, instance, facts, most=most))
        if not outcomes:
            message = f"a timer of instance {instance.id!r} is due that belongs to none of its open deadlines"
            raise BrokenHistory(message)
        return happened(workflow, case, outcomes)


def load_each(
    context: Context,
    transaction: Transaction,
    identities: Sequence[str],
    failed: list[tuple[str, Exception]],
    *,
    for_update: bool,
) -> dict[str, Loaded]:
    """Return instances in order of their names as given; what cannot be loaded is added to ``failed``."""
    instances = context.store.instances
    try:
        found = instances.load_many(transaction, identities, for_update=for_update)
    except DatabaseTrouble:  # a row that cannot be read: find out which, one by one
        found = dict[str, Loaded]()
        for identity in identities:
            try:
                found.update(instances.load_many(transaction, [identity], for_update=for_update))
            except DatabaseTrouble as error:
                failed.append((identity, error))
    known = set(found) | {identity for identity, _ in failed}
    failed.extend(
        (identity, UnknownInstance(f"timers wait for instance {identity!r}, which does not exist"))
        for identity in identities
        if identity not in known
    )
    return {identity: found[identity] for identity in identities if identity in found}
