"""The database: opened by us or handed over by the host, and where every transaction begins."""

import os
import re
import shutil
import tempfile
import weakref
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError
from sqlalchemy.pool import Pool

from gaita.errors import DatabaseTrouble, EngineClosed, MalformedCommand
from gaita.fault import listed, shown
from gaita.phrase import formed, phrase
from gaita.store import sqlite
from gaita.store.database_errors import our_results, our_statement
from gaita.store.tables import Tables
from gaita.store.transaction import SAVEPOINT, Transaction

_temporary: "weakref.WeakKeyDictionary[Engine, weakref.finalize[Any, Engine]]" = weakref.WeakKeyDictionary()
"""What removes the temporary files of engines that were asked for in memory."""


_OF_MEMORY = ("mode", "cache", "uri")
_TRUTHS = frozenset({"true", "false", "1", "0", "yes", "no", "on", "off", "t", "f", "y", "n"})
_PARAMETERS = ("timeout", "isolation_level", "detect_types", "check_same_thread", "cached_statements", "uri")


def open_database(url: str | URL, *, wait_seconds: float = 30.0, synchronous: str = "FULL") -> Engine:
    """Return an SQLAlchemy engine for ``url``, prepared as Gaita needs it.

    On SQLite: write-ahead log, ``synchronous`` as given, and ``BEGIN IMMEDIATE`` for every transaction that
    may write. ``sqlite://`` (in memory, however that is written) is kept in a private temporary file, because
    a database in memory cannot keep several connections apart; it goes with the engine: when that is closed
    or forgotten, or the process ends. Raises ``DatabaseTrouble`` for any other database.
    """
    try:
        made = make_url(url)
    except ArgumentError:
        message = phrase("the database's URL cannot be read; expected one such as sqlite:///gaita.sqlite3")
        raise DatabaseTrouble(message) from None
    if made.drivername not in {"sqlite", "sqlite+pysqlite"}:
        message = phrase(
            "the database %(drivername)s is not supported yet; expected sqlite:///FILE",
            drivername=repr(made.drivername),
        )
        raise DatabaseTrouble(message)
    folder: str | None = None
    if sqlite.is_in_memory(made):
        folder = tempfile.mkdtemp(prefix="gaita-")
        kept = made.difference_update_query([*_OF_MEMORY])
        made, synchronous = kept.set(database=str(Path(folder) / "memory.sqlite3")), "OFF"
    _check_parameters(made)
    engine = create_engine(
        made, connect_args={"timeout": wait_seconds, "check_same_thread": False}, hide_parameters=True
    )
    sqlite.prepare(engine, synchronous)
    if folder is not None:
        _temporary[engine] = weakref.finalize(engine, _remove, folder, os.getpid())
    return engine


def _check_parameters(url: URL) -> None:
    """Refuse what would fail only when the first connection is made, and in the driver's words."""
    name = str(url.database)
    if "\0" in name or any("\ud800" <= each <= "\udfff" for each in name):
        message = phrase("the database's URL holds NUL, or halves of characters; write its path anew")
        raise DatabaseTrouble(message)
    unknown = [each for each in url.query if each not in _PARAMETERS]
    if unknown and "uri" not in url.query:
        message = phrase(
            "the database's URL has a parameter %(unknown)s; expected %(parameters)s",
            unknown=shown(unknown[0]),
            parameters=listed(_PARAMETERS),
        )
        raise DatabaseTrouble(message)
    for each in ("uri", "check_same_thread"):
        value = str(url.query.get(each, "true"))
        if value.lower() not in _TRUTHS:
            message = phrase(
                "the parameter %(name)s of the database's URL is %(value)s; expected true or false",
                name=each,
                value=shown(value),
            )
            raise DatabaseTrouble(message)
    for each in ("timeout", "cached_statements", "detect_types"):
        value = str(url.query.get(each, "0"))
        if not re.fullmatch(r"\d{1,9}(\.\d{1,9})?" if each == "timeout" else r"\d{1,9}", value, re.ASCII):
            message = phrase(
                "the parameter %(name)s of the database's URL is %(value)s; expected a number",
                name=each,
                value=shown(value),
            )
            raise DatabaseTrouble(message)


def _remove(folder: str, owner: int) -> None:
    if os.getpid() == owner:  # a process that was forked has the file from the one that made it
        shutil.rmtree(folder, ignore_errors=True)


