"""Saying how a due moment came about."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from gaita.calendar import (
    Explained,
    SpecialDay,
    Stop,
    StopCost,
    WorkingCalendar,
    earlier,
    end_of_day,
    explained,
    explained_before,
    parse_amount,
    public_calendar,
    reckon,
)
from gaita.texts import amount_words, words

RIGA = "Europe/Riga"
LATVIA = public_calendar("LV", known_until=date(2026, 12, 31))
START = datetime(2024, 4, 25, 9, tzinfo=UTC)  # 12:00
MAY_1_EN = "Wed 2024-05-01 Constitutional Assembly Convocation Day / Labor Day"
MAY_1_LV = "01.05.2024. (trešdiena) Darba svētki / Latvijas Republikas Satversmes sapulces sasaukšanas diena"


def stop(since: str, until: str | None) -> Stop:
    def at(text: str) -> datetime:
        return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(RIGA)).astimezone(UTC)

    return Stop(at(since), at(until) if until else None)


def told(amounts: str, *stops: Stop, start: datetime = START, clipped_to: date | None = None) -> Explained:
    chain = [parse_amount(text) for text in amounts.split(" + ")] if amounts else []
    account = explained(start, chain, RIGA, LATVIA, stops, clipped_to=clipped_to)
    whole = reckon(start, chain, RIGA, LATVIA, stops)
    assert (account.due, account.provisional) == (whole.due, whole.provisional)
    return account


def test_holidays_that_were_not_counted_are_named() -> None:
    account = told("20 working days")
    assert [special.day for special in account.not_counted] == [date(2024, 5, 1), date(2024, 5, 6)]
    assert words(account, "en") == (
        f"20 working days from Thu 2024-04-25 end with Mon 2024-05-27; not counted: {MAY_1_EN}, "
        "Mon 2024-05-06 Restoration of Independence Day (observed)"
    )
    assert words(account, "lv") == (
        "sākums 25.04.2024. (ceturtdiena); ilgums: 20\u00a0darbdienas; beigas 27.05.2024. (pirmdiena); "
        f"termiņā neieskaita: {MAY_1_LV}, 06.05.2024. (pirmdiena) "
        "Latvijas Republikas Neatkarības atjaunošanas diena (brīvdiena)"
    )
    assert words(account, "de") == words(account, "en")


def test_a_weekend_day_that_was_worked_is_named() -> None:
    account = told("1 working day", start=datetime(2024, 12, 13, 9, tzinfo=UTC))
    assert words(account, "en") == (
        "1 working day from Fri 2024-12-13 ends with Sat 2024-12-14; "
        "counted: Sat 2024-12-14 Working day (moved from 2024-12-23)"
    )
    assert words(account, "lv") == (
        "sākums 13.12.2024. (piektdiena); ilgums: 1\u00a0darbdiena; beigas 14.12.2024. (sestdiena); "
        "termiņā ieskaita: 14.12.2024. (sestdiena) Darbdiena (pārcelta no 23.12.2024.)"
    )


def test_a_stop_is_named_with_what_it_cost() -> None:
    pause = stop("2024-05-03 14:00", "2024-05-08 09:00")
    account = told("20 working days", pause)
    assert [cost.working_days for cost in account.stops] == [2]
    assert [special.day for special in account.not_counted] == [date(2024, 5, 1)]  # 6 May: the clock stood
    assert words(account, "en") == (
        f"20 working days from Thu 2024-04-25 end with Wed 2024-05-29; not counted: {MAY_1_EN}; "
        "the clock stood from Fri 2024-05-03 14:00 to Wed 2024-05-08 09:00 (2 working days)"
    )
    assert words(account, "lv").endswith(
        "; termiņa tecējums bija apturēts no 03.05.2024. plkst.\u00a014.00 (piektdiena) "
        "līdz 08.05.2024. plkst.\u00a009.00 (trešdiena) (2\u00a0darbdienas)"
    )


def test_the_day_that_it_is_counted_from_is_not_named() -> None:
    account = told("5 working days", start=datetime(2024, 5, 1, 9, tzinfo=UTC))
    assert [special.day for special in account.not_counted] == [date(2024, 5, 6)]


def test_working_time_that_ends_at_midnight_does_not_reach_the_next_day() -> None:
    holiday = SpecialDay(date(2024, 5, 1), {"en": "Off"}, "holiday")
    evenings = WorkingCalendar(
        "e", date(2024, 12, 31), (((time(16), time()),),) * 7, {holiday.day: holiday}, {}
    )
    start = datetime(2024, 4, 30, 9, tzinfo=UTC)
    account = explained(start, [parse_amount("8 working hours")], "UTC", evenings)
    assert (account.due, account.not_counted) == (datetime(2024, 5, 1, tzinfo=UTC), ())
    account = explained(start, [parse_amount("9 working hours")], "UTC", evenings)
    assert account.not_counted == (holiday,)


def test_of_working_time_the_days_on_which_its_clock_stood_are_not_named() -> None:
    pause = stop("2024-05-03 14:00", "2024-05-08 09:00")
    account = told("60 working hours", pause)
    assert [special.day for special in account.not_counted] == [date(2024, 5, 1)]
    account = told("60 working hours", stop("2024-05-06 10:00", "2024-05-08 09:00"))
    assert [special.day for special in account.not_counted] == [date(2024, 5, 1), date(2024, 5, 6)]
    account = told("60 working hours")
    assert [special.day for special in account.not_counted] == [date(2024, 5, 1), date(2024, 5, 6)]


@pytest.mark.parametrize(
    ("amounts", "cost"),
    [
        ("20 days", "5 days"),
        ("3 months", "5 days"),
        ("20 days + 10 working days", "5 days"),
        ("5 days + 10 working days", "1 working day"),
        ("10 days 5 hours", "4 days"),  # it stood at noon of four days
        ("300 hours", "115 hours"),
        ("60 working hours", "12 working hours"),
    ],
)
def test_a_stop_costs_what_the_amount_counts(amounts: str, cost: str) -> None:
    if amounts == "5 days + 10 working days":
        pause = stop("2024-05-02 14:00", "2024-05-03 09:00")
    else:
        pause = stop("2024-05-03 14:00", "2024-05-08 09:00")
    assert f"({cost})" in words(told(amounts, pause), "en")


@pytest.mark.parametrize(
    "span",
    [
        ("2024-05-03 09:00", "2024-05-03 14:00"),  # it ran again when the day ended
        ("2024-04-25 15:00", "2024-04-26 09:00"),  # the day of entry does not count anyway
        ("2024-04-01 09:00", "2024-04-20 14:00"),  # before the start
    ],
)
def test_a_stop_that_cost_nothing_is_named_too(span: tuple[str, str]) -> None:
    account = told("20 days", stop(*span))
    assert account.due == told("20 days").due
    assert account.stops == (StopCost(stop(*span)),)
    assert words(account, "en").endswith(" (it cost nothing)")
    assert words(account, "lv").endswith(" (termiņu tas neietekmēja)")


def test_a_clock_that_stopped_after_it_was_due_is_named_as_one_that_stands() -> None:
    account = told("20 days", stop("2024-06-01 09:00", None))
    assert account.due is not None
    assert words(account, "en").endswith("; the clock stands since Sat 2024-06-01 09:00")


def test_a_short_stop_is_told_to_the_minute() -> None:
    short = told("20 hours", stop("2024-04-25 13:00", "2024-04-25 14:30")).stops
    assert [cost.time for cost in short] == [timedelta(minutes=90)]


def test_while_the_clock_stands_there_is_no_end() -> None:
    account = told("20 working days", stop("2024-05-03 14:00", None))
    assert account.due is None
    assert words(account, "en") == (
        f"20 working days from Thu 2024-04-25: no end yet; not counted: {MAY_1_EN}; "
        "the clock stands since Fri 2024-05-03 14:00"
    )
    assert words(account, "lv") == (
        "sākums 25.04.2024. (ceturtdiena); ilgums: 20\u00a0darbdienas; beigu datuma vēl nav; "
        f"termiņā neieskaita: {MAY_1_LV}; "
        "termiņa tecējums ir apturēts kopš 03.05.2024. plkst.\u00a014.00 (piektdiena)"
    )
    for amounts in ("40 hours", "30 working hours", "4 days 5 hours", "2 days + 20 working hours", "1 month"):
        assert told(amounts, stop("2024-04-26 14:00", None)).due is None
    assert told("20 days", stop("2024-04-20 14:00", None)).due is None


def test_exact_moments_have_their_time() -> None:
    assert words(told("5 hours"), "en") == "5 hours from Thu 2024-04-25 12:00 end at Thu 2024-04-25 17:00"
    assert words(told("36 hours"), "en") == "36 hours from Thu 2024-04-25 12:00 end with Fri 2024-04-26"
    assert words(told("1 hour"), "lv") == (
        "sākums 25.04.2024. plkst.\u00a012.00 (ceturtdiena); ilgums: 1\u00a0stunda; "
        "beigas 25.04.2024. plkst.\u00a013.00 (ceturtdiena)"
    )
    assert words(told(""), "en") == "due at the start, Thu 2024-04-25 12:00"


def test_what_is_provisional_or_cut_back_says_so() -> None:
    late = datetime(2026, 12, 30, 9, tzinfo=UTC)
    account = told("2 working days + 1 day", start=late, clipped_to=date(2027, 1, 3))
    assert words(account, "en").startswith("2 working days, then 1 day from Wed 2026-12-30 end with ")
    assert words(account, "en").endswith(
        "; the calendar LV is known until 2026-12-31, so this is provisional; "
        "cut back to the horizon, 2027-01-03"
    )
    assert words(account, "lv").endswith(
        "; kalendārs LV ir zināms līdz 31.12.2026., tāpēc šis termiņš ir provizorisks; "
        "termiņš saīsināts, jo galējais termiņš ir 03.01.2027."
    )


def test_a_long_list_is_cut() -> None:
    account = told("400 working days")
    more = len(account.not_counted) - 12
    assert more > 0
    assert f" and {more} more; counted: " in words(account, "en")
    assert f" un vēl {more}; termiņā ieskaita: " in words(account, "lv")
    assert all(isinstance(special, SpecialDay) for special in account.not_counted)


@pytest.mark.parametrize(
    ("text", "english", "latvian"),
    [
        ("1 working day", "1 working day", "1 darbdiena"),
        ("11 working days", "11 working days", "11 darbdienas"),
        ("20 working days", "20 working days", "20 darbdienas"),
        ("21 working days", "21 working days", "21 darbdiena"),
        ("111 business days", "111 working days", "111 darbdienas"),
        ("1 month 10 days", "1 month and 10 days", "1 mēnesis un 10 dienas"),
        ("P2Y", "2 years", "2 gadi"),
        ("P1Y2M", "14 months", "14 mēneši"),
        ("1 day 90 minutes", "1 day, 1 hour and 30 minutes", "1 diena, 1 stunda un 30 minūtes"),
        ("1 second", "1 second", "1 sekunde"),
        (
            "2 working hours 1 working minute",
            "2 working hours and 1 working minute",
            "2 darba stundas un 1 darba minūte",
        ),
    ],
)
def test_amounts_are_said_with_the_right_form(text: str, english: str, latvian: str) -> None:
    amount = parse_amount(text)
    assert amount_words(amount, "en") == english
    assert amount_words(amount, "lv").replace("\u00a0", " ") == latvian


def test_a_point_with_an_amount_before_it_is_led_back_day_by_day() -> None:
    point = end_of_day(date(2024, 5, 10), RIGA)
    found = explained_before(point, parse_amount("5 working days"), [], RIGA, LATVIA)
    assert found.due == earlier(point, parse_amount("5 working days"), RIGA, LATVIA).due
    assert words(found, "en") == (
        "5 working days before Fri 2024-05-10: Thu 2024-05-02; not counted: Mon 2024-05-06 "
        + LATVIA.off[date(2024, 5, 6)].title["en"]
    )
    assert words(found, "lv").startswith(
        "5\u00a0darbdienas pirms 10.05.2024. (piektdiena): 02.05.2024. (ceturtdiena); termiņā neieskaita: "
    )
    after_it = explained_before(
        end_of_day(date(2024, 5, 2), RIGA), parse_amount("2 working days"), [], RIGA, LATVIA
    )
    assert [special.day for special in after_it.not_counted] == [date(2024, 5, 1)]
    upon_it = explained_before(
        end_of_day(date(2024, 5, 1), RIGA), parse_amount("2 working days"), [], RIGA, LATVIA
    )
    assert upon_it.not_counted == ()
    of_one = explained_before(point, parse_amount("1 month"), [], RIGA, LATVIA)
    assert words(of_one, "lv").startswith("1\u00a0mēnesi pirms 10.05.2024. (piektdiena): ")
    granted = explained_before(point, parse_amount("1 month 1 day"), [parse_amount("1 day")], RIGA, LATVIA)
    assert words(granted, "lv").startswith(
        "1\u00a0mēnesi un 1\u00a0dienu pirms 10.05.2024. (piektdiena), pēc tam 1\u00a0diena: "
    )


def test_days_before_a_point_that_are_no_working_days_leave_no_day_uncounted() -> None:
    """Only where working days are counted back are the days off between looked at."""
    point = end_of_day(date(2024, 5, 3), RIGA)
    assert explained_before(point, parse_amount("5 days"), [], RIGA, LATVIA).not_counted == ()
    assert explained_before(point, parse_amount("5 working days"), [], RIGA, LATVIA).not_counted
