"""Reckoning over the changes of clocks in Riga, 2022–2030, that the test finds for itself with ``zoneinfo``.

On the last Sunday of March 03:00 becomes 04:00, and on that of October 04:00 becomes 03:00.
"""

from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest

from gaita.calendar import day_of, end_of_day, parse_amount
from gaita.calendar.amount import Amount
from gaita.calendar.reckoning import Stop, earlier, later, reckon
from gaita.calendar.working import WorkingCalendar

RIGA = "Europe/Riga"
ZONE = ZoneInfo(RIGA)
HOUR, DAY, MICROSECOND = timedelta(hours=1), timedelta(days=1), timedelta(microseconds=1)
AN_HOUR = 3_600_000_000


def local(day: date, hour: int = 0, minute: int = 0, *, fold: int = 0) -> datetime:
    """Return when a clock in Riga shows this."""
    return datetime.combine(day, time(hour, minute, fold=fold), ZONE).astimezone(UTC)


def offset(moment: datetime) -> timedelta:
    return moment.astimezone(ZONE).utcoffset() or timedelta()


def changes() -> list[datetime]:
    """Look at every hour of the years, and return those at which the clock jumps."""
    first = datetime(2022, 1, 1, tzinfo=UTC)
    hours = [first + index * HOUR for index in range(9 * 366 * 24)]
    return [hour for hour in hours if hour.year < 2031 and offset(hour) != offset(hour - HOUR)]


CHANGES = changes()
SPRING = [change for change in CHANGES if change.month == 3]
AUTUMN = [change for change in CHANGES if change.month == 10]
DAYS = [change.astimezone(ZONE).date() for change in CHANGES]
each_change = pytest.mark.parametrize("change", CHANGES, ids=str)
each_day = pytest.mark.parametrize("changed", DAYS, ids=str)


def open_at(*hours: tuple[time, time]) -> WorkingCalendar:
    """Make a calendar of seven equal working days."""
    return WorkingCalendar(name="made up", known_until=date(2040, 12, 31), week=(hours,) * 7, off={}, on={})


ALWAYS = open_at((time(), time()))  # 00:00–24:00


def due(start: datetime, amount: Amount, calendar: WorkingCalendar | None = None) -> datetime:
    reckoned = reckon(start, [amount], RIGA, calendar)
    assert reckoned.due is not None
    assert not reckoned.provisional
    return reckoned.due


def after(moment: datetime, amount: Amount, *stops: Stop) -> datetime:
    reckoned = later(moment, amount, RIGA, None, stops)
    assert reckoned.due is not None
    return reckoned.due


def starts(change: datetime) -> list[datetime]:
    """Return instants of the four days around a change, forty minutes apart."""
    return [change + index * HOUR * 2 / 3 for index in range(-72, 72)]


def test_clocks_change_twice_a_year() -> None:
    assert [(change.year, change.month) for change in CHANGES] == [
        (year, month) for year in range(2022, 2031) for month in (3, 10)
    ]
    assert all(change.astimezone(ZONE).weekday() == 6 for change in CHANGES)


@each_change
def test_whole_days_end_at_local_midnights(change: datetime) -> None:
    for start in starts(change):
        day = start.astimezone(ZONE).date()
        for count in (1, 2, 3, 7):
            midnight = local(day + (count + 1) * DAY)
            assert due(start, Amount("", days=count)) == midnight
            assert due(start, Amount("", working_days=count), ALWAYS) == midnight
            assert midnight == end_of_day(day + count * DAY, RIGA)


@each_change
def test_hours_are_time_that_elapses(change: datetime) -> None:
    for start in starts(change):
        for hours in (1, 3, 24, 25, 72):
            assert due(start, parse_amount(f"{hours} hours")) == start + hours * HOUR
            assert earlier(start, parse_amount(f"{hours} hours"), RIGA, None).due == start - hours * HOUR


@each_change
def test_working_hours_round_the_clock_are_time_that_elapses(change: datetime) -> None:
    for start in starts(change):
        for hours in (1, 3, 24, 25, 72):
            amount = Amount("", working_microseconds=hours * AN_HOUR)
            assert due(start, amount, ALWAYS) == start + hours * HOUR
            assert earlier(start, amount, RIGA, ALWAYS).due == start - hours * HOUR


@each_day
def test_a_night_shift_has_an_hour_less_in_spring_and_an_hour_more_in_autumn(changed: date) -> None:
    night = open_at((time(), time(8)))
    hours = 7 if changed.month == 3 else 9
    midnight, morning = local(changed), local(changed, 8)
    assert morning - midnight == hours * HOUR
    assert due(midnight, Amount("", working_microseconds=hours * AN_HOUR), night) == morning
    second_more = Amount("", working_microseconds=hours * AN_HOUR + 1_000_000)
    assert due(midnight, second_more, night) == local(changed + DAY) + timedelta(seconds=1)
    assert earlier(morning, Amount("", working_microseconds=hours * AN_HOUR), RIGA, night).due == midnight


@each_day
def test_hours_of_the_day_are_as_long_as_ever(changed: date) -> None:
    office = open_at((time(9), time(17)))
    for count in range(1, 4):
        amount = Amount("", working_microseconds=8 * count * AN_HOUR)
        assert due(local(changed - DAY, 12), amount, office) == local(changed + (count - 1) * DAY, 12)


