"""Recurring deadlines: which of their times comes next, by the stops of their clock and what has ended."""

from dataclasses import dataclass
from datetime import datetime

from gaita.model.instance import Remembered, Turn
from gaita.model.workflow import Rule
from gaita.step.deadlines.due_moment import DueMoment, Standing, next_due_of
from gaita.step.deadlines.stops import course_of, stops_of


@dataclass(frozen=True, slots=True)
class NextTime:
    """The time of a recurring deadline that comes next."""

    since: datetime
    occurrence: int
    due: DueMoment
    course: tuple[Turn, ...]
    known: Remembered | None
    """``None``: it is armed for the first time."""


def next_time(
    standing: Standing,
    rule: Rule,
    since: datetime,
    known: Remembered | None,
    *,
    after: datetime,
    course: tuple[Turn, ...],
) -> NextTime | None:
    """Return the time that comes next after a moment; none is made twice.

    ``known`` is the latest one that has ended with the anchor ``since``.
    """
    course = course_since(standing, rule, since, course)
    if known is not None and not known.settled:
        own = course_since(standing, rule, since, known.deadline.course)
        occurrence = known.deadline.occurrence
        found = next_after(standing, rule, since, occurrence, own, after)
        if found is not None and found[0] == occurrence:
            return NextTime(since, *found, own, known)
    first = 1 if known is None else known.deadline.occurrence + 1
    found = next_after(standing, rule, since, first, course, after)
    return None if found is None else NextTime(since, *found, course, None)


def next_after(
    standing: Standing,
    rule: Rule,
    since: datetime,
    first: int,
    course: tuple[Turn, ...],
    after: datetime | None,
) -> tuple[int, DueMoment] | None:
    """Return the next occurrence due after a moment; a clock that stands has stopped before that."""
    stops = stops_of(course)
    if after is not None and stops and stops[-1].until is None:
        after = min(after, stops[-1].since)
    return next_due_of(standing, rule, since, first=first, after=after, course=course)


def course_since(
    standing: Standing, rule: Rule, since: datetime, turns: tuple[Turn, ...]
) -> tuple[Turn, ...]:
    """Return the course of a deadline with what its anchor says of it: the stays that stopped its clock."""
    if not (rule.is_anchored and rule.pause_in and standing.stays):
        return turns
    return course_of(rule, since, standing.stays, turns)
