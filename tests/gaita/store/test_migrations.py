"""What an older release wrote is carried on by this one: nothing is lost, nothing is told twice."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import inspect

from gaita.clock import ManualClock
from gaita.runtime import Engine
from gaita.store import Tables, open_database, schema_version
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
        config = Config()
        config.set_main_option("script_location", "gaita.store:migrations")
        config.attributes.update(connection=connection, tables=old.tables)
        command.upgrade(config, revision)
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
    with pytest.raises(Exception, match="already exists"):
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
