"""Rows: how an instance, its deadlines and its timers become rows, and rows become them again."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from operator import itemgetter
from typing import Any

from sqlalchemy import Row

from gaita.clock import from_microseconds, to_microseconds
from gaita.errors import DatabaseTrouble
from gaita.model.instance import Deadline, Instance, Timer, Turn
from gaita.model.outcome import Accepted, Adjustment, Outcome
from gaita.store.codec import decode, encode, searchable

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


MUTABLE = (
    "state", "data", "since", "memory", "entered", "armed", "version", "refusal", "sequence", "head",
    "folded",
)  # fmt: skip
OPENED = (
    "instance", "number", "rule", "armed_at", "since", "due", "clipped", "occurrence", "course",
    "provisional",
)  # fmt: skip
ADJUSTABLE = ("due", "clipped", "course", "paused_at", "provisional")


def instance_row(change: Change) -> dict[str, Any]:
    """Return the row of an instance as its change leaves it."""
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


class DeadlineRows:
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
            {"of": identity, "nr": after.number, **{f"new_{name}": row[name] for name in ADJUSTABLE}}
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


def read_instances(rows: Sequence[Row[Any]], opened: Sequence[Any]) -> dict[str, Loaded]:
    """Return instances by id, with their open deadlines. Raises ``DatabaseTrouble`` for an unreadable row."""
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
