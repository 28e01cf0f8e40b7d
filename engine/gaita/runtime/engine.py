"""The engine: the one object that a service embeds."""

from collections.abc import Generator, Iterable, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from pathlib import Path

from sqlalchemy import Connection
from sqlalchemy import Engine as Database
from sqlalchemy.engine import URL

from gaita.arguments import Arguments
from gaita.calendar import WorkingCalendar, public_calendar
from gaita.clock import SystemClock
from gaita.context.context import Context
from gaita.context.situation import situation_of
from gaita.delivery.address_book import AddressBook
from gaita.delivery.digests import DigestPlan, Digests
from gaita.delivery.incident_summaries import IncidentPlan, IncidentSummaries
from gaita.delivery.notice_composer import Summaries
from gaita.delivery.outbox import Outbox
from gaita.delivery.worklist import Worklist
from gaita.errors import BrokenHistory, MalformedCommand
from gaita.history import Record
from gaita.model.command import Extend, Fire, Pause, Resume, SetData, Start
from gaita.model.instance import Instance
from gaita.model.outcome import Explanation
from gaita.model.workflow import Workflow
from gaita.phrase import formed, phrase
from gaita.ports import CalendarSource, Clock, Directory, Recipients
from gaita.runtime.calendars import Calendars
from gaita.runtime.commands import Commands
from gaita.runtime.corrections import Corrections
from gaita.runtime.deadlines import Deadlines
from gaita.runtime.directory import ActorRoles, StatedRoles
from gaita.runtime.incidents import Incidents
from gaita.runtime.instance_ids import InstanceIds
from gaita.runtime.receipt import Receipt
from gaita.runtime.sweep import Sweep, Sweeper
from gaita.runtime.verification import Verification, verify
from gaita.runtime.versions import Deployment, Versions
from gaita.store import (
    DeployedWorkflow,
    Filter,
    LastMoment,
    Tables,
    migrate,
    open_database,
)
from gaita.store.transaction import Transaction


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
        database: Database | URL | str,
        *,
        tables: Tables | None = None,
        clock: Clock | None = None,
        directory: Directory | None = None,
        identities: InstanceIds | None = None,
        calendars: CalendarSource | None = None,
        recipients: Recipients | None = None,
        digests: Iterable[DigestPlan] = (),
        administrators: IncidentPlan | None = None,
        keep_keys: timedelta = timedelta(days=30),
    ) -> None:
        """Wire the engine; the database (a URL, or an SQLAlchemy engine) is not touched yet.

        ``calendars`` are those that working days may be counted by, or a function that makes them where they
        are asked for; unless given, Latvia's. ``recipients`` knows who bears a role; ``digests`` says which
        roles are sent a summary, and when; ``administrators`` how those who bear the role ``administrators``
        are told about incidents (they are not, unless given).
        """
        opened = _opened(database)
        with Arguments(phrase("the engine")) as check:
            if keep_keys < timedelta(0):
                check.wrong(
                    "keep_keys", phrase("expected a span of time, found %(keep_keys)s", keep_keys=keep_keys)
                )
        wanted = calendars if calendars is not None else _latvia
        self._context = Context(opened, tables or Tables(), clock or SystemClock(), wanted)
        self._store = self._context.store
        self._actor_roles = ActorRoles(directory or StatedRoles())
        self.corrections = Corrections(self._context, self._actor_roles)
        self._commander = Commands(
            self._context, self._actor_roles, self.corrections, identities or InstanceIds(), keep_keys
        )
        self.calendars = Calendars(self._context)
        self.versions = Versions(self._context)
        self._sweeper = Sweeper(self._context)
        worklist = Worklist(self._context)
        book = recipients or AddressBook()
        self._digests = Digests(self._context, worklist, digests, book)
        self.watch = self._context.watch
        """Tells whoever listens that somebody has committed: this process, a host, or another one."""
        self.deadlines = Deadlines(self._context, worklist)
        self.incidents = Incidents(self._context)
        self._incident_summaries = IncidentSummaries(self._context, administrators, book)
        summaries: Mapping[str, Summaries] = {
            "digest": self._digests,
            "incidents": self._incident_summaries,
        }
        self.outbox = Outbox(self._context, recipients=book, summaries=summaries)

    # -- the database

    def migrate(self, *, connection: Connection | None = None) -> bool:
        """Bring the schema up to date; return whether anything was done."""
        with self._context.writing(connection) as transaction:
            return migrate(transaction.connection, self._store.tables)

    @contextmanager
    def transaction(self) -> Generator[Connection, None, None]:
        """Give a connection that holds the write lock, to pass to several calls; commit at the end."""
        with self._context.database.lend() as lent:
            yield lent

    def __repr__(self) -> str:
        tables = self._store.tables
        place = f"{tables.schema}.{tables.prefix}" if tables.schema else tables.prefix
        clock = type(self._context.clock).__name__
        return f"<gaita.Engine {self._context.database!r}, tables {place}*, {clock}>"

    def close(self) -> None:
        """Give the database's connections back, also where it is closed already.

        Whatever asks the engine for the database afterwards raises ``EngineClosed``.
        """
        self._context.database.close()

    def now(self) -> datetime:
        """Return the engine's present."""
        return self._context.clock.now()

    def last_moment(self) -> LastMoment | None:
        """Return where the time of a database that was kept from a rehearsal stands; ``None`` for any other.

        Whoever looks into such a database gives the engine a clock that stands there.
        """
        with self._context.reading() as transaction:
            return self._store.last_moment.find(transaction)

    def keep_last_moment(self, zone: str, *, connection: Connection | None = None) -> None:
        """Note the present as the moment at which this database's time stands: what a rehearsal leaves."""
        with Arguments("the last moment") as check:
            zone = check.zone(zone)
        with self._context.writing(connection) as transaction:
            self._store.last_moment.keep(transaction, LastMoment(self._context.clock.now(), zone))

    # -- workflows

    def deploy(
        self,
        source: bytes | str,
        name: str = "workflow.toml",
        *,
        dry_run: bool = False,
        connection: Connection | None = None,
    ) -> Deployment:
        """Deploy a workflow's TOML as the next version of its id; the same content deploys nothing.

        ``name`` is what faults call the file. With ``dry_run`` nothing is deployed; what it would mean for
        running cases is told all the same. Raises ``FaultyFile`` with every fault.
        """
        with Arguments(phrase("the deployment")) as check:
            source, name = check.source(source), check.name(name, "name")
        return self.versions.deploy(source, name, dry_run=dry_run, connection=connection)

    def workflow(
        self, identity: str, version: int | None = None, *, connection: Connection | None = None
    ) -> Workflow:
        """Return a deployed workflow, the latest version unless one is named. Raises ``UnknownWorkflow``."""
        with Arguments(phrase("the question")) as check:
            identity, version = check.name(identity, "identity"), check.version(version)
        with self._context.reading(connection) as transaction:
            return self._context.catalogue.get(transaction, identity, version)

    def workflows(self, *, connection: Connection | None = None) -> list[DeployedWorkflow]:
        """Return every version of every workflow."""
        with self._context.reading(connection) as transaction:
            return self._store.workflows.every(transaction)

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
        started: datetime | None = None,
        entered: Mapping[str, datetime] | None = None,
        version: int | None = None,
        key: str | None = None,
        connection: Connection | None = None,
    ) -> Receipt:
        """Start an instance of the latest (or the named) version.

        ``instance`` is the caller's own id; without one a sortable id is made. With ``state`` or ``since``
        the instance is adopted mid-life, which needs a ``reason``; ``started`` and ``entered`` tell its past,
        for deadlines that count from it. Raises ``UnknownWorkflow``,
        ``InstanceExists``, ``MalformedCommand``, ``KeyReused`` and ``EndlessMoves``.
        """
        with Arguments(phrase("the start")) as check:
            command = Start(
                check.new_instance(instance) or "",
                check.values(data, "data"),
                check.actor(actor),
                check.roles(roles),
                check.optional_name(state, "state"),
                check.optional_moment(since, "since"),
                check.reason(reason),
                check.optional_moment(started, "started"),
                check.moments(entered, "entered"),
            )
            workflow, version = check.name(workflow, "workflow"), check.version(version)
            key = check.key(key)
            if instance is None and key is not None:
                check.wrong("key", phrase("belongs to an instance; give the instance's id as well"))
        return self._commander.start(workflow, command, version=version, key=key, connection=connection)

    def fire(
        self,
        instance: str,
        event: str,
        payload: Mapping[str, object] | None = None,
        *,
        actor: str = "system",
        roles: Sequence[str] | frozenset[str] = (),
        on: date | datetime | None = None,
        notice: str | None = None,
        key: str | None = None,
        connection: Connection | None = None,
    ) -> Receipt:
        """Fire an event.

        ``on``: when it took effect, where that lies in the past: a moment, or a day, which means its last
        instant. What was due since is decided anew (see docs/corrections.md). ``notice``: what those are
        told who were told something wrong meanwhile.

        What the workflow does not allow is answered by a receipt that is not ``accepted``, and explains
        itself. Raises ``UnknownInstance``, ``UnknownEvent``, ``MalformedCommand``, ``KeyReused``,
        ``StuckTimer`` and ``Busy``.
        """
        with Arguments(phrase("the event")) as check:
            command = Fire(
                check.name(event, "event"),
                check.values(payload, "payload"),
                check.actor(actor),
                check.roles(roles),
            )
            instance, key = check.instance(instance), check.key(key)
            on, notice = check.effective(on), check.wording(notice)
        return self._commander.perform(instance, command, key, connection, on, notice)

    def set_data(
        self,
        instance: str,
        values: Mapping[str, object],
        *,
        actor: str = "system",
        roles: Sequence[str] | frozenset[str] = (),
        reason: str | None = None,
        on: date | datetime | None = None,
        notice: str | None = None,
        key: str | None = None,
        connection: Connection | None = None,
    ) -> Receipt:
        """Change data directly; ``None`` clears a field. It takes ``on``, answers and raises as ``fire``."""
        with Arguments(phrase("the change of data")) as check:
            command = SetData(
                check.values(values, "values"), check.actor(actor), check.roles(roles), check.reason(reason)
            )
            instance, key = check.instance(instance), check.key(key)
            on, notice = check.effective(on), check.wording(notice)
        return self._commander.perform(instance, command, key, connection, on, notice)

    def pause(
        self,
        instance: str,
        deadline: str,
        reason: str,
        *,
        actor: str = "system",
        roles: Sequence[str] | frozenset[str] = (),
        on: date | datetime | None = None,
        notice: str | None = None,
        key: str | None = None,
        connection: Connection | None = None,
    ) -> Receipt:
        """Stop the clock of an open deadline, e.g. ``idea.decision``. Answers and raises as ``fire`` does."""
        with Arguments(phrase("the pause")) as check:
            command = Pause(
                check.name(deadline, "deadline"),
                check.reason(reason) or "",
                check.actor(actor),
                check.roles(roles),
            )
            instance, key = check.instance(instance), check.key(key)
            on, notice = check.effective(on), check.wording(notice)
        return self._commander.perform(instance, command, key, connection, on, notice)

    def resume(
        self,
        instance: str,
        deadline: str,
        reason: str | None = None,
        *,
        actor: str = "system",
        roles: Sequence[str] | frozenset[str] = (),
        on: date | datetime | None = None,
        notice: str | None = None,
        key: str | None = None,
        connection: Connection | None = None,
    ) -> Receipt:
        """Let the clock of a paused deadline run again: the same deadline, with the time it had left."""
        with Arguments(phrase("the resumption")) as check:
            command = Resume(
                check.name(deadline, "deadline"), check.reason(reason), check.actor(actor), check.roles(roles)
            )
            instance, key = check.instance(instance), check.key(key)
            on, notice = check.effective(on), check.wording(notice)
        return self._commander.perform(instance, command, key, connection, on, notice)

    def extend(
        self,
        instance: str,
        deadline: str,
        by: str,
        reason: str,
        *,
        actor: str = "system",
        roles: Sequence[str] | frozenset[str] = (),
        on: date | datetime | None = None,
        notice: str | None = None,
        key: str | None = None,
        connection: Connection | None = None,
    ) -> Receipt:
        """Give an open deadline more time (``by``: an amount, e.g. ``10 working days``)."""
        with Arguments(phrase("the extension")) as check:
            command = Extend(
                check.name(deadline, "deadline"),
                check.name(by, "by"),
                check.reason(reason) or "",
                check.actor(actor),
                check.roles(roles),
            )
            instance, key = check.instance(instance), check.key(key)
            on, notice = check.effective(on), check.wording(notice)
        return self._commander.perform(instance, command, key, connection, on, notice)

    # -- looking

    def get(self, instance: str, *, connection: Connection | None = None) -> Instance:
        """Return an instance as stored. Raises ``UnknownInstance``."""
        with Arguments(phrase("the question")) as check:
            instance = check.instance(instance)
        with self._context.reading(connection) as transaction:
            return self._context.load(transaction, instance).instance

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

        ``state`` finds those inside it too, and may be given by its last name alone; ``text`` looks through
        ids and data that is not personal, whatever the case or diacritics; ``overdue``: only those with an
        open deadline that was due. Raises ``UnknownWorkflow``, and ``MalformedCommand`` for a state that no
        workflow has.
        """
        with Arguments(phrase("the list")) as check:
            wanted = Filter(
                check.optional_name(workflow, "workflow"),
                check.optional_name(state, "state"),
                check.optional_name(text, "text"),
                self._context.clock.now() if overdue else None,
            )
            after, limit = check.optional_name(after, "after"), check.limit(limit)
        with self._context.reading(connection) as transaction:
            wanted = self._known(transaction, wanted)
            found = self._store.instances.find(transaction, wanted, after=after, limit=limit + 1)
        instances = tuple(loaded.instance for loaded in found[:limit])
        return Page(instances, instances[-1].id if len(found) > limit else None)

    def _known(self, transaction: Transaction, wanted: Filter) -> Filter:
        """Return the filter with whole names. Raises for a workflow or a state that there is not."""
        catalogue = self._context.catalogue
        if wanted.workflow is not None:
            catalogue.known(transaction, wanted.workflow)
        if wanted.state is None:
            return wanted
        return replace(wanted, state=catalogue.state(transaction, wanted.state, wanted.workflow))

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
        """Return why ``event`` would be accepted or refused now: the same answer that ``fire`` would give.

        Where ``fire`` would raise ``StuckTimer``, the ground is ``stuck``.
        """
        with Arguments(phrase("the question")) as check:
            command = Fire(
                check.name(event, "event"),
                check.values(payload, "payload"),
                check.actor(actor),
                check.roles(roles),
            )
            instance = check.instance(instance)
        command = self._actor_roles.with_roles(command)
        with self._context.reading(connection) as transaction:
            situation = situation_of(self._context, transaction, instance, self._context.clock.now())
        return situation.explain(command)

    def possibilities(
        self,
        instance: str,
        *,
        roles: Sequence[str] | frozenset[str] | None = None,
        connection: Connection | None = None,
    ) -> Mapping[str, Explanation]:
        """Return what each event of the present state would need; ``roles=None``: whoever asks.

        Of a case that is stuck, each has that ground.
        """
        with Arguments(phrase("the question")) as check:
            instance, asked = check.instance(instance), None if roles is None else check.roles(roles)
        with self._context.reading(connection) as transaction:
            situation = situation_of(self._context, transaction, instance, self._context.clock.now())
        return situation.possibilities(asked)

    def history(
        self, instance: str, *, after: int = 0, limit: int | None = None, connection: Connection | None = None
    ) -> Sequence[Record]:
        """Return an instance's records behind number ``after``, in order.

        Raises ``UnknownInstance``, and ``BrokenHistory`` for a record that cannot be read any more.
        """
        with Arguments(phrase("the question")) as check:
            instance, after = check.instance(instance), check.number(after, "after", 0)
            limit = None if limit is None else check.limit(limit)
        with self._context.reading(connection) as transaction:
            self._context.load(transaction, instance)
            records = self._store.records.read(transaction, instance, after=after, limit=limit)
        broken = next((record for record in records if "at" not in record.body), None)
        if broken is not None:
            message = phrase(
                "instance %(instance)s, record %(sequence)s: cannot be read; see `gaita verify`",
                instance=instance,
                sequence=broken.sequence,
            )
            raise BrokenHistory(message)
        return records

    def verify(self, instance: str | None = None, *, connection: Connection | None = None) -> Verification:
        """Hold every table to the histories, of one instance or all; `docs/semantics.md` says what it proves.

        Raises ``UnknownInstance``.
        """
        with Arguments(phrase("the verification")) as check:
            instance = None if instance is None else check.instance(instance)
        with self._context.reading(connection) as transaction:
            return verify(self._context, transaction, instance)

    # -- deadlines

    def run_due(
        self, now: datetime | None = None, *, batch: int = 500, connection: Connection | None = None
    ) -> Sweep:
        """Fire every timer with due ≤ ``now`` (the engine's present, unless given), in batches.

        Each batch is one transaction of ``batch`` timers at most, an instance with many goes on in the next;
        where nothing is due, none is begun. An instance that fails is set aside as an incident; the others
        go on.
        """
        with Arguments(phrase("the sweep")) as check:
            moment = check.optional_moment(now, "now") or self._context.clock.now()
            batch = check.limit(batch, "batch")
        swept = self._sweeper.run(moment, batch, connection)
        digests = self._digests.write_due(moment, connection)
        incidents = self._incident_summaries.write_due(moment, connection)
        self._commander.forget_keys(moment, connection)
        return swept + Sweep(messages=digests + incidents)

    def next_due(self, *, connection: Connection | None = None) -> datetime | None:
        """Return when the next timer or summary is due; in the past, when one waits."""
        with self._context.reading(connection) as transaction:
            timer = self._store.timers.next_due(transaction)
            now = self._context.clock.now()
            digest = self._digests.next_due(transaction, now)
            incidents = self._incident_summaries.next_due(transaction, now)
        return min((each for each in (timer, digest, incidents) if each is not None), default=None)


def _opened(database: object) -> Database:
    match database:
        case str() | URL():
            return open_database(database)
        case Database():
            return database
        case Path():
            advice = str(phrase('; pass "sqlite:///%(database)s"', database=database))
        case _:
            advice = ""
    complaint = phrase(
        "expected a URL or an SQLAlchemy Engine, found %(name)s%(advice)s",
        name=type(database).__name__,
        advice=advice,
    )
    raise MalformedCommand(phrase("the engine"), [formed("database: %(complaint)s", complaint=complaint)])


def _latvia() -> Iterable[WorkingCalendar]:
    return (public_calendar("LV"),)
