"""SQLite's own ways: how its driver begins, when a transaction holds, and how the write lock is taken.

Python's driver begins late: by itself before the first statement that writes, and never before one that
reads or that sets a savepoint. Where nothing has begun, each statement sees another picture of the database,
and the release of a savepoint commits.
"""

import re
import sqlite3
import weakref
from time import sleep
from typing import Any, Literal

from sqlalchemy import Connection, Engine, event
from sqlalchemy.engine import URL
from sqlalchemy.exc import OperationalError
from sqlalchemy.pool import SingletonThreadPool, StaticPool

from gaita.errors import DatabaseTrouble
from gaita.phrase import phrase
from gaita.store.tables import Tables

READING = "gaita_reading"
"""The execution option that marks a transaction of ours as one that only reads."""
_LOOK_EVERY = 5
"""So many milliseconds at most pass between two looks whether the write lock is free."""
_PRIMARY = 0xFF
"""The part of an error's code that says its kind; the rest says more of it."""
_BEGUN = "gaita_begun"
"""Where a connection notes the transaction that was begun before any of its savepoints."""


# -- engines


def prepare(engine: Engine, synchronous: str) -> None:
    """Make an engine that is ours begin each of its transactions, and with the lock where it may write.

    SQLAlchemy's default lets two writers read the same row before either of them locks it, and loses one of
    the updates without a word.
    """

    def connected(connection: sqlite3.Connection, _record: object) -> None:
        connection.isolation_level = None  # the driver begins nothing by itself
        cursor = connection.cursor()
        _write_ahead(cursor)
        cursor.execute(f"PRAGMA synchronous = {synchronous}")
        cursor.execute("PRAGMA foreign_keys = ON")
        cursor.close()

    event.listen(engine, "connect", connected)
    event.listen(engine, "begin", _begin)


