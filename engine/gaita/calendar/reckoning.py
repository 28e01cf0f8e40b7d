"""Reckoning a due moment: from a start, by a chain of amounts, while a clock may stand."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from whenever import Date

from gaita.calendar.amount import Amount
from gaita.calendar.days import Anchor, Stop, counted_day, days_of, first_anchor, later_anchor
from gaita.calendar.hours import open_before, open_until
from gaita.calendar.working import WorkingCalendar
from gaita.calendar.zone import FIRST, LAST, after, end_of_day, ended_day, shift
from gaita.phrase import phrase

__all__ = ["Reckoned", "Stop", "earlier", "later", "reckon"]


@dataclass(frozen=True, slots=True)
class Reckoned:
    """A moment, an aware UTC instant, or ``None`` while the clock stands.

    It is provisional where a day was looked at, to see whether it is worked, that the calendar does not know.
    """

    due: datetime | None
    provisional: bool = False


def reckon(
    start: datetime,
    amounts: Sequence[Amount],
    zone: str,
    calendar: WorkingCalendar | None,
    stops: Sequence[Stop] = (),
) -> Reckoned:
    """Return when the amounts, counted one after another from ``start``, have passed while the clock ran.

    ``start`` is an aware UTC instant, ``zone`` an IANA name. Whole days of the first amount end with a day
    whatever the time of ``start``; further amounts are counted as ``later`` says. Without amounts the start
    is due. ``stops`` are in order and do not overlap. What lies beyond the year 9999 is ``LAST``. Raises
    ``ValueError`` for working time without a calendar.
    """
    if not amounts:
        return Reckoned(start)
    first = amounts[0]
    if len(amounts) == 1 and not stops and not first.is_working:  # most deadlines
        return Reckoned(after(start, first, zone))
    if first.is_exact and not (first.months or first.days):
        reckoned = _elapsed(start, first, zone, calendar, stops)
    else:
        reckoned = _counted(first_anchor(start, first, zone), first, calendar, stops)
    for amount in amounts[1:]:
        if reckoned.due is None:
            break
        further = later(reckoned.due, amount, zone, calendar, stops)
        reckoned = Reckoned(further.due, reckoned.provisional or further.provisional)
    return reckoned


def later(
    due: datetime,
    amount: Amount,
    zone: str,
    calendar: WorkingCalendar | None,
    stops: Sequence[Stop] = (),
) -> Reckoned:
    """Return when a further amount has passed after ``due``: an extension, or a rung of a ladder.

    Where ``due`` is the end of a day, days are counted from that day and end with a day; otherwise they
    are counted from the local day of ``due`` and end at its time of day. Raises as ``reckon`` does.
    """
    if due >= LAST:
        return Reckoned(LAST)
    if amount.is_exact and not (amount.months or amount.days):
        return _elapsed(due, amount, zone, calendar, stops)
    return _counted(later_anchor(due, zone), amount, calendar, stops)


def earlier(due: datetime, amount: Amount, zone: str, calendar: WorkingCalendar | None) -> Reckoned:
    """Return the moment that lies ``amount`` before ``due``; no stop is looked at.

    Exact time is taken off first. Days before the end of a day end with a day; before any other moment they
    keep its time of day. Working days lie strictly before the day of ``due``. What lies before the year 1
    is ``FIRST``. Raises ``ValueError`` for working time without a calendar.
    """
    if amount.working_microseconds:
        calendar = _needed(calendar, amount)
        moment, latest = open_before(due, amount.working_microseconds, zone, calendar)
        return Reckoned(moment, latest > calendar.known_until.toordinal())
    if amount.working_days:
        calendar = _needed(calendar, amount)
        anchor = later_anchor(due, zone)
        day = calendar.reach_back(anchor.day, amount.working_days)
        moment = anchor.tick(day) if day else FIRST
        return Reckoned(moment, anchor.day - 1 > calendar.known_until.toordinal())
    if not (amount.months or amount.days):
        return Reckoned(shift(due, amount, zone, -1))
    exact = timedelta(microseconds=amount.microseconds)
    try:
        begin = due - exact
        ended = ended_day(begin, zone)
        if ended is None:
            return Reckoned(shift(due, amount, zone, -1))
        last = Date(ended).subtract(months=amount.months, days=amount.days).to_stdlib()
    except (ValueError, OverflowError):
        return Reckoned(FIRST)
    return Reckoned(end_of_day(last, zone))


def _elapsed(
    start: datetime, amount: Amount, zone: str, calendar: WorkingCalendar | None, stops: Sequence[Stop]
) -> Reckoned:
    """Let exact time pass, or working time."""
    if not amount.working_microseconds:
        return Reckoned(_exact(start, amount.microseconds, stops))
    calendar = _needed(calendar, amount)
    due, last = open_until(start, amount.working_microseconds, zone, calendar, stops)
    return Reckoned(due, due is not None and last > calendar.known_until.toordinal())


def _counted(
    anchor: Anchor, amount: Amount, calendar: WorkingCalendar | None, stops: Sequence[Stop]
) -> Reckoned:
    """Count days, or working days; exact time on top of them passes after the last of them."""
    working = _needed(calendar, amount) if amount.working_days else None
    day = counted_day(anchor, days_of(amount, anchor.day), working, stops)
    if day is None:
        return Reckoned(None)
    due = anchor.tick(day)
    if amount.microseconds:
        return Reckoned(_exact(due, amount.microseconds, stops))
    return Reckoned(due, working is not None and day > working.known_until.toordinal())


def _exact(start: datetime, microseconds: int, stops: Sequence[Stop]) -> datetime | None:
    """Return when so much time has elapsed in which the clock ran; ``None`` while it stands."""
    remaining = timedelta(microseconds=microseconds)
    cursor = start
    for stop in stops:
        if stop.until is not None and stop.until <= cursor:
            continue
        run = max(stop.since, cursor) - cursor
        if remaining <= run:
            break
        if stop.until is None:
            return None
        remaining -= run
        cursor = stop.until
    try:
        return min(cursor + remaining, LAST)
    except OverflowError:
        return LAST


def _needed(calendar: WorkingCalendar | None, amount: Amount) -> WorkingCalendar:
    if calendar is None:
        raise ValueError(
            phrase(
                '"%(text)s" counts working time, and no working calendar was given; name one',
                text=amount.text,
            )
        )
    return calendar
