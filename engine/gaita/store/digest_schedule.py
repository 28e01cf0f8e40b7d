"""When each summary is to be written next: kept, so that a restart neither repeats nor forgets one."""

from datetime import datetime

from sqlalchemy import bindparam, select

from gaita.clock import from_microseconds, to_microseconds
from gaita.store.tables import Tables
from gaita.store.transaction import Transaction


class DigestStore:
    """Remembers one moment for each digest."""

    def __init__(self, tables: Tables) -> None:
        table = tables.digests
        self._table = table
        self._find = select(table.c.next_at).where(table.c.name == bindparam("called"))

    def next_at(self, transaction: Transaction, name: str) -> datetime | None:
        """Return when a digest is to be written; ``None``: it was never planned."""
        found = transaction.execute(self._find, {"called": name}).scalar_one_or_none()
        return None if found is None else from_microseconds(found)

    def plan(self, transaction: Transaction, name: str, moment: datetime) -> None:
        """Plan when a digest is to be written."""
        transaction.execute(self._table.delete().where(self._table.c.name == name))
        transaction.execute(self._table.insert(), {"name": name, "next_at": to_microseconds(moment)})
