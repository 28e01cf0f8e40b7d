"""Reckoning due moments: each case of the rules, worked by hand for Riga."""

from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

import pytest

from gaita.calendar import (
    FIRST,
    LAST,
    Reckoned,
    Stop,
    WorkingCalendar,
    due_day_text,
    earlier,
    end_of_day,
    later,
    parse_amount,
    public_calendar,
    reckon,
)

RIGA = "Europe/Riga"
LATVIA = public_calendar("LV", known_until=date(2026, 12, 31))


def at(text: str) -> datetime:
    """Read a local moment of Riga; a date alone is the end of that day."""
    if " " in text:
        return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(RIGA)).astimezone(UTC)
    return end_of_day(date.fromisoformat(text), RIGA)


def stop(since: str, until: str | None) -> Stop:
    return Stop(at(since), at(until) if until else None)


def due(start: str, amounts: str, *stops: Stop) -> str | None:
    chain = [parse_amount(text) for text in amounts.split(" + ")]
    reckoned = reckon(at(start), chain, RIGA, LATVIA, stops).due
    return due_day_text(reckoned, RIGA) if reckoned else None


def test_without_amounts_the_start_is_due() -> None:
    assert reckon(at("2024-04-25 12:00"), [], RIGA, None) == Reckoned(at("2024-04-25 12:00"))


@pytest.mark.parametrize(
    ("start", "amounts", "expected"),
    [
        ("2024-04-25 12:00", "20 days", "2024-05-15"),
        ("2024-04-25 00:00", "20 days", "2024-05-15"),
        ("2024-01-31 12:00", "1 month", "2024-02-29"),
        ("2024-04-25 12:00", "36 hours 5 minutes", "2024-04-27 00:05"),
        ("2024-03-30 12:00", "24 hours", "2024-03-31 13:00"),  # the clock is set forward in between
        ("2024-03-30 12:00", "1 day 1 hour", "2024-03-31 13:00"),
        ("2024-03-30 03:30", "1 day 1 hour", "2024-03-31 05:30"),  # 03:30 is skipped: 04:30
        ("2024-10-26 03:30", "1 day 1 hour", "2024-10-27 03:30"),  # from the first 03:30 to the second
        ("2024-04-25 12:00", "20 working days", "2024-05-27"),
        ("2024-04-27 12:00", "1 working day", "2024-04-29"),
        ("2024-12-20 12:00", "2 working days", "2024-12-28"),
        ("2024-12-13 12:00", "1 working day", "2024-12-14"),  # a Saturday worked
        ("2024-04-25 12:00", "5 days + 1 working day", "2024-05-02"),
        ("2024-04-25 12:00", "5 days + 5 hours", "2024-05-01 05:00"),
        ("2024-04-25 12:00", "5 hours + 2 days", "2024-04-27 17:00"),
        ("2024-04-25 12:00", "5 hours + 4 working days", "2024-05-02 17:00"),
        ("2024-01-30 12:00", "1 day + 1 month", "2024-02-29"),  # from 31 January, which ended
        ("2024-04-25 12:00", "1 day + 1 day 12 hours", "2024-04-28 12:00"),
        ("2024-04-25 12:00", "8 working hours", "2024-04-26 11:30"),
        ("2024-04-25 12:00", "5 working hours", "2024-04-25 17:00"),  # closing time, not the next opening
        ("2024-04-27 12:00", "1 working hour", "2024-04-29 09:30"),
        ("2024-04-30 16:00", "2 working hours", "2024-05-02 09:30"),
    ],
)
def test_amounts_end_where_a_hand_would_count(start: str, amounts: str, expected: str) -> None:
    assert due(start, amounts) == expected


def test_time_stands_still_while_the_clock_does() -> None:
    assert (
        due("2024-04-25 10:00", "5 hours", stop("2024-04-25 12:00", "2024-04-25 14:00")) == "2024-04-25 17:00"
    )
    # Used up exactly when it stops: it is due then, not when it resumes.
    assert due("2024-04-25 10:00", "2 hours", stop("2024-04-25 12:00", None)) == "2024-04-25 12:00"
    assert due("2024-04-25 10:00", "3 hours", stop("2024-04-25 12:00", None)) is None
    # It stood already when the amount began.
    assert (
        due("2024-04-25 10:00", "2 hours", stop("2024-04-25 09:00", "2024-04-25 11:00")) == "2024-04-25 13:00"
    )


