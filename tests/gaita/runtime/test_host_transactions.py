"""A host's own transaction: what the engine does in it is one with it, wherever it is, or it is refused."""

import gc
import sqlite3
import sys
import threading
import traceback
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, create_engine, event, text
from sqlalchemy import Engine as Database
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session
from sqlalchemy.pool import StaticPool

from gaita.clock import ManualClock
from gaita.errors import (
    Busy,
    DatabaseTrouble,
    EndlessMoves,
    GaitaError,
    InstanceExists,
    MalformedCommand,
    PlanChanged,
    StaleTransaction,
    UnknownDelivery,
    UnknownIncident,
)
from gaita.runtime import Engine, Scheduler
from gaita.store import open_database
from tests.gaita.building import COUNTER, T0


def is_begun_by(attribute: bool) -> type[sqlite3.Connection]:
    """Return a driver's connection that begins as Python 3.12's do with ``autocommit`` set."""

    class Begins(sqlite3.Connection):
        autocommit = attribute

        def __init__(self, *arguments: Any, **keywords: Any) -> None:  # noqa: ANN401 - the driver's
            super().__init__(*arguments, **{**keywords, "isolation_level": None})
            self._begin()

        def _begin(self) -> None:
            if not self.autocommit:
                self.execute("BEGIN")

        def commit(self) -> None:
            if not self.autocommit:
                super().commit()
                self._begin()

        def rollback(self) -> None:
            if not self.autocommit:
                super().rollback()
                self._begin()

    return Begins


def begun_by(attribute: bool) -> dict[str, Any]:
    """Return what the driver is called with, so that it begins as ``autocommit`` says."""
    if sys.version_info >= (3, 12):
        return {"autocommit": attribute}
    return {"factory": is_begun_by(attribute)}


def _recipe(url: str) -> Database:
    """Make an engine as SQLAlchemy's documentation does for savepoints on SQLite."""
    made = create_engine(url)
    event.listen(made, "connect", lambda driver, _record: setattr(driver, "isolation_level", None))
    event.listen(made, "begin", lambda connection: connection.exec_driver_sql("BEGIN"))
    return made


HOSTS: dict[str, Callable[[str], Database]] = {
    "ours": open_database,
    "default": create_engine,
    "one connection": lambda url: create_engine(url, pool_size=1, max_overflow=0, pool_timeout=1),
    "autocommit=False": lambda url: create_engine(url, connect_args=begun_by(attribute=False)),
    "begins by a listener": _recipe,
}


@pytest.fixture(params=HOSTS)
def database(request: pytest.FixtureRequest, url: str) -> Iterator[Database]:
    made = HOSTS[request.param](url)
    with made.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE business (name TEXT)")
    yield made
    made.dispose()


@pytest.fixture
def embedded(database: Database, clock: ManualClock) -> Engine:
    """An engine on the host's SQLAlchemy engine, with one instance."""
    made = Engine(database, clock=clock)
    made.migrate()
    made.deploy(COUNTER)
    made.start("case", instance="one")
    return made


def count(engine: Engine) -> object:
    return engine.get("one").data["count"]


def add(engine: Engine, connection: Connection) -> None:
    assert engine.fire("one", "add", {"by": 1}, connection=connection).accepted


def note(connection: Connection) -> None:
    connection.execute(text("INSERT INTO business VALUES ('x')"))


def notes(database: Database) -> int:
    with database.connect() as connection:
        return int(connection.execute(text("SELECT count(*) FROM business")).scalar_one())


def first(engine: Engine, connection: Connection) -> None:
    with connection.begin_nested():
        add(engine, connection)
    note(connection)


def last(engine: Engine, connection: Connection) -> None:
    note(connection)
    with connection.begin_nested():
        add(engine, connection)


def nested(engine: Engine, connection: Connection) -> None:
    with connection.begin_nested():
        note(connection)
        with connection.begin_nested():
            add(engine, connection)


