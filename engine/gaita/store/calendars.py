"""Calendars: what deadlines are counted by until a plan changes it, and what they were counted by before."""

import json
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import bindparam, func, select

from gaita.calendar import WorkingCalendar
from gaita.clock import from_microseconds, to_microseconds
from gaita.store.codec import encode
from gaita.store.tables import Tables
from gaita.store.transaction import Transaction


@dataclass(frozen=True, slots=True)
class CalendarInForce:
    """A calendar, and since when it is, or was, in force."""

    calendar: WorkingCalendar
    applied_at: datetime
    applied_by: str


class CalendarStore:
    """Keeps all calendars that were ever in force. What was read is kept by the digest of its content."""

    def __init__(self, tables: Tables) -> None:
        table = tables.calendars
        self._table = table
        last = select(func.max(table.c.number)).where(table.c.name == bindparam("called")).scalar_subquery()
        in_force = (table.c.name == bindparam("called")) & (table.c.number == last)
        self._head = select(table.c.digest, table.c.applied_at, table.c.applied_by, table.c.number).where(
            in_force
        )
        self._content = select(table.c.content).where(in_force)
        self._read: dict[tuple[str, str], WorkingCalendar] = {}
        """By name and digest: only the content is kept, which the digest tells."""

    def find(self, transaction: Transaction, name: str) -> CalendarInForce | None:
        """Return the calendar in force under a name."""
        head = transaction.execute(self._head, {"called": name}).one_or_none()
        if head is None:
            return None
        calendar = self._read.get((name, head.digest))
        if calendar is None:
            content = transaction.execute(self._content, {"called": name}).scalar_one()
            calendar = self._parsed(name, head.digest, content)
        return CalendarInForce(calendar, from_microseconds(head.applied_at), head.applied_by)

    def every(self, transaction: Transaction) -> list[CalendarInForce]:
        """Return all calendars in force, by name."""
        names = transaction.execute(
            select(self._table.c.name).distinct().order_by(self._table.c.name)
        ).scalars()
        return [found for name in names if (found := self.find(transaction, name)) is not None]

    def past(self, transaction: Transaction) -> list[CalendarInForce]:
        """Return every calendar that was ever in force, by name and in order."""
        table = self._table
        return [
            CalendarInForce(
                self._read.get((row.name, row.digest)) or self._parsed(row.name, row.digest, row.content),
                from_microseconds(row.applied_at),
                row.applied_by,
            )
            for row in transaction.execute(select(table).order_by(table.c.name, table.c.number))
        ]

    def put(self, transaction: Transaction, calendar: WorkingCalendar, actor: str, now: datetime) -> None:
        """Put a calendar in force, behind the ones that its name had before."""
        head = transaction.execute(self._head, {"called": calendar.name}).one_or_none()
        row = {
            "name": calendar.name,
            "number": 1 if head is None else head.number + 1,
            "digest": calendar.digest,
            "content": encode(calendar.to_json()),
            "applied_at": to_microseconds(now),
            "applied_by": actor,
        }
        transaction.execute(self._table.insert(), row)

    def _parsed(self, name: str, digest: str, content: str) -> WorkingCalendar:
        calendar = self._read[name, digest] = WorkingCalendar.from_json(json.loads(content), never_open=True)
        return calendar