def test_a_day_does_not_count_if_the_clock_stands_at_its_end() -> None:
    over_night = stop("2024-05-02 15:00", "2024-05-03 09:00")
    assert due("2024-04-25 12:00", "20 days", over_night) == "2024-05-16"
    within_a_day = stop("2024-05-02 09:00", "2024-05-02 15:00")
    assert due("2024-04-25 12:00", "20 days", within_a_day) == "2024-05-15"
    on_the_day_of_entry = stop("2024-04-25 12:00", "2024-04-25 18:00")
    assert due("2024-04-25 12:00", "20 days", on_the_day_of_entry) == "2024-05-15"
    from_the_day_of_entry = stop("2024-04-25 12:00", "2024-04-26 09:00")
    assert due("2024-04-25 12:00", "20 days", from_the_day_of_entry) == "2024-05-15"
    two_nights = stop("2024-04-25 12:00", "2024-04-27 09:00")
    assert due("2024-04-25 12:00", "20 days", two_nights) == "2024-05-16"


def test_a_stop_is_open_at_its_beginning_and_closed_at_its_end() -> None:
    # A stop that begins with the end of a day leaves that day; one that ends with it takes it.
    assert due("2024-04-25 12:00", "20 days", stop("2024-05-03 00:00", "2024-05-03 12:00")) == "2024-05-15"
    assert due("2024-04-25 12:00", "20 days", stop("2024-05-02 12:00", "2024-05-03 00:00")) == "2024-05-16"
    assert due("2024-04-25 12:00", "7 days", stop("2024-05-03 00:00", None)) == "2024-05-02"
    assert due("2024-04-25 12:00", "8 days", stop("2024-05-03 00:00", None)) is None


def test_only_working_days_are_lost_to_a_stop() -> None:
    # Friday to Tuesday: Friday's and Monday's ends pass, and Monday, 6 May, is no working day.
    assert (
        due("2024-04-25 12:00", "20 working days", stop("2024-05-03 14:00", "2024-05-07 09:00"))
        == "2024-05-28"
    )
    weekend = stop("2024-05-11 08:00", "2024-05-12 20:00")
    assert due("2024-04-25 12:00", "20 working days", weekend) == "2024-05-27"
    assert due("2024-04-25 12:00", "20 working days", stop("2024-05-03 14:00", None)) is None


def test_months_with_a_stop_are_the_days_that_they_have() -> None:
    assert due("2024-01-31 12:00", "1 month", stop("2024-02-10 12:00", "2024-02-13 09:00")) == "2024-03-03"


def test_several_stops_add_up_and_working_time_skips_them() -> None:
    stops = (stop("2024-04-26 12:00", "2024-04-27 12:00"), stop("2024-04-29 12:00", "2024-05-03 12:00"))
    assert due("2024-04-25 12:00", "10 days", *stops) == "2024-05-10"
    assert due("2024-04-25 12:00", "14 working hours", *stops) == "2024-05-03 14:00"
    assert due("2024-04-25 12:00", "12 working hours", *stops) == "2024-04-29 12:00"
    assert due("2024-04-26 09:00", "3 working hours", stop("2024-04-26 12:00", None)) == "2024-04-26 12:00"
    assert due("2024-04-26 09:00", "4 working hours", stop("2024-04-26 12:00", None)) is None


def test_an_extension_is_counted_from_where_the_amount_before_ended() -> None:
    pause = stop("2024-05-14 12:00", "2024-05-17 12:00")
    assert due("2024-04-25 12:00", "20 days", pause) == "2024-05-18"
    assert due("2024-04-25 12:00", "20 days + 10 days", pause) == "2024-05-28"
    late = stop("2024-05-20 12:00", "2024-05-21 12:00")
    assert due("2024-04-25 12:00", "20 days + 10 days", late) == "2024-05-26"
    assert due("2024-04-25 12:00", "20 days + 10 days", stop("2024-05-20 12:00", None)) is None
    assert due("2024-04-25 12:00", "20 days", stop("2024-05-20 12:00", None)) == "2024-05-15"


