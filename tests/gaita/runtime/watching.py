"""What a test sees of an engine's transactions: which statements each of them ran, and for how many rows."""

from collections import Counter
from collections.abc import Sequence

from sqlalchemy import Connection, event
from sqlalchemy import Engine as Database


class Statements:
    """Counts what is run on a database, by transaction that holds the write lock."""

    def __init__(self, database: Database) -> None:
        self.count = 0
        """Every statement, of those that only read as well; a list of rows is one."""
        self.writing: list[Counter[str]] = []
        """For each transaction that took the write lock: the rows given to each kind of statement."""
        event.listen(database, "before_cursor_execute", self._ran)

    def _ran(
        self,
        _connection: Connection,
        _cursor: object,
        statement: str,
        given: object,
        _context: object,
        many: bool,
    ) -> None:
        self.count += 1
        if statement.startswith("BEGIN IMMEDIATE"):
            self.writing.append(Counter())
        elif self.writing:
            kind = " ".join(statement.split()[:3])
            self.writing[-1][kind] += len(given) if many and isinstance(given, Sequence) else 1

    def records(self) -> list[int]:
        """Return how many records each of the writing transactions wrote."""
        return [each["INSERT INTO gaita_records"] for each in self.writing]
