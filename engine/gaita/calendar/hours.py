"""Working time: letting time elapse while an office is open and the clock runs."""

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta

from whenever import Date

from gaita.calendar.days import Stop
from gaita.calendar.working import BEYOND, WorkingCalendar
from gaita.calendar.zone import FIRST, LAST, day_of, local, start_of

_DAY = timedelta(days=1)
_WEEK = timedelta(weeks=1)
_NO_TIME = timedelta()
_LONG = timedelta(days=30)
"""More open time than this is let pass by whole weeks, where they are alike."""
_LAST_DAY = LAST.date().toordinal() - 2
"""Days after this one may not have an end that can be computed in every zone: nothing is open then."""


def open_until(
    start: datetime, microseconds: int, zone: str, calendar: WorkingCalendar, stops: Sequence[Stop]
) -> tuple[datetime | None, int]:
    """Return when so much open time has elapsed since ``start``, and the ordinal of the last day looked at.

    ``LAST`` (and ``BEYOND``) where that lies beyond the year 9999; ``None`` while the clock stands.
    """
    remaining = timedelta(microseconds=microseconds)
    cursor = start
    for stop in stops:
        if stop.until is not None and stop.until <= cursor:
            continue
        due, day, remaining = _elapse(cursor, stop.since, remaining, zone, calendar)
        if due is not None:
            return due, day
        if stop.until is None:
            return None, day_of(stop.since, zone).toordinal()
        cursor = max(cursor, stop.until)
    due, day, _ = _elapse(cursor, LAST, remaining, zone, calendar)
    return (LAST, BEYOND) if due is None else (due, day)


def open_before(
    end: datetime, microseconds: int, zone: str, calendar: WorkingCalendar
) -> tuple[datetime, int]:
    """Return since when so much open time elapses until ``end``, and the ordinal of the last day looked at.

    ``FIRST`` where that lies before it.
    """
    remaining = timedelta(microseconds=microseconds)
    latest = day_of(end - timedelta(microseconds=1) if end > FIRST else end, zone).toordinal()
    day = min(latest, _LAST_DAY) + 1
    while (day := calendar.reach_back(day, 1)) > 1:
        for begin, closing in reversed(_opened(day, zone, calendar)):
            last = min(closing, end)
            if begin >= last:
                continue
            if remaining <= last - begin:
                return max(last - remaining, FIRST), latest
            remaining -= last - begin
    return FIRST, latest


def open_between(
    begin: datetime, end: datetime, zone: str, calendar: WorkingCalendar
) -> Iterator[tuple[datetime, datetime, int]]:
    """Yield the times that are open between two instants, in order, each with the ordinal of its day."""
    if begin >= end:
        return
    day = day_of(begin, zone).toordinal() - 1
    while (day := calendar.reach(day, 1)) <= _LAST_DAY:
        for opening, closing in _opened(day, zone, calendar):
            if opening >= end:
                return
            first, last = max(opening, begin), min(closing, end)
            if first < last:
                yield first, last, day


def _elapse(
    begin: datetime, end: datetime, remaining: timedelta, zone: str, calendar: WorkingCalendar
) -> tuple[datetime | None, int, timedelta]:
    """Let open time pass: return when it is used up, with the ordinal of that day, and what remains.

    ``None`` where ``end`` comes first.
    """
    begin = max(begin, FIRST)
    while remaining > _LONG and begin < end:
        weeks, open_in_each = _weeks_alike(begin, end, remaining, zone, calendar)
        if not open_in_each:
            break
        begin, remaining = begin + weeks * _WEEK, remaining - weeks * open_in_each
        until = begin + min(_WEEK, end - begin)
        for opening, closing, day in open_between(begin, until, zone, calendar):
            if remaining <= closing - opening:
                return opening + remaining, day, _NO_TIME
            remaining -= closing - opening
        begin = until
    for opening, closing, day in open_between(begin, end, zone, calendar):
        if remaining <= closing - opening:
            return opening + remaining, day, _NO_TIME
        remaining -= closing - opening
    return None, BEYOND, remaining


def _weeks_alike(
    begin: datetime, end: datetime, remaining: timedelta, zone: str, calendar: WorkingCalendar
) -> tuple[int, timedelta]:
    """Return how many weeks from ``begin`` on are like any other and not enough, and how long each is open.

    Like any other: no day is special, and no clock is set. So centuries need not be walked through by days.
    """
    day = day_of(begin, zone).toordinal()
    spans = [
        (_after_midnight(opening, _NO_TIME), _after_midnight(closing, _DAY))
        for hours in calendar.week
        for opening, closing in hours
    ]
    open_in_each = sum((closing - opening for opening, closing in spans), _NO_TIME)
    if not open_in_each:
        return 0, _NO_TIME
    change = local(begin, zone).next_transition()
    until = min(end, change.to_instant().to_stdlib()) if change else end
    weeks = min(
        (remaining - timedelta.resolution) // open_in_each,
        (until - begin) // _WEEK - 1,  # the last days before the end of time are not counted at all
        (calendar.next_special(day) - day - 1) // 7,
    )
    return max(weeks, 0), open_in_each


def _opened(day: int, zone: str, calendar: WorkingCalendar) -> list[tuple[datetime, datetime]]:
    """Return when a day is open: every instant whose local time lies within its hours.

    On a day on which the clock is set, each stretch between two settings has its own offset from UTC.
    """
    of_day = Date(date.fromordinal(day))
    midnight = datetime.combine(date.fromordinal(day), time(), UTC)
    begin, end = start_of(of_day, zone), start_of(of_day.next_day(), zone)
    hours = [
        (_after_midnight(opening, _NO_TIME), _after_midnight(closing, _DAY))
        for opening, closing in calendar.hours(date.fromordinal(day))
    ]
    stretch = begin.to_instant().to_stdlib()
    zero = midnight - begin.offset.to_stdlib()
    if begin.offset == end.offset and zero == stretch:
        return [(zero + opening, zero + closing) for opening, closing in hours]
    found: list[tuple[datetime, datetime]] = []
    last = end.to_instant().to_stdlib()
    while stretch < last:
        wall = local(stretch, zone)
        change = wall.next_transition()
        until = min(last, change.to_instant().to_stdlib()) if change else last
        zero = midnight - wall.offset.to_stdlib()
        pieces = [(max(stretch, zero + opening), min(until, zero + closing)) for opening, closing in hours]
        found += [piece for piece in pieces if piece[0] < piece[1]]
        stretch = until
    return found


def _after_midnight(moment: time, midnight: timedelta) -> timedelta:
    if moment == time():
        return midnight
    return timedelta(
        hours=moment.hour, minutes=moment.minute, seconds=moment.second, microseconds=moment.microsecond
    )