@pytest.mark.parametrize(
    ("moment", "amount", "expected"),
    [
        ("2024-05-27", "3 working days", "2024-05-22"),
        ("2024-05-26", "1 working day", "2024-05-24"),  # a Sunday
        ("2024-05-27 14:00", "3 working days", "2024-05-22 14:00"),
        ("2024-02-29", "1 month", "2024-01-29"),
        ("2024-02-29 14:00", "1 month 1 day", "2024-01-28 14:00"),
        ("2024-05-27", "3 hours", "2024-05-27 21:00"),
        ("2024-05-27", "1 day 3 hours", "2024-05-26 21:00"),
        ("2024-05-27", "3 working hours", "2024-05-27 14:00"),
        ("2024-05-27 10:00", "3 working hours", "2024-05-24 15:30"),
        ("2024-05-27", "9 working hours", "2024-05-24 16:30"),
        ("2024-05-27", "510 working minutes", "2024-05-27 08:30"),
        ("2024-03-31", "1 day", "2024-03-30"),
        ("2024-10-28 03:30", "1 day", "2024-10-27 03:30"),
    ],
)
def test_a_moment_before_keeps_the_end_of_the_day_or_its_time(
    moment: str, amount: str, expected: str
) -> None:
    begin = at(moment)
    assert due_day_text(begin, RIGA) == moment
    reckoned = earlier(begin, parse_amount(amount), RIGA, LATVIA)
    assert reckoned.due is not None
    assert due_day_text(reckoned.due, RIGA) == expected
    assert not reckoned.provisional


def test_what_needs_a_day_that_is_not_known_is_provisional() -> None:
    def provisional(start: str, *amounts: str) -> bool:
        return reckon(at(start), [parse_amount(text) for text in amounts], RIGA, LATVIA).provisional

    assert not provisional("2026-12-29 12:00", "1 working day")
    assert provisional("2026-12-30 12:00", "1 working day")
    assert provisional("2026-12-30 12:00", "1 working day", "1 day")
    assert not provisional("2026-12-30 12:00", "40 days")
    assert not provisional("2026-12-30 12:00", "1 working hour")
    assert provisional("2026-12-30 12:00", "6 working hours")
    back = earlier(at("2027-01-15"), parse_amount("20 working days"), RIGA, LATVIA)
    assert back.provisional
    assert not earlier(at("2027-01-01"), parse_amount("1 working day"), RIGA, LATVIA).provisional


def test_opening_hours_are_what_the_clock_on_the_wall_shows() -> None:
    night = WorkingCalendar(
        name="night",
        known_until=date(2030, 1, 1),
        week=(((time(2), time(5)), (time(22), time())),) * 7,
        off={},
        on={},
    )

    def worked(start: str, hours: str) -> str:
        reckoned = reckon(at(start), [parse_amount(f"{hours} working hours")], RIGA, night).due
        assert reckoned
        return due_day_text(reckoned, RIGA)

    assert worked("2024-03-31 00:00", "2") == "2024-03-31 05:00"  # an hour is skipped
    assert worked("2024-10-27 00:00", "4") == "2024-10-27 05:00"  # an hour comes twice
    assert worked("2024-10-28 00:00", "5") == "2024-10-28"  # closing at the end of the day
    assert worked("2024-10-28 23:00", "2") == "2024-10-29 03:00"


def test_nothing_ends_beyond_the_ends_of_time() -> None:
    never = WorkingCalendar("never", date(2030, 1, 1), ((),) * 7, {}, {}, never_open=True)
    start = at("2024-04-25 12:00")
    for text in ("1 working day", "1 working hour"):
        amount = parse_amount(text)
        assert reckon(start, [amount], RIGA, never) == Reckoned(LAST, provisional=True)
        assert earlier(start, amount, RIGA, never).due == FIRST
        assert later(LAST, amount, RIGA, LATVIA).due == LAST
    far = datetime(9999, 12, 20, tzinfo=UTC)
    pause = [Stop(far, LAST)]
    for text in ("100 years", "876000 hours", "40 days 1 hour", "40 working days", "400 working hours"):
        for stops in ([], pause):
            assert reckon(far, [parse_amount(text)], RIGA, LATVIA, stops).due == LAST
            assert reckon(far, [parse_amount(text)] * 2, "Pacific/Kiritimati", LATVIA, stops).due == LAST
    for text in ("100 years", "876000 hours", "40 days 1 hour", "40 working days", "400 working hours"):
        assert earlier(FIRST, parse_amount(text), RIGA, LATVIA).due == FIRST


@pytest.mark.parametrize("text", ["1 working day", "1 working hour"])
def test_working_time_needs_a_calendar(text: str) -> None:
    amount, moment = parse_amount(text), at("2024-04-25")
    with pytest.raises(ValueError, match="no working calendar was given; name one"):
        reckon(moment, [amount], RIGA, None)
    with pytest.raises(ValueError, match="no working calendar was given; name one"):
        later(moment, amount, RIGA, None)
    with pytest.raises(ValueError, match="no working calendar was given; name one"):
        earlier(moment, amount, RIGA, None)