def after_reading(engine: Engine, connection: Connection) -> None:
    connection.execute(text("SELECT * FROM business")).all()
    with connection.begin_nested():
        add(engine, connection)
    note(connection)


def after_asking(engine: Engine, connection: Connection) -> None:
    assert engine.get("one", connection=connection).id == "one"
    add(engine, connection)
    note(connection)


def around_a_failure(engine: Engine, connection: Connection) -> None:
    with suppress(InstanceExists), connection.begin_nested():
        engine.start("case", instance="one", connection=connection)
    add(engine, connection)
    note(connection)


def behind_a_failure(engine: Engine, connection: Connection) -> None:
    with pytest.raises(MalformedCommand):
        engine.fire("one", "add", {"by": "x"}, connection=connection)
    note(connection)
    add(engine, connection)


def rolled_back_in_part(engine: Engine, connection: Connection) -> None:
    inner = connection.begin_nested()
    add(engine, connection)
    inner.rollback()
    add(engine, connection)
    note(connection)


def before_any_statement(engine: Engine, connection: Connection) -> None:
    add(engine, connection)
    note(connection)


PLACES = [
    first, last, nested, after_reading, after_asking, around_a_failure, behind_a_failure, rolled_back_in_part,
    before_any_statement,
]  # fmt: skip


def test_whatever_the_host_does_takes_all_or_keeps_all(embedded: Engine, database: Database) -> None:
    for number, place in enumerate(PLACES):
        with pytest.raises(RuntimeError), database.begin() as connection:  # noqa: PT012 - the host's own block
            place(embedded, connection)
            raise RuntimeError
        assert (count(embedded), notes(database)) == (2 * number, 2 * number), place
        with database.begin() as connection:
            place(embedded, connection)
        assert (count(embedded), notes(database)) == (2 * number + 1, 2 * number + 1), place
        with Session(database) as session:
            place(embedded, session.connection())
            session.rollback()
            place(embedded, session.connection())
            session.commit()
        assert (count(embedded), notes(database)) == (2 * number + 2, 2 * number + 2), place
    assert len(embedded.history("one")) == 1 + 2 * len(PLACES)
    assert embedded.verify().sound
    assert embedded.deadlines.account().balanced


def test_every_method_takes_part_and_none_opens_a_second_connection(
    url: str, clock: ManualClock, engine: Engine
) -> None:
    engine.close()
    database = create_engine(url, pool_size=1, max_overflow=0, pool_timeout=0.2)
    embedded = Engine(database, clock=clock)
    calls: list[Callable[[Connection], object]] = [
        lambda c: embedded.migrate(connection=c),
        lambda c: embedded.deploy(COUNTER, connection=c),
        lambda c: embedded.workflow("case", connection=c),
        lambda c: embedded.workflows(connection=c),
        lambda c: embedded.start("case", instance="one", connection=c),
        lambda c: embedded.fire("one", "add", {"by": 1}, connection=c, key="k"),
        lambda c: embedded.fire("one", "add", {"by": 1}, connection=c, key="k"),
        lambda c: embedded.set_data("one", {"name": "x"}, roles=["clerk"], connection=c),
        lambda c: embedded.get("one", connection=c),
        lambda c: embedded.list(connection=c),
        lambda c: embedded.explain("one", "go", connection=c),
        lambda c: embedded.possibilities("one", connection=c),
        lambda c: embedded.history("one", connection=c),
        lambda c: embedded.verify(connection=c),
        lambda c: embedded.run_due(T0 + timedelta(days=60), connection=c),
        lambda c: embedded.next_due(connection=c),
        lambda c: embedded.deadlines.open(connection=c),
        lambda c: embedded.deadlines.account(connection=c),
        lambda c: embedded.deadlines.ledger("one", connection=c),
        lambda c: embedded.deadlines.worklist(connection=c),
        lambda c: embedded.deadlines.feed(connection=c),
        lambda c: embedded.deadlines.preview("one", connection=c),
        lambda c: embedded.incidents.list(connection=c),
        lambda c: embedded.incidents.retry(7, connection=c),
        lambda c: embedded.outbox.list(connection=c),
        lambda c: embedded.outbox.messages(connection=c),
        lambda c: embedded.outbox.unspread(connection=c),
        lambda c: embedded.outbox.retry(7, connection=c),
        lambda c: embedded.outbox.retry_dead(connection=c),
        lambda c: embedded.outbox.drop(7, "why", connection=c),
        lambda c: embedded.calendars.in_force(connection=c),
        lambda c: embedded.calendars.diff(connection=c),
        lambda c: embedded.calendars.apply("00", connection=c),
        lambda c: embedded.pause("one", "a.soon", "why", connection=c),
        lambda c: embedded.extend("one", "a.soon", "1 day", "why", connection=c),
        lambda c: embedded.resume("one", "a.soon", connection=c),
    ]
    with pytest.raises(RuntimeError), database.begin() as connection:  # noqa: PT012 - the host's own block
        for call in calls:
            with suppress(MalformedCommand, UnknownDelivery, UnknownIncident, PlanChanged):
                call(connection)
        raise RuntimeError
    assert embedded.list().instances == ()
    database.dispose()


