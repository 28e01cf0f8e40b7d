"""Days, months and zones: ends of days and due moments, checked against arithmetic written another way."""

import calendar as months
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gaita.calendar import (
    FIRST,
    LAST,
    after,
    day_of,
    due_day_text,
    effective_moment,
    end_of_day,
    end_of_month,
    moment_on,
    parse_amount,
    shift,
    today_text,
    zone_exists,
)
from gaita.calendar.amount import Amount

RIGA = "Europe/Riga"
HOUR = 3_600_000_000
ZONES = [RIGA, "UTC", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu", "America/Sao_Paulo"]

moments = st.integers(0, 35 * 365 * 24 * 60).map(
    lambda minutes: datetime(2000, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes)
)


def first_instant(day: date, zone: str) -> datetime:
    """Find the first minute of a day by looking at every minute around it."""
    moment = datetime.combine(day, time(), UTC) - timedelta(hours=27)
    while moment.astimezone(ZoneInfo(zone)).date() < day:
        step = 60 if moment.astimezone(ZoneInfo(zone)).date() < day - timedelta(days=1) else 1
        moment += timedelta(minutes=step)
    return moment


def add_months(day: date, count: int) -> date:
    """Add months the schoolbook way, keeping to the last day of a shorter month."""
    year, month = divmod(day.year * 12 + day.month - 1 + count, 12)
    return date(year, month + 1, min(day.day, months.monthrange(year, month + 1)[1]))


def test_every_day_of_nine_years_ends_at_the_next_midnight_in_riga() -> None:
    """Both clock changes of each year included."""
    day = date(2022, 1, 1)
    while day <= date(2030, 12, 31):
        following = day + timedelta(days=1)
        expected = datetime.combine(following, time(), ZoneInfo(RIGA)).astimezone(UTC)
        end = end_of_day(day, RIGA)
        assert end == expected
        assert end.tzinfo is UTC
        assert due_day_text(end, RIGA) == day.isoformat()
        assert day_of(end, RIGA) == following
        assert day_of(end - timedelta(microseconds=1), RIGA) == day
        day = following


@pytest.mark.parametrize(
    ("zone", "day", "end"),
    [
        ("America/Sao_Paulo", date(2018, 11, 3), datetime(2018, 11, 4, 3, tzinfo=UTC)),  # 00:00 is skipped
        ("America/Sao_Paulo", date(2018, 2, 17), datetime(2018, 2, 18, 3, tzinfo=UTC)),  # 23:00 happens twice
        ("America/Havana", date(2022, 11, 5), datetime(2022, 11, 6, 4, tzinfo=UTC)),  # 00:00 happens twice
        ("America/Toronto", date(1919, 3, 30), datetime(1919, 3, 31, 4, 30, tzinfo=UTC)),  # skipped around it
        ("Pacific/Apia", date(2011, 12, 30), datetime(2011, 12, 30, 10, tzinfo=UTC)),  # a day that never was
    ],
)
def test_a_day_ends_with_the_first_instant_of_the_next_one(zone: str, day: date, end: datetime) -> None:
    """Where midnight is skipped, happens twice, or the whole day is missing."""
    assert end_of_day(day, zone) == end
    assert first_instant(day + timedelta(days=1), zone) == end
    assert due_day_text(end, zone) == day.isoformat()


@given(st.dates(date(2010, 1, 1), date(2035, 1, 1)), st.sampled_from(ZONES))
def test_the_instant_before_the_end_of_a_day_still_belongs_to_it(day: date, zone: str) -> None:
    """In any zone, to the microsecond."""
    end = end_of_day(day, zone)
    assert day_of(end, zone) == day + timedelta(days=1)
    assert day_of(end - timedelta(microseconds=1), zone) == day


def test_a_month_ends_with_its_last_day() -> None:
    """Leap years and the turn of the year included; a thirteenth month is refused."""
    assert end_of_month("2016-02", RIGA) == end_of_day(date(2016, 2, 29), RIGA)
    assert end_of_month("2016-03", RIGA) == datetime(2016, 3, 31, 21, tzinfo=UTC)
    assert end_of_month("2023-12", RIGA) == end_of_day(date(2023, 12, 31), RIGA)
    with pytest.raises(ValueError, match="2016-13"):
        end_of_month("2016-13", RIGA)


@given(moments, st.integers(0, 40), st.integers(0, 400), st.sampled_from(ZONES))
def test_whole_days_end_with_the_day_counted_from_the_local_one(
    moment: datetime, months: int, days: int, zone: str
) -> None:
    """Against months and days added by the standard library."""
    local = moment.astimezone(ZoneInfo(zone)).date()
    expected = add_months(local, months) + timedelta(days=days)
    due = after(moment, Amount("", months, days + 1), zone)
    assert due == end_of_day(expected + timedelta(days=1), zone)
    assert due > moment


@pytest.mark.parametrize(
    ("start", "text", "due"),
    [
        (datetime(2025, 1, 31, 9, tzinfo=UTC), "1 month", "2025-02-28"),
        (datetime(2024, 1, 31, 9, tzinfo=UTC), "1 month", "2024-02-29"),
        (datetime(2024, 2, 29, 9, tzinfo=UTC), "1 year", "2025-02-28"),
        (datetime(2025, 1, 31, 9, tzinfo=UTC), "1 month 1 day", "2025-03-01"),
        (datetime(2025, 1, 31, 22, 30, tzinfo=UTC), "1 day", "2025-02-02"),  # already 1 February in Riga
        (datetime(2025, 3, 29, 9, tzinfo=UTC), "1 day", "2025-03-30"),
        (datetime(2025, 3, 29, 9, tzinfo=UTC), "P1DT1H", "2025-03-30 12:00"),
        (datetime(2025, 3, 29, 22, tzinfo=UTC), "PT24H", "2025-03-31 01:00"),
        (datetime(2025, 10, 25, 21, tzinfo=UTC), "PT24H", "2025-10-26 23:00"),
    ],
)
def test_due_moments_are_shown_as_people_expect_them(start: datetime, text: str, due: str) -> None:
    """Worked by hand: month ends, leap days, both clock changes."""
    assert due_day_text(after(start, parse_amount(text), RIGA), RIGA) == due


def test_a_skipped_time_becomes_later_and_a_repeated_one_is_the_first() -> None:
    """The two days of the year on which a wall clock lies."""
    skipped = shift(datetime(2025, 3, 29, 1, 30, tzinfo=UTC), parse_amount("1 day"), RIGA, 1)
    assert skipped == datetime(2025, 3, 30, 1, 30, tzinfo=UTC)  # 03:30 is not there: 04:30 summer time
    repeated = shift(datetime(2025, 10, 25, 0, 30, tzinfo=UTC), parse_amount("1 day"), RIGA, 1)
    assert repeated == datetime(2025, 10, 26, 0, 30, tzinfo=UTC)  # 03:30, still summer time
    backwards = shift(datetime(2025, 10, 27, 1, 30, tzinfo=UTC), parse_amount("1 day"), RIGA, -1)
    assert backwards == repeated


@given(
    moments,
    st.integers(0, 30),
    st.integers(0, 90),
    st.integers(0, 500),
    st.sampled_from(ZONES),
    st.booleans(),
)
def test_a_shift_moves_the_wall_clock_and_then_lets_time_elapse(
    moment: datetime, months: int, days: int, hours: int, zone: str, forwards: bool
) -> None:
    """Against zoneinfo, forwards and backwards."""
    sign = 1 if forwards else -1
    exact = timedelta(hours=hours)
    local = (moment if forwards else moment - exact).astimezone(ZoneInfo(zone))
    day = add_months(local.date(), sign * months) + timedelta(days=sign * days)
    wall = datetime.combine(day, local.time().replace(fold=0), ZoneInfo(zone))
    expected = wall.astimezone(UTC) if months or days else local.astimezone(UTC)
    amount = Amount("", months, days, hours * HOUR)
    assert shift(moment, amount, zone, sign) == (expected + exact if forwards else expected)


def test_a_wall_time_on_a_day_is_an_instant() -> None:
    """On the two odd days of the year as elsewhere; no day is too far away."""
    assert moment_on(date(2025, 7, 1), time(9, 30), RIGA) == datetime(2025, 7, 1, 6, 30, tzinfo=UTC)
    assert moment_on(date(2025, 3, 30), time(3, 30), RIGA) == datetime(2025, 3, 30, 1, 30, tzinfo=UTC)
    assert moment_on(date(2025, 10, 26), time(3, 30), RIGA) == datetime(2025, 10, 26, 0, 30, tzinfo=UTC)
    assert moment_on(date(9999, 12, 31), time(9), RIGA) == LAST
    assert moment_on(date(1, 1, 1), time(), RIGA) == FIRST


def test_a_shift_of_nothing_stays_where_it_is_even_in_a_repeated_hour() -> None:
    """The second 03:30 does not become the first."""
    second = datetime(2025, 10, 26, 1, 30, tzinfo=UTC)
    assert shift(second, Amount(""), RIGA, 1) == second
    assert shift(second, Amount(""), RIGA, -1) == second


def test_never_is_a_day_like_any_other() -> None:
    """People write 9999-12-31 for "never": nothing overflows."""
    never = end_of_day(date(9999, 12, 31), RIGA)
    assert never == LAST
    assert due_day_text(never, RIGA) == "9999-12-31"
    assert after(LAST, parse_amount("100 years"), RIGA) == LAST
    assert shift(LAST, parse_amount("876000 hours"), RIGA, 1) == LAST
    assert shift(FIRST, parse_amount("876000 hours"), RIGA, -1) == FIRST
    assert shift(FIRST, parse_amount("100 years"), RIGA, -1) == FIRST
    for zone in ("Pacific/Kiritimati", "Pacific/Pago_Pago"):
        assert end_of_day(date(9999, 12, 31), zone) == LAST
        assert due_day_text(end_of_day(date(1, 1, 1), zone), zone)
        assert today_text(datetime.max.replace(tzinfo=UTC), zone) in ("9999-12-30", "9999-12-31")


def test_today_is_the_local_day() -> None:
    """The day turns at midnight in the zone, not in UTC."""
    assert today_text(datetime(2025, 6, 30, 20, 59, tzinfo=UTC), RIGA) == "2025-06-30"
    assert today_text(datetime(2025, 6, 30, 21, 0, tzinfo=UTC), RIGA) == "2025-07-01"


@pytest.mark.parametrize("zone", ["Europe/Rga", "", "../etc/passwd", "riga", "Europe/Rīga"])
def test_only_names_of_the_time_zone_database_are_zones(zone: str) -> None:
    """A misspelt zone, or a path, is none."""
    assert not zone_exists(zone)
    assert zone_exists(RIGA)


def test_a_day_in_the_past_took_effect_at_its_last_instant_and_today_now() -> None:
    now = datetime(2025, 6, 30, 12, tzinfo=UTC)
    assert effective_moment(date(2025, 6, 27), RIGA, now) == datetime(
        2025, 6, 27, 20, 59, 59, 999999, tzinfo=UTC
    )
    assert effective_moment(date(2025, 6, 30), RIGA, now) == now
    assert effective_moment(date(2025, 6, 30), RIGA, datetime(2025, 6, 29, 21, tzinfo=UTC)).hour == 21
    moment = datetime(2025, 6, 1, 7, tzinfo=UTC)
    assert effective_moment(moment, RIGA, now) == moment
