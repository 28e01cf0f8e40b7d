"""Incidents: what the engine could not do, kept until an operator has seen to it."""

from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, func, select

from gaita.clock import from_microseconds, to_microseconds
from gaita.model.incident import NOT_TOLD, Incident
from gaita.model.outcome import Trouble
from gaita.store.codec import optional_moment
from gaita.store.tables import Tables
from gaita.store.transaction import Transaction


class IncidentStore:
    """Opens, lists and closes incidents."""

    def __init__(self, tables: Tables) -> None:
        self._table = tables.incidents

    def open(self, transaction: Transaction, instance: str | None, trouble: Trouble, now: datetime) -> int:
        """Open an incident and return its number."""
        statement = self._table.insert().returning(self._table.c.number)
        row = incident_row(instance, trouble.code, trouble.message, now)
        number: int = transaction.execute(statement, row).scalar_one()
        return number

    def open_once(
        self, transaction: Transaction, instance: str | None, trouble: Trouble, now: datetime
    ) -> int | None:
        """Open an incident unless an equal one is open; return its number where it is new."""
        table = self._table
        query = select(table.c.number).where(
            table.c.closed_at.is_(None), table.c.code == trouble.code, table.c.message == trouble.message
        )
        same = table.c.instance.is_(None) if instance is None else table.c.instance == instance
        if transaction.execute(query.where(same).limit(1)).first() is not None:
            return None
        return self.open(transaction, instance, trouble, now)

    def close(self, transaction: Transaction, number: int, actor: str, now: datetime) -> None:
        """Close an incident."""
        statement = self._table.update().where(self._table.c.number == number)
        transaction.execute(statement, {"closed_at": to_microseconds(now), "closed_by": actor})

    def close_all(self, transaction: Transaction, trouble: Trouble, actor: str, now: datetime) -> None:
        """Close every open incident that reports ``trouble``."""
        table = self._table
        statement = table.update().where(
            table.c.closed_at.is_(None), table.c.code == trouble.code, table.c.message == trouble.message
        )
        transaction.execute(statement, {"closed_at": to_microseconds(now), "closed_by": actor})

    # -- for administrators

    def newest_untold(self, transaction: Transaction) -> int | None:
        """Return the number of the newest open incident that administrators were not told about yet."""
        query = select(func.max(self._table.c.number)).where(*self._untold())
        newest: int | None = transaction.execute(query).scalar_one()
        return newest

    def tell(self, transaction: Transaction, now: datetime) -> None:
        """Note that the summary written now tells administrators all that they were not told yet."""
        told = self._table.update().where(*self._untold())
        transaction.execute(told, {"told_at": to_microseconds(now)})

    def told_at(self, transaction: Transaction, moment: datetime) -> list[Incident]:
        """Return the incidents that the summary written at a moment reports, oldest first."""
        table = self._table
        query = select(table).where(table.c.told_at == to_microseconds(moment)).order_by(table.c.number)
        return [_incident(row) for row in transaction.execute(query)]

    def count_open(self, transaction: Transaction) -> int:
        """Return how many incidents are open."""
        query = select(func.count()).where(self._table.c.closed_at.is_(None))
        return transaction.execute(query).scalar_one()

    def _untold(self) -> tuple[ColumnElement[bool], ...]:
        table = self._table
        return (table.c.told_at.is_(None), table.c.closed_at.is_(None), table.c.code != NOT_TOLD)

    # -- looking

    def find(self, transaction: Transaction, number: int) -> Incident | None:
        """Return one incident."""
        row = transaction.execute(select(self._table).where(self._table.c.number == number)).one_or_none()
        return None if row is None else _incident(row)

    def every(self, transaction: Transaction, *, closed: bool = False) -> list[Incident]:
        """Return the open incidents, oldest first; ``closed``: those that are closed as well."""
        query = select(self._table).order_by(self._table.c.number)
        if not closed:
            query = query.where(self._table.c.closed_at.is_(None))
        return [_incident(row) for row in transaction.execute(query)]


def incident_row(instance: str | None, code: str, message: str, opened_at: datetime) -> dict[str, Any]:
    """Return the row of an incident that is opened."""
    return {
        "opened_at": to_microseconds(opened_at),
        "instance": instance,
        "code": code,
        "message": message,
    }


def _incident(row: Row[Any]) -> Incident:
    return Incident(
        row.number,
        from_microseconds(row.opened_at),
        row.instance,
        row.code,
        row.message,
        optional_moment(row.closed_at),
        row.closed_by,
    )