def test_an_error_of_the_hosts_own_is_left_as_it_is(embedded: Engine, database: Database) -> None:
    with (
        pytest.raises(OperationalError, match="no such table: nowhere"),
        embedded.transaction() as connection,
    ):
        connection.exec_driver_sql("SELECT * FROM nowhere")
    with pytest.raises(OperationalError), database.begin() as connection:  # noqa: PT012 - the host's own block
        add(embedded, connection)
        connection.exec_driver_sql("SELECT * FROM nowhere")
    assert count(embedded) == 0


def test_a_failed_call_leaves_nothing_behind_and_the_hosts_transaction_usable(
    embedded: Engine, database: Database
) -> None:
    with database.begin() as connection:
        connection.exec_driver_sql(
            "CREATE TRIGGER refuses BEFORE INSERT ON gaita_records BEGIN SELECT RAISE(ABORT, 'no'); END"
        )
    with database.begin() as connection:
        note(connection)
        with pytest.raises(DatabaseTrouble, match="SQLITE_CONSTRAINT_TRIGGER"):
            embedded.start("case", instance="two", connection=connection)
        assert [each.id for each in embedded.list(connection=connection).instances] == ["one"]
        assert len(embedded.deadlines.open(connection=connection)) == 1
        note(connection)
    assert notes(database) == 2


# -- what is refused


def test_a_savepoint_whose_driver_cannot_tell_is_refused_with_the_cure(engine: Engine, url: str) -> None:
    engine.start("case", instance="one")
    other = create_engine(url)
    with other.begin() as connection:
        with connection.begin_nested(), pytest.raises(DatabaseTrouble, match="Make Gaita's Engine with this"):
            add(engine, connection)
        add(engine, connection)
        with connection.begin_nested():  # the driver has begun by now, and it is known
            add(engine, connection)
        assert engine.get("one", connection=connection).data["count"] == 2
        connection.rollback()
    assert count(engine) == 0
    other.dispose()


@pytest.mark.parametrize("how", ["engine", "option", "driver"])
def test_a_connection_that_commits_each_statement_is_refused(engine: Engine, url: str, how: str) -> None:
    options: dict[str, Any] = {"isolation_level": "AUTOCOMMIT"} if how == "engine" else {}
    if how == "driver":
        options["connect_args"] = begun_by(attribute=True)
    database = create_engine(url, **options)
    with database.connect() as connection:
        if how == "option":
            connection.execution_options(isolation_level="AUTOCOMMIT")
        with pytest.raises(DatabaseTrouble, match="commits each statement by itself"):
            engine.start("case", instance="one", connection=connection)
        assert engine.list(connection=connection).instances == ()
    database.dispose()


