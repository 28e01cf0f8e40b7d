"""The catalogue: workflows as deployed, read once and kept."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from gaita.calendar import WorkingCalendar
from gaita.errors import UnknownWorkflow
from gaita.fault import hint_for
from gaita.language import read
from gaita.model.workflow import Workflow
from gaita.phrase import phrase
from gaita.store import CalendarStore, WorkflowStore
from gaita.store.transaction import Transaction


@dataclass(frozen=True, slots=True)
class Deployment:
    """What became of a deployment."""

    workflow: Workflow
    new: bool
    """False: the latest version has the same content already, and nothing was deployed."""
    staying: Mapping[int, int] = field(default_factory=dict[int, int])
    """By older version, how many instances have not ended: they go on by the rules of that version."""


class Catalogue:
    """Deploys workflows and finds them again. A version never changes, so it is read only once."""

    def __init__(
        self,
        store: WorkflowStore,
        in_force: CalendarStore,
        calendars: Callable[[], Mapping[str, WorkingCalendar]],
    ) -> None:
        self._store = store
        self._in_force = in_force
        self._calendars = calendars
        self._read: dict[tuple[str, int, str], Workflow] = {}
        """By id, version and the digest of the content."""

    def deploy(self, transaction: Transaction, source: bytes | str, name: str, now: datetime) -> Deployment:
        """Deploy the workflow in ``source`` as the next version of its id. Raises ``FaultyFile``.

        The calendar that it counts by is put in force, where none of its name is yet.
        """
        workflow = read(source, name)
        if workflow.calendar is not None:
            kept = {each.calendar.name: each.calendar for each in self._in_force.every(transaction)}
            wanted = self._calendars()
            read(source, name, calendars={**wanted, **kept})
            if workflow.calendar not in kept:
                self._in_force.put(transaction, wanted[workflow.calendar], "deployment", now)
        latest = self._store.find(transaction, workflow.id)
        if latest is not None and latest.digest == workflow.digest:
            return Deployment(self.get(transaction, workflow.id, latest.version, latest.digest), new=False)
        workflow = replace(workflow, version=1 if latest is None else latest.version + 1)
        self._store.add(transaction, workflow, now)
        return Deployment(workflow, new=True, staying=self._staying(transaction, workflow))

    def _staying(self, transaction: Transaction, deployed: Workflow) -> Mapping[int, int]:
        staying: dict[int, int] = {}
        for version, state, count in self._store.populations(transaction, deployed.id):
            if version != deployed.version:
                final = self.get(transaction, deployed.id, version).states[state].final
                staying[version] = staying.get(version, 0) + (0 if final else count)
        return {version: count for version, count in staying.items() if count}

    def get(
        self, transaction: Transaction, identity: str, version: int | None = None, digest: str | None = None
    ) -> Workflow:
        """Return a version, the latest unless one is named. Raises ``UnknownWorkflow``.

        ``digest``: that of the version's content, where the caller has read it; else it is looked up, once in
        a transaction. A workflow is known by its content: what was rolled back, by whomever, is not served.
        """
        if version is not None:
            known = transaction.workflows.get((identity, version))
            if known is not None:
                return known
        if version is None or digest is None:
            version, digest = self._version(transaction, identity, version)
        workflow = self._read.get((identity, version, digest))
        if workflow is None:
            workflow = self._compiled(transaction, identity, version, digest)
        transaction.workflows[identity, version] = workflow
        return workflow

    def _version(self, transaction: Transaction, identity: str, version: int | None) -> tuple[int, str]:
        found = self._store.digest(transaction, identity, version)
        if found is None:
            raise UnknownWorkflow(self._unknown(transaction, identity, version))
        return found

    def _compiled(self, transaction: Transaction, identity: str, version: int, digest: str) -> Workflow:
        found = self._store.find(transaction, identity, version)
        if found is None:
            raise UnknownWorkflow(self._unknown(transaction, identity, version))
        workflow = read(found.source, f"{identity}@{version}", version)
        self._read[identity, version, digest] = workflow
        return workflow

    def _unknown(self, transaction: Transaction, identity: str, version: int | None) -> str:
        deployed = list(dict.fromkeys(each.id for each in self._store.every(transaction)))
        if version is not None and identity in deployed:
            return phrase(
                "workflow %(identity)s has no version %(version)s", identity=repr(identity), version=version
            )
        return phrase(
            "no workflow %(identity)s is deployed; %(hint)s",
            identity=repr(identity),
            hint=hint_for(identity, deployed),
        )
