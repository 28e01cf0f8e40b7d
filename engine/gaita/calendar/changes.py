"""What differs between two working calendars: why a deadline moves."""

from dataclasses import dataclass
from datetime import date

from gaita.calendar.working import WorkingCalendar
from gaita.title import Title


@dataclass(frozen=True, slots=True)
class DayChange:
    """A day that is worked in one of two calendars only; ``title`` tells why, where a special day does."""

    day: date
    was_worked: bool
    is_worked: bool
    title: Title


@dataclass(frozen=True, slots=True)
class RuleChanges:
    """Whether two calendars differ in the hours of their week, and in the last day that they know."""

    week: bool
    known_until: bool


def calendar_changes(before: WorkingCalendar, after: WorkingCalendar) -> tuple[DayChange, ...]:
    """Return the special days that are worked in one of the calendars only, in order.

    What a different week changes is not listed day by day: see ``rule_changes``.
    """
    changes: list[DayChange] = []
    for day in sorted({*before.off, *before.on, *after.off, *after.on}):
        was, now = before.is_working(day), after.is_working(day)
        if was != now:
            why = after.why_not(day) or after.why_worked(day) or before.why_not(day) or before.why_worked(day)
            changes.append(DayChange(day, was, now, why.title if why else {}))
    return tuple(changes)


def rule_changes(before: WorkingCalendar, after: WorkingCalendar) -> RuleChanges:
    """Return what changed besides single days."""
    return RuleChanges(week=before.week != after.week, known_until=before.known_until != after.known_until)
