"""What an older release wrote is carried on by this one: nothing is lost, nothing is told twice."""

import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import inspect

from gaita.clock import ManualClock
from gaita.errors import DatabaseTrouble
from gaita.runtime import Engine
from gaita.store import Tables, migrate, open_database, schema_version
from tests.gaita.building import COUNTER, at
from tests.gaita.delivery.delivering import BOOK, Told, routes_of

FIRST_RELEASE = Path(__file__).parent / "first_release.sql"
"""The rows of a database that the first release, with schema 0001, wrote and delivered from."""
UPGRADED = at("2024-03-14T23:30")
"""Half an hour after it was run for the last time."""


@dataclass(frozen=True, slots=True)
class Old:
    """A database of the first release, and the tables behind its prefix."""

    path: Path
    tables: Tables

    @property
    def url(self) -> str:
        return f"sqlite:///{self.path}"


def make_schema(old: Old, revision: str) -> None:
    """Bring a database to a revision, as ``migrate`` brings it to the newest."""
    database = open_database(old.url)
    with database.begin() as connection:
        assert migrate(connection, old.tables, revision)
    with database.connect() as connection:
        assert schema_version(connection, old.tables) == revision
    database.dispose()


@pytest.fixture(params=["gaita_", "host_"])
def old(request: pytest.FixtureRequest, tmp_path: Path) -> Old:
    made = Old(tmp_path / "old.db", Tables(request.param))
    make_schema(made, "0001")
    rows = FIRST_RELEASE.read_text(encoding="utf-8")
    with closing(sqlite3.connect(made.path)) as file:
        file.executescript(rows.replace('INSERT INTO "gaita_', f'INSERT INTO "{request.param}'))
        file.commit()
    return made


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(UPGRADED)


@pytest.fixture
def engine(old: Old, clock: ManualClock) -> Iterator[Engine]:
    made = Engine(old.url, tables=old.tables, clock=clock, recipients=BOOK)
    assert made.migrate()
    yield made
    made.close()


def test_everything_is_read_as_it_was_written(engine: Engine) -> None:
    assert not engine.migrate()
    assert engine.verify().findings == ()
    account = engine.deadlines.account()
    assert account.imbalances == ()
    assert [(line.rule, line.met, line.missed, line.open, line.overdue) for line in account.lines] == [
        ("a.soon", 2, 0, 2, 2),
        ("b.long", 0, 0, 1, 0),
    ]
    assert [each.id for each in engine.list().instances] == ["done", "due", "fails", "moved"]
    assert [each.id for each in engine.list(text="adazi").instances] == ["due"]
    moved = engine.get("moved")
    assert (moved.state, moved.data["count"], moved.sequence) == ("b", 2, 3)
    (deadline,) = moved.deadlines
    assert (deadline.rule, deadline.occurrence, deadline.course, deadline.provisional) == (
        "b.long",
        1,
        (),
        False,
    )
    assert deadline.due == at("2024-03-25T22:00")
    assert [record.body["kind"] for record in engine.history("due")] == [
        "started",
        "refused",
        "timer",
        "timer",
    ]
    assert [each.rule for each in engine.deadlines.ledger("moved")] == ["a.soon", "b.long"]
    assert [each.rule for each in engine.deadlines.open()] == ["a.soon", "a.soon", "b.long"]


def test_what_was_delivered_is_not_sent_again_and_what_was_not_is(engine: Engine) -> None:
    mail = Told()
    delivered = engine.outbox.deliver(routes_of(mail))
    assert (delivered.handed_over, delivered.failed) == (3, 0)
    assert mail.keys == [
        "fails/1/0/clerk/mail/anna",
        "due/1/1/clerk/mail/anna",
        "fails/1/1/clerk/mail/anna",
    ]
    assert [(each.message.timer, each.message.folded) for each in mail.notices] == [(0, ()), (1, ()), (1, ())]
    assert engine.outbox.deliver(routes_of(mail)).handed_over == 0


