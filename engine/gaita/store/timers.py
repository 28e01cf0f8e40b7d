"""The timers as one queue over all instances: what is due next, and what is held back."""

from datetime import datetime

from sqlalchemy import Connection, bindparam, func, select

from gaita.clock import from_microseconds, to_microseconds
from gaita.store.tables import Tables


class TimerStore:
    """Answers the scheduler's questions from one index."""

    def __init__(self, tables: Tables) -> None:
        """Prepare the statements."""
        timers = tables.timers
        waiting = timers.c.ending.is_(None) & timers.c.incident.is_(None)
        self._next = select(func.min(timers.c.due)).where(waiting)
        self._due = (
            select(timers.c.due, timers.c.instance)
            .where(waiting, timers.c.due <= bindparam("now"))
            .order_by(timers.c.due, timers.c.instance)
            .limit(bindparam("most"))
        )
        self._hold = (
            timers.update()
            .where(timers.c.instance == bindparam("of"), timers.c.ending.is_(None))
            .values(incident=bindparam("number"))
        )
        self._release = timers.update().where(timers.c.incident == bindparam("number")).values(incident=None)

    def next_due(self, connection: Connection) -> datetime | None:
        """Return the moment of the earliest timer that waits, past or future."""
        due = connection.execute(self._next).scalar_one()
        return None if due is None else from_microseconds(due)

    def due_instances(self, connection: Connection, now: datetime, most: int) -> list[str]:
        """Return the instances of the ``most`` earliest timers with due ≤ ``now``, each once, in that order."""
        rows = connection.execute(self._due, {"now": to_microseconds(now), "most": most})
        return list(dict.fromkeys(row.instance for row in rows))

    def hold(self, connection: Connection, instance: str, incident: int) -> None:
        """Hold back an instance's open timers until ``incident`` is resolved."""
        connection.execute(self._hold, {"of": instance, "number": incident})

    def release(self, connection: Connection, incident: int) -> int:
        """Let the timers that ``incident`` holds back wait again; return how many."""
        return connection.execute(self._release, {"number": incident}).rowcount