def _write_ahead(cursor: sqlite3.Cursor) -> None:
    """Let a database write ahead; where another connection is doing so at this moment, wait for it.

    SQLite does not wait by itself there: a new file is changed by whoever comes first, and is busy meanwhile.
    """
    (patience,) = cursor.execute("PRAGMA busy_timeout").fetchone()
    for _ in range(patience // _LOOK_EVERY):
        try:
            cursor.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & _PRIMARY != sqlite3.SQLITE_BUSY:
                raise
            sleep(_LOOK_EVERY / 1000)
        else:
            return
    cursor.execute("PRAGMA journal_mode = WAL")


def adopt(engine: Engine) -> None:
    """Let a host's engine begin before its savepoints. Raises ``DatabaseTrouble`` where it cannot be used."""
    if isinstance(engine.pool, StaticPool | SingletonThreadPool) or is_in_memory(engine.url):
        message = phrase(
            "an engine with a %(name)s on %(url)s cannot keep transactions apart; pass a"
            ' file, or the URL "sqlite://" itself, which is a temporary file',
            name=type(engine.pool).__name__,
            url=engine.url.render_as_string(),
        )
        raise DatabaseTrouble(message)
    if not is_prepared(engine) and not event.contains(engine, "savepoint", _begin_first):
        event.listen(engine, "savepoint", _begin_first)


def is_prepared(engine: Engine) -> bool:
    """Whether the engine is one of ours, each of whose transactions begins as we need it."""
    return event.contains(engine, "begin", _begin)


def is_in_memory(url: URL) -> bool:
    """Whether a URL names a database in memory, in any of the ways that SQLite has for it."""
    name = url.database or ":memory:"
    return (
        name.startswith((":memory:", "file::memory:"))
        or re.search(r"\?(?:.*&)?mode=memory(?:&|$)", name) is not None
        or url.query.get("mode") == "memory"
    )


def _begin(connection: Connection) -> None:
    if connection.get_execution_options().get(READING, False):
        connection.exec_driver_sql("BEGIN")
    else:
        _begin_immediate(connection)


def _begin_immediate(connection: Connection) -> None:
    """Begin with the write lock; while another has it, look every few milliseconds whether it is free.

    SQLite's own waiting looks every tenth of a second only, and misses the gaps that long work leaves for
    others between its transactions. How long it waits in all is what the connection is set to.
    """
    driver = _driver(connection)
    if not isinstance(driver, sqlite3.Connection):
        connection.exec_driver_sql("BEGIN IMMEDIATE")
        return
    (patience,) = driver.execute("PRAGMA busy_timeout").fetchone()
    driver.execute(f"PRAGMA busy_timeout = {min(patience, _LOOK_EVERY)}")
    try:
        # Counted, not timed: SQLite itself sleeps between two looks. The last one raises what is wrong.
        for _ in range(patience // _LOOK_EVERY):
            try:
                connection.exec_driver_sql("BEGIN IMMEDIATE")
            except OperationalError as error:
                if getattr(error.orig, "sqlite_errorcode", None) != sqlite3.SQLITE_BUSY:
                    raise
            else:
                return
        connection.exec_driver_sql("BEGIN IMMEDIATE")
    finally:
        driver.execute(f"PRAGMA busy_timeout = {patience}")


def _begin_first(connection: Connection, _name: str | None) -> None:
    """Begin before a savepoint, so that its release commits nothing."""
    if connection.in_nested_transaction():
        return  # what it stands in was asked about when that was set
    if not has_begun(connection):
        connection.exec_driver_sql("BEGIN")
    _note_begun(connection)


# -- what the driver has done


def has_begun(connection: Connection) -> bool:
    """Whether the driver has begun a transaction: it may do so later than SQLAlchemy says."""
    return bool(getattr(_driver(connection), "in_transaction", True))


def _driver(connection: Connection) -> Any:  # noqa: ANN401 - whichever driver it is
    return connection.connection.dbapi_connection


def _autocommit(connection: Connection) -> bool | None:
    """Return the driver's ``autocommit`` where it is set (Python 3.12 and later), else ``None``."""
    found = getattr(_driver(connection), "autocommit", None)
    return found if isinstance(found, bool) else None


def _note_begun(connection: Connection) -> None:
    root = connection.get_transaction()
    if root is not None:
        connection.info[_BEGUN] = weakref.ref(root)


def _was_begun(connection: Connection) -> bool:
    noted = connection.info.get(_BEGUN)
    return noted is not None and noted() is connection.get_transaction()


# -- our own transactions


def begin(connection: Connection, tables: Tables, *, writing: bool) -> None:
    """Begin what SQLAlchemy has begun on a host's engine; with the write lock, where it will write."""
    if _autocommit(connection) is False:  # it has begun already, without the lock, and done nothing yet
        connection.exec_driver_sql("ROLLBACK")
    if not has_begun(connection):
        if writing:
            _begin_immediate(connection)
        else:
            connection.exec_driver_sql("BEGIN")
    elif writing:  # a listener of the host's begins
        _lock(connection, tables)


def end(connection: Connection, how: Literal["COMMIT", "ROLLBACK"]) -> None:
    """End what is left begun where the driver, as the host has set it, does not do so by itself."""
    if _autocommit(connection) is not False and has_begun(connection):
        connection.exec_driver_sql(how)


def commits_by_itself(connection: Connection) -> bool:
    """Whether the driver ignores SQLAlchemy's commit: then ``end`` must come first."""
    return _autocommit(connection) is True


# -- a host's transaction


def why_it_cannot_hold(connection: Connection) -> str | None:
    """Return why what is written in a host's transaction would not be one with it, and what to do."""
    if _autocommit(connection) is True or (
        connection.get_execution_options().get("isolation_level") == "AUTOCOMMIT"
    ):
        return _COMMITS_EACH
    if _autocommit(connection) is False:
        return None
    by_hand = _driver(connection).isolation_level is None
    if not connection.in_nested_transaction():
        return _COMMITS_EACH if by_hand and not has_begun(connection) else None
    listeners: Any = connection.engine.dispatch
    if _was_begun(connection) or (by_hand and bool(listeners.begin)):
        return None
    return _SAVEPOINT


_COMMITS_EACH = phrase(
    "the connection commits each statement by itself (AUTOCOMMIT), so that nothing could be"
    " rolled back with it; pass a connection that begins a transaction"
)
_SAVEPOINT = phrase(
    "the connection is in a savepoint, and its driver may have begun nothing before it: then"
    " the savepoint's end commits, whatever becomes of the transaction. Make Gaita's Engine"
    " with this connection's SQLAlchemy engine (it then begins before savepoints), or call it"
    " before the savepoint is set"
)


def lock(connection: Connection, tables: Tables) -> None:
    """Take the write lock in a host's transaction, before anything is read.

    Where the driver has not begun yet, it is begun with the lock; else a statement that changes no row is
    enough, whatever kind of BEGIN came before it.
    """
    if has_begun(connection):
        _lock(connection, tables)
    else:
        _begin_immediate(connection)
    if not connection.in_nested_transaction():
        _note_begun(connection)


def _lock(connection: Connection, tables: Tables) -> None:
    try:
        connection.execute(tables.change_nothing)
    except OperationalError as error:
        if "no such table" not in str(error.orig):  # before the first migration there is nothing to lock
            raise


def file_of(connection: Connection) -> str:
    """Return the path of the file that a connection works on; empty for one in memory."""
    rows = connection.exec_driver_sql("PRAGMA database_list").all()
    return next((str(row[2] or "") for row in rows if row[1] == "main"), "")
