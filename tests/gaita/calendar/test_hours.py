"""Open time over long spans: let pass by whole weeks, with the same end as hour by hour."""

from datetime import UTC, date, datetime, time, timedelta
from time import process_time
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from gaita.calendar import earlier, parse_amount, reckon
from gaita.calendar.hours import open_between, open_until
from gaita.calendar.public import public_calendar
from gaita.calendar.reckoning import Stop
from gaita.calendar.working import WorkingCalendar
from gaita.calendar.zone import FIRST, LAST

NO_TIME = timedelta()
MICROSECOND = timedelta(microseconds=1)
LATVIA = public_calendar("LV", known_until=date(2030, 12, 31))
NIGHTS = WorkingCalendar(
    "nights",
    date(2024, 12, 31),
    (
        ((time(22), time()),),
        (),
        ((time(), time(3, 30)), (time(5), time(5, 1))),
        (),
        (),
        ((time(), time()),),
        (),
    ),
    {},
    {},
)
CALENDARS = {"nights": NIGHTS, "LV": LATVIA}
starts = st.datetimes(datetime(1850, 1, 1), datetime(2090, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - made aware
zones = st.sampled_from(["Europe/Riga", "Australia/Lord_Howe", "America/Havana", "UTC"])


def test_the_29th_of_december_9999_is_the_last_day_that_is_open() -> None:
    always = WorkingCalendar("always", date(2024, 12, 31), (((time(9), time(17)),),) * 7, {}, {})
    opened = open_between(datetime(9999, 12, 20, tzinfo=UTC), LAST, "UTC", always)
    assert [date.fromordinal(day).day for _, _, day in opened] == list(range(20, 30))


@settings(deadline=None, max_examples=60)
@example(start=datetime(1, 1, 1, tzinfo=UTC), hours=9_000, zone="Europe/Riga", calendar="LV")
@given(
    start=starts,
    hours=st.integers(700, 40_000),
    zone=zones,
    calendar=st.sampled_from(sorted(CALENDARS)),
)
@example(start=datetime(2001, 1, 1, tzinfo=UTC), hours=42 * 24, zone="UTC", calendar="nights")
def test_as_much_time_is_open_until_then_as_was_asked_for(
    start: datetime, hours: int, zone: str, calendar: str
) -> None:
    asked = timedelta(hours=hours)
    due, day = open_until(start, asked // MICROSECOND, zone, CALENDARS[calendar], ())
    assert due is not None
    pieces = list(open_between(start, due, zone, CALENDARS[calendar]))
    assert sum((end - begin for begin, end, _ in pieces), NO_TIME) == asked
    assert pieces[-1][1:] == (due, day), "it is used up while the office is open, or as it closes"


@settings(deadline=None, max_examples=60)
@given(start=starts, hours=st.integers(700, 6_000), days=st.integers(1, 4_000), stood=st.integers(0, 900))
def test_a_stop_in_between_costs_the_time_that_was_open_in_it(
    start: datetime, hours: int, days: int, stood: int
) -> None:
    stop = Stop(start + timedelta(days=days), start + timedelta(days=days + stood))
    assert stop.until is not None
    asked = timedelta(hours=hours)
    due, _ = open_until(start, asked // MICROSECOND, "Europe/Riga", LATVIA, (stop,))
    assert due is not None
    spans = [(start, min(due, stop.since)), (stop.until, due)]
    ran = [end - begin for span in spans for begin, end, _ in open_between(*span, "Europe/Riga", LATVIA)]
    assert sum(ran, NO_TIME) == asked


@pytest.mark.parametrize("start", [datetime(1, 1, 4, tzinfo=UTC), datetime(9990, 1, 1, tzinfo=UTC)])
def test_centuries_take_no_time(start: datetime) -> None:
    begun = process_time()
    due, _ = open_until(start, timedelta(hours=4_000_000) // MICROSECOND, "Europe/Riga", LATVIA, ())
    assert process_time() - begun < 2
    assert due is not None
    assert due.year == (1804 if start.year == 1 else 9999)


@pytest.mark.parametrize("hours", [8, 40, 400, 4_000])
def test_hours_that_fill_a_day_to_its_end_end_as_it_closes(hours: int) -> None:
    """Not as the next day opens, however many weeks lie between."""
    week = tuple(((time(9), time(17)),) if weekday < 5 else () for weekday in range(7))
    office = WorkingCalendar("office", date(2030, 12, 31), week, {}, {})
    begin = datetime(2024, 4, 22, 6, tzinfo=UTC)  # a Monday, 9:00 in Riga
    due = reckon(begin, [parse_amount(f"{hours} working hours")], "Europe/Riga", office).due
    assert due is not None
    local = due.astimezone(ZoneInfo("Europe/Riga"))
    assert local.time() == time(17)
    assert local.weekday() == (0 if hours == 8 else 4)


def test_hours_counted_back_into_the_first_days_of_the_year_1_end_at_the_first_moment() -> None:
    """A moment before that could not be shown in every zone."""
    always = WorkingCalendar("always", date(9999, 12, 31), (((time(), time()),),) * 7, {}, {})
    point = datetime(1, 1, 23, tzinfo=UTC)
    assert earlier(point, parse_amount("500 working hours"), "Europe/Riga", always).due == FIRST
