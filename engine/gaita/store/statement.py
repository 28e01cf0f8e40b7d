"""A statement that writes: compiled once for each kind of database, then as quick as the driver is."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Delete, Dialect, Insert, Update

from gaita.store.transaction import Transaction


class Statement:
    """An INSERT, UPDATE or DELETE that is run with one row after the other, or with many at once.

    Our columns hold integers, texts and booleans, which every driver takes as they are: what SQLAlchemy would
    do to them each time, it has to do for none of them.
    """

    def __init__(self, clause: Insert | Update | Delete, columns: Sequence[str] = ()) -> None:
        """``columns`` are set to what a row has under their names; conditions bind names of their own."""
        self._clause = clause
        self._columns = columns
        self._compiled: dict[tuple[type[Dialect], str], tuple[str, Sequence[str] | None]] = {}

    def run(self, transaction: Transaction, rows: Sequence[Mapping[str, Any]]) -> int:
        """Run it with each of ``rows`` (at least one); return how many rows of the database it changed."""
        dialect = transaction.connection.dialect
        key = (type(dialect), dialect.paramstyle)
        text, order = self._compiled.get(key) or self._compile(dialect, key)
        given: Any = rows if order is None else [tuple(map(row.__getitem__, order)) for row in rows]
        return transaction.execute_text(text, given if len(given) > 1 else given[0])

    def _compile(self, dialect: Dialect, key: tuple[type[Dialect], str]) -> tuple[str, Sequence[str] | None]:
        columns = list(self._columns) or None
        compiled: Any = self._clause.compile(dialect=dialect, column_keys=columns)
        made = str(compiled), compiled.positiontup
        self._compiled[key] = made
        return made
