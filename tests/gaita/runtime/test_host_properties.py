"""Whatever a host does with its transactions and savepoints: nothing is lost, and nothing is left behind."""

import shutil
import sqlite3
import tempfile
import threading
from collections.abc import Callable
from contextlib import closing
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings, strategies
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from sqlalchemy import Connection, NestedTransaction, create_engine, event, text
from sqlalchemy import Engine as Database

from gaita.clock import ManualClock
from gaita.errors import Busy, InstanceExists, MalformedCommand, StaleTransaction
from gaita.runtime import Engine
from gaita.store import open_database
from tests.gaita.building import COUNTER, T0

NAMES = strategies.sampled_from(["one", "two"])
Model = dict[str, int]
"""Each instance's count, and under the empty name the rows of the host's own table."""


def plain(url: str) -> Database:
    """Make an engine as a host does, but for the time that a disk takes."""
    made = create_engine(url, connect_args={"timeout": 0})
    event.listen(made, "connect", lambda driver, _record: driver.execute("PRAGMA synchronous = OFF"))
    return made


@cache
def template() -> bytes:
    """Return a database with the schema, a workflow and a table of the host's."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "template.db"
        opened = open_database(f"sqlite:///{file}")
        made = Engine(opened)
        made.migrate()
        made.deploy(COUNTER)
        with opened.begin() as connection:
            connection.exec_driver_sql("CREATE TABLE business (name TEXT)")
        made.close()
        return file.read_bytes()


class HostTransactions(RuleBasedStateMachine):
    """One host with at most one transaction, another user of the same database, and a model of both."""

    make: Callable[[str], Database] = staticmethod(plain)

    @initialize()
    def open(self) -> None:
        self.folder = tempfile.mkdtemp()
        self.file = Path(self.folder) / "gaita.db"
        self.file.write_bytes(template())
        url = f"sqlite:///{self.file}"
        self.database = self.make(url)
        self.engine = Engine(self.database, clock=ManualClock(T0))
        self.other = Engine(open_database(url, wait_seconds=0, synchronous="OFF"), clock=ManualClock(T0))
        self.committed: Model = {"": 0}
        self.current: Model = {"": 0}
        self.wrote = False
        """Whether the host's transaction holds the lock: until then others may commit, and it sees that."""
        self.savepoints: list[tuple[NestedTransaction, Model | None]] = []
        self.connection: Connection | None = None

    def teardown(self) -> None:
        if hasattr(self, "savepoints"):
            if self.connection is not None:
                self.roll_back()
            self.agrees()
            assert self.other.verify().sound
            assert self.other.deadlines.account().balanced
            self.other.close()
            self.database.dispose()
            shutil.rmtree(self.folder)

    @property
    def host(self) -> Connection:
        assert self.connection is not None
        return self.connection

    # -- the host

    @precondition(lambda self: self.connection is None)
    @rule()
    def begin(self) -> None:
        self.connection = self.database.connect()
        self.connection.begin()
        self.current, self.wrote = dict(self.committed), False

    @precondition(lambda self: self.connection is not None and len(self.savepoints) < 3)
    @rule()
    def set_savepoint(self) -> None:
        before = dict(self.current) if self.wrote else None
        self.savepoints.append((self.host.begin_nested(), before))

    @precondition(lambda self: self.savepoints)
    @rule(back=strategies.booleans())
    def end_savepoint(self, back: bool) -> None:
        savepoint, before = self.savepoints.pop()
        if back:
            savepoint.rollback()
            self.current = dict(self.committed) if before is None else before
        else:
            savepoint.commit()

    @precondition(lambda self: self.connection is not None)
    @rule()
    def commit(self) -> None:
        transaction = self.host.get_transaction()
        assert transaction is not None
        transaction.commit()
        self.host.close()
        self.connection, self.savepoints = None, []
        if self.wrote:
            self.committed = self.current

    @precondition(lambda self: self.connection is not None)
    @rule()
    def roll_back(self) -> None:
        self.host.rollback()
        self.host.close()
        self.connection, self.savepoints = None, []

    @precondition(lambda self: self.connection is not None)
    @rule()
    def note(self) -> None:
        try:
            self.host.execute(text("INSERT INTO business VALUES ('x')"))
        except Exception as error:
            if "locked" not in str(error):
                raise
            self.roll_back()
        else:
            self._write()
            self.current[""] += 1

    def _write(self) -> None:
        """Note that the host's transaction has written: from its first write on, nobody else does."""
        if not self.wrote:
            self.current, self.wrote = dict(self.committed), True

    # -- the engine

    def _call(self, act: Callable[..., Any], connection: Connection | None, model: Model, name: str) -> None:
        try:
            act(connection)
        except StaleTransaction:
            assert connection is not None
            self.roll_back()
        except Busy:
            if connection is not None:  # it has read, and somebody else was quicker
                self.roll_back()
        except InstanceExists:
            assert name in model
        else:
            model[name] = model.get(name, -1) + 1
            self.wrote = self.wrote or connection is not None

    @precondition(lambda self: self.connection is not None)
    @rule(name=NAMES)
    def act_within(self, name: str) -> None:
        if not self.wrote:
            self.current = dict(self.committed)
        self._act(self.engine, name, self.host, self.current)

    @rule(name=NAMES)
    def act_apart(self, name: str) -> None:
        self._act(self.other, name, None, self.committed)

    def _act(self, engine: Engine, name: str, connection: Connection | None, model: Model) -> None:
        if name in model:
            self._call(lambda c: engine.fire(name, "add", {"by": 1}, connection=c), connection, model, name)
        else:
            self._call(lambda c: engine.start("case", instance=name, connection=c), connection, model, name)

    @precondition(lambda self: self.connection is not None and "one" in self.current)
    @rule(within=strategies.booleans())
    def fail(self, within: bool) -> None:
        del within
        try:
            with pytest.raises((MalformedCommand, InstanceExists)):
                self.engine.start("case", instance="one", data={"count": "x"}, connection=self.host)
        except Busy:
            self.roll_back()

    @precondition(lambda self: self.connection is not None)
    @rule()
    def look(self) -> None:
        instances = self.engine.list(connection=self.host).instances
        found: dict[str, Any] = {each.id: each.data["count"] for each in instances}
        assert found.keys() >= {name for name in self.current if name}
        for name, count in self.current.items():
            assert not name or found[name] >= count  # what others committed meanwhile may be there too

    @invariant()
    def agrees(self) -> None:
        if not hasattr(self, "other"):
            return
        instances = self.other.list().instances
        found = {each.id: each.data["count"] for each in instances}
        expected = {name: count for name, count in self.committed.items() if name}
        assert found == expected
        with closing(sqlite3.connect(self.file)) as file:
            assert file.execute("SELECT count(*) FROM business").fetchone() == (self.committed[""],)


