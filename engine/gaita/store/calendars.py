"""Calendars as they are in force: what deadlines are counted by, until a plan that was shown changes it."""

import json
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import bindparam, select

from gaita.calendar import WorkingCalendar
from gaita.clock import from_microseconds, to_microseconds
from gaita.store.codec import encode
from gaita.store.tables import Tables
from gaita.store.transaction import Transaction


@dataclass(frozen=True, slots=True)
class CalendarInForce:
    """A calendar, and since when it is in force."""

    calendar: WorkingCalendar
    applied_at: datetime
    applied_by: str


class CalendarStore:
    """Keeps one calendar under each name. What was read is kept by the digest of its content."""

    def __init__(self, tables: Tables) -> None:
        table = tables.calendars
        self._table = table
        named = table.c.name == bindparam("called")
        self._head = select(table.c.digest, table.c.applied_at, table.c.applied_by).where(named)
        self._content = select(table.c.content).where(named)
        self._read: dict[tuple[str, str], WorkingCalendar] = {}
        """By name and digest: only the content is kept, which the digest tells."""

    def find(self, connection: Transaction, name: str) -> CalendarInForce | None:
        """Return the calendar in force under a name."""
        head = connection.execute(self._head, {"called": name}).one_or_none()
        if head is None:
            return None
        calendar = self._read.get((name, head.digest))
        if calendar is None:
            content = connection.execute(self._content, {"called": name}).scalar_one()
            calendar = WorkingCalendar.from_json(json.loads(content), never_open=True)
            self._read[name, head.digest] = calendar
        return CalendarInForce(calendar, from_microseconds(head.applied_at), head.applied_by)

    def every(self, connection: Transaction) -> list[CalendarInForce]:
        """Return all calendars in force, by name."""
        names = connection.execute(select(self._table.c.name).order_by(self._table.c.name)).scalars()
        return [found for name in names if (found := self.find(connection, name)) is not None]

    def put(self, connection: Transaction, calendar: WorkingCalendar, actor: str, now: datetime) -> None:
        """Put a calendar in force, in the place of the one of its name."""
        connection.execute(self._table.delete().where(self._table.c.name == calendar.name))
        row = {
            "name": calendar.name,
            "digest": calendar.digest,
            "content": encode(calendar.to_json()),
            "applied_at": to_microseconds(now),
            "applied_by": actor,
        }
        connection.execute(self._table.insert(), row)