@pytest.mark.parametrize("change", SPRING, ids=str)
def test_a_time_that_is_skipped_is_as_much_later(change: datetime) -> None:
    changed = change.astimezone(ZONE).date()
    for minute in (0, 1, 30, 59):
        before = local(changed - DAY, 3, minute)
        tick = local(changed, 4, minute)  # 03:30 does not exist: half an hour after 03:00, clocks show 04:30
        assert after(before, Amount("", days=1)) == tick
        assert due(before, Amount("", days=1, microseconds=AN_HOUR)) == tick + HOUR
        assert after(before, Amount("", days=2)) == local(changed + DAY, 3, minute)
        # A clock that stopped with the tick has counted it; one that stood at it has not.
        assert after(before, Amount("", days=1), Stop(tick, tick + DAY / 2)) == tick
        stood = Stop(tick - MICROSECOND, tick)
        assert after(before, Amount("", days=1), stood) == local(changed + DAY, 3, minute)


@pytest.mark.parametrize("change", AUTUMN, ids=str)
def test_a_time_that_comes_twice_is_the_first(change: datetime) -> None:
    changed = change.astimezone(ZONE).date()
    for minute in (0, 1, 30, 59):
        before = local(changed - DAY, 3, minute)
        first, second = local(changed, 3, minute), local(changed, 3, minute, fold=1)
        assert second - first == HOUR
        assert after(before, Amount("", days=1)) == first
        assert due(before, Amount("", days=1, microseconds=AN_HOUR)) == second
        assert earlier(local(changed + DAY, 3, minute), Amount("", days=1), RIGA, None).due == first
        assert after(before, Amount("", days=1), Stop(first, second)) == first
        stood = Stop(first - MICROSECOND, first)
        assert after(before, Amount("", days=1), stood) == local(changed + DAY, 3, minute)
        # From the second time on, days are counted as from the first.
        for moment in (first, second):
            assert after(moment, Amount("", days=1)) == local(changed + DAY, 3, minute)


@pytest.mark.parametrize(
    ("zone", "skipped", "first"),
    [("America/Santiago", date(2024, 9, 8), 4), ("America/Havana", date(2024, 3, 10), 5)],
)
def test_a_day_whose_midnight_is_skipped_opens_with_its_first_instant(
    zone: str, skipped: date, first: int
) -> None:
    first_instant = datetime.combine(skipped, time(first), UTC)
    assert first_instant.astimezone(ZoneInfo(zone)).time() == time(1)
    assert end_of_day(skipped - DAY, zone) == first_instant
    early = open_at((time(), time(8)))  # seven hours, as 00:00 to 01:00 is missing
    for hours, expected in ((1, first_instant + HOUR), (7, first_instant + 7 * HOUR)):
        amount = Amount("", working_microseconds=hours * AN_HOUR)
        assert reckon(first_instant - HOUR, [amount], zone, early).due == expected
        assert reckon(first_instant - HOUR, [amount], zone, ALWAYS).due == expected - HOUR
    shift = Amount("", working_microseconds=7 * AN_HOUR)
    assert earlier(first_instant + 7 * HOUR, shift, zone, early).due == first_instant


def test_a_midnight_that_comes_twice_ends_one_day() -> None:
    """In Havana, 00:00 to 01:00 on 3 November 2024: the day before ends when it is midnight first."""
    first = datetime(2024, 11, 3, 4, tzinfo=UTC)
    for moment in (first, first + HOUR):
        assert moment.astimezone(ZoneInfo("America/Havana")).time() == time()
    start = first - DAY / 2
    assert reckon(start - DAY, [Amount("", days=1)], "America/Havana", None).due == first
    assert reckon(start, [Amount("", working_microseconds=13 * AN_HOUR)], "America/Havana", ALWAYS).due == (
        first + HOUR
    )
    # The second midnight is an instant of 3 November as any other.
    assert later(first, Amount("", days=1), "America/Havana", None).due == first + 25 * HOUR
    assert later(first + HOUR, Amount("", days=1), "America/Havana", None).due == first + 25 * HOUR


@each_change
def test_no_day_is_skipped_and_none_comes_twice(change: datetime) -> None:
    for start in starts(change):
        day = start.astimezone(ZONE).date()
        expected = [day + count * DAY for count in range(1, 11)]
        for kind in ("days", "working_days"):
            dues = [due(start, Amount("", **{kind: count}), ALWAYS) for count in range(1, 11)]
            assert [day_of(end - MICROSECOND, RIGA) for end in dues] == expected
            assert all(one < other for one, other in pairwise(dues))


@each_change
def test_what_is_due_later_by_the_clock_is_due_later(change: datetime) -> None:
    """More time is a later due moment, for every kind of amount with a time of day in it."""
    for start in starts(change)[::7]:
        for kind in ("microseconds", "working_microseconds"):
            ends = [due(start, Amount("", **{kind: count * AN_HOUR // 2}), ALWAYS) for count in range(1, 100)]
            assert all(other - one == HOUR / 2 for one, other in pairwise(ends))
        ends = [due(start, Amount("", days=count, microseconds=AN_HOUR)) for count in range(1, 11)]
        assert all(one < other for one, other in pairwise(ends))
        assert [day_of(end - HOUR, RIGA) for end in ends] == [
            start.astimezone(ZONE).date() + count * DAY for count in range(1, 11)
        ]


@each_change
def test_earlier_leads_back_to_where_later_came_from(change: datetime) -> None:
    """Unless the wall clock showed a time that is skipped or comes twice on the day of the change."""
    for start in starts(change):
        for count in (1, 2, 5):
            amount = Amount("", days=count)
            back = earlier(after(start, amount), amount, RIGA, None).due
            assert back == start or start.astimezone(ZONE).hour == 3
