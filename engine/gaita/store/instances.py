"""Instances, with their deadlines and timers: loaded whole, written as lists of outcomes."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Table, bindparam, exists, or_, select

from gaita.errors import DuplicateRow, InstanceExists, StaleInstance
from gaita.model.state_tree import BESIDE
from gaita.phrase import phrase
from gaita.store.codec import fold
from gaita.store.expected_rows import ExpectedRows
from gaita.store.instance_rows import ADJUSTABLE, ENDED, MUTABLE, OPENED, Changes, Rows, read_instances
from gaita.store.sealed_outcomes import Happened, Loaded
from gaita.store.statement import Statement
from gaita.store.tables import Tables
from gaita.store.timers import overdue
from gaita.store.transaction import Transaction


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
    """Reads and writes instances. Every method takes a transaction; none commits."""

    def __init__(self, tables: Tables) -> None:
        self._tables = tables
        instances, deadlines, timers = tables.instances, tables.deadlines, tables.timers
        workflows = tables.workflows
        shown = [column for column in instances.c if column is not instances.c.folded]
        whole = select(*shown, workflows.c.digest.label("workflow_digest")).outerjoin(
            workflows,
            (workflows.c.id == instances.c.workflow) & (workflows.c.version == instances.c.workflow_version),
        )
        waits = (
            (timers.c.instance == deadlines.c.instance)
            & (timers.c.deadline == deadlines.c.number)
            & timers.c.ending.is_(None)
        )
        opened = [*(deadlines.c[column] for column in OPENED), timers.c.number, timers.c.due]
        in_order = (deadlines.c.instance, deadlines.c.number, timers.c.number)
        is_open = deadlines.c.ending.is_(None)
        self._one = (
            whole.add_columns(*(column.label(f"open_{place}") for place, column in enumerate(opened)))
            .outerjoin(deadlines, (deadlines.c.instance == instances.c.id) & is_open)
            .outerjoin(timers, waits)
            .where(instances.c.id == bindparam("id"))
            .order_by(*in_order)
        )
        self._many = whole.where(instances.c.id.in_(bindparam("ids", expanding=True)))
        self._open_of_many = (
            select(*opened)
            .outerjoin(timers, waits)
            .where(is_open, deadlines.c.instance.in_(bindparam("ids", expanding=True)))
            .order_by(*in_order)
        )
        self._one_locked = self._one.with_for_update(of=instances)
        self._many_locked = self._many.with_for_update(of=instances)
        self._start = Statement(instances.insert(), instances.c.keys())
        stands = (instances.c.id == bindparam("of"), instances.c.sequence == bindparam("from_sequence"))
        self._move = Statement(instances.update().where(*stands), MUTABLE)
        this_one = (deadlines.c.instance == bindparam("of"), deadlines.c.number == bindparam("nr"))
        changing = (*ADJUSTABLE, *ENDED)
        self._arm = Statement(deadlines.insert(), deadlines.c.keys())
        self._change = Statement(deadlines.update().where(*this_one, deadlines.c.ending.is_(None)), changing)
        self._reopen = Statement(
            deadlines.update().where(*this_one, deadlines.c.ending.is_not(None)), changing
        )
        waiting = (
            timers.c.instance == bindparam("of"),
            timers.c.deadline == bindparam("of_deadline"),
            timers.c.number == bindparam("nr"),
            timers.c.ending.is_(None),
        )
        self._set_timer = Statement(timers.insert(), timers.c.keys())
        self._change_timer = Statement(timers.update().where(*waiting), ("due", *ENDED))

    def load(self, transaction: Transaction, identity: str, *, for_update: bool = False) -> Loaded | None:
        """Return one instance with its open deadlines, or ``None``; ``for_update`` locks its row."""
        query = self._one_locked if for_update else self._one
        rows = transaction.execute(query, {"id": identity}).all()
        if not rows:
            return None
        width = len(OPENED) + 2
        opened = [row[-width:] for row in rows] if rows[0].open_0 is not None else []
        return read_instances(rows[:1], opened)[identity]

    def load_many(
        self, transaction: Transaction, identities: Sequence[str], *, for_update: bool = False
    ) -> dict[str, Loaded]:
        """Return the instances that exist, by id. A row that cannot be read raises ``DatabaseTrouble``."""
        query = self._many_locked if for_update else self._many
        names = {"ids": list(identities)}
        opened = transaction.execute(self._open_of_many, names).all()
        return read_instances(transaction.execute(query, names).all(), opened)

    def find(
        self, transaction: Transaction, wanted: Filter, *, after: str | None = None, limit: int = 100
    ) -> list[Loaded]:
        """Return the instances that ``wanted`` lets through, in order of id, beginning behind ``after``."""
        instances, deadlines = self._tables.instances, self._tables.deadlines
        query = select(instances.c.id).order_by(instances.c.id).limit(limit)
        if wanted.workflow is not None:
            query = query.where(instances.c.workflow == wanted.workflow)
        if wanted.state is not None:
            query = query.where(_is_in(instances.c.state, wanted.state))
        if wanted.text:
            query = query.where(instances.c.folded.contains(fold(wanted.text), autoescape=True))
        if wanted.overdue_at is not None:
            query = query.where(
                exists().where(
                    deadlines.c.instance == instances.c.id, overdue(self._tables, wanted.overdue_at)
                )
            )
        if after is not None:
            query = query.where(instances.c.id > after)
        identities = list(transaction.execute(query).scalars())
        found = self.load_many(transaction, identities)
        return [found[identity] for identity in identities]

    def write(self, transaction: Transaction, happenings: Iterable[Happened]) -> None:
        """Write what happened. Raises ``StaleInstance`` when an instance is not where it was loaded.

        Raises ``InstanceExists`` where one that is started was started by somebody else meanwhile.
        """
        changes = Changes()
        for each in happenings:
            changes.add(each)
        try:
            _run(transaction, self._start, changes.started)
        except DuplicateRow:
            names = ", ".join(repr(row["id"]) for row in changes.started[:3])
            message = phrase(
                "instance %(identity)s exists already; choose another id, or fire an event on it",
                identity=names,
            )
            raise InstanceExists(message) from None
        _run(transaction, self._move, changes.moved, "instance")
        _run(transaction, self._arm, list(changes.armed.values()))
        _run(transaction, self._set_timer, list(changes.set_timers.values()))
        _run(transaction, self._change, list(changes.changed.values()), "deadline")
        _run(transaction, self._reopen, list(changes.reopened.values()), "deadline")
        _run(transaction, self._change_timer, list(changes.changed_timers.values()), "timer")

    def put_right(self, transaction: Transaction, expected: ExpectedRows) -> None:
        """Write the rows of one instance as its history leads to them, whatever they were before."""
        tables, identity = self._tables, expected.instance["id"]
        _write(transaction, tables.instances, {identity: expected.instance}, ("id",))
        _write(transaction, tables.deadlines, expected.deadlines, ("instance", "number"))
        _write(transaction, tables.timers, expected.timers, ("instance", "deadline", "number"))


def _is_in(place: ColumnElement[str], state: str) -> ColumnElement[bool]:
    """Return the condition that a state is active at a place: it, or one inside it, is among the leaves."""
    return or_(
        place == state,
        place.startswith(f"{state}/", autoescape=True),
        place.startswith(f"{state}{BESIDE}", autoescape=True),
        place.endswith(f"{BESIDE}{state}", autoescape=True),
        place.contains(f"{BESIDE}{state}/", autoescape=True),
        place.contains(f"{BESIDE}{state}{BESIDE}", autoescape=True),
    )


def _write(
    transaction: Transaction, table: Table, rows: Mapping[Any, Mapping[str, Any]], key: Sequence[str]
) -> None:
    """Update the rows that are there, and insert the others."""
    if not rows:
        return
    first = next(iter(rows.values()))[key[0]]
    columns = [table.c[name] for name in key]
    known = {tuple(row) for row in transaction.execute(select(*columns).where(columns[0] == first))}
    old = [row for row in rows.values() if tuple(row[name] for name in key) in known]
    new = [row for row in rows.values() if tuple(row[name] for name in key) not in known]
    if old:
        same = [column == bindparam(f"key_{column.name}") for column in columns]
        changed: dict[str, Any] = {name: bindparam(f"set_{name}") for name in old[0] if name not in key}
        parameters = [
            {**{f"set_{name}": row[name] for name in changed}, **{f"key_{name}": row[name] for name in key}}
            for row in old
        ]
        transaction.execute(table.update().where(*same).values(changed), parameters)
    if new:
        transaction.execute(table.insert(), new)


def _run(transaction: Transaction, statement: Statement, rows: Rows, asserted: str | None = None) -> None:
    if not rows:
        return
    changed = statement.run(transaction, rows)
    if asserted is not None and changed != len(rows):
        message = phrase(
            "%(changed)s of %(all)s rows were changed by somebody else while the engine held them"
            " (the first: %(first)s); nothing was written",
            changed=len(rows) - changed,
            all=len(rows),
            first=rows[0]["of"],
        )
        raise StaleInstance(message)
