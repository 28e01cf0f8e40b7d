"""Instances, with their deadlines and timers: loaded whole, written as lists of outcomes."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, Executable, bindparam, exists, func, select

from gaita.clock import to_microseconds
from gaita.errors import StaleInstance
from gaita.model.outcome import Accepted
from gaita.store.codec import fold
from gaita.store.instance_rows import (
    ADJUSTABLE,
    MUTABLE,
    OPENED,
    Change,
    DeadlineRows,
    Loaded,
    Rows,
    instance_row,
    read_instances,
)
from gaita.store.tables import Tables


@dataclass(frozen=True, slots=True)
class Filter:
    """Which instances to list; every condition given must hold."""

    workflow: str | None = None
    state: str | None = None
    text: str | None = None
    """Found in the id or any string of the data that is not personal, whatever the case or diacritics."""
    overdue_at: datetime | None = None
    """Only those with an open deadline that was due at this moment or before."""


class InstanceStore:
    """Reads and writes instances. Every method takes a connection; none commits."""

    def __init__(self, tables: Tables) -> None:
        """Prepare the statements."""
        self._tables = tables
        instances, deadlines, timers = tables.instances, tables.deadlines, tables.timers
        self._one = select(instances).where(instances.c.id == bindparam("id"))
        self._many = select(instances).where(instances.c.id.in_(bindparam("ids", expanding=True)))
        self._one_locked = self._one.with_for_update()
        self._many_locked = self._many.with_for_update()
        opened = (
            select(
                *(deadlines.c[column] for column in OPENED),
                timers.c.number.label("timer"),
                timers.c.due.label("timer_due"),
            )
            .outerjoin(
                timers,
                (timers.c.instance == deadlines.c.instance)
                & (timers.c.deadline == deadlines.c.number)
                & timers.c.ending.is_(None),
            )
            .where(deadlines.c.ending.is_(None))
            .order_by(deadlines.c.instance, deadlines.c.number, timers.c.number)
        )
        self._open_of_one = opened.where(deadlines.c.instance == bindparam("id"))
        self._open_of_many = opened.where(deadlines.c.instance.in_(bindparam("ids", expanding=True)))
        self._insert = instances.insert()
        self._update = (
            instances.update()
            .where(instances.c.id == bindparam("of"), instances.c.sequence == bindparam("from_sequence"))
            .values({column: bindparam(f"new_{column}") for column in MUTABLE})
        )
        self._arm = deadlines.insert()
        self._end = (
            deadlines.update()
            .where(deadlines.c.instance == bindparam("of"), deadlines.c.number == bindparam("nr"))
            .where(deadlines.c.ending.is_(None))
            .values(ending=bindparam("new_ending"), ended_at=bindparam("at"), late=bindparam("new_late"))
        )
        self._adjust = (
            deadlines.update()
            .where(deadlines.c.instance == bindparam("of"), deadlines.c.number == bindparam("nr"))
            .where(deadlines.c.ending.is_(None))
            .values({column: bindparam(f"new_{column}") for column in ADJUSTABLE})
        )
        self._move_timer = (
            timers.update()
            .where(timers.c.instance == bindparam("of"), timers.c.deadline == bindparam("of_deadline"))
            .where(timers.c.number == bindparam("nr"), timers.c.ending.is_(None))
            .values(due=bindparam("new_due"))
        )
        self._set_timer = timers.insert()
        self._end_timer = (
            timers.update()
            .where(timers.c.instance == bindparam("of"), timers.c.deadline == bindparam("of_deadline"))
            .where(timers.c.number == bindparam("nr"), timers.c.ending.is_(None))
            .values(ending=bindparam("new_ending"), ended_at=bindparam("at"), late=bindparam("new_late"))
        )

    def load(self, connection: Connection, identity: str, *, for_update: bool = False) -> Loaded | None:
        """Return one instance with its open deadlines, or ``None``; ``for_update`` locks its row."""
        query = self._one_locked if for_update else self._one
        row = connection.execute(query, {"id": identity}).one_or_none()
        if row is None:
            return None
        opened = connection.execute(self._open_of_one, {"id": identity}).all()
        return read_instances([row], opened)[identity]

    def load_many(
        self, connection: Connection, identities: Sequence[str], *, for_update: bool = False
    ) -> dict[str, Loaded]:
        """Return the instances that exist, by id. A row that cannot be read raises ``DatabaseTrouble``."""
        query = self._many_locked if for_update else self._many
        names = {"ids": list(identities)}
        opened = connection.execute(self._open_of_many, names).all()
        return read_instances(connection.execute(query, names).all(), opened)

    def endings(self, connection: Connection, identity: str) -> dict[int, str]:
        """Return how the deadlines of one instance that are no longer open have ended, by their number."""
        deadlines = self._tables.deadlines
        query = select(deadlines.c.number, deadlines.c.ending).where(
            deadlines.c.instance == identity, deadlines.c.ending.is_not(None)
        )
        return {row.number: row.ending for row in connection.execute(query)}

    def find(
        self, connection: Connection, wanted: Filter, *, after: str | None = None, limit: int = 100
    ) -> list[Loaded]:
        """Return the instances that ``wanted`` lets through, in order of id, beginning behind ``after``."""
        instances, deadlines = self._tables.instances, self._tables.deadlines
        query = select(instances.c.id).order_by(instances.c.id).limit(limit)
        if wanted.workflow is not None:
            query = query.where(instances.c.workflow == wanted.workflow)
        if wanted.state is not None:
            inside = instances.c.state.startswith(wanted.state + "/", autoescape=True)
            query = query.where((instances.c.state == wanted.state) | inside)
        if wanted.text:
            query = query.where(instances.c.folded.contains(fold(wanted.text), autoescape=True))
        if wanted.overdue_at is not None:
            query = query.where(
                exists().where(
                    deadlines.c.instance == instances.c.id,
                    deadlines.c.ending.is_(None),
                    deadlines.c.provisional.is_(False),
                    deadlines.c.due
                    <= func.coalesce(deadlines.c.paused_at, to_microseconds(wanted.overdue_at)),
                )
            )
        if after is not None:
            query = query.where(instances.c.id > after)
        identities = list(connection.execute(query).scalars())
        found = self.load_many(connection, identities)
        return [found[identity] for identity in identities]

    def identities(self, connection: Connection, *, after: str | None = None, limit: int = 100) -> list[str]:
        """Return ids in order, beginning behind ``after``: also of instances that cannot be read."""
        instances = self._tables.instances
        query = select(instances.c.id).where(instances.c.id > (after or "")).order_by(instances.c.id)
        return list(connection.execute(query.limit(limit)).scalars())

    def write(self, connection: Connection, changes: Iterable[Change]) -> None:
        """Write what happened. Raises ``StaleInstance`` when an instance is not where it was loaded."""
        started: Rows = []
        moved: Rows = []
        rows = DeadlineRows()
        for change in changes:
            if change.before is None:
                started.append(instance_row(change))
            elif change.after is not change.before.instance:  # the same: a refusal told before
                before, row = change.before.instance, instance_row(change)
                moved.append(
                    {"of": before.id, "from_sequence": before.sequence}
                    | {f"new_{column}": row[column] for column in MUTABLE}
                )
            for outcome in change.outcomes:
                if isinstance(outcome, Accepted):
                    rows.add(outcome)
        self._execute(connection, self._insert, started)
        self._execute(connection, self._update, moved, "instance")
        self._execute(connection, self._arm, rows.armed)
        self._execute(connection, self._set_timer, rows.set_timers)
        self._execute(connection, self._adjust, rows.adjusted, "deadline")
        self._execute(connection, self._move_timer, rows.moved_timers, "timer")
        self._execute(connection, self._end, rows.ended, "deadline")
        self._execute(connection, self._end_timer, rows.ended_timers, "timer")

    def _execute(
        self, connection: Connection, statement: Executable, rows: Rows, asserted: str | None = None
    ) -> None:
        if not rows:
            return
        result = connection.execute(statement, rows if len(rows) > 1 else rows[0])
        if asserted is not None and result.rowcount != len(rows):
            message = (
                f"{len(rows) - result.rowcount} of {len(rows)} {asserted} rows were changed by somebody else "
                f"while the engine held them (the first: {rows[0]['of']}); nothing was written"
            )
            raise StaleInstance(message)
