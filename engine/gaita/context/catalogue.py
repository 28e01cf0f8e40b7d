"""The catalogue: workflows as deployed, read once and kept."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from sqlalchemy import Connection, RootTransaction

from gaita.calendar import WorkingCalendar
from gaita.errors import UnknownWorkflow
from gaita.fault import hint_for
from gaita.language import read
from gaita.model.workflow import Workflow
from gaita.store import CalendarStore, WorkflowStore


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
        """Begin with nothing read."""
        self._store = store
        self._in_force = in_force
        self._calendars = calendars
        self._read: dict[tuple[str, int], Workflow] = {}
        self._uncertain: dict[tuple[str, int], RootTransaction | None] = {}
        """Versions deployed here, with the transaction that somebody may yet roll back."""

    def deploy(self, connection: Connection, source: bytes | str, name: str, now: datetime) -> Deployment:
        """Deploy the workflow in ``source`` as the next version of its id. Raises ``FaultyFile``.

        The calendar that it counts by is put in force, where none of its name is yet.
        """
        workflow = read(source, name)
        if workflow.calendar is not None:
            kept = {each.calendar.name: each.calendar for each in self._in_force.every(connection)}
            wanted = self._calendars()
            read(source, name, calendars={**wanted, **kept})
            if workflow.calendar not in kept:
                self._in_force.put(connection, wanted[workflow.calendar], "deployment", now)
        latest = self._store.find(connection, workflow.id)
        if latest is not None and latest.digest == workflow.digest:
            return Deployment(self.get(connection, workflow.id, latest.version), new=False)
        workflow = replace(workflow, version=1 if latest is None else latest.version + 1)
        self._store.add(connection, workflow, now)
        self._uncertain[workflow.id, workflow.version] = connection.get_transaction()
        return Deployment(workflow, new=True, staying=self._staying(connection, workflow))

    def _staying(self, connection: Connection, deployed: Workflow) -> Mapping[int, int]:
        staying: dict[int, int] = {}
        for version, state, count in self._store.populations(connection, deployed.id):
            if version != deployed.version:
                final = self.get(connection, deployed.id, version).states[state].final
                staying[version] = staying.get(version, 0) + (0 if final else count)
        return {version: count for version, count in staying.items() if count}

    def get(self, connection: Connection, identity: str, version: int | None = None) -> Workflow:
        """Return a version, the latest unless one is named. Raises ``UnknownWorkflow``."""
        if version is not None:
            known = self._read.get((identity, version))
            if known is not None and self._is_certain((identity, version), connection):
                return known
        found = self._store.find(connection, identity, version)
        if found is None:
            raise UnknownWorkflow(self._unknown(connection, identity, version))
        kept = self._read.get((identity, found.version))
        if kept is None or kept.digest != found.digest:
            kept = read(found.source, f"{identity}@{found.version}", found.version)
            self._read[identity, found.version] = kept
        return kept

    def _is_certain(self, key: tuple[str, int], connection: Connection) -> bool:
        """Whether what was read of a version needs no look at the database.

        It does once after the transaction that deployed it has ended: it may have been rolled back.
        """
        if key not in self._uncertain:
            return True
        deploying = self._uncertain[key]
        if deploying is not None and deploying.is_active:
            return connection.get_transaction() is deploying
        del self._uncertain[key]
        return False

    def _unknown(self, connection: Connection, identity: str, version: int | None) -> str:
        deployed = list(dict.fromkeys(each.id for each in self._store.every(connection)))
        if version is not None and identity in deployed:
            return f"workflow {identity!r} has no version {version}"
        return f"no workflow {identity!r} is deployed; {hint_for(identity, deployed)}"
