"""Deployed workflows: the text as it was given, under the version that the engine gave it."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import bindparam, func, select

from gaita.clock import from_microseconds, to_microseconds
from gaita.model.workflow import Workflow
from gaita.store.tables import Tables
from gaita.store.transaction import Transaction


@dataclass(frozen=True, slots=True)
class DeployedWorkflow:
    """One version as stored."""

    id: str
    version: int
    digest: str
    source: str
    deployed_at: datetime


class WorkflowStore:
    """Keeps every version for as long as the database lasts."""

    def __init__(self, tables: Tables) -> None:
        workflows = tables.workflows
        self._table = workflows
        self._instances = tables.instances
        self._of = select(workflows).where(workflows.c.id == bindparam("id"))
        of = select(workflows.c.version, workflows.c.digest).where(workflows.c.id == bindparam("id"))
        self._digest = of.where(workflows.c.version == bindparam("nr"))
        self._latest_digest = of.order_by(workflows.c.version.desc()).limit(1)
        self._latest = self._of.order_by(workflows.c.version.desc()).limit(1)

    def find(
        self, transaction: Transaction, identity: str, version: int | None = None
    ) -> DeployedWorkflow | None:
        """Return a version of a workflow, the latest unless one is named."""
        if version is None:
            row = transaction.execute(self._latest, {"id": identity}).one_or_none()
        else:
            query = self._of.where(self._table.c.version == version)
            row = transaction.execute(query, {"id": identity}).one_or_none()
        if row is None:
            return None
        return DeployedWorkflow(
            row.id, row.version, row.digest, row.source, from_microseconds(row.deployed_at)
        )

    def digest(
        self, transaction: Transaction, identity: str, version: int | None = None
    ) -> tuple[int, str] | None:
        """Return a version, the latest unless one is named, and the digest of its content."""
        query = self._digest if version is not None else self._latest_digest
        row = transaction.execute(query, {"id": identity, "nr": version}).one_or_none()
        return None if row is None else (row.version, row.digest)

    def every(self, transaction: Transaction) -> list[DeployedWorkflow]:
        """Return every version of every workflow, by id and version."""
        query = select(self._table).order_by(self._table.c.id, self._table.c.version)
        return [
            DeployedWorkflow(row.id, row.version, row.digest, row.source, from_microseconds(row.deployed_at))
            for row in transaction.execute(query)
        ]

    def populations(self, transaction: Transaction, identity: str) -> list[tuple[int, str, int]]:
        """Return how many instances of a workflow stand in each state of each version, by version."""
        instances = self._instances
        version, state = instances.c.workflow_version, instances.c.state
        query = select(version, state, func.count()).where(instances.c.workflow == identity)
        query = query.group_by(version, state).order_by(version, state)
        return [(found, place, count) for found, place, count in transaction.execute(query)]

    def running(
        self,
        transaction: Transaction,
        identity: str,
        version: int,
        *,
        without: Collection[str],
        after: str | None,
        most: int,
    ) -> list[str]:
        """Return so many instances of a version, in order of id, that stand in none of the states named."""
        instances = self._instances
        query = select(instances.c.id).where(
            instances.c.workflow == identity,
            instances.c.workflow_version == version,
            instances.c.state.not_in(without),
        )
        if after is not None:
            query = query.where(instances.c.id > after)
        return list(transaction.execute(query.order_by(instances.c.id).limit(most)).scalars())

    def add(self, transaction: Transaction, workflow: Workflow, now: datetime) -> None:
        """Store a version that is not there yet."""
        row = {
            "id": workflow.id,
            "version": workflow.version,
            "digest": workflow.digest,
            "source": workflow.source,
            "deployed_at": to_microseconds(now),
        }
        transaction.execute(self._table.insert(), row)
