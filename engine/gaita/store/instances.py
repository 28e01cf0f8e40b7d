"""Instances, with their deadlines and timers: loaded whole, written as lists of outcomes."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from operator import itemgetter
from typing import Any

from sqlalchemy import Connection, Executable, Row, bindparam, exists, func, select

from gaita.clock import from_microseconds, to_microseconds
from gaita.errors import DatabaseTrouble, StaleInstance
from gaita.model.instance import Deadline, Instance, Timer, Turn
from gaita.model.outcome import Accepted, Adjustment, Outcome
from gaita.store.codec import decode, encode, fold, searchable
from gaita.store.tables import Tables

Rows = list[dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Loaded:
    """An instance as stored, and the hash of its last record."""

    instance: Instance
    head: str


@dataclass(frozen=True, slots=True)
class Change:
    """What is to be written of one instance: where it stood, and what happened to it, in order."""

    before: Loaded | None
    """``None``: it is started by the first outcome."""
    outcomes: Sequence[Outcome]
    head: str
    """The hash of the last record after them."""
    personal: frozenset[str]
    """The names of the personal fields, which no text search may find."""

    @property
    def after(self) -> Instance:
        """The instance as the last outcome leaves it."""
        return self.outcomes[-1].after


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
                *(deadlines.c[column] for column in _OPENED),
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
            .values({column: bindparam(f"new_{column}") for column in _MUTABLE})
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
            .values({column: bindparam(f"new_{column}") for column in _ADJUSTABLE})
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
        return _read([row], opened)[identity]

    def load_many(
        self, connection: Connection, identities: Sequence[str], *, for_update: bool = False
    ) -> dict[str, Loaded]:
        """Return the instances that exist, by id. A row that cannot be read raises ``DatabaseTrouble``."""
        query = self._many_locked if for_update else self._many
        names = {"ids": list(identities)}
        opened = connection.execute(self._open_of_many, names).all()
        return _read(connection.execute(query, names).all(), opened)

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
        rows = _DeadlineRows()
        for change in changes:
            if change.before is None:
                started.append(_row(change))
            elif change.after is not change.before.instance:  # the same: a refusal told before
                before, row = change.before.instance, _row(change)
                moved.append(
                    {"of": before.id, "from_sequence": before.sequence}
                    | {f"new_{column}": row[column] for column in _MUTABLE}
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


_MUTABLE = (
    "state", "data", "since", "memory", "entered", "armed", "version", "refusal", "sequence", "head",
    "folded",
)  # fmt: skip
_OPENED = (
    "instance", "number", "rule", "armed_at", "since", "due", "clipped", "occurrence", "course",
    "provisional",
)  # fmt: skip
_ADJUSTABLE = ("due", "clipped", "course", "paused_at", "provisional")


def _row(change: Change) -> dict[str, Any]:
    after = change.after
    return {
        "id": after.id,
        "workflow": after.workflow,
        "workflow_version": after.workflow_version,
        "state": after.state,
        "data": encode(after.data),
        "since": to_microseconds(after.since),
        "started_at": to_microseconds(after.started_at),
        "memory": encode(after.memory),
        "entered": _entries_text(after.entered),
        "armed": after.armed,
        "version": after.version,
        "refusal": after.refusal,
        "sequence": after.sequence,
        "head": change.head,
        "folded": searchable(after.id, after.data, change.personal),
    }


class _DeadlineRows:
    """The rows that outcomes make of deadlines and timers."""

    def __init__(self) -> None:
        self.armed: Rows = []
        self.adjusted: Rows = []
        self.ended: Rows = []
        self.set_timers: Rows = []
        self.moved_timers: Rows = []
        self.ended_timers: Rows = []

    def add(self, outcome: Accepted) -> None:
        identity, at = outcome.after.id, to_microseconds(outcome.at)
        new: set[tuple[int, int]] = set()
        for deadline in outcome.armed:
            self.armed.append(_deadline_row(identity, deadline))
            for timer in deadline.timers:
                new.add((deadline.number, timer.index))
                self.set_timers.append(_timer_row(identity, deadline.number, timer.index, timer.due))
        for adjustment in outcome.adjusted:
            self._adjust(identity, adjustment)
        self.ended.extend(
            {
                "of": identity,
                "nr": end.deadline.number,
                "new_ending": end.ending,
                "at": at,
                "new_late": _micros(end.late) if end.ending == "missed" else None,
            }
            for end in outcome.ended
        )
        just_armed = {deadline.number for deadline in outcome.armed}
        for end in outcome.timers:
            if end.deadline in just_armed and (end.deadline, end.index) not in new:
                # Cancelled in the moment of arming: kept all the same, so that every timer is accounted.
                row = _timer_row(identity, end.deadline, end.index, end.due)
                self.set_timers.append({**row, "ending": end.ending, "ended_at": at})
            else:
                self.ended_timers.append(
                    {
                        "of": identity,
                        "of_deadline": end.deadline,
                        "nr": end.index,
                        "new_ending": end.ending,
                        "at": at,
                        "new_late": _micros(end.late) if end.ending == "fired" else None,
                    }
                )

    def _adjust(self, identity: str, adjustment: Adjustment) -> None:
        before, after = adjustment.before, adjustment.after
        row = _deadline_row(identity, after)
        self.adjusted.append(
            {"of": identity, "nr": after.number, **{f"new_{name}": row[name] for name in _ADJUSTABLE}}
        )
        standing = {timer.index: timer.due for timer in before.timers}
        self.moved_timers.extend(
            {
                "of": identity,
                "of_deadline": after.number,
                "nr": timer.index,
                "new_due": None if timer.due is None else to_microseconds(timer.due),
            }
            for timer in after.timers
            if timer.due != standing[timer.index]
        )


def _deadline_row(identity: str, deadline: Deadline) -> dict[str, Any]:
    paused_at = deadline.paused_at if deadline.course else None
    return {
        "instance": identity,
        "number": deadline.number,
        "rule": deadline.rule,
        "armed_at": to_microseconds(deadline.armed_at),
        "since": to_microseconds(deadline.since),
        "due": to_microseconds(deadline.due),
        "clipped": deadline.clipped,
        "occurrence": deadline.occurrence,
        "course": _course_text(deadline.course),
        "paused_at": None if paused_at is None else to_microseconds(paused_at),
        "provisional": deadline.provisional,
        "ending": None,
        "ended_at": None,
        "late": None,
    }


def _course_text(course: Sequence[Turn]) -> str:
    if not course:
        return "[]"
    return encode([[turn.kind, to_microseconds(turn.at), turn.by, turn.amount] for turn in course])


def _course(text: str) -> tuple[Turn, ...]:
    if text == "[]":
        return ()
    return tuple(Turn(kind, from_microseconds(at), by, amount) for kind, at, by, amount in json.loads(text))


def _entries_text(entered: Mapping[str, tuple[datetime, datetime]]) -> str:
    if not entered:
        return "{}"
    return encode({state: [to_microseconds(at) for at in entries] for state, entries in entered.items()})


def _entries(text: str) -> Mapping[str, tuple[datetime, datetime]]:
    if text == "{}":
        return {}
    return {
        state: (from_microseconds(first), from_microseconds(last))
        for state, (first, last) in json.loads(text).items()
    }


def _timer_row(identity: str, deadline: int, index: int, due: datetime | None) -> dict[str, Any]:
    return {
        "instance": identity,
        "deadline": deadline,
        "number": index,
        "due": None if due is None else to_microseconds(due),
        "ending": None,
        "ended_at": None,
        "late": None,
        "incident": None,
    }


def _micros(late: timedelta) -> int:
    return late // timedelta(microseconds=1)


def _read(rows: Sequence[Row[Any]], opened: Sequence[Any]) -> dict[str, Loaded]:
    try:
        deadlines = _deadlines(opened)
        return {row.id: _loaded(row, deadlines.get(row.id, ())) for row in rows}
    except (ArithmeticError, AttributeError, KeyError, TypeError, ValueError) as error:
        which = f"instance {rows[0].id!r}" if len(rows) == 1 else f"one of {len(rows)} instances"
        message = f"{which} cannot be read: its row holds what the engine never wrote ({error!r})"
        raise DatabaseTrouble(message) from error


def _loaded(row: Row[Any], deadlines: tuple[Deadline, ...]) -> Loaded:
    instance = Instance(
        row.id,
        row.workflow,
        row.workflow_version,
        row.state,
        decode(row.data),
        from_microseconds(row.since),
        from_microseconds(row.started_at),
        _texts(row.memory),
        deadlines,
        row.armed,
        row.version,
        row.refusal,
        row.sequence,
        _entries(row.entered),
    )
    return Loaded(instance, row.head)


def _texts(text: str) -> Mapping[str, str]:
    return {key: str(value) for key, value in decode(text).items()} if text != "{}" else {}


def _deadlines(rows: Sequence[Any]) -> dict[str, tuple[Deadline, ...]]:
    """Put the joined rows together again: one deadline has a row for each of its open timers."""
    found: dict[str, list[Deadline]] = {}
    key: Any
    for key, group in groupby(rows, itemgetter(0, 1)):
        joined: list[Any] = list(group)
        timers = tuple(
            Timer(row.timer, None if row.timer_due is None else from_microseconds(row.timer_due))
            for row in joined
            if row.timer is not None
        )
        instance, number = key
        _, _, rule, armed_at, since, due, clipped, occurrence, course, provisional, *_ = joined[0]
        deadline = Deadline(
            number,
            rule,
            from_microseconds(armed_at),
            from_microseconds(since),
            from_microseconds(due),
            clipped,
            timers,
            occurrence,
            _course(course),
            provisional,
        )
        found.setdefault(instance, []).append(deadline)
    return {instance: tuple(deadlines) for instance, deadlines in found.items()}
