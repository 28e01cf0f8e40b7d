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
from gaita.model.instance import (
    TIMERS_OF_ONE_RENEWAL,
    Deadline,
    Instance,
    Remembered,
    Stay,
    Timer,
    Turn,
)
from gaita.model.outcome import Accepted
from gaita.phrase import phrase
from gaita.store.codec import decode, encode, optional_moment, searchable
from gaita.store.sealed_outcomes import Happened, Loaded

Values = dict[str, Any]
Rows = list[Values]

MUTABLE = (
    "state", "data", "since", "memory", "entered", "armed", "version", "refusal", "sequence", "head",
    "folded", "stays", "remembered", "corrected",
)  # fmt: skip
OPENED = (
    "instance", "number", "rule", "armed_at", "since", "due", "clipped", "occurrence", "course",
    "provisional", "renewals",
)  # fmt: skip
ADJUSTABLE = ("due", "clipped", "course", "paused_at", "provisional", "renewals")
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
        "memory": encode(instance.memory) if instance.memory else "{}",
        "entered": _entries_text(instance.entered),
        "armed": instance.armed,
        "version": instance.version,
        "refusal": instance.refusal,
        "sequence": instance.sequence,
        "head": head,
        "folded": searchable(instance.id, instance.data, personal),
        "stays": _stays_text(instance.stays),
        "remembered": _remembered_text(instance.remembered),
        "corrected": instance.corrected,
    }


@dataclass(slots=True)
class Changes:
    """The rows that outcomes make of instances, deadlines and timers, for each statement that writes them.

    Where a row is changed, ``of`` and the names beside it say which one. A deadline may end, be open again
    and end anew within one change: each row is written once, as it is after all of it.
    """

    started: Rows = field(default_factory=Rows)
    moved: Rows = field(default_factory=Rows)
    armed: dict[tuple[str, int], Values] = field(default_factory=dict[tuple[str, int], Values])
    changed: dict[tuple[str, int], Values] = field(default_factory=dict[tuple[str, int], Values])
    """Deadlines that were open before the change."""
    reopened: dict[tuple[str, int], Values] = field(default_factory=dict[tuple[str, int], Values])
    """Deadlines that had ended before it."""
    set_timers: dict[tuple[str, int, int], Values] = field(default_factory=dict[tuple[str, int, int], Values])
    changed_timers: dict[tuple[str, int, int], Values] = field(
        default_factory=dict[tuple[str, int, int], Values]
    )

    def add(self, happened: Happened) -> None:
        """Add what happened to one instance."""
        before, after = happened.before, happened.after
        if before is None:
            self.started.append(instance_row(after, happened.head, happened.workflow.personal))
        elif after is not before.instance:  # the same: a refusal told before
            row = instance_row(after, happened.head, happened.workflow.personal)
            row["of"], row["from_sequence"] = after.id, before.instance.sequence
            self.moved.append(row)
        for outcome in happened.accepted:
            self._add(outcome)

    def _add(self, outcome: Accepted) -> None:
        identity, at = outcome.after.id, outcome.at
        for deadline in outcome.armed:
            self.armed[identity, deadline.number] = deadline_row(identity, deadline)
            for timer in deadline.timers:
                self._set_timer(identity, deadline.number, timer, is_new=True)
        for adjustment in outcome.adjusted:
            before, after = adjustment.before, adjustment.after
            had_ended = adjustment.kind == "reopened" and not _is_open(outcome.before, after.number)
            self._change(identity, after, had_ended=had_ended)
            standing = () if adjustment.kind == "reopened" else before.timers
            dues = {timer.number: timer.due for timer in standing}
            for timer in after.timers:
                if timer.number not in dues or timer.due != dues[timer.number]:
                    self._set_timer(identity, after.number, timer, is_new=timer.number not in dues)
        for end in outcome.ended:
            late = micros(end.late) if end.ending == "missed" else None
            self._change(identity, end.deadline).update(ended(end.ending, at, late))
        newly_armed = {each.number for each in outcome.armed}
        for timer_end in outcome.timers:
            late = micros(timer_end.late) if timer_end.ending == "fired" else None
            # Cancelled in the moment of arming: kept all the same, so that every timer is accounted.
            just_armed = not timer_end.again and timer_end.deadline in newly_armed
            timer = Timer(timer_end.index, timer_end.due, timer_end.again)
            row = self._set_timer(identity, timer_end.deadline, timer, is_new=just_armed)
            row.update(ended(timer_end.ending, at, late))

    def _change(self, identity: str, deadline: Deadline, *, had_ended: bool = False) -> Values:
        key = (identity, deadline.number)
        rows = self.reopened if had_ended else self.changed
        for touched in (self.armed, self.changed, self.reopened):
            if key in touched:
                rows = touched
        row = rows[key] = deadline_row(identity, deadline)
        row["of"], row["nr"] = identity, deadline.number
        return row

    def _set_timer(self, identity: str, deadline: int, timer: Timer, *, is_new: bool) -> Values:
        key = (identity, deadline, timer.number)
        rows = self.set_timers if is_new or key in self.set_timers else self.changed_timers
        row = rows[key] = timer_row(identity, deadline, timer.number, timer.due)
        row["of"], row["of_deadline"], row["nr"] = identity, deadline, timer.number
        return row


