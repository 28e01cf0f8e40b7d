"""Latvia's working days, with and without the days that the Cabinet moves, and those of other countries."""

from datetime import date, time, timedelta

import pytest

from gaita.calendar import Closure, public_calendar

SWAPPED = public_calendar("LV")
PLAIN = public_calendar("LV", swaps=False)
REPAIRS = {"lv": "Remonts", "en": "Repairs"}


def test_a_day_that_is_moved_is_off_and_another_is_worked() -> None:
    assert not SWAPPED.is_working(date(2024, 12, 23))
    assert SWAPPED.is_working(date(2024, 12, 14))
    assert SWAPPED.is_working(date(2024, 12, 28))
    moved = SWAPPED.off[date(2024, 12, 23)]
    assert moved.kind == "moved"
    assert moved.instead_of == date(2024, 12, 14)
    assert moved.title["lv"] == "Brīvdiena (darbdiena pārcelta uz 14.12.2024.)"
    assert moved.title["en"] == "Day off (substituted from 2024-12-14)"
    assert SWAPPED.on[date(2024, 12, 28)].title["lv"] == "Darbdiena (pārcelta no 30.12.2024.)"
    assert SWAPPED.on[date(2024, 12, 28)].kind == "worked"


def test_without_swaps_neither_is_moved() -> None:
    assert PLAIN.is_working(date(2024, 12, 23))
    assert not PLAIN.is_working(date(2024, 12, 14))
    assert not PLAIN.is_working(date(2024, 12, 28))
    assert not PLAIN.on
    assert {special.kind for special in PLAIN.off.values()} == {"holiday"}


@pytest.mark.parametrize("day", [date(2023, 5, 29), date(2023, 7, 10), date(2018, 9, 24)])
def test_holidays_of_one_year_stay_either_way(day: date) -> None:
    for calendar in (SWAPPED, PLAIN):
        assert not calendar.is_working(day)
        assert calendar.off[day].kind == "holiday"


def test_every_swap_gives_a_day_and_takes_a_day() -> None:
    moved = [special for special in SWAPPED.off.values() if special.kind == "moved"]
    assert len(moved) == len(SWAPPED.on)
    assert {special.instead_of for special in moved} == set(SWAPPED.on)
    assert {special.instead_of for special in SWAPPED.on.values()} == {special.day for special in moved}
    assert {day: special for day, special in SWAPPED.off.items() if special.kind == "holiday"} == PLAIN.off


def test_holidays_have_latvian_and_english_titles_and_are_observed() -> None:
    assert SWAPPED.off[date(2024, 6, 24)].title == {"lv": "Jāņu diena", "en": "Midsummer Day"}
    assert "(brīvdiena)" in SWAPPED.off[date(2024, 5, 6)].title["lv"]
    assert date(2024, 5, 4) not in SWAPPED.off  # a Saturday


def test_it_is_known_to_the_end_of_the_last_year_with_decreed_swaps() -> None:
    assert SWAPPED.known_until >= date(2026, 12, 31)
    assert (SWAPPED.known_until.month, SWAPPED.known_until.day) == (12, 31)
    assert PLAIN.known_until == SWAPPED.known_until
    assert max(SWAPPED.on).year == SWAPPED.known_until.year
    assert not public_calendar("LV", known_until=date(2030, 12, 31)).is_working(date(2030, 11, 18))


def test_after_the_last_known_day_the_holidays_of_every_year_still_count() -> None:
    calendar = public_calendar("LV", known_until=date(2024, 12, 23))
    assert not calendar.is_working(date(2024, 12, 23))  # moved, and known
    assert not calendar.is_working(date(2024, 12, 24))  # Christmas Eve
    assert calendar.is_working(date(2024, 12, 30))  # nobody knows yet that it is moved
    assert not calendar.is_working(date(2024, 12, 28))  # nor that this Saturday is worked
    for year in (2025, 2027, 2050, 2100):
        assert not calendar.is_working(date(year, 1, 1))
        assert not calendar.is_working(date(year, 11, 18))
    # Good Friday and Easter Monday move with Easter.
    assert not any(calendar.is_working(date(2027, 3, day)) for day in (26, 27, 28, 29))
    assert SWAPPED.count(date(2027, 1, 1), date(2027, 12, 31)) == 252
    assert {special.kind for day, special in calendar.off.items() if day > calendar.known_until} == {
        "holiday"
    }
    assert max(calendar.on) <= calendar.known_until