def test_its_timers_go_on(engine: Engine, clock: ManualClock) -> None:
    assert engine.next_due() == at("2024-03-19T22:00")
    assert engine.run_due().timers == 0
    clock.set(at("2024-03-19T22:00"))
    assert engine.run_due().timers == 2
    clock.set(at("2024-03-25T22:00"))
    assert engine.run_due().timers == 1
    ids = [stored_message.message.id for stored_message in engine.outbox.messages()]
    assert ids == [
        "due/1/0/clerk",
        "fails/1/0/clerk",
        "due/1/1/clerk",
        "fails/1/1/clerk",
        "due/1/2/chief",
        "fails/1/2/chief",
        "moved/2/0/clerk",
    ]
    assert engine.fire("due", "finish").accepted
    assert engine.deadlines.account().balanced
    assert engine.verify().findings == ()
    (late,) = (line.lateness for line in engine.deadlines.account().lines if line.rule == "a.soon")
    assert late is not None
    assert late.most == timedelta(days=11)


def test_the_same_file_and_the_same_key_are_known_again(engine: Engine) -> None:
    assert not engine.deploy(COUNTER).new
    again = engine.start("case", instance="due", data={"name": "Ādaži"}, key="k1")
    assert (again.repeated, again.sequence) == (True, 1)
    refused = engine.fire("due", "go")
    assert not refused.accepted
    # Other records came in between, so it is told once more; now it equals the latest.
    assert len(engine.history("due")) == 5
    engine.fire("due", "go")
    assert len(engine.history("due")) == 5


def test_an_upgrade_that_fails_leaves_the_old_schema(old: Old) -> None:
    with closing(sqlite3.connect(old.path)) as file:
        # A table of the host's stands where one is to be made.
        file.execute(f'CREATE TABLE "{old.tables.prefix}deliveries" (number INTEGER)')
        file.commit()
    database = open_database(old.url)
    engine = Engine(database, tables=old.tables, clock=ManualClock(UPGRADED))
    with pytest.raises(DatabaseTrouble, match="deliveries already exists"):
        engine.migrate()
    with database.connect() as connection:
        assert schema_version(connection, old.tables) == "0001"
        columns = {each["name"] for each in inspect(connection).get_columns(f"{old.tables.prefix}messages")}
        assert "delivered_at" in columns
        assert "spread_at" not in columns
    with database.begin() as connection:
        connection.exec_driver_sql(f'DROP TABLE "{old.tables.prefix}deliveries"')
    assert engine.migrate()
    assert engine.verify().findings == ()
    engine.close()


# -- several at once


def test_threads_of_one_process_migrate_databases_of_their_own_at_once(tmp_path: Path) -> None:
    urls = [f"sqlite:///{tmp_path / f'{number}.db'}" for number in range(3)]

    def migrate_one(url: str) -> bool:
        with closing(Engine(url)) as engine:
            return engine.migrate()

    with ThreadPoolExecutor(len(urls)) as threads:
        assert all(threads.map(migrate_one, urls))
    for url in urls:
        with closing(Engine(url)) as engine:
            assert not engine.migrate()
            assert engine.deploy(COUNTER).new
            assert engine.start("case", instance="one").accepted


def test_threads_that_migrate_one_database_at_once_do_it_once(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'one.db'}"

    def migrate_it(_number: int) -> bool:
        with closing(Engine(url)) as engine:
            return engine.migrate()

    with ThreadPoolExecutor(4) as threads:
        assert sorted(threads.map(migrate_it, range(4))) == [False] * 3 + [True]


def test_processes_that_migrate_one_database_at_once_do_it_once(tmp_path: Path) -> None:
    code = (
        "import sys; from gaita import Engine; engine = Engine(sys.argv[1]); sys.stdin.read();"
        " print(engine.migrate())"
    )
    racers = [
        subprocess.Popen(
            [sys.executable, "-c", code, f"sqlite:///{tmp_path / 'one.db'}"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        for _ in range(2)
    ]
    for racer in racers:
        assert racer.stdin is not None
        racer.stdin.close()
    assert sorted(racer.stdout.read() for racer in racers if racer.stdout) == [b"False\n", b"True\n"]
    assert [racer.wait(timeout=60) for racer in racers] == [0, 0]
    for racer in racers:
        assert racer.stdout is not None
        racer.stdout.close()