def _is_open(instance: Instance | None, number: int) -> bool:
    return instance is not None and any(each.number == number for each in instance.deadlines)


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
        "renewals": deadline.renewals,
        "restated": False,
    }


def timer_row(identity: str, deadline: int, number: int, due: datetime | None) -> dict[str, Any]:
    """Return the row of an open timer."""
    return {
        "instance": identity,
        "deadline": deadline,
        "number": number,
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


def _stays_text(stays: Sequence[Stay]) -> str:
    if not stays:
        return "[]"
    return encode([[each.state, to_microseconds(each.since), _optional(each.until)] for each in stays])


def _stays(text: str) -> tuple[Stay, ...]:
    if text == "[]":
        return ()
    return tuple(
        Stay(state, from_microseconds(since), optional_moment(until))
        for state, since, until in json.loads(text)
    )


def _remembered_text(remembered: Sequence[Remembered]) -> str:
    if not remembered:
        return "[]"
    return encode(
        [
            [
                each.deadline.number,
                each.deadline.rule,
                to_microseconds(each.deadline.armed_at),
                to_microseconds(each.deadline.since),
                to_microseconds(each.deadline.due),
                each.deadline.clipped,
                each.deadline.occurrence,
                _course_text(each.deadline.course),
                each.deadline.provisional,
                each.deadline.renewals,
                each.ending,
                each.waiting,
                each.settled,
            ]
            for each in remembered
        ]
    )


def _remembered(text: str) -> tuple[Remembered, ...]:
    if text == "[]":
        return ()
    found: list[Remembered] = []
    for told in json.loads(text):
        number, rule, armed_at, since, due, clipped, occurrence, course, provisional, renewals = told[:10]
        deadline = Deadline(
            number,
            rule,
            from_microseconds(armed_at),
            from_microseconds(since),
            from_microseconds(due),
            clipped,
            (),
            occurrence,
            _course(course),
            provisional,
            renewals,
        )
        ending, waiting, settled = told[10:]
        found.append(Remembered(deadline, ending, tuple(waiting), settled))
    return tuple(found)


def micros(late: timedelta) -> int:
    """Return a span in whole microseconds."""
    return late // timedelta(microseconds=1)


def read_instances(
    rows: Sequence[Row[*tuple[Any, ...]]], opened: Sequence[Sequence[Any]]
) -> dict[str, Loaded]:
    """Return instances by id, with their open deadlines. Raises ``DatabaseTrouble`` for an unreadable row."""
    try:
        deadlines = _deadlines(opened)
        return {row.id: _loaded(row, deadlines.get(row.id, ())) for row in rows}
    except (ArithmeticError, AttributeError, KeyError, TypeError, ValueError) as error:
        if len(rows) == 1:
            which = phrase("instance %(name)s cannot be read", name=repr(rows[0].id))
        else:
            which = phrase("one of %(number)s instances cannot be read", number=len(rows))
        message = phrase(
            "%(which)s: its row holds what the engine never wrote (%(error)s)", which=which, error=repr(error)
        )
        raise DatabaseTrouble(message) from error


def _loaded(row: Row[*tuple[Any, ...]], deadlines: tuple[Deadline, ...]) -> Loaded:
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
        _stays(row.stays),
        _remembered(row.remembered),
        row.corrected,
    )
    return Loaded(instance, row.head, row.workflow_digest)


def _texts(text: str) -> Mapping[str, str]:
    return {key: str(value) for key, value in decode(text).items()} if text != "{}" else {}


def _deadlines(rows: Sequence[Sequence[Any]]) -> dict[str, tuple[Deadline, ...]]:
    """Put the joined rows together again: one deadline has a row for each of its open timers.

    A row has what ``OPENED`` names, then the timer's number and its due moment.
    """
    found: dict[str, list[Deadline]] = {}
    key: Any
    for key, group in groupby(rows, itemgetter(0, 1)):
        joined: list[Any] = list(group)
        timers = tuple(
            Timer(
                timer % TIMERS_OF_ONE_RENEWAL,
                None if due is None else from_microseconds(due),
                timer // TIMERS_OF_ONE_RENEWAL,
            )
            for *_, timer, due in joined
            if timer is not None
        )
        instance, number = key
        _, _, rule, armed_at, since, due, clipped, occurrence, course, provisional, renewals, *_ = joined[0]
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
            renewals,
        )
        found.setdefault(instance, []).append(deadline)
    return {instance: tuple(deadlines) for instance, deadlines in found.items()}
