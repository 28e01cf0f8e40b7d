"""The engine: the one object that a service embeds."""

import json
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256

from sqlalchemy import Connection
from sqlalchemy import Engine as Database

from gaita.clock import Clock, SystemClock, as_utc
from gaita.engine.catalogue import Catalogue, Deployment
from gaita.engine.delivery import Channel, Courier, Delivered
from gaita.engine.directory import Directory, StatedRoles
from gaita.engine.identity import Identities
from gaita.engine.receipt import Receipt
from gaita.engine.sweep import Sweep, Sweeper
from gaita.engine.verification import Verification, verify_endings, verify_history
from gaita.engine.writing import Store, happened
from gaita.errors import (
    BrokenHistory,
    DatabaseTrouble,
    EndlessMoves,
    FaultyFile,
    InstanceExists,
    KeyReused,
    MalformedCommand,
    StuckTimer,
    UnknownIncident,
    UnknownInstance,
    UnknownWorkflow,
)
from gaita.model.command import Command, Fire, SetData, Start
from gaita.model.instance import Instance
from gaita.model.outcome import Accepted, Explanation, Outcome, Trouble
from gaita.model.workflow import Workflow
from gaita.step import Facts, Record, explain, possibilities, settle, step
from gaita.store import (
    Account,
    DeployedWorkflow,
    Filter,
    Incident,
    KeptKey,
    Loaded,
    OpenDeadline,
    Parcel,
    Tables,
    begin_reading,
    begin_writing,
    migrate,
    open_database,
)

_LONGEST_NAME = 200


@dataclass(frozen=True, slots=True)
class Page:
    """Some instances of a longer list."""

    instances: tuple[Instance, ...]
    next: str | None
    """Give it as ``after`` to get the page behind; ``None``: this was the last."""


