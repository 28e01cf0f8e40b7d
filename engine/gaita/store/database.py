"""Opening the database, and the transactions in which writers lock before they read."""

import sqlite3
from collections.abc import Generator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.exc import OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.pool import StaticPool

from gaita.errors import Busy, DatabaseTrouble
from gaita.store.tables import Tables

READING = "gaita_reading"
"""The execution option that marks a transaction as one that only reads."""


def open_database(url: str, *, wait_seconds: float = 30.0, synchronous: str = "FULL") -> Engine:
    """Return an SQLAlchemy engine for ``url``, prepared as Gaita needs it.

    On SQLite: write-ahead log, ``synchronous`` as given, and ``BEGIN IMMEDIATE`` for every transaction that
    may write, because SQLAlchemy's default lets two writers read the same row before either of them
    locks it, and loses one of the updates without a word.
    """
    if not url.startswith("sqlite"):
        message = f"the database {url.partition(':')[0]!r} is not supported yet; expected sqlite:///FILE"
        raise DatabaseTrouble(message)
    in_memory = url in {"sqlite://", "sqlite:///:memory:"}
    arguments: dict[str, Any] = {"connect_args": {"timeout": wait_seconds, "check_same_thread": False}}
    if in_memory:
        arguments["poolclass"] = StaticPool
    engine = create_engine(url, **arguments)
    _prepare_sqlite(engine, synchronous)
    return engine


def _prepare_sqlite(engine: Engine, synchronous: str) -> None:
    def connected(connection: sqlite3.Connection, _record: object) -> None:
        connection.isolation_level = None  # the driver begins nothing by itself
        cursor = connection.cursor()
        cursor.execute("PRAGMA journal_mode = WAL")
        cursor.execute(f"PRAGMA synchronous = {synchronous}")
        cursor.execute("PRAGMA foreign_keys = ON")
        cursor.close()

    def begun(connection: Connection) -> None:
        reading = connection.get_execution_options().get(READING, False)
        connection.exec_driver_sql("BEGIN" if reading else "BEGIN IMMEDIATE")

    event.listen(engine, "connect", connected)
    event.listen(engine, "begin", begun)


@contextmanager
def begin_writing(
    engine: Engine, tables: Tables, host: Connection | None = None
) -> Generator[Connection, None, None]:
    """Give a connection whose transaction holds the write lock; commit at the end, roll back on an error.

    A ``host``'s own connection is used as it is and never committed. Raises ``Busy`` when the lock is not
    to be had in time.
    """
    with translated():
        if host is not None:
            lock(host, tables)
            yield host
            return
        with engine.begin() as connection:
            if connection.dialect.name == "sqlite" and not _in_transaction(connection):
                # An engine that the host made: its driver begins late, and then without the lock.
                connection.exec_driver_sql("BEGIN IMMEDIATE")
            yield connection


@contextmanager
def begin_reading(engine: Engine, host: Connection | None = None) -> Generator[Connection, None, None]:
    """Give a connection for reading one consistent picture of the database."""
    with translated():
        if host is not None:
            yield host
            return
        with engine.connect().execution_options(**{READING: True}) as connection:
            yield connection


def lock(connection: Connection, tables: Tables) -> None:
    """Take SQLite's write lock in a transaction that somebody else has begun.

    Where the driver has not begun yet, it is begun with the lock; else a statement that changes no row is
    enough, whatever kind of BEGIN came before it. Other databases lock the rows they read.
    """
    if connection.dialect.name != "sqlite":
        return
    if not connection.in_transaction():
        connection.begin()
    if not _in_transaction(connection):
        connection.exec_driver_sql("BEGIN IMMEDIATE")
    else:
        connection.execute(tables.change_nothing)


def _in_transaction(connection: Connection) -> bool:
    """Whether SQLite's driver has begun a transaction: it may do so later than SQLAlchemy says."""
    return bool(getattr(connection.connection.dbapi_connection, "in_transaction", True))


@contextmanager
def translated() -> Generator[None, None, None]:
    """Turn the driver's errors that an operator can act on into ours."""
    try:
        yield
    except PoolTimeout as error:
        message = "every connection to the database is in use; try again, or use fewer threads"
        raise Busy(message) from error
    except OperationalError as error:
        told = str(error.orig)
        if "locked" in told or "busy" in told:
            message = (
                "another writer held the database for too long; try again, or raise database.wait_seconds"
            )
            raise Busy(message) from error
        if "no such table" in told:
            message = f"the database has no Gaita schema yet ({told}); call engine.migrate() first"
            raise DatabaseTrouble(message) from error
        if "full" in told or "readonly" in told or "disk I/O" in told or "unable to open" in told:
            message = f"the database cannot be written: {told}; nothing was changed; mend it, then repeat"
            raise DatabaseTrouble(message) from error
        raise
