"""A sweep: every timer that is due, in batches, each instance's outcome its own."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from gaita.context.context import Context
from gaita.errors import BrokenHistory, DatabaseTrouble, UnknownInstance
from gaita.model.outcome import Outcome
from gaita.step import Facts, fire_due_timers
from gaita.store import Happened, Loaded, happened
from gaita.store.transaction import Transaction


@dataclass(frozen=True, slots=True)
class Sweep:
    """What one sweep did."""

    timers: int = 0
    """How many timers fired."""
    instances: int = 0
    """How many instances they belonged to."""
    messages: int = 0
    incidents: int = 0

    def __add__(self, other: "Sweep") -> "Sweep":
        """Add two sweeps up."""
        return Sweep(
            self.timers + other.timers,
            self.instances + other.instances,
            self.messages + other.messages,
            self.incidents + other.incidents,
        )


class Sweeper:
    """Carries out one batch. What fails drops out before the batch is written, and becomes an incident."""

    def __init__(self, context: Context) -> None:
        """Keep what a batch needs."""
        self._context = context
        self._store = context.store

    def batch(self, connection: Transaction, now: datetime, most: int) -> Sweep | None:
        """Settle the instances of the ``most`` earliest due timers; ``None``: there is nothing due."""
        identities = self._store.timers.due_instances(connection, now, most)
        if not identities:
            return None
        done: list[Happened] = []
        failed: list[tuple[str, Exception]] = []
        loaded = self._load(connection, identities, failed)
        known: dict[str, Facts] = {}
        for identity, held in loaded.items():
            try:
                outcomes = self._fire_due(connection, held, now, known)
            except Exception as error:  # noqa: BLE001 - whatever it is, it must hold up nobody else
                failed.append((identity, error))
            else:
                done.append(outcomes)
        incidents = self._store.write(connection, done, now)
        for identity, cause in failed:
            self._store.set_aside(connection, identity, cause, now)
        outcomes_of_all: list[Outcome] = [outcome for each in done for outcome in each.outcomes]
        messages = sum(len(getattr(outcome, "messages", ())) for outcome in outcomes_of_all)
        return Sweep(len(outcomes_of_all), len(done), messages, incidents + len(failed))

    def _fire_due(
        self, connection: Transaction, held: Loaded, now: datetime, known: dict[str, Facts]
    ) -> Happened:
        """Settle one instance. ``known``: the facts by workflow, the same for the whole of a transaction."""
        instance = held.instance
        workflow = self._context.catalogue.get(
            connection, instance.workflow, instance.workflow_version, held.workflow_digest
        )
        facts = known.get(workflow.key)
        if facts is None:
            facts = known[workflow.key] = self._context.facts(connection, workflow, now)
        outcomes = list(fire_due_timers(workflow, instance, facts))
        if not outcomes:
            message = f"a timer of instance {instance.id!r} is due that belongs to none of its open deadlines"
            raise BrokenHistory(message)
        return happened(workflow, held, outcomes)

    def _load(
        self, connection: Transaction, identities: Sequence[str], failed: list[tuple[str, Exception]]
    ) -> dict[str, Loaded]:
        try:
            found = self._store.instances.load_many(connection, identities, for_update=True)
        except DatabaseTrouble:  # a row that cannot be read: find out which, one by one
            found = dict[str, Loaded]()
            for identity in identities:
                try:
                    found.update(self._store.instances.load_many(connection, [identity], for_update=True))
                except DatabaseTrouble as error:
                    failed.append((identity, error))
        known = set(found) | {identity for identity, _ in failed}
        failed.extend(
            (identity, UnknownInstance(f"timers wait for instance {identity!r}, which does not exist"))
            for identity in identities
            if identity not in known
        )
        return {identity: found[identity] for identity in identities if identity in found}
