"""Reckoning written another way: by writing out every day, flagging those that count, and adding up.

``gaita.calendar`` asks its calendar for the n-th working day and jumps there; it reads zones through
``whenever``. Here nothing jumps and nothing is asked. Every local day of a zone stands in one long list with
the instant at which it begins (standard library's ``zoneinfo``, and nothing else); the days that may count
get a flag each; a stop clears the flags of the days whose tick it covers; the flags are summed, and the
answer stands where the sum first reaches what was asked. Time that elapses is the same with pieces of time
in the place of days. The two share no arithmetic, so a mistake in one of them shows as a difference.

Instants are whole microseconds since 1970, days are ordinals of ``date``. Only the years of ``Local`` exist.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from itertools import accumulate, islice
from zoneinfo import ZoneInfo

from gaita.calendar.amount import Amount

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
MINUTE = 60_000_000
DAY = 24 * 60 * MINUTE
NEVER = 1 << 62  # after every instant

Piece = tuple[int, int]  # from an instant to an instant
Stopped = tuple[datetime, datetime | None]


@dataclass(frozen=True, slots=True)
class Rules:
    """A working calendar as plain data: the opening hours of a week in minutes, and days that differ.

    A day that is on stands in for another one, if that is said.
    """

    week: tuple[tuple[tuple[int, int], ...], ...]
    off: frozenset[date]
    on: Mapping[date, date | None]
    known_until: date

    def hours(self, day: int) -> tuple[tuple[int, int], ...]:
        """Return when it is open on a day: never, if it is no working day."""
        on = date.fromordinal(day)
        usual = self.week[on.weekday()]
        if on > self.known_until:
            return usual
        if on in self.on and not usual:
            other = self.on[on]
            return (other and self.week[other.weekday()]) or next(filter(None, self.week), ())
        return () if on in self.off else usual


class Local:
    """Every day of a zone, with the instant at which it begins."""

    FIRST = date(2014, 1, 1).toordinal()
    LAST = date(2041, 1, 1).toordinal()

    def __init__(self, zone: str) -> None:
        self.zone = ZoneInfo(zone)
        self.begins = [self.at(day, time()) for day in range(self.FIRST, self.LAST)]

    def at(self, day: int, wall: time) -> int:
        """Return when a wall time is; a skipped one is as much later, of two it is the first (fold 0)."""
        return number(datetime.combine(date.fromordinal(day), wall, self.zone))

    def shown(self, instant: int) -> datetime:
        """Return what calendar and clock on the wall show."""
        return moment(instant).astimezone(self.zone).replace(tzinfo=None)

    def day(self, instant: int) -> int:
        """Return the day on which an instant lies."""
        return self.FIRST + bisect_right(self.begins, instant) - 1

    def begin(self, day: int) -> int:
        return self.begins[day - self.FIRST]

    def is_midnight(self, instant: int) -> bool:
        """Whether a day ends, and the next begins, at this instant."""
        return self.begin(self.day(instant)) == instant

    def ticks(self, days: range, wall: time | None) -> list[int]:
        """Return the end of each of these days, or when a wall time is on it."""
        begins = [*self.begins[days.start - self.FIRST : days.stop - self.FIRST], self.begin(days.stop)]
        ends = begins[1:]
        if wall is None:
            return ends
        past = (datetime.combine(EPOCH, wall) - datetime.combine(EPOCH, time())) // MICROSECOND
        return [  # on a day of which nobody changes the clock, so long after it began
            begin + past if end - begin == DAY else self.at(day, wall)
            for day, begin, end in zip(days, begins, ends, strict=False)
        ]

    def pieces(self, day: int, hours: Iterable[tuple[int, int]]) -> list[Piece]:
        """Return the time in which the clock on the wall shows one of these hours on this day.

        A day of which the clock is changed is taken as two, each with a clock that nobody touches.
        """
        begin, end = self.begin(day), self.begin(day + 1)
        if end - begin == DAY:
            return [(begin + first * MINUTE, begin + last * MINUTE) for first, last in hours]
        change = bisect_left(
            range(begin, end, MINUTE), True, key=lambda at: self.offset(at) != self.offset(begin)
        )
        halves = [(begin, begin + change * MINUTE), (begin + change * MINUTE, end)]
        found: list[Piece] = []
        for half in halves:
            midnight = (day - EPOCH.toordinal()) * DAY - self.offset(half[0])
            found += meet([half], [(midnight + a * MINUTE, midnight + b * MINUTE) for a, b in hours])
        return sorted(found)

    def offset(self, instant: int) -> int:
        return number(self.shown(instant).replace(tzinfo=UTC)) - instant


local_of = cache(Local)


def number(at: datetime) -> int:
    """Write an instant as a number."""
    return (at.astimezone(UTC) - EPOCH) // MICROSECOND


def moment(instant: int) -> datetime:
    """Read it back."""
    return EPOCH + instant * MICROSECOND


def meet(some: Iterable[Piece], others: Sequence[Piece]) -> list[Piece]:
    """Return the time that lies in both."""
    both = [(max(a, c), min(b, d)) for a, b in some for c, d in others]
    return [(since, until) for since, until in both if since < until]


def spend(pieces: Sequence[Piece], amount: int) -> int | None:
    """Return when an amount of time is used up in these pieces; at the end of a piece, if just there."""
    sums = list(accumulate(until - since for since, until in pieces))
    place = bisect_left(sums, amount)
    return None if place == len(sums) else pieces[place][1] - (sums[place] - amount)


def months_on(day: int, months: int) -> int:
    """Return the same day of another month, or the last that it has."""
    old = date.fromordinal(day)
    year, month = divmod(old.year * 12 + old.month - 1 + months, 12)
    last = date(year + (month == 11), (month + 1) % 12 + 1, 1).toordinal() - 1
    return min(date(year, month + 1, 1).toordinal() + old.day - 1, last)


class Oracle:
    """What ``gaita.calendar.reckoning`` is asked, in one zone with one calendar and the stops of a clock."""

    def __init__(self, zone: str, rules: Rules, stops: Sequence[Stopped] = ()) -> None:
        self.local, self.rules = local_of(zone), rules
        self.stops = [(number(since), NEVER if until is None else number(until)) for since, until in stops]
        edges = [-NEVER, *(edge for stop in self.stops for edge in stop), NEVER]
        self.running: list[Piece] = list(zip(edges[::2], edges[1::2], strict=True))
        self.stands_from = self.stops[-1][0] if self.stops and self.stops[-1][1] == NEVER else NEVER

    def reckon(self, start: datetime, amounts: Sequence[Amount]) -> tuple[datetime | None, bool]:
        """Return when a chain of amounts ends, and whether a day that is not known yet was needed."""
        at, provisional = number(start), False
        for index, amount in enumerate(amounts):
            end, beyond = self._one(at, amount, first=index == 0)
            provisional = provisional or beyond
            if end is None:
                return None, provisional
            at = end
        return moment(at), provisional

    def later(self, due: datetime, amount: Amount) -> tuple[datetime | None, bool]:
        """Return when an amount ends that is counted from a due moment."""
        end, provisional = self._one(number(due), amount, first=False)
        return None if end is None else moment(end), provisional

    def earlier(self, due: datetime, amount: Amount) -> tuple[datetime, bool]:
        """Return when an amount before a due moment begins. Stops play no part in it."""
        at = number(due)
        if amount.working_microseconds:
            return self._unworked(at, amount.working_microseconds)
        at -= amount.microseconds
        if not (amount.months or amount.days or amount.working_days):
            return moment(at), False
        whole = self.local.is_midnight(at)
        day = self.local.day(at) - whole
        if amount.working_days:
            worked = (one for one in range(day - 1, self.local.FIRST, -1) if self.rules.hours(one))
            target = next(islice(worked, amount.working_days - 1, None))
        else:
            target = months_on(day, -amount.months) - amount.days
        wall = None if whole else self.local.shown(at).time()
        [begin] = self.local.ticks(range(target, target + 1), wall)
        return moment(begin), bool(amount.working_days) and self._unknown(day - 1)

    def _one(self, start: int, amount: Amount, *, first: bool) -> tuple[int | None, bool]:
        if amount.working_microseconds:
            return self._worked(start, amount.working_microseconds)
        at: int | None = start
        provisional = False
        if amount.months or amount.days or amount.working_days:
            at, provisional = self._counted(start, amount, first=first)
        if at is not None and amount.microseconds:
            at = spend(meet(self.running, [(at, NEVER)]), amount.microseconds)
        return at, provisional

    def _counted(self, start: int, amount: Amount, *, first: bool) -> tuple[int | None, bool]:
        if first:
            whole, origin = not amount.microseconds, self.local.day(start)
        else:
            whole = self.local.is_midnight(start)
            origin = self.local.day(start) - whole
        wall = None if whole else self.local.shown(start).time()
        wanted = amount.working_days or months_on(origin, amount.months) + amount.days - origin
        reach = wanted + 10
        while True:
            days = range(origin + 1, origin + reach)
            ticks = self.local.ticks(days, wall)
            flags = [True] * len(days)
            if amount.working_days:
                flags = [bool(self.rules.hours(day)) for day in days]
            for since, until in self.stops:
                stopped = range(bisect_right(ticks, since), bisect_right(ticks, until))
                flags[stopped.start : stopped.stop] = [False] * len(stopped)
            place = bisect_left(list(accumulate(flags)), wanted)
            if place < len(days):
                return ticks[place], bool(amount.working_days) and self._unknown(days[place])
            if self.stands_from < ticks[-1]:
                return None, False
            reach *= 3

    def _worked(self, start: int, amount: int) -> tuple[int | None, bool]:
        first, reach = self.local.day(start), 20
        while True:
            days = range(first, first + reach)
            end = spend(meet(meet(self._open(days), self.running), [(start, NEVER)]), amount)
            if end is not None:
                return end, self._unknown(self.local.day(end - 1))
            if self.stands_from < self.local.begin(days.stop):
                return None, False
            reach *= 3

    def _unworked(self, end: int, amount: int) -> tuple[datetime, bool]:
        """Look at time in a mirror: what is spent backward from the end runs forward there."""
        last, reach = self.local.day(end - 1), 20
        while True:
            pieces = meet(self._open(range(last - reach, last + 1)), [(-NEVER, end)])
            begin = spend([(-until, -since) for since, until in reversed(pieces)], amount)
            if begin is not None:
                return moment(-begin), self._unknown(last)
            reach *= 3

    def _open(self, days: range) -> list[Piece]:
        return [piece for day in days for piece in self.local.pieces(day, self.rules.hours(day))]

    def _unknown(self, day: int) -> bool:
        return day > self.rules.known_until.toordinal()