@pytest.mark.parametrize("attribute", [True, False])
def test_an_engine_whose_driver_has_its_own_way_to_begin_holds_ours(
    engine: Engine, url: str, attribute: bool
) -> None:
    database = create_engine(url, connect_args=begun_by(attribute))
    embedded = Engine(database)
    assert embedded.start("case", instance="one").accepted
    with pytest.raises(MalformedCommand):
        embedded.fire("one", "add", {"by": "x"})
    assert embedded.fire("one", "add", {"by": 1}).accepted
    assert count(engine) == 1
    database.dispose()


def test_a_stale_snapshot_is_told_at_once(engine: Engine, url: str) -> None:
    engine.start("case", instance="one")
    database = create_engine(url, connect_args={**begun_by(attribute=False), "timeout": 60})
    with database.connect() as connection:
        connection.execute(text("SELECT * FROM gaita_instances")).all()
        engine.fire("one", "add", {"by": 1})
        with pytest.raises(StaleTransaction, match="roll it back and begin anew"):
            add(engine, connection)
        connection.rollback()
        add(engine, connection)
        connection.commit()
    assert count(engine) == 2
    database.dispose()


def test_a_connection_to_another_database_is_refused(engine: Engine, tmp_path: Path) -> None:
    other = create_engine(f"sqlite:///{tmp_path / 'other.db'}")
    with (
        other.begin() as connection,
        pytest.raises(MalformedCommand, match=r"leads to .*other\.db, and not to"),
    ):
        engine.start("case", connection=connection)
    other.dispose()


@pytest.mark.parametrize(
    "make",
    [
        lambda: create_engine("sqlite://"),
        lambda: create_engine("sqlite://", poolclass=StaticPool),
        lambda: create_engine("sqlite:///:memory:", poolclass=StaticPool),
    ],
)
def test_a_hosts_engine_in_memory_is_refused(make: Callable[[], Database]) -> None:
    with pytest.raises(DatabaseTrouble, match='pass a file, or the URL "sqlite://" itself'):
        Engine(make())


# -- what was rolled back is never served


def test_a_workflow_that_was_rolled_back_is_never_served(
    engine: Engine, url: str, clock: ManualClock
) -> None:
    other = Engine(url, clock=clock)
    wrong = COUNTER.replace("data.count >= 2", "data.count >= 0")
    right = COUNTER.replace("data.count >= 2", "data.count >= 5")
    with pytest.raises(RuntimeError), engine.transaction() as connection:  # noqa: PT012 - the host's own block
        assert engine.deploy(wrong, connection=connection).workflow.version == 2
        assert other.start("case", instance="one", connection=connection).accepted
        assert other.explain("one", "go", connection=connection).ground is None
        raise RuntimeError
    assert engine.deploy(right).workflow.version == 2
    assert other.start("case", instance="one").accepted
    assert other.explain("one", "go").ground == "guard"
    assert not other.fire("one", "go").accepted
    other.close()


def test_a_workflow_that_a_savepoint_took_back_is_never_served(engine: Engine) -> None:
    with engine.transaction() as connection:
        inner = connection.begin_nested()
        engine.deploy(COUNTER.replace("data.count >= 2", "data.count >= 0"), connection=connection)
        engine.start("case", instance="one", connection=connection)
        inner.rollback()
        engine.deploy(COUNTER.replace("data.count >= 2", "data.count >= 5"), connection=connection)
        engine.start("case", instance="one", connection=connection)
        assert not engine.fire("one", "go", connection=connection).accepted


# -- what follows the commit


