"""Working out a due moment, against the same in plain ``datetime`` for somebody who knows the answer's form.

The floors know one zone, one calendar and one kind of amount each; days are walked one by one.
"""

from collections.abc import Callable, Collection
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from benchmarks.measure import Line, microseconds
from gaita.calendar import Stop, WorkingCalendar, parse_amount, public_calendar, reckon
from gaita.calendar.amount import Amount

ZONE = "Europe/Riga"
START = datetime(2024, 4, 25, 11, 30, tzinfo=UTC)
"""Before the May holidays of 2024, with a day that the Cabinet moved."""
PAUSE = Stop(datetime(2024, 5, 7, 9, tzinfo=UTC), datetime(2024, 5, 14, 9, tzinfo=UTC))
DAY = timedelta(days=1)
_RIGA = ZoneInfo(ZONE)
_OPENS, _CLOSES = time(8, 30), time(17)


def measure() -> list[Line]:
    """Measure four kinds of amounts; each gives what its floor gives, else nothing is compared."""
    calendar = public_calendar("LV")
    off, on = frozenset(calendar.off), frozenset(calendar.on)
    working = parse_amount("20 working days")
    return [
        _line("20 days", parse_amount("20 days"), (), calendar, lambda: _days(20)),
        _line("20 working days", working, (), calendar, lambda: _working_days(20, off, on, ())),
        _line("20 working days, one pause", working, (PAUSE,), calendar,
              lambda: _working_days(20, off, on, (PAUSE,))),
        _line("16 working hours", parse_amount("16 working hours"), (), calendar,
              lambda: _working_hours(16, off, on)),
    ]  # fmt: skip


def _line(
    name: str,
    amount: Amount,
    stops: tuple[Stop, ...],
    calendar: WorkingCalendar,
    floor: Callable[[], datetime],
) -> Line:
    def ours() -> datetime | None:
        return reckon(START, (amount,), ZONE, calendar, stops).due

    assert ours() == floor(), (name, ours(), floor())
    taken, plain = microseconds(ours, floor, times=2000)
    return Line(f"reckoning {name} / plain datetime", f"{taken:.1f} µs", taken / plain)


def _end(day: date) -> datetime:
    return datetime.combine(day + DAY, time(), _RIGA).astimezone(UTC)


def _days(number: int) -> datetime:
    return _end(START.astimezone(_RIGA).date() + number * DAY)


def _is_working(day: date, off: Collection[date], on: Collection[date]) -> bool:
    return day in on or (day.weekday() < 5 and day not in off)


def _working_days(
    number: int, off: Collection[date], on: Collection[date], stops: tuple[Stop, ...]
) -> datetime:
    day = START.astimezone(_RIGA).date()
    while number:
        day += DAY
        if _is_working(day, off, on):
            end = _end(day) if stops else None
            if end is None or not any(stop.since < end <= stop.until for stop in stops if stop.until):
                number -= 1
    return _end(day)


def _working_hours(number: int, off: Collection[date], on: Collection[date]) -> datetime:
    left = timedelta(hours=number)
    local = START.astimezone(_RIGA)
    day = local.date()
    while True:
        if _is_working(day, off, on):
            opens = datetime.combine(day, _OPENS, _RIGA).astimezone(UTC)
            closes = datetime.combine(day, _CLOSES, _RIGA).astimezone(UTC)
            begun = max(opens, START)
            if closes - begun >= left:
                return begun + left
            left -= max(closes - begun, timedelta())
        day += DAY
