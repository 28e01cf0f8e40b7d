"""The context: what every part of the engine stands on. Database, store, clock, calendars, workflows."""

from collections.abc import Generator, Mapping
from contextlib import contextmanager
from datetime import datetime
from functools import cached_property

from sqlalchemy import Connection
from sqlalchemy import Engine as Opened

from gaita.calendar import WorkingCalendar
from gaita.context.catalogue import Catalogue
from gaita.context.watch import Watch
from gaita.errors import DatabaseTrouble, UnknownInstance
from gaita.model.workflow import Workflow
from gaita.phrase import phrase
from gaita.ports import CalendarSource, Clock
from gaita.step import Facts
from gaita.store import Database, Loaded, Tables
from gaita.store.commit_watch import CommitWatch
from gaita.store.store import Store
from gaita.store.transaction import Transaction


class Context:
    """Opens transactions, and finds instances with their workflows."""

    def __init__(self, database: Opened, tables: Tables, clock: Clock, calendars: CalendarSource) -> None:
        """Put it together; the database is not touched yet."""
        self.database = Database(database, tables)
        self.watch = Watch(lambda: CommitWatch(database))
        self.store = Store(tables)
        self.clock = clock
        self._wanted = calendars
        self.catalogue = Catalogue(self.store.workflows, self.store.calendars, lambda: self.calendars)

    @cached_property
    def calendars(self) -> Mapping[str, WorkingCalendar]:
        """The calendars as the settings want them. Deadlines are counted by those in force: see ``facts``."""
        wanted = self._wanted() if callable(self._wanted) else self._wanted
        return {each.name: each for each in wanted}

    @contextmanager
    def writing(self, host: Connection | None = None) -> Generator[Transaction, None, None]:
        """Give a transaction that holds the write lock: ours, or what takes part in the host's."""
        with self.database.writing(host) as transaction:
            yield transaction

    @contextmanager
    def reading(self, host: Connection | None = None) -> Generator[Transaction, None, None]:
        """Give a transaction that sees one consistent picture: ours, or what takes part in the host's."""
        with self.database.reading(host) as transaction:
            yield transaction

    def facts(self, transaction: Transaction, workflow: Workflow, now: datetime) -> Facts:
        """Return what a step may know: the time, and the calendar in force where the workflow needs one."""
        if workflow.calendar is None or not workflow.counts_working_time:
            return Facts(now)
        kept = self.store.calendars.find(transaction, workflow.calendar)
        if kept is not None:
            return Facts(now, kept.calendar)
        message = phrase(
            "workflow %(key)s counts working days by the calendar %(calendar)s, which the database"
            " does not hold; it is put in force when the workflow is deployed",
            key=workflow.key,
            calendar=repr(workflow.calendar),
        )
        raise DatabaseTrouble(message)

    def load(self, transaction: Transaction, identity: str, *, for_update: bool = False) -> Loaded:
        """Return an instance as stored. Raises ``UnknownInstance``."""
        loaded = self.store.instances.load(transaction, identity, for_update=for_update)
        if loaded is None:
            message = phrase(
                "there is no instance %(identity)s; `list` shows those there are", identity=repr(identity)
            )
            raise UnknownInstance(message)
        return loaded

    def with_workflow(
        self, transaction: Transaction, identity: str, *, for_update: bool = False
    ) -> tuple[Workflow, Loaded]:
        """Return an instance and the version of the workflow that it runs."""
        loaded = self.load(transaction, identity, for_update=for_update)
        instance = loaded.instance
        workflow = self.catalogue.get(
            transaction, instance.workflow, instance.workflow_version, loaded.workflow_digest
        )
        return workflow, loaded
