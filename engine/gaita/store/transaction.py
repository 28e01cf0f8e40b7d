"""The transaction: our hold on a connection, the host's or ours. The one way to the database."""

from collections.abc import Callable, Mapping, Sequence
from types import TracebackType
from typing import Any, Literal, Self, TypeVarTuple, overload

import structlog
from sqlalchemy import Connection, CursorResult, Executable
from sqlalchemy.sql.selectable import TypedReturnsRows

from gaita.errors import DatabaseTrouble, traced
from gaita.model.workflow import Workflow
from gaita.phrase import phrase
from gaita.store import sqlite
from gaita.store.database_errors import our_statement

Parameters = Mapping[str, Any] | Sequence[Mapping[str, Any]]
Ending = Literal["commit", "savepoint", "picture", "nothing"]
"""What ends a transaction: a commit, as it is ours; under a host the release of a savepoint, or the end of a
picture that was begun for reading only; or nothing, where the host's own transaction is picture enough."""
SAVEPOINT = "gaita"
_Columns = TypeVarTuple("_Columns")
_COUNTED: Mapping[str, Any] = {"preserve_rowcount": True}
_log = structlog.get_logger("gaita.transaction")


class Transaction:
    """What runs on one connection, together or not at all. Used as a context manager.

    Ours is committed at the end, and rolled back on an error. Under a host's, what writes runs in a
    savepoint: an error leaves the host's transaction as it was before the call, and usable.
    """

    __slots__ = ("_ending", "_lent_by", "_wakes", "connection", "workflows")

    def __init__(
        self, connection: Connection, ending: Ending, *, lent_by: "Transaction | None" = None
    ) -> None:
        """Hold ``connection``, which has begun. ``lent_by``: ours, which a host uses as its own."""
        self.connection = connection
        self._ending: Ending = ending
        self.workflows: dict[tuple[str, int], Workflow] = {}
        """The workflows looked up so far, by id and version: within one transaction they stay the same."""
        self._wakes: dict[Callable[[], object], None] = {}
        self._lent_by = lent_by

    # -- statements

    @overload
    def execute(
        self, statement: TypedReturnsRows[*_Columns], parameters: Parameters | None = None
    ) -> CursorResult[*_Columns]: ...

    @overload
    def execute(
        self, statement: Executable, parameters: Parameters | None = None
    ) -> CursorResult[*tuple[Any, ...]]: ...

    def execute(
        self, statement: Executable, parameters: Parameters | None = None
    ) -> CursorResult[*tuple[Any, ...]]:
        """Execute a statement of ours. A database error is raised as ours, without the values."""
        with our_statement:
            return self.connection.execute(statement, parameters)

    def execute_text(self, text: str, parameters: Any) -> int:  # noqa: ANN401 - whatever the driver takes
        """Execute a statement of ours that is compiled already; return how many rows it changed."""
        with our_statement:
            result = self.connection.exec_driver_sql(text, parameters, execution_options=_COUNTED)
            return result.rowcount

    # -- what follows the commit

    def wake_after_commit(self, callback: Callable[[], object]) -> None:
        """Call ``callback`` once this is committed: a hint to look, on which nothing's correctness may hang.

        It is called once, however often it was given. A host's commit is not ours to follow: whoever waits
        for what a host writes looks by themselves.
        """
        if self._lent_by is not None:
            self._lent_by.wake_after_commit(callback)
        elif self._ending == "commit":
            self._wakes[callback] = None

    # -- ending

    def commit(self) -> None:
        """Commit what is ours, give the connection back, and wake whoever asked for it."""
        connection = self.connection
        try:
            with our_statement:
                root = connection.get_transaction()
                if sqlite.commits_by_itself(connection):
                    sqlite.end(connection, "COMMIT")
                if root is not None:
                    root.commit()
        except BaseException:
            self.roll_back()
            raise
        connection.close()
        for wake in self._wakes:
            try:
                wake()
            except Exception as error:  # noqa: BLE001 - logged; what is committed stays so whatever a listener does
                _log.error("whoever waits for a commit failed", **traced(error))

    def roll_back(self) -> None:
        """Take back what is ours, and give the connection back."""
        connection = self.connection
        try:
            with our_statement:
                root = connection.get_transaction()
                if root is not None:
                    root.rollback()
                if not connection.invalidated:
                    sqlite.end(connection, "ROLLBACK")
        finally:
            connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        """End what is ours; a savepoint of ours, under a host."""
        match self._ending:
            case "commit":
                if error is None:
                    self.commit()
                else:
                    self.roll_back()
            case "savepoint":
                with our_statement:
                    if error is not None:
                        self._go_back()
                    self.connection.exec_driver_sql(f"RELEASE SAVEPOINT {SAVEPOINT}")
            case "picture":
                with our_statement:
                    if sqlite.has_begun(self.connection):
                        self.connection.exec_driver_sql("ROLLBACK")
            case "nothing":
                pass

    def _go_back(self) -> None:
        if sqlite.has_begun(self.connection):
            self.connection.exec_driver_sql(f"ROLLBACK TO SAVEPOINT {SAVEPOINT}")
            return
        # SQLite takes the whole transaction back on some errors, such as a full disk.
        root = self.connection.get_transaction()
        if root is not None:
            root.rollback()
        message = phrase(
            "the database took back the whole of the host's transaction, not only this call (its disk"
            " may be full); nothing of it was changed: see to the database, then begin anew"
        )
        raise DatabaseTrouble(message)
