"""The catalogue: workflows as deployed, read once and kept."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from gaita.calendar import WorkingCalendar
from gaita.errors import MalformedCommand, UnknownWorkflow
from gaita.fault import hint_for, named, shown
from gaita.language import read
from gaita.model.workflow import Workflow
from gaita.phrase import phrase
from gaita.store import CalendarStore, WorkflowStore
from gaita.store.transaction import Transaction


@dataclass(frozen=True, slots=True)
class Planned:
    """What a deployment does: a version more, or nothing."""

    workflow: Workflow
    """As it is deployed, with its version."""
    before: int
    """The latest version until then; 0: there is none."""
    calendar: WorkingCalendar | None
    """The one that it counts by."""
    puts_in_force: bool
    """Whether nothing is counted by that calendar yet, so that it is put in force."""
    new: bool
    """False: the latest version has the same content already."""


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

    def planned(self, transaction: Transaction, source: bytes | str, name: str) -> Planned:
        """Return what deploying ``source`` would do; nothing is written. Raises ``FaultyFile``."""
        workflow = read(source, name)
        calendar: WorkingCalendar | None = None
        is_wanted = False
        if workflow.calendar is not None:
            kept = {each.calendar.name: each.calendar for each in self._in_force.every(transaction)}
            known = {**self._calendars(), **kept}
            read(source, name, calendars=known)
            calendar, is_wanted = known[workflow.calendar], workflow.calendar not in kept
        latest = self._store.find(transaction, workflow.id)
        if latest is not None and latest.digest == workflow.digest:
            found = self.get(transaction, workflow.id, latest.version, latest.digest)
            return Planned(found, latest.version, calendar, puts_in_force=False, new=False)
        before = 0 if latest is None else latest.version
        workflow = replace(workflow, version=before + 1)
        return Planned(workflow, before, calendar, puts_in_force=is_wanted, new=True)

    def deploy(self, transaction: Transaction, source: bytes | str, name: str, now: datetime) -> Planned:
        """Deploy the workflow in ``source`` as the next version of its id. Raises ``FaultyFile``.

        The calendar that it counts by is put in force, where none of its name is yet.
        """
        planned = self.planned(transaction, source, name)
        if planned.puts_in_force and planned.calendar is not None:
            self._in_force.put(transaction, planned.calendar, "deployment", now)
        if planned.new:
            self._store.add(transaction, planned.workflow, now)
        return planned

    def running(self, transaction: Transaction, identity: str) -> Mapping[int, int]:
        """Return by version how many instances of a workflow have not ended, where any has."""
        running: dict[int, int] = {}
        for version, state, count in self._store.populations(transaction, identity):
            final = self.get(transaction, identity, version).states[state].final
            running[version] = running.get(version, 0) + (0 if final else count)
        return {version: count for version, count in running.items() if count}

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

    def state(self, transaction: Transaction, name: str, workflow: str | None = None) -> str:
        """Return the state that is meant by ``name``: in any version of one workflow, or of all.

        Raises ``MalformedCommand`` for a name that no state bears, or several do.
        """
        states = {
            state
            for each in self._store.every(transaction)
            if workflow in {None, each.id}
            for state in self.get(transaction, each.id, each.version, each.digest).states
        }
        meant = named(name, states)
        if meant is None:
            complaint = phrase(
                "state: there is no state %(name)s; %(hint)s",
                name=shown(name),
                hint=hint_for(name, sorted(states)),
            )
            raise MalformedCommand(phrase("the list"), [complaint])
        return meant

    def known(self, transaction: Transaction, workflow: str) -> str:
        """Return the id of a workflow of which some version is deployed. Raises ``UnknownWorkflow``."""
        if self._store.digest(transaction, workflow, None) is None:
            raise UnknownWorkflow(self._unknown(transaction, workflow, None))
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