class Database:
    """Where the engine's tables are. Gives transactions of its own, and joins those of a host."""

    def __init__(self, engine: Engine, tables: Tables) -> None:
        """Take over ``engine``; it is not connected to yet. Raises ``DatabaseTrouble`` if it is of no use."""
        self._engine = engine
        self._tables = tables
        if engine.dialect.name != "sqlite":
            message = phrase(
                "the database %(name)s is not supported yet; expected SQLite", name=repr(engine.dialect.name)
            )
            raise DatabaseTrouble(message)
        sqlite.adopt(engine)
        self._is_prepared = sqlite.is_prepared(engine)
        self._file = os.path.abspath(engine.url.database or "")  # noqa: PTH100 - as the dialect does
        self._known: weakref.WeakSet[Pool] = weakref.WeakSet([engine.pool])
        """The pools whose connections are known to lead here."""
        self._lent: dict[Connection, Transaction] = {}
        self._is_closed = False

    def __repr__(self) -> str:
        if self._engine in _temporary:
            return "sqlite:// (a temporary file)"
        return self._engine.url.render_as_string(hide_password=True)

    def close(self) -> None:
        """Give the connections back, and use the database no more; what was asked for in memory is gone."""
        self._is_closed = True
        self._engine.dispose()
        if self._engine in _temporary:
            _temporary[self._engine]()

    # -- transactions

    @contextmanager
    def reading(self, host: Connection | None = None) -> Generator[Transaction, None, None]:
        """Give a transaction that sees one consistent picture of the database."""
        transaction = self._begin(writing=False) if host is None else self._look(host)
        with our_results, transaction:
            yield transaction

    @contextmanager
    def writing(self, host: Connection | None = None) -> Generator[Transaction, None, None]:
        """Give a transaction that holds the write lock; its end commits what is ours, nothing of a host's.

        Raises ``Busy`` when the lock is not to be had in time, and ``StaleTransaction`` at once where a
        host's transaction has read what another writer has changed since.
        """
        transaction = self._begin(writing=True) if host is None else self._join(host)
        with our_results, transaction:
            yield transaction

    @contextmanager
    def lend(self) -> Generator[Connection, None, None]:
        """Give a host the connection of a transaction of ours, to use as theirs: so are its errors."""
        transaction = self._begin(writing=True)
        self._lent[transaction.connection] = transaction
        try:
            yield transaction.connection
        except BaseException:
            transaction.roll_back()
            raise
        finally:
            del self._lent[transaction.connection]
        transaction.commit()

    def _check_open(self) -> None:
        if self._is_closed:
            message = phrase(
                "this engine was closed (%(self)s), and uses its database no more: make another one",
                self=repr(self),
            )
            raise EngineClosed(message)

    def _begin(self, *, writing: bool) -> Transaction:
        self._check_open()
        with our_statement:
            connection = self._engine.connect()
            try:
                if not writing:
                    connection.execution_options(**{sqlite.READING: True})
                connection.begin()
                if not self._is_prepared:
                    sqlite.begin(connection, self._tables, writing=writing)
            except BaseException:
                connection.close()
                raise
        return Transaction(connection, "commit")

    def _join(self, host: Connection) -> Transaction:
        with our_statement:
            self._check(host)
            why = sqlite.why_it_cannot_hold(host)
            if why is not None:
                raise DatabaseTrouble(why)
            sqlite.lock(host, self._tables)
            host.exec_driver_sql(f"SAVEPOINT {SAVEPOINT}")
        return Transaction(host, "savepoint", lent_by=self._lent.get(host))

    def _look(self, host: Connection) -> Transaction:
        with our_statement:
            self._check(host)
            if sqlite.has_begun(host):
                return Transaction(host, "nothing")
            # The host's driver has begun nothing: it is left so, for what the host writes afterwards.
            host.exec_driver_sql("BEGIN")
        return Transaction(host, "picture")

    def _check(self, host: object) -> None:
        """Refuse what is no open connection to this database."""
        self._check_open()
        if not isinstance(host, Connection):
            raise MalformedCommand(
                phrase("the call"), [formed("connection: %(instead_of)s", instead_of=_instead_of(host))]
            )
        if host.closed:
            raise MalformedCommand(
                phrase("the call"), [phrase("connection: is closed; pass one that is open")]
            )
        if not host.in_transaction():
            host.begin()
        if host.engine is self._engine or host.engine.pool in self._known:
            return
        if host.dialect.name != self._engine.dialect.name or not self._is_here(sqlite.file_of(host)):
            other = host.engine.url.render_as_string(hide_password=True)
            message = phrase(
                "connection: leads to %(other)s, and not to the engine's database (%(self)s)",
                other=other,
                self=repr(self),
            )
            raise MalformedCommand(phrase("the call"), [message])
        self._known.add(host.engine.pool)

    def _is_here(self, file: str) -> bool:
        try:
            if Path(self._file).exists():
                return Path(self._file).samefile(file)
            # The engine was made by a `creator`, or from a URI: the driver knows the file.
            with self._engine.connect() as connection:
                return Path(sqlite.file_of(connection)).samefile(file)
        except OSError:
            return False


def _instead_of(host: object) -> str:
    kind = type(host)
    found = phrase(
        "found %(package)s's %(name)s", package=kind.__module__.partition(".")[0], name=kind.__name__
    )
    advice = {
        "Session": phrase("pass session.connection()"),
        "scoped_session": phrase("pass session.connection()"),
        "AsyncConnection": phrase("pass what run_sync hands over: await connection.run_sync(lambda held: …)"),
        "AsyncSession": phrase(
            "pass session.connection() within run_sync: await session.run_sync(lambda held: …)"
        ),
        "Engine": phrase("pass a connection of it: with database.begin() as connection"),
    }
    for each in kind.__mro__:
        if each.__name__ in advice:
            return formed("%(found)s; %(advice)s", found=found, advice=advice[each.__name__])
    return phrase("%(found)s; expected an SQLAlchemy Connection", found=found)