def test_a_wake_follows_the_commit_of_ours_and_of_what_is_lent(engine: Engine) -> None:
    woken: list[int] = []

    def wake() -> None:
        woken.append(len(engine.list().instances))  # what was committed is there to be read

    def start(identity: str, connection: Connection | None = None) -> None:
        with engine._context.writing(connection) as held:
            engine.start("case", instance=identity, connection=held.connection)
            held.wake_after_commit(wake)

    start("one")
    assert woken == [1]
    with engine.transaction() as connection:
        start("two", connection)
        start("three", connection)
        assert woken == [1]
    assert woken == [1, 3]
    with pytest.raises(RuntimeError), engine.transaction() as connection:  # noqa: PT012 - the host's own block
        start("four", connection)
        raise RuntimeError
    assert woken == [1, 3]


def test_a_wake_that_fails_takes_nothing_back(engine: Engine) -> None:
    def fails() -> None:
        raise OSError("away")

    with engine._context.writing() as held:
        engine.start("case", instance="one", connection=held.connection)
        held.wake_after_commit(fails)
    assert engine.get("one").id == "one"


# -- several at once


def test_four_starts_of_one_id_at_once_give_one_case(engine: Engine) -> None:
    def start(_number: int) -> str:
        try:
            return "started" if engine.start("case", instance="one").accepted else "refused"
        except InstanceExists:
            return "exists"

    with ThreadPoolExecutor(4) as threads:
        assert sorted(threads.map(start, range(4))) == ["exists"] * 3 + ["started"]
    assert len(engine.history("one")) == 1


# -- in memory


