"""Rows: how an instance, its deadlines and its timers become rows, and rows become them again."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import groupby
from operator import itemgetter
from typing import Any

from sqlalchemy import Row

from gaita.clock import from_microseconds, to_microseconds
from gaita.errors import DatabaseTrouble
from gaita.model.instance import Deadline, Instance, Timer, Turn
from gaita.model.outcome import Accepted, Adjustment
from gaita.store.codec import decode, encode, searchable
from gaita.store.happened import Happened, Loaded

Rows = list[dict[str, Any]]

MUTABLE = (
    "state", "data", "since", "memory", "entered", "armed", "version", "refusal", "sequence", "head",
    "folded",
)  # fmt: skip
OPENED = (
    "instance", "number", "rule", "armed_at", "since", "due", "clipped", "occurrence", "course",
    "provisional",
)  # fmt: skip
ADJUSTABLE = ("due", "clipped", "course", "paused_at", "provisional")
ENDED = ("ending", "ended_at", "late")


def instance_row(instance: Instance, head: str, personal: Iterable[str]) -> dict[str, Any]:
    """Return the row of an instance whose last record has the hash ``head``.

    ``personal`` names the personal fields, which no text search may find.
    """
    return {
        "id": instance.id,
        "workflow": instance.workflow,
        "workflow_version": instance.workflow_version,
        "state": instance.state,
        "data": encode(instance.data),
        "since": to_microseconds(instance.since),
        "started_at": to_microseconds(instance.started_at),
        "memory": encode(instance.memory),
        "entered": _entries_text(instance.entered),
        "armed": instance.armed,
        "version": instance.version,
        "refusal": instance.refusal,
        "sequence": instance.sequence,
        "head": head,
        "folded": searchable(instance.id, instance.data, personal),
    }


@dataclass(slots=True)
class Changes:
    """The rows that outcomes make of instances, deadlines and timers, for each statement that writes them.

    Where a row is changed, ``of`` and the names beside it say which one.
    """

    started: Rows = field(default_factory=Rows)
    moved: Rows = field(default_factory=Rows)
    armed: Rows = field(default_factory=Rows)
    adjusted: Rows = field(default_factory=Rows)
    ended: Rows = field(default_factory=Rows)
    set_timers: Rows = field(default_factory=Rows)
    moved_timers: Rows = field(default_factory=Rows)
    ended_timers: Rows = field(default_factory=Rows)

    def add(self, happened: Happened) -> None:
        """Add what happened to one instance."""
        before, after = happened.before, happened.after
        if before is None:
            self.started.append(instance_row(after, happened.head, happened.workflow.personal))
        elif after is not before.instance:  # the same: a refusal told before
            row = instance_row(after, happened.head, happened.workflow.personal)
            self.moved.append({**row, "of": after.id, "from_sequence": before.instance.sequence})
        for outcome in happened.accepted:
            self._add(outcome)

    def _add(self, outcome: Accepted) -> None:
        identity, at = outcome.after.id, outcome.at
        new: set[tuple[int, int]] = set()
        for deadline in outcome.armed:
            self.armed.append(deadline_row(identity, deadline))
            for timer in deadline.timers:
                new.add((deadline.number, timer.index))
                self.set_timers.append(timer_row(identity, deadline.number, timer.index, timer.due))
        for adjustment in outcome.adjusted:
            self._adjust(identity, adjustment)
        for end in outcome.ended:
            late = micros(end.late) if end.ending == "missed" else None
            self.ended.append({"of": identity, "nr": end.deadline.number, **ended(end.ending, at, late)})
        just_armed = {deadline.number for deadline in outcome.armed}
        for timer_end in outcome.timers:
            number, index = timer_end.deadline, timer_end.index
            late = micros(timer_end.late) if timer_end.ending == "fired" else None
            told = ended(timer_end.ending, at, late)
            if number in just_armed and (number, index) not in new:
                # Cancelled in the moment of arming: kept all the same, so that every timer is accounted.
                self.set_timers.append({**timer_row(identity, number, index, timer_end.due), **told})
            else:
                self.ended_timers.append({"of": identity, "of_deadline": number, "nr": index, **told})

    def _adjust(self, identity: str, adjustment: Adjustment) -> None:
        before, after = adjustment.before, adjustment.after
        self.adjusted.append({**deadline_row(identity, after), "of": identity, "nr": after.number})
        standing = {timer.index: timer.due for timer in before.timers}
        for timer in after.timers:
            if timer.due != standing[timer.index]:
                row = timer_row(identity, after.number, timer.index, timer.due)
                self.moved_timers.append(
                    {**row, "of": identity, "of_deadline": after.number, "nr": timer.index}
                )


def deadline_row(identity: str, deadline: Deadline) -> dict[str, Any]:
    """Return the row of an open deadline."""
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
        "paused_at": _optional(deadline.paused_at if deadline.course else None),
        "provisional": deadline.provisional,
        "ending": None,
        "ended_at": None,
        "late": None,
    }


def timer_row(identity: str, deadline: int, index: int, due: datetime | None) -> dict[str, Any]:
    """Return the row of an open timer."""
    return {
        "instance": identity,
        "deadline": deadline,
        "number": index,
        "due": _optional(due),
        "ending": None,
        "ended_at": None,
        "late": None,
        "incident": None,
    }


def ended(ending: str, at: datetime, late: int | None) -> dict[str, Any]:
    """Return what the row of a deadline or timer says of its end; ``late`` in microseconds."""
    return {"ending": ending, "ended_at": to_microseconds(at), "late": late}


def _optional(moment: datetime | None) -> int | None:
    return None if moment is None else to_microseconds(moment)


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


def micros(late: timedelta) -> int:
    """Return a span in whole microseconds."""
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
    return Loaded(instance, row.head, row.workflow_digest)


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