class OurConnections(HostTransactions):
    """The same on an engine of ours, whose transactions hold the lock from their beginning."""

    make = staticmethod(lambda url: open_database(url, wait_seconds=0, synchronous="OFF"))


SHORT = settings(
    max_examples=5, stateful_step_count=15, deadline=None, suppress_health_check=list(HealthCheck)
)
LONG = settings(SHORT, max_examples=400, stateful_step_count=50)


def test_a_hosts_transactions_on_a_plain_engine_agree_with_the_model() -> None:
    run(HostTransactions, SHORT)


def test_a_hosts_transactions_on_an_engine_of_ours_agree_with_the_model() -> None:
    run(OurConnections, SHORT)


@pytest.mark.soak
@pytest.mark.parametrize("machine", [HostTransactions, OurConnections])
def test_a_hosts_transactions_agree_with_the_model_for_long(machine: type[HostTransactions]) -> None:
    run(machine, LONG)


def run(machine: type[HostTransactions], how: settings) -> None:
    case = machine.TestCase
    case.settings = how
    case().runTest()


def test_threads_with_transactions_of_their_own_lose_nothing(engine: Engine, url: str) -> None:
    engine.start("case", instance="one")
    database = create_engine(url, connect_args={"timeout": 60})
    embedded = Engine(database)

    def work() -> None:
        for number in range(6):
            with database.connect() as connection:
                with connection.begin_nested():
                    embedded.fire("one", "add", {"by": 1}, connection=connection)
                with pytest.raises(MalformedCommand):
                    embedded.fire("one", "add", {"by": 0}, connection=connection)
                if number % 2:
                    connection.commit()
                else:
                    connection.rollback()

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert engine.get("one").data["count"] == 12
    assert engine.verify().sound
    database.dispose()
