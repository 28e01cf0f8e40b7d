"""Versions: deployed, listed with the cases that run on them, and compared."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Connection

from gaita.arguments import Arguments
from gaita.context.catalogue import Planned
from gaita.context.context import Context
from gaita.model.workflow import Workflow
from gaita.phrase import formed, phrase
from gaita.runtime.sweep import load_each
from gaita.step import Facts
from gaita.store.transaction import Transaction
from gaita.versions import CaseFinding, Impact, Tally, VersionDifference, difference, findings_of

_BATCH = 500


@dataclass(frozen=True, slots=True)
class Deployment:
    """What became of a deployment."""

    workflow: Workflow
    new: bool
    """False: the latest version has the same content already, and nothing was deployed."""
    staying: Mapping[int, int] = field(default_factory=dict[int, int])
    """By older version, how many instances have not ended: they go on by the rules of that version."""
    impact: Impact | None = None
    """What is different, and what it would mean for them; ``None`` where there is no older version."""


@dataclass(frozen=True, slots=True)
class RunningVersion:
    """A version of a workflow, and how many cases run on it."""

    workflow: Workflow
    deployed_at: datetime
    running: int
    """Those that have not ended."""
    latest: bool
    """Whether new cases start on it, unless another is named."""


class Versions:
    """Deploys versions, lists them, and says what one would mean for the cases of another."""

    def __init__(self, context: Context) -> None:
        self._context = context

    def deploy(
        self, source: bytes | str, name: str, *, dry_run: bool, connection: Connection | None
    ) -> Deployment:
        """Deploy a workflow, or with ``dry_run`` only say what that would do. Raises ``FaultyFile``.

        What it means for running cases is worked out before the lock is taken, unless the transaction is
        the host's.
        """
        context, now = self._context, self._context.clock.now()
        shown: Deployment | None = None
        if dry_run or connection is None:
            with context.reading(connection) as transaction:
                planned = context.catalogue.planned(transaction, source, name)
                shown = self._deployment(transaction, planned, now)
        if dry_run and shown is not None:
            return shown
        with context.writing(connection) as transaction:
            planned = context.catalogue.deploy(transaction, source, name, now)
            if shown is not None and (shown.workflow.key, shown.new) == (planned.workflow.key, planned.new):
                return shown
            return self._deployment(transaction, planned, now)

    def running(self, *, connection: Connection | None = None) -> list[RunningVersion]:
        """Return every version of every workflow, by id and version, and how many cases run on it."""
        context = self._context
        with context.reading(connection) as transaction:
            every = context.store.workflows.every(transaction)
            latest = {each.id: each.version for each in every}
            running = {identity: context.catalogue.running(transaction, identity) for identity in latest}
            return [
                RunningVersion(
                    context.catalogue.get(transaction, each.id, each.version, each.digest),
                    each.deployed_at,
                    running[each.id].get(each.version, 0),
                    each.version == latest[each.id],
                )
                for each in every
            ]

    def difference(
        self, identity: str, before: int, after: int | None = None, *, connection: Connection | None = None
    ) -> VersionDifference:
        """Return what tells a version of a workflow from another, the latest unless it is named.

        Raises ``UnknownWorkflow``.
        """
        with Arguments(phrase("the question")) as check:
            identity, after = check.name(identity, "identity"), check.version(after)
        with self._context.reading(connection) as transaction:
            get = self._context.catalogue.get
            return difference(get(transaction, identity, before), get(transaction, identity, after))

    def impact(
        self, identity: str, version: int | None = None, *, connection: Connection | None = None
    ) -> Impact:
        """Return what a version, the latest unless it is named, would mean for cases on older ones.

        Looks at every running case of those, by batch and in little memory. Raises ``UnknownWorkflow``.
        """
        with Arguments(phrase("the question")) as check:
            identity, version = check.name(identity, "identity"), check.version(version)
        context, now = self._context, self._context.clock.now()
        with context.reading(connection) as transaction:
            after = context.catalogue.get(transaction, identity, version)
            return self._impact(transaction, after, after.version - 1, context.facts(transaction, after, now))

    def _deployment(self, transaction: Transaction, planned: Planned, now: datetime) -> Deployment:
        workflow, calendar = planned.workflow, planned.calendar
        if not planned.new or not planned.before:
            return Deployment(workflow, new=planned.new)
        facts = Facts(now, calendar if workflow.counts_working_time else None)
        impact = self._impact(transaction, workflow, planned.before, facts)
        return Deployment(workflow, new=True, staying=impact.running, impact=impact)

    def _impact(self, transaction: Transaction, after: Workflow, before: int, facts: Facts) -> Impact:
        """``before``: the version to compare with, beside those that cases run on; 0: none."""
        context = self._context
        every = context.catalogue.running(transaction, after.id)
        running = {version: count for version, count in every.items() if version < after.version}
        compared = {
            version: context.catalogue.get(transaction, after.id, version)
            for version in sorted({*running, before})
            if version
        }
        tally = Tally()
        for version in running:
            self._count(transaction, compared[version], after, facts, tally)
        differences = {version: difference(old, after) for version, old in compared.items()}
        return Impact(after, differences, running, tally.affected, tally.lines)

    def _count(
        self, transaction: Transaction, old: Workflow, after: Workflow, facts: Facts, tally: Tally
    ) -> None:
        """Count what ``after`` would mean for every running case of a version."""
        context = self._context
        ended = [state.id for state in old.states.values() if state.final]
        last: str | None = None
        while identities := context.store.workflows.running(
            transaction, old.id, old.version, without=ended, after=last, most=_BATCH
        ):
            last = identities[-1]
            failed: list[tuple[str, Exception]] = []
            cases = load_each(context, transaction, identities, failed, for_update=False)
            for identity, case in cases.items():
                try:
                    tally.add(old.version, list(findings_of(old, after, case.instance, facts)))
                except Exception as error:  # noqa: BLE001 - whatever it is, the others are looked at
                    failed.append((identity, error))
            for identity, cause in failed:
                tally.add(old.version, [_failure(identity, cause)])


def _failure(identity: str, error: Exception) -> CaseFinding:
    return CaseFinding("failed", "", identity, why=formed("%(error)s", error=error))
