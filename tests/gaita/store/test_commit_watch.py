"""The look at a file that tells whether anybody has committed: whoever it was, without holding up anybody."""

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import create_engine
from sqlalchemy.pool import QueuePool

from gaita.store import open_database
from gaita.store.commit_watch import CommitWatch


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "watched.db"
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("CREATE TABLE t (n)")
    connection.close()
    return path


@pytest.fixture
def watch(file: Path) -> Iterator[CommitWatch]:
    made = CommitWatch(create_engine(f"sqlite:///{file}", poolclass=QueuePool, pool_size=1, max_overflow=0))
    made.changed()
    yield made
    made.close()


def write(file: Path, mode: str = "BEGIN", end: str = "COMMIT") -> None:
    connection = sqlite3.connect(file, isolation_level=None)
    connection.execute(mode)
    connection.execute("INSERT INTO t VALUES (1)")
    connection.execute(end)
    connection.close()


def test_each_commit_is_seen_once_and_nothing_else_is(watch: CommitWatch, file: Path) -> None:
    assert not watch.changed()
    write(file)
    assert watch.changed()
    assert not watch.changed()
    write(file, end="ROLLBACK")
    assert not watch.changed()
    reader = sqlite3.connect(file)
    reader.execute("SELECT * FROM t").fetchall()
    reader.close()
    assert not watch.changed()


def test_it_waits_for_nobody_and_leaves_nothing_open(watch: CommitWatch, file: Path) -> None:
    holder = sqlite3.connect(file, isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    holder.execute("INSERT INTO t VALUES (2)")
    assert not watch.changed()
    holder.execute("COMMIT")
    assert watch.changed()
    busy, *_ = holder.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    assert not busy, "no picture of the database is kept open"
    holder.close()


def test_one_who_locks_the_whole_file_is_not_waited_for(tmp_path: Path) -> None:
    file = tmp_path / "rollback-journal.db"
    holder = sqlite3.connect(file, isolation_level=None)
    holder.execute("CREATE TABLE t (n)")
    watch = CommitWatch(create_engine(f"sqlite:///{file}", connect_args={"timeout": 3600}))
    watch.changed()
    holder.execute("BEGIN EXCLUSIVE")
    holder.execute("INSERT INTO t VALUES (2)")
    assert not watch.changed()
    holder.execute("COMMIT")
    assert watch.changed()
    holder.close()
    watch.close()


def test_a_pool_whose_one_connection_is_taken_does_not_matter(file: Path) -> None:
    database = create_engine(
        f"sqlite:///{file}", poolclass=QueuePool, pool_size=1, max_overflow=0, pool_timeout=3600
    )
    watch = CommitWatch(database)
    with database.begin() as host:
        watch.changed()
        host.exec_driver_sql("INSERT INTO t VALUES (3)")
    assert watch.changed()
    watch.close()
    database.dispose()


def test_a_file_in_the_place_of_another_is_looked_at_anew(watch: CommitWatch, file: Path) -> None:
    other = file.with_name("other.db")
    with sqlite3.connect(other) as connection:
        connection.execute("CREATE TABLE t (n)")
    connection.close()
    other.replace(file)
    assert any(watch.changed() for _ in range(50))
    for _ in range(50):
        watch.changed()
    write(file)
    assert watch.changed()


def test_a_file_that_is_not_there_yet_is_not_made(tmp_path: Path) -> None:
    file = tmp_path / "not-yet.db"
    database = open_database(f"sqlite:///{file}")
    watch = CommitWatch(database)
    assert not any(watch.changed() for _ in range(50))
    assert not file.exists()
    with database.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE t (n)")
    assert any(watch.changed() for _ in range(50))
    watch.close()
    database.dispose()


def test_a_file_that_cannot_be_read_raises_nothing(tmp_path: Path) -> None:
    file = tmp_path / "no-database.db"
    file.write_text("this is no database" * 100, encoding="ascii")
    watch = CommitWatch(open_database(f"sqlite:///{file}"))
    assert not any(watch.changed() for _ in range(50))
    watch.close()
