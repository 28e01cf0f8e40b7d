"""The last moment of a rehearsal: where the time of a database that was kept from one stands.

Its table is no part of the schema: only a rehearsal makes it, so that no other database can be taken for one.
"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import BigInteger, Column, MetaData, String, Table, inspect, select
from sqlalchemy.schema import CreateTable

from gaita.clock import from_microseconds, to_microseconds
from gaita.store.tables import Tables
from gaita.store.transaction import Transaction


@dataclass(frozen=True, slots=True)
class LastMoment:
    """A moment, and the zone in which people read it."""

    at: datetime
    zone: str


class LastMomentStore:
    """Keeps the one moment."""

    def __init__(self, tables: Tables) -> None:
        """Declare the table; nothing is read or written."""
        self._table = Table(
            f"{tables.prefix}rehearsal",
            MetaData(schema=tables.schema),
            Column("at", BigInteger, nullable=False),
            Column("zone", String(64), nullable=False),
        )

    def find(self, transaction: Transaction) -> LastMoment | None:
        """Return the moment at which a rehearsal's time stands; ``None`` for any other database."""
        if not inspect(transaction.connection).has_table(self._table.name, schema=self._table.schema):
            return None
        row = transaction.execute(select(self._table)).one_or_none()
        return None if row is None else LastMoment(from_microseconds(row.at), row.zone)

    def keep(self, transaction: Transaction, moment: LastMoment) -> None:
        """Keep a moment in the place of the one before."""
        transaction.execute(CreateTable(self._table, if_not_exists=True))
        transaction.execute(self._table.delete())
        row = {"at": to_microseconds(moment.at), "zone": moment.zone}
        transaction.execute(self._table.insert(), row)