class Engine:
    """Workflows, their instances and their deadlines on one database.

    Every method that changes something runs in a transaction of its own, or in the host's where it passes
    its ``connection``: then the host commits. Safe to share between threads.
    """

    def __init__(
        self,
        database: Database | str,
        *,
        tables: Tables | None = None,
        clock: Clock | None = None,
        directory: Directory | None = None,
        identities: Identities | None = None,
        keep_keys: timedelta = timedelta(days=30),
    ) -> None:
        """Wire the engine; the database (a URL, or an SQLAlchemy engine) is not touched yet."""
        self._database = open_database(database) if isinstance(database, str) else database
        self._store = Store(tables or Tables())
        self._clock = clock or SystemClock()
        self._directory = directory or StatedRoles()
        self._identities = identities or Identities()
        self._keep_keys = keep_keys
        self._catalogue = Catalogue(self._store.workflows)
        self._sweeper = Sweeper(self._store, self._catalogue)
        self._courier = Courier(self._database, self._store, self._catalogue, self._clock)
        self._armed: Callable[[], None] | None = None

    # -- the database

    def migrate(self) -> bool:
        """Bring the schema up to date; return whether anything was done."""
        with self.transaction() as connection:
            return migrate(connection, self._store.tables)

    @contextmanager
    def transaction(self) -> Generator[Connection, None, None]:
        """Give a connection that holds the write lock, to pass to several calls; commit at the end."""
        with begin_writing(self._database, self._store.tables) as connection:
            yield connection

    def close(self) -> None:
        """Give the database's connections back."""
        self._database.dispose()

    def now(self) -> datetime:
        """Return the engine's present."""
        return self._clock.now()

    # -- workflows

    def deploy(
        self, source: bytes | str, name: str = "workflow.toml", *, connection: Connection | None = None
    ) -> Deployment:
        """Deploy a workflow's TOML as the next version of its id; the same content deploys nothing.

        ``name`` is what faults call the file. Raises ``FaultyFile`` with every fault.
        """
        with self._writing(connection) as held:
            return self._catalogue.deploy(held, source, name, self._clock.now())

    def workflow(self, identity: str, version: int | None = None) -> Workflow:
        """Return a deployed workflow, the latest version unless one is named. Raises ``UnknownWorkflow``."""
        with self._reading(None) as held:
            return self._catalogue.get(held, identity, version)

    def workflows(self) -> list[DeployedWorkflow]:
        """Return every version of every workflow."""
        with self._reading(None) as held:
            return self._store.workflows.every(held)

    # -- commands

    def start(
        self,
        workflow: str,
        *,
        instance: str | None = None,
        data: Mapping[str, object] | None = None,
        actor: str = "system",
        roles: Sequence[str] | frozenset[str] = (),
        state: str | None = None,
        since: datetime | None = None,
        reason: str | None = None,
        version: int | None = None,
        key: str | None = None,
        connection: Connection | None = None,
    ) -> Receipt:
        """Start an instance of the latest (or the named) version.

        ``instance`` is the caller's own id; without one a sortable id is made. With ``state`` or ``since``
        the instance is adopted mid-life, which needs a ``reason``. Raises ``UnknownWorkflow``,
        ``InstanceExists``, ``MalformedCommand``, ``KeyReused`` and ``EndlessMoves``.
        """
        now = self._clock.now()
        if instance is None and key is not None:
            raise MalformedCommand(
                "the start", ["key: belongs to an instance; give the instance's id as well"]
            )
        identity = self._identities.new(now) if instance is None else instance
        if not 0 < len(identity) <= _LONGEST_NAME or not identity.isprintable():
            complaint = (
                f"instance: expected 1 to {_LONGEST_NAME} printable characters, found {identity[:60]!r}"
            )
            raise MalformedCommand("the start", [complaint])
        vouched = self._directory.roles_of(actor, frozenset(roles))
        since = None if since is None else as_utc(since)
        command = Start(identity, data or {}, actor, vouched, state, since, reason)
        with self._writing(connection) as held:
            declared = self._catalogue.get(held, workflow, version)
            if self._store.instances.load(held, identity) is not None:
                if key is not None:
                    return self._repeat(held, identity, key, command)
                message = f"instance {identity!r} exists already; choose another id, or fire an event on it"
                raise InstanceExists(message)
            outcome = step(declared, None, command, Facts(now))
            self._store.write(held, [happened(declared, None, [outcome])], now)
            self._keep(held, identity, key, command, outcome, now)
        self._tell_armed([outcome])
        return Receipt.of(outcome, 0)

    def fire(
        self,
        instance: str,
        event: str,
        payload: Mapping[str, object] | None = None,
        *,
        actor: str = "system",
        roles: Sequence[str] | frozenset[str] = (),
        key: str | None = None,
        connection: Connection | None = None,
    ) -> Receipt:
        """Fire an event.

        What the workflow does not allow is answered by a receipt that is not ``accepted``, and explains
        itself. Raises ``UnknownInstance``, ``UnknownEvent``, ``MalformedCommand``, ``KeyReused``,
        ``StuckTimer`` and ``Busy``.
        """
        vouched = self._directory.roles_of(actor, frozenset(roles))
        return self._perform(instance, Fire(event, payload or {}, actor, vouched), key, connection)

    def set_data(
        self,
        instance: str,
        values: Mapping[str, object],
        *,
        actor: str = "system",
        roles: Sequence[str] | frozenset[str] = (),
        reason: str | None = None,
        key: str | None = None,
        connection: Connection | None = None,
    ) -> Receipt:
        """Change data directly; ``None`` clears a field. Answers and raises as ``fire`` does."""
        vouched = self._directory.roles_of(actor, frozenset(roles))
        return self._perform(instance, SetData(values, actor, vouched, reason), key, connection)

    # -- looking

    def get(self, instance: str, *, connection: Connection | None = None) -> Instance:
        """Return an instance as stored. Raises ``UnknownInstance``."""
        with self._reading(connection) as held:
            return self._load(held, instance).instance

    def list(
        self,
        *,
        workflow: str | None = None,
        state: str | None = None,
        text: str | None = None,
        overdue: bool = False,
        after: str | None = None,
        limit: int = 100,
        connection: Connection | None = None,
    ) -> Page:
        """Return instances in order of id, ``limit`` at a time.

        ``state`` finds those inside it too; ``text`` looks through ids and data that is not personal,
        whatever the case or diacritics; ``overdue``: only those with an open deadline that was due.
        """
        wanted = Filter(workflow, state, text, self._clock.now() if overdue else None)
        with self._reading(connection) as held:
            found = self._store.instances.find(held, wanted, after=after, limit=limit + 1)
        instances = tuple(loaded.instance for loaded in found[:limit])
        return Page(instances, instances[-1].id if len(found) > limit else None)

    def explain(
        self,
        instance: str,
        event: str,
        payload: Mapping[str, object] | None = None,
        *,
        actor: str = "system",
        roles: Sequence[str] | frozenset[str] = (),
        connection: Connection | None = None,
    ) -> Explanation:
        """Return why ``event`` would be accepted or refused now: the same answer that ``fire`` would give."""
        vouched = self._directory.roles_of(actor, frozenset(roles))
        command = Fire(event, payload or {}, actor, vouched)
        with self._reading(connection) as held:
            workflow, loaded = self._with_workflow(held, instance)
        return explain(workflow, loaded.instance, command, Facts(self._clock.now()))

    def possibilities(
        self,
        instance: str,
        *,
        roles: Sequence[str] | frozenset[str] | None = None,
        connection: Connection | None = None,
    ) -> Mapping[str, Explanation]:
        """Return what each event of the present state would need; ``roles=None``: whoever asks."""
        with self._reading(connection) as held:
            workflow, loaded = self._with_workflow(held, instance)
        asked = None if roles is None else frozenset(roles)
        return possibilities(workflow, loaded.instance, asked, Facts(self._clock.now()))

    def history(
        self, instance: str, *, after: int = 0, limit: int | None = None, connection: Connection | None = None
    ) -> Sequence[Record]:
        """Return an instance's records behind number ``after``, in order.

        Raises ``UnknownInstance``, and ``BrokenHistory`` for a record that cannot be read any more.
        """
        with self._reading(connection) as held:
            self._load(held, instance)
            records = self._store.records.read(held, instance, after=after, limit=limit)
        broken = next((record for record in records if "at" not in record.body), None)
        if broken is not None:
            message = f"instance {instance}, record {broken.sequence}: cannot be read; see `gaita verify`"
            raise BrokenHistory(message)
        return records

    def verify(self, instance: str | None = None) -> Verification:
        """Check the history of one instance, or of all, against its hashes and against what is stored."""
        findings: list[str] = []
        instances = records = 0
        heads = sha256()
        after: str | None = None
        with self._reading(None) as held:
            if instance is None:
                findings.extend(
                    f"instance {orphan}: has a history, but the instance itself was removed"
                    for orphan in self._store.records.orphans(held, self._store.tables.instances)
                )
            while True:
                identities = (
                    [instance]
                    if instance is not None
                    else self._store.instances.identities(held, after=after, limit=200)
                )
                for identity in identities:
                    history = self._store.records.read(held, identity)
                    instances, records = instances + 1, records + len(history)
                    try:
                        workflow, loaded = self._with_workflow(held, identity)
                    except (DatabaseTrouble, FaultyFile, UnknownWorkflow) as error:
                        findings.append(f"instance {identity}: {error}")
                        continue
                    found = verify_history(workflow, loaded.instance, loaded.head, history)
                    findings.extend(
                        found
                        or verify_endings(identity, history, self._store.instances.endings(held, identity))
                    )
                    heads.update(f"{identity} {loaded.head}\n".encode())
                if instance is not None or not identities:
                    return Verification(instances, records, tuple(findings), heads.hexdigest())
                after = identities[-1]

    # -- deadlines

    def run_due(
        self, now: datetime | None = None, *, batch: int = 500, connection: Connection | None = None
    ) -> Sweep:
        """Fire every timer with due ≤ ``now`` (the engine's present, unless given), in batches.

        Each batch is one transaction. An instance that fails is set aside as an incident; the others go on.
        """
        moment = self._clock.now() if now is None else as_utc(now)
        total = Sweep()
        while True:
            with self._writing(connection) as held:
                done = self._sweeper.batch(held, moment, batch)
            if done is None:
                break
            total += done
        self._forget_keys(moment, connection)
        return total

    def next_due(self, *, connection: Connection | None = None) -> datetime | None:
        """Return when the next timer is due; in the past, when one waits to be fired."""
        with self._reading(connection) as held:
            return self._store.timers.next_due(held)

    def open_deadlines(self, *, before: datetime | None = None, limit: int = 100) -> Sequence[OpenDeadline]:
        """Return open deadlines, the earliest due first."""
        with self._reading(None) as held:
            return self._store.timers.open_deadlines(held, before, limit)

    def account(self) -> Account:
        """Return the account of deadlines: armed = met + missed + superseded + withdrawn + open."""
        with self._reading(None) as held:
            return self._store.accounts.read(held, self._clock.now())

    def on_armed(self, listener: Callable[[], None] | None) -> None:
        """Call ``listener`` after each of the engine's own commits that armed a deadline."""
        self._armed = listener

    # -- messages and incidents

    def deliver(self, channel: Channel) -> Delivered:
        """Hand every waiting message to ``channel``, once each."""
        return self._courier.round(channel)

    def messages(self, *, after: int = 0, limit: int = 1000) -> Sequence[Parcel]:
        """Return messages in the order they were written, behind number ``after``."""
        with self._reading(None) as held:
            return self._store.outbox.every(held, after=after, most=limit)

    def incidents(self, *, closed: bool = False) -> Sequence[Incident]:
        """Return the open incidents; ``closed``: those that are closed as well."""
        with self._reading(None) as held:
            return self._store.incidents.every(held, closed=closed)

    def retry(self, incident: int, *, actor: str = "system") -> int:
        """Close an incident and let the timers that it held back run again; return how many they are.

        What fails again opens a new one. Raises ``UnknownIncident``.
        """
        with self._writing(None) as held:
            found = self._store.incidents.find(held, incident)
            if found is None or found.closed_at is not None:
                message = f"there is no open incident {incident}"
                raise UnknownIncident(message)
            self._store.incidents.close(held, incident, actor, self._clock.now())
            released = self._store.timers.release(held, incident)
        if released and self._armed is not None:
            self._armed()
        return released

    # -- inside

    def _perform(
        self, identity: str, command: Fire | SetData, key: str | None, connection: Connection | None
    ) -> Receipt:
        now = self._clock.now()
        try:
            with self._writing(connection) as held:
                workflow, loaded = self._with_workflow(held, identity, for_update=True)
                if key is not None and self._store.keys.find(held, identity, key) is not None:
                    return self._repeat(held, identity, key, command)
                settled = self._settle(workflow, loaded, now)
                instance = settled[-1].after if settled else loaded.instance
                outcome = step(workflow, instance, command, Facts(now))
                outcomes = (*settled, outcome)
                self._store.write(held, [happened(workflow, loaded, outcomes)], now)
                self._keep(held, identity, key, command, outcome, now)
        except StuckTimer as error:
            if connection is None:  # in the host's transaction it is left to the next sweep
                self._set_aside(identity, error, now)
            raise
        except EndlessMoves as error:
            if connection is None:  # in the host's transaction the caller alone hears of it
                self._tell_of(identity, Trouble("endless_moves", str(error)), now)
            raise
        self._tell_armed(outcomes)
        return Receipt.of(outcome, len(settled))

    def _settle(self, workflow: Workflow, loaded: Loaded, now: datetime) -> tuple[Outcome, ...]:
        try:
            return tuple(settle(workflow, loaded.instance, Facts(now)))
        except EndlessMoves as error:
            message = f"a due timer of instance {loaded.instance.id!r} cannot be carried out: {error}"
            raise StuckTimer(message) from error

    def _set_aside(self, identity: str, error: StuckTimer, now: datetime) -> None:
        with self._writing(None) as held:
            if not self._store.timers.is_held(held, identity):
                self._store.set_aside(held, identity, error, now)

    def _tell_of(self, identity: str, trouble: Trouble, now: datetime) -> None:
        """Open an incident, unless an equal one is open."""
        with self._writing(None) as held:
            told = {(each.instance, each.code, each.message) for each in self._store.incidents.every(held)}
            if (identity, trouble.code, trouble.message) not in told:
                self._store.incidents.open(held, identity, trouble, now)

    def _with_workflow(
        self, connection: Connection, identity: str, *, for_update: bool = False
    ) -> tuple[Workflow, Loaded]:
        loaded = self._load(connection, identity, for_update=for_update)
        instance = loaded.instance
        return self._catalogue.get(connection, instance.workflow, instance.workflow_version), loaded

    def _load(self, connection: Connection, identity: str, *, for_update: bool = False) -> Loaded:
        loaded = self._store.instances.load(connection, identity, for_update=for_update)
        if loaded is None:
            message = f"there is no instance {identity!r}; `list` shows those there are"
            raise UnknownInstance(message)
        return loaded

    def _repeat(self, connection: Connection, identity: str, key: str, command: Command) -> Receipt:
        kept = self._store.keys.find(connection, identity, key)
        if kept is None:
            message = f"instance {identity!r} exists already, and was not started with the key {key!r}"
            raise InstanceExists(message)
        if kept.command != _digest(command):
            message = f"the key {key!r} of instance {identity!r} was used before with another command"
            raise KeyReused(message)
        return Receipt.again(
            self._store.records.read(connection, identity, after=kept.sequence - 1, limit=1)[0]
        )

    def _keep(
        self,
        connection: Connection,
        identity: str,
        key: str | None,
        command: Command,
        outcome: Outcome,
        now: datetime,
    ) -> None:
        if key is not None and isinstance(outcome, Accepted):
            self._store.keys.keep(
                connection, identity, key, KeptKey(_digest(command), outcome.after.sequence), now
            )

    def _forget_keys(self, now: datetime, connection: Connection | None) -> None:
        with self._writing(connection) as held:
            self._store.keys.forget(held, now - self._keep_keys)

    def _tell_armed(self, outcomes: Sequence[Outcome]) -> None:
        if self._armed is not None and any(isinstance(each, Accepted) and each.armed for each in outcomes):
            self._armed()

    @contextmanager
    def _writing(self, host: Connection | None) -> Generator[Connection, None, None]:
        with begin_writing(self._database, self._store.tables, host) as connection:
            yield connection

    @contextmanager
    def _reading(self, host: Connection | None) -> Generator[Connection, None, None]:
        with begin_reading(self._database, host) as connection:
            yield connection


def _digest(command: Command) -> str:
    """What makes two commands the same: what is asked, by whom, with which values."""
    match command:
        case Fire():
            asked: list[object] = ["fire", command.actor, command.event, command.payload]
        case SetData():
            asked = ["set", command.actor, command.values, command.reason]
        case Start():
            asked = ["start", command.actor, command.data, command.state, command.since, command.reason]
        case _:
            asked = [command]
    return sha256(json.dumps(asked, sort_keys=True, default=str).encode()).hexdigest()