def test_an_institution_may_close_and_may_work() -> None:
    calendar = public_calendar(
        "office",
        country="LV",
        closures=[Closure(date(2024, 12, 20), date(2025, 1, 3), REPAIRS)],
        worked=[date(2024, 12, 27), date(2024, 12, 21), date(2024, 11, 18)],
    )
    assert calendar.name == "office"
    assert calendar.off[date(2024, 12, 20)].title == REPAIRS
    assert calendar.off[date(2024, 12, 25)].kind == "holiday"
    assert not calendar.is_working(date(2024, 12, 28))  # worked elsewhere, closed here
    assert calendar.is_working(date(2024, 12, 27))
    assert calendar.is_working(date(2024, 12, 21))
    assert calendar.is_working(date(2024, 11, 18))


@pytest.mark.parametrize("days", [1, 2, 3, 366])
def test_a_closure_of_so_many_days_closes_each_of_them(days: int) -> None:
    first, last = date(2024, 1, 8), date(2024, 1, 7) + timedelta(days=days)
    calendar = public_calendar("LV", swaps=False, closures=[Closure(first, last, REPAIRS)])
    closed = {day for day, special in calendar.off.items() if special.title == REPAIRS}
    assert closed <= {first + timedelta(days=number) for number in range(days)}
    assert calendar.is_working(first - timedelta(days=3))
    assert calendar.count(first, last) == 0
    assert calendar.is_working(last + timedelta(days=7 - last.weekday()))


def test_the_holidays_of_latvia_begin_with_the_year_1991() -> None:
    assert min(PLAIN.off).year == 1991


def test_a_closure_of_more_than_a_year_is_refused() -> None:
    with pytest.raises(ValueError, match="a closure of 1 to 366 days"):
        public_calendar("LV", closures=[Closure(date(2024, 1, 8), date(2025, 1, 8), REPAIRS)])


def test_the_days_that_a_government_moves_are_in_it_unless_it_is_said() -> None:
    assert public_calendar("LV") == public_calendar("LV", swaps=True)
    assert public_calendar("LV") != public_calendar("LV", swaps=False)


def test_a_closure_lies_where_the_calendar_is_known() -> None:
    with pytest.raises(ValueError, match="a closure while the calendar is known, until 2026-12-31"):
        public_calendar(
            "LV",
            known_until=date(2026, 12, 31),
            closures=[Closure(date(2026, 12, 28), date(2027, 1, 2), REPAIRS)],
        )
    with pytest.raises(ValueError, match="its first and its last day"):
        public_calendar("LV", closures=[Closure(date(2024, 12, 28), date(2024, 12, 27), REPAIRS)])
    with pytest.raises(ValueError, match="a day worked while"):
        public_calendar("LV", known_until=date(2024, 1, 1), worked=[date(2024, 1, 6)])


def test_the_week_is_open_on_weekdays_unless_it_is_said() -> None:
    assert SWAPPED.hours(date(2024, 4, 25)) == ((time(8, 30), time(17)),)
    assert SWAPPED.week[5:] == ((), ())
    own = public_calendar("LV", week={0: ((time(9), time(12)), (time(13), time(18)))})
    assert own.is_working(date(2024, 4, 22))
    assert not own.is_working(date(2024, 4, 23))
    with pytest.raises(ValueError, match="0 for Monday to 6 for Sunday, found 7"):
        public_calendar("LV", week={7: ((time(9), time(12)),)})


def test_another_country_has_its_own_weekend_and_titles() -> None:
    israel = public_calendar("IL", known_until=date(2025, 12, 31))
    assert israel.is_working(date(2024, 6, 2))
    assert not israel.is_working(date(2024, 5, 31))
    germany = public_calendar("DE", known_until=date(2025, 12, 31))
    assert germany.off[date(2025, 10, 3)].title == {
        "de": "Tag der Deutschen Einheit",
        "en": "German Unity Day",
    }


def test_a_country_without_one_off_holidays_needs_a_last_known_day() -> None:
    with pytest.raises(ValueError, match="give known_until a date"):
        public_calendar("EE")


@pytest.mark.parametrize("name", ["lv", "Latvja"])
def test_an_unknown_country_may_have_been_meant_otherwise(name: str) -> None:
    with pytest.raises(ValueError, match='did you mean "LV"'):
        public_calendar(name)
    with pytest.raises(ValueError, match="ISO 3166"):
        public_calendar("Atlantis-upon-Sea")
