"""Whether anybody has committed: the file itself is asked, so hosts and other processes are heard."""

import os
import sqlite3
from contextlib import suppress
from typing import Any

from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.pool import PoolProxiedConnection

_AGAIN = 20
"""So many looks lie between two at whether the file is still the same, or can be opened again."""


class CommitWatch:
    """Sees every commit to an SQLite file but its own, of which there are none. For one thread.

    It has a connection of its own, outside the engine's pool, so it never waits for a host nor a host for it.
    ``PRAGMA data_version`` costs microseconds there, takes no lock that lasts and leaves no transaction open.
    """

    def __init__(self, engine: Engine) -> None:
        """Prepare to look; nothing is opened yet."""
        self._engine = engine
        self._connection: PoolProxiedConnection | None = None
        self._cursor: Any = None
        self._version: int | None = None
        self._file: tuple[str, tuple[int, int] | None] = ("", None)
        self._looks = 0

    def changed(self) -> bool:
        """Return whether anybody has committed since the last look; it never raises and never waits.

        ``True`` as well where that cannot be known: the file was replaced, or could not be read for a while.
        """
        self._looks += 1
        try:
            if self._cursor is None:
                if self._looks % _AGAIN == 1:
                    self._open()
                return self._cursor is not None
            if self._looks % _AGAIN == 0 and _identity(self._file[0]) != self._file[1]:
                self.close()
                self._looks = 0
                return True
            return self._look()
        except sqlite3.OperationalError as error:
            if getattr(error, "sqlite_errorcode", None) not in {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}:
                self.close()
        except (sqlite3.Error, SQLAlchemyError, OSError):
            self.close()
        return False

    def close(self) -> None:
        """Give the connection back. The next look opens another."""
        connection, self._connection, self._cursor, self._version = self._connection, None, None, None
        if connection is not None:
            with suppress(sqlite3.Error, SQLAlchemyError):
                connection.invalidate()

    def _open(self) -> None:
        name = self._engine.url.database
        if name and not name.startswith("file:") and not os.path.exists(name):  # noqa: PTH110 - as the dialect does
            return  # to open it would make an empty one
        # A pool like the engine's, with whatever the host has set, but apart from it.
        connection = self._engine.pool.recreate().connect()
        self._connection = connection
        driver: Any = connection.driver_connection
        driver.isolation_level = None
        if isinstance(getattr(driver, "autocommit", None), bool):
            driver.autocommit = True  # Python 3.12 and later: else a transaction is always open
        cursor = driver.cursor()
        cursor.execute("PRAGMA busy_timeout = 0")
        rows = cursor.execute("PRAGMA database_list").fetchall()
        file = next((str(row[2] or "") for row in rows if row[1] == "main"), "")
        self._file = (file, _identity(file))
        self._version = cursor.execute("PRAGMA data_version").fetchone()[0]
        self._cursor = cursor

    def _look(self) -> bool:
        before, self._version = (
            self._version,
            self._cursor.execute("PRAGMA data_version").fetchone()[0],
        )
        return before != self._version


def _identity(file: str) -> tuple[int, int] | None:
    """Return what tells a file from another in its place; ``None`` where there is none."""
    try:
        found = os.stat(file)  # noqa: PTH116
    except OSError:
        return None
    return found.st_dev, found.st_ino
