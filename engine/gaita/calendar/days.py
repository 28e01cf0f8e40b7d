"""Counting days while a clock may stand: the days of an amount, and the instants that decide about them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time

from whenever import Date

from gaita.calendar.amount import Amount
from gaita.calendar.working import BEYOND, WorkingCalendar
from gaita.calendar.zone import LAST, day_of, end_of_day, ended_day, local, moment_on


@dataclass(frozen=True, slots=True)
class Stop:
    """A time during which the clock of a deadline stood: every instant after ``since``, up to ``until``.

    Both are aware UTC instants; ``until`` is ``None`` while it still stands.
    """

    since: datetime
    until: datetime | None


@dataclass(frozen=True, slots=True)
class Anchor:
    """The day from which an amount is counted, and the instant of each later day that decides about it.

    ``day`` is an ordinal. That instant, the day's tick, is its end where ``wall`` is ``None``, and else that
    wall time of the zone: an amount that counts so many days ends with the tick of its last day.
    """

    day: int
    wall: time | None
    zone: str

    def tick(self, day: int) -> datetime:
        """Return the instant that decides about the day of this ordinal; ``LAST`` beyond the year 9999."""
        if day >= BEYOND:
            return LAST
        if self.wall is None:
            return end_of_day(date.fromordinal(day), self.zone)
        return moment_on(date.fromordinal(day), self.wall, self.zone)

    def last_ticked(self, moment: datetime) -> int:
        """Return the last day whose tick is not after ``moment``."""
        if moment >= LAST:
            return BEYOND
        # The tick of a day is near it: the loop goes back a day or two.
        day = day_of(moment, self.zone).toordinal() + 1
        while day > 1 and self.tick(day) > moment:
            day -= 1
        return day


def first_anchor(start: datetime, amount: Amount, zone: str) -> Anchor:
    """Return from where the first amount of a chain is counted: whole days always end with a day."""
    wall = local(start, zone)
    wall_time = wall.time().to_stdlib() if amount.microseconds else None
    return Anchor(wall.date().to_stdlib().toordinal(), wall_time, zone)


def later_anchor(moment: datetime, zone: str) -> Anchor:
    """Return from where a further amount is counted: the day that ended, or the day and time that it is."""
    ended = ended_day(moment, zone)
    if ended is not None:
        return Anchor(ended.toordinal(), None, zone)
    wall = local(moment, zone)
    return Anchor(wall.date().to_stdlib().toordinal(), wall.time().to_stdlib(), zone)


def days_of(amount: Amount, day: int) -> int:
    """Return how many days the amount is, counted from the day of this ordinal: its months have lengths."""
    if amount.working_days:
        return amount.working_days
    if not amount.months:
        return amount.days
    try:
        end = Date(date.fromordinal(day)).add(months=amount.months, days=amount.days)
    except (ValueError, OverflowError):
        return BEYOND - day
    return end.to_stdlib().toordinal() - day


def counted_day(
    anchor: Anchor, number: int, calendar: WorkingCalendar | None, stops: Sequence[Stop]
) -> int | None:
    """Return the ordinal of the ``number``-th day after the anchor's at whose tick the clock ran.

    With a calendar only working days count. ``BEYOND`` stands for whatever lies after the year 9999, and
    ``None`` says that the clock still stands and the day was not reached before.
    """
    day = anchor.day
    for stop in stops:
        reached = anchor.last_ticked(stop.since)
        if reached > day:
            run = days_between(day, reached, calendar)
            if run >= number:
                break
            number -= run
            day = reached
        if stop.until is None:
            return None
        day = max(day, anchor.last_ticked(stop.until))
    return min(calendar.reach(day, number) if calendar else day + number, BEYOND)


def days_between(day: int, last: int, calendar: WorkingCalendar | None) -> int:
    """Return how many days, or working days, lie after the one ordinal and not after the other."""
    if calendar is None:
        return last - day
    return calendar.worked_up_to(last) - calendar.worked_up_to(day)
