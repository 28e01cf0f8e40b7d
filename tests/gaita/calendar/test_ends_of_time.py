"""Dates of the year 1 and of 9999: whatever is asked of them is answered, nothing raises."""

from datetime import UTC, date, datetime, time, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from gaita.calendar import (
    FIRST,
    LAST,
    Stop,
    WorkingCalendar,
    after,
    day_of,
    due_day_text,
    earlier,
    end_of_day,
    end_of_month,
    explained,
    explained_before,
    later,
    moment_on,
    parse_amount,
    public_calendar,
    reckon,
    shift,
    today_text,
)
from gaita.calendar.days import Anchor
from gaita.texts import words

ZONES = ["Europe/Riga", "UTC", "Pacific/Kiritimati", "Etc/GMT+12", "Pacific/Apia", "America/St_Johns"]
AMOUNTS = [
    parse_amount(text)
    for text in (
        "1 day", "1 month", "100 years", "36 hours", "1 day 12 hours", "1 month 1 hour", "1 second",
        "20 working days", "25000 working days", "8 working hours", "500 working hours",
    )
]  # fmt: skip
OFFICE = ((time(8, 30), time(17)),)
CALENDARS = {
    each.name: each
    for each in (
        public_calendar("LV", known_until=date(2026, 12, 31)),
        WorkingCalendar("always", date.max, (((time(), time()),),) * 7, {}, {}),
        WorkingCalendar("weekly", date(1, 1, 1), (OFFICE, *((),) * 6), {}, {}),
        WorkingCalendar("never", date(2024, 1, 1), ((),) * 7, {}, {}, never_open=True),
    )
}
near_the_ends = st.one_of(
    st.timedeltas(timedelta(0), timedelta(days=40)).map(lambda span: datetime.min.replace(tzinfo=UTC) + span),
    st.timedeltas(timedelta(0), timedelta(days=40)).map(lambda span: datetime.max.replace(tzinfo=UTC) - span),
)


@settings(deadline=None, max_examples=150)
@given(
    near_the_ends,
    st.lists(st.timedeltas(timedelta(days=-30), timedelta(days=30)), max_size=4),
    st.sampled_from(ZONES),
    st.sampled_from(sorted(CALENDARS)),
    st.lists(st.sampled_from(AMOUNTS), min_size=1, max_size=2),
    st.booleans(),
)
def test_nothing_raises_at_the_ends_of_time(
    moment: datetime,
    turns: list[timedelta],
    zone: str,
    named: str,
    amounts: list,  # type: ignore[type-arg]
    stands: bool,
) -> None:
    calendar = CALENDARS[named]
    start = min(max(FIRST, moment), LAST)
    bounded = sorted(start + min(max(turn, FIRST - start), LAST - start) for turn in turns)
    stops = [Stop(since, until) for since, until in zip(bounded[::2], bounded[1::2], strict=False)]
    if stands and len(bounded) % 2:
        stops.append(Stop(bounded[-1], None))
    whole = reckon(moment, amounts, zone, calendar, stops)
    told = explained(moment, amounts, zone, calendar, stops)
    assert told.due == whole.due
    assert whole.due is None or whole.due <= LAST
    assert words(told, "en")
    assert words(told, "lv")
    for amount in amounts:
        assert FIRST <= (earlier(moment, amount, zone, calendar).due or FIRST) <= LAST
        assert later(moment, amount, zone, calendar, stops).due != FIRST
        assert words(explained_before(moment, amount, amounts, zone, calendar), "en")
        if not amount.is_working:
            assert FIRST <= shift(moment, amount, zone, -1) <= shift(moment, amount, zone, 1) <= LAST
            assert after(moment, amount, zone) <= LAST
    day = moment.date()
    assert FIRST <= end_of_day(day, zone) <= LAST
    assert FIRST <= end_of_month(f"{day.year:04}-{day.month:02}", zone) <= LAST
    assert FIRST <= moment_on(day, moment.time(), zone) <= LAST
    assert today_text(moment, zone) == day_of(moment, zone).isoformat()
    assert len(due_day_text(moment, zone)) in {10, 16}


def test_a_clock_that_is_set_back_over_midnight_does_not_take_a_day_back() -> None:
    """In St. John's, at 00:01 on 7 November 2010, it was 23:01 on the 6th again."""
    anchor = Anchor(1, time(0, 0, 30), "America/St_Johns")
    again = datetime(2010, 11, 7, 3, tzinfo=UTC)
    assert day_of(again, anchor.zone) == date(2010, 11, 6)
    assert anchor.last_ticked(again) == date(2010, 11, 7).toordinal()


def test_no_day_comes_before_the_first_one() -> None:
    assert Anchor(5, None, "UTC").last_ticked(datetime.min.replace(tzinfo=UTC)) == 1