def test_a_database_in_memory_loses_nothing_between_threads_and_under_a_scheduler() -> None:
    engine = Engine("sqlite://")
    engine.migrate()
    engine.deploy(COUNTER)
    scheduler = Scheduler(engine, sweep_every=timedelta(milliseconds=20))
    scheduler.start()
    with engine.transaction() as connection:
        assert engine.start("case", instance="one", connection=connection).accepted
    errors: list[BaseException] = []

    def run() -> None:
        try:
            for _ in range(10):
                assert engine.fire("one", "add", {"by": 1}).accepted
        except BaseException as error:  # noqa: BLE001 - any is a fault
            errors.append(error)

    threads = [threading.Thread(target=run) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    scheduler.stop()
    assert errors == []
    assert count(engine) == 80
    assert engine.verify().sound
    engine.close()


@pytest.mark.parametrize("how", ["closed", "forgotten"])
def test_a_database_in_memory_goes_with_its_engine(how: str) -> None:
    opened = open_database("sqlite://")
    engine = Engine(opened)
    engine.migrate()
    folder = Path(str(opened.url.database)).parent
    assert folder.is_dir()
    if how == "closed":
        engine.close()
    del engine, opened
    gc.collect()
    assert not folder.exists()


# -- what an error says

SECRET = "Ādolfs-1901"


def _shown(error: BaseException) -> str:
    """Return all that anybody can see of an error: its chain too."""
    chain: list[BaseException] = []
    link: BaseException | None = error
    while link is not None and link not in chain:
        chain.append(link)
        link = link.__cause__ or link.__context__
    told = [f"{each!s} {each!r} {each.args!r} {vars(each)!r}" for each in chain]
    return "\n".join([*told, *traceback.format_exception(error)])


def _change(engine: Engine) -> None:
    engine.set_data("one", {"name": SECRET}, actor="anna", roles=["clerk"])


def _begin_two(engine: Engine) -> None:
    engine.start("case", instance="two", data={"name": SECRET})


TROUBLES: dict[str, tuple[str, Callable[[Engine], None], str]] = {
    "trigger": (
        "CREATE TRIGGER t BEFORE UPDATE ON gaita_instances BEGIN SELECT RAISE(ABORT, 'no'); END",
        _change,
        "SQLITE_CONSTRAINT_TRIGGER",
    ),
    "constraint": (
        "CREATE UNIQUE INDEX u ON gaita_records (length(body) > 0)",
        _change,
        "a row of the same|refused",
    ),
    "missing table": ("DROP TABLE gaita_records", _change, "no such table: gaita_records"),
    "missing column": ("ALTER TABLE gaita_records RENAME COLUMN body TO b", _change, "call engine.migrate"),
    "read-only": ("PRAGMA query_only = ON", _change, "SQLITE_READONLY|cannot be written"),
}


@pytest.mark.parametrize("kind", TROUBLES)
@pytest.mark.parametrize("host", ["ours", "default"])
def test_no_error_of_the_database_shows_a_value(
    url: str,
    engine: Engine,
    kind: str,
    host: str,
    capfd: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    engine.start("case", instance="one", data={"name": SECRET})
    statement, act, says = TROUBLES[kind]
    with sqlite3.connect(url.removeprefix("sqlite:///")) as file:
        if not statement.startswith("PRAGMA"):
            file.execute(statement)
    file.close()
    database = HOSTS[host](url)
    if statement.startswith("PRAGMA"):
        event.listen(database, "connect", lambda driver, _record: driver.execute(statement))
    with pytest.raises(GaitaError, match=says) as caught:
        act(Engine(database))
    assert SECRET not in _shown(caught.value)
    assert SECRET not in caplog.text
    assert SECRET not in "".join(capfd.readouterr())
    database.dispose()


def test_a_full_disk_takes_nothing_and_shows_no_value(url: str, engine: Engine) -> None:
    engine.start("case", instance="one")
    database = create_engine(url)
    embedded = Engine(database)
    with database.begin() as connection:
        pages = int(connection.exec_driver_sql("PRAGMA page_count").scalar_one())
    event.listen(database, "checkout", lambda driver, *_: driver.execute(f"PRAGMA max_page_count = {pages}"))
    with pytest.raises(DatabaseTrouble, match="full") as caught:  # noqa: PT012 - one of them fails
        for _ in range(300):
            embedded.set_data("one", {"name": SECRET * 100}, roles=["clerk"])
    assert SECRET not in _shown(caught.value)
    assert embedded.verify().sound
    database.dispose()


def test_a_damaged_file_is_told_and_shows_no_value(url: str, engine: Engine) -> None:
    engine.start("case", instance="one", data={"name": SECRET})
    engine.close()
    path = Path(url.removeprefix("sqlite:///"))
    path.write_bytes(b"no database at all" * 500)
    with pytest.raises(DatabaseTrouble, match="damaged, or no database at all") as caught:
        Engine(url).get("one")
    assert SECRET not in _shown(caught.value)


def test_a_locked_database_is_told_and_shows_no_value(engine: Engine, url: str) -> None:
    engine.start("case", instance="one")
    impatient = Engine(open_database(url, wait_seconds=0))
    with engine.transaction(), pytest.raises(Busy, match="try again") as caught:
        _change(impatient)
    assert SECRET not in _shown(caught.value)


def test_what_the_host_was_handling_stays_in_the_chain(engine: Engine, url: str) -> None:
    impatient = Engine(open_database(url, wait_seconds=0))
    with engine.transaction(), pytest.raises(Busy) as caught:  # noqa: PT012 - the host's own block
        try:
            dict[str, int]()["the host's"]
        except KeyError:
            _begin_two(impatient)
    assert isinstance(caught.value.__context__, KeyError)


def test_endless_moves_in_a_hosts_transaction_leave_it_usable(engine: Engine) -> None:
    endless = COUNTER.replace('id = "case"', 'id = "endless"') + (
        '\n[[transitions]]\nfrom = "b"\nto = "a"\n[[transitions]]\nfrom = "a"\nto = "b"\n'
        'guard = [{ id = "on", check = "data.count >= 2", why = "on" }]\n'
    )
    engine.deploy(endless)
    engine.start("endless", instance="round")
    with engine.transaction() as connection:
        with pytest.raises(EndlessMoves):
            engine.fire("round", "add", {"by": 2}, connection=connection)
        assert engine.fire("round", "add", {"by": 1}, connection=connection).accepted
    assert engine.get("round").data["count"] == 1
