"""The database's errors as ours: what an operator can act on, and never a value that a statement carried."""

import re
from collections.abc import Callable
from types import TracebackType

from sqlalchemy.exc import DBAPIError, SQLAlchemyError, StatementError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from gaita.errors import Busy, DatabaseTrouble, DuplicateRow, GaitaError, StaleTransaction
from gaita.phrase import phrase

_CANNOT_BE_WRITTEN = {
    "SQLITE_AUTH": phrase("access is denied"),
    "SQLITE_CANTOPEN": phrase("its file cannot be opened"),
    "SQLITE_FULL": phrase("the disk, or the size that is allowed, is full"),
    "SQLITE_IOERR": phrase("the disk reports an error"),
    "SQLITE_NOLFS": phrase("its file is too large for this disk"),
    "SQLITE_PERM": phrase("access is denied"),
    "SQLITE_READONLY": phrase("it is read-only"),
}
_DAMAGED = ("SQLITE_CORRUPT", "SQLITE_NOTADB", "SQLITE_FORMAT")
_SCHEMA = re.compile(r"no such (?:table|column): [\w.]+|table [\w.]+ has no column named \w+")
_REFUSED_TABLE = re.compile(r'(?:table|index|view) "?\w+"? already exists|unknown database "?\w+"?')
_REFUSED_ROW = re.compile(
    r"NOT NULL constraint failed: [\w., ]+|CHECK constraint failed: \w+"
    r"|FOREIGN KEY constraint failed"
)


class _Translated:
    """A block in which database errors are raised as ours. The values of their statements go with neither.

    Not even as what ours was caused by: logs and reports of errors follow such chains.
    """

    def __init__(self, is_ours: Callable[[BaseException], bool]) -> None:
        """Translate the errors that ``is_ours`` tells."""
        self._is_ours = is_ours

    def __enter__(self) -> None:
        pass

    def __exit__(
        self, _kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Raise our error for the database's."""
        if error is None or not self._is_ours(error):
            return
        ours = translation(error)
        try:
            raise ours.with_traceback(trace)
        finally:
            # Python notes by itself what was being handled; what the host was handling before may stay.
            ours.__context__ = _behind(error)


def _is_of_a_statement(error: BaseException) -> bool:
    return isinstance(error, SQLAlchemyError | OverflowError | UnicodeError)


def _is_of_a_result(error: BaseException) -> bool:
    return isinstance(error, SQLAlchemyError) and getattr(error, "statement", None) is None


our_statement = _Translated(_is_of_a_statement)
"""Around each statement of ours."""
our_results = _Translated(_is_of_a_result)
"""Around all that works with its results: rows are fetched late. What a host's own code raises there, such as
its ``Recipients`` with a database of their own, is the host's error, and goes through as it is."""


def translation(error: BaseException) -> GaitaError:
    """Return our error for one of SQLAlchemy's or the driver's."""
    if isinstance(error, PoolTimeout):
        return Busy(phrase("every connection to the database is in use; try again, or use fewer threads"))
    if isinstance(error, DBAPIError):
        return _of_driver(error.orig)
    if isinstance(error, SQLAlchemyError) and not isinstance(error, StatementError):
        told = str(error).partition("\n")[0].partition(" (Background")[0]
        return DatabaseTrouble(phrase("the connection cannot be used as it is: %(told)s", told=told))
    return DatabaseTrouble(
        phrase(
            "the database cannot hold a value that it was given (%(name)s); nothing was changed",
            name=type(error).__name__,
        )
    )


def _of_driver(error: BaseException | None) -> GaitaError:
    name: str = getattr(error, "sqlite_errorname", None) or type(error).__name__
    told = str(error)
    if name == "SQLITE_BUSY_SNAPSHOT":
        message = phrase(
            "another writer has committed since this transaction first read: what it saw is out of"
            " date, and it can write nothing; roll it back and begin anew"
        )
        return StaleTransaction(message)
    if name.startswith(("SQLITE_BUSY", "SQLITE_LOCKED")):
        message = phrase(
            "another writer held the database for too long; try again, in a host's own transaction"
            " after rolling it back (one that has read before cannot wait), or raise"
            " database.wait_seconds"
        )
        return Busy(message)
    for code, meaning in _CANNOT_BE_WRITTEN.items():
        if name.startswith(code):
            message = phrase(
                "the database cannot be written: %(meaning)s (%(name)s); nothing was changed; mend it first",
                meaning=meaning,
                name=name,
            )
            return DatabaseTrouble(message)
    if name.startswith(_DAMAGED):
        message = phrase(
            "the database is damaged, or no database at all (%(name)s); restore it from a backup", name=name
        )
        return DatabaseTrouble(message)
    schema = _SCHEMA.search(told)
    if schema is not None:
        message = phrase(
            "the database has no Gaita schema yet, or an old one (%(schema)s): call engine.migrate()",
            schema=schema[0],
        )
        return DatabaseTrouble(message)
    if name in {"SQLITE_CONSTRAINT_PRIMARYKEY", "SQLITE_CONSTRAINT_UNIQUE"}:
        columns = told.removeprefix("UNIQUE constraint failed: ")
        return DuplicateRow(
            phrase("there is a row of the same %(columns)s already; nothing was changed", columns=columns)
        )
    table = _REFUSED_TABLE.match(told)
    if table is not None:
        return DatabaseTrouble(
            phrase(
                "the database cannot be given Gaita's tables: %(table)s; nothing was changed", table=table[0]
            )
        )
    row = _REFUSED_ROW.fullmatch(told)
    if row is not None:
        return DatabaseTrouble(phrase("the database refused a row: %(row)s; nothing was changed", row=row[0]))
    # What else the driver says may quote a value, as a trigger's message does: its name must be enough.
    return DatabaseTrouble(
        phrase("the database refused a statement (%(name)s); nothing was changed", name=name)
    )


def _behind(error: BaseException) -> BaseException | None:
    """Return what was being handled when a database error was raised; itself no database error."""
    driver = error.orig if isinstance(error, DBAPIError) else None
    behind: BaseException | None = error.__context__
    while isinstance(behind, (SQLAlchemyError, type(driver))) and behind is not None:
        behind = behind.__context__
    return behind
