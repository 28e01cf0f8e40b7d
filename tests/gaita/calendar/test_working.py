"""The working calendar: counting days without walking them, hours, and what differs between two calendars."""

import json
from dataclasses import replace
from datetime import date, time, timedelta
from itertools import accumulate

import pytest

from gaita.calendar import SpecialDay, WorkingCalendar, calendar_changes, public_calendar, rule_changes
from gaita.calendar.working import BEYOND, Hours

OFFICE = ((time(8, 30), time(17)),)
WEEK = (OFFICE,) * 5 + ((), ())
TITLE = {"lv": "Slēgts", "en": "Closed"}


def made(
    *,
    off: tuple[date, ...] = (),
    on: tuple[date, ...] = (),
    week: tuple[Hours, ...] = WEEK,
    never_open: bool = False,
) -> WorkingCalendar:
    return WorkingCalendar(
        name="made",
        known_until=date(2025, 12, 31),
        week=week,
        off={day: SpecialDay(day, TITLE, "closure") for day in off},
        on={day: SpecialDay(day, TITLE, "worked") for day in on},
        never_open=never_open,
    )


LATVIA = public_calendar("LV")


@pytest.mark.parametrize(
    "calendar",
    [LATVIA, made(on=(date(2024, 12, 28),), week=((),) * 7, never_open=True)],
    ids=["LV", "one"],
)
def test_counting_is_what_walking_would_find(calendar: WorkingCalendar) -> None:
    days = [date(2023, 1, 1) + timedelta(days=number) for number in range(1500)]
    sums = list(accumulate(calendar.is_working(day) for day in days))
    worked = [day for day in days if calendar.is_working(day)]
    for index in range(0, 1500, 7):
        assert calendar.count(days[0], days[index]) == sums[index]
        ahead = [day for day in worked if day > days[index]]
        behind = [day for day in worked if day < days[index]]
        for number in (1, 2, 20):
            if len(ahead) >= number:
                assert calendar.reach(days[index].toordinal(), number) == ahead[number - 1].toordinal()
            if len(behind) >= number:
                assert calendar.reach_back(days[index].toordinal(), number) == behind[-number].toordinal()


def test_a_calendar_is_shown_by_what_it_was_made_of() -> None:
    shown = repr(made(off=(date(2024, 12, 27),)))
    assert shown.startswith("WorkingCalendar(name='made', known_until=datetime.date(2025, 12, 31), week=((")
    assert "2024, 12, 27" in shown
    assert "_" not in shown.replace("known_until", "").replace("instead_of", "")


def test_after_the_last_known_day_only_weekdays_and_holidays_count() -> None:
    moved = [date(2025, 12, 30), date(2025, 12, 31), date(2026, 1, 1), date(2026, 1, 5)]
    worked = [date(2025, 12, 28), date(2026, 1, 3)]
    calendar = replace(
        made(on=tuple(worked)),
        known_until=date(2025, 12, 31),
        off={
            **{day: SpecialDay(day, TITLE, "moved") for day in moved},
            date(2026, 1, 6): SpecialDay(date(2026, 1, 6), TITLE, "holiday"),
            date(2026, 1, 7): SpecialDay(date(2026, 1, 7), TITLE, "closure"),
        },
    )
    days = [date(2025, 12, 27) + timedelta(days=number) for number in range(14)]
    told = {day: calendar.is_working(day) for day in days}
    assert [day.day for day in days if not told[day]] == [27, 30, 31, 3, 4, 6]
    assert [day for day in days if calendar.why_not(day)] == [*moved[:2], date(2026, 1, 6)]
    assert [day for day in days if calendar.why_worked(day)] == worked[:1]
    assert [bool(calendar.hours(day)) for day in days] == list(told.values())
    for number in range(len(days)):
        assert calendar.count(days[0], days[number]) == sum(list(told.values())[: number + 1])


def test_before_the_first_special_day_the_weekdays_count() -> None:
    assert LATVIA.count(date(1900, 1, 1), date(1900, 1, 7)) == 5
    assert LATVIA.count(date(2024, 1, 2), date(2024, 1, 1)) == 0


def test_a_count_includes_both_days_and_is_nothing_the_wrong_way_round() -> None:
    monday, tuesday = date(2024, 4, 22), date(2024, 4, 23)
    assert (LATVIA.count(monday, monday), LATVIA.count(monday, tuesday)) == (1, 2)
    assert (LATVIA.count(tuesday, monday), LATVIA.count(tuesday, date(2024, 4, 1))) == (0, 0)


def test_there_is_no_working_day_beyond_the_ends_of_time() -> None:
    never = made(week=((),) * 7, never_open=True)
    some, last = date(2024, 1, 1).toordinal(), date.max.toordinal()
    assert (never.reach(some, 1), never.reach_back(some, 1)) == (BEYOND, 0)
    assert (LATVIA.reach(last - 1, 1), LATVIA.reach(last - 1, 5)) == (last, BEYOND)
    assert (LATVIA.reach_back(3, 1), LATVIA.reach_back(3, 5)) == (2, 0)


def test_a_day_worked_instead_of_another_has_the_hours_of_that_weekday() -> None:
    short = ((time(8, 30), time(15)),)
    hours = {0: OFFICE, 1: OFFICE, 2: OFFICE, 3: OFFICE, 4: short}
    calendar = public_calendar("LV", week=hours, worked=[date(2024, 6, 1)])
    assert calendar.hours(date(2025, 5, 10)) == short  # for Friday, 2 May
    assert calendar.hours(date(2024, 12, 14)) == OFFICE  # for Monday, 23 December
    assert calendar.hours(date(2024, 6, 1)) == OFFICE  # nobody says for which day: as a Monday
    assert calendar.hours(date(2024, 6, 2)) == ()
    assert calendar.hours(date(2024, 11, 18)) == ()


def test_it_says_why_a_day_is_not_worked() -> None:
    calendar = made(off=(date(2024, 5, 2), date(2024, 5, 4)), on=(date(2024, 5, 11),))
    why = calendar.why_not(date(2024, 5, 2))
    assert why is not None
    assert why.kind == "closure"
    assert calendar.why_not(date(2024, 5, 4)) is None  # a Saturday needs no reason
    assert calendar.why_not(date(2024, 5, 3)) is None
    assert calendar.why_worked(date(2024, 5, 11)) is not None


def test_it_is_the_same_after_a_journey_through_json() -> None:
    week = (*WEEK[:4], ((time(8), time(12)), (time(20), time())), (), ())
    for calendar in (LATVIA, made(week=week, off=(date(2024, 5, 3),))):
        again = WorkingCalendar.from_json(json.loads(json.dumps(calendar.to_json())))
        assert again == calendar
        assert hash(again) == hash(calendar)
        assert again.digest == calendar.digest
        assert again.to_json() == calendar.to_json()
    assert made(week=week).to_json()["week"][4] == [["08:00", "12:00"], ["20:00", "24:00"]]
    assert made() != LATVIA
    with pytest.raises(ValueError, match=r"as WorkingCalendar\.to_json"):
        WorkingCalendar.from_json({"name": "LV"})


def test_the_order_in_which_days_are_given_does_not_matter() -> None:
    assert made(off=(date(2024, 5, 2), date(2024, 5, 3))) == made(off=(date(2024, 5, 3), date(2024, 5, 2)))


def test_a_calendar_that_is_never_open_is_refused_unless_an_earlier_release_put_it_in_force() -> None:
    closed = made(week=((),) * 7, never_open=True)
    with pytest.raises(ValueError, match="found none: no working day would ever come"):
        made(week=((),) * 7)
    with pytest.raises(ValueError, match="found none: no working day would ever come"):
        WorkingCalendar.from_json(closed.to_json())
    with pytest.raises(ValueError, match="found none: no working day would ever come"):
        public_calendar("LV", week={})
    with pytest.raises(ValueError, match="found none: no working day would ever come"):
        public_calendar("LV", week={0: ()})
    assert WorkingCalendar.from_json(closed.to_json(), never_open=True) == closed


@pytest.mark.parametrize(
    ("week", "complaint"),
    [
        (WEEK[:6], "seven weekdays"),
        ((((time(17), time(8)),),) + ((),) * 6, "found 17:00–08:00"),
        ((((time(8), time(8)),),) + ((),) * 6, "found 08:00–08:00"),
        ((((time(8), time(12)), (time(11), time(17))),) + ((),) * 6, "found 11:00–17:00"),
        ((((time(8), time()), (time(11), time(17))),) + ((),) * 6, "found 11:00–17:00"),
    ],
)
def test_hours_are_in_order(week: tuple, complaint: str) -> None:  # type: ignore[type-arg]
    with pytest.raises(ValueError, match=complaint):
        made(week=week)


def test_two_calendars_differ_in_days_and_in_rules() -> None:
    before = made(off=(date(2024, 5, 2),), on=(date(2024, 5, 4),))
    after = made(off=(date(2024, 5, 3), date(2024, 5, 4)), week=(*WEEK[:4], ((time(9), time(17)),), (), ()))
    changes = calendar_changes(before, after)
    assert [(change.day.day, change.was_worked, change.is_worked) for change in changes] == [
        (2, False, True),
        (3, True, False),
        (4, True, False),
    ]
    assert changes[0].title == TITLE
    assert rule_changes(before, after).week
    assert not rule_changes(before, after).known_until
    assert calendar_changes(before, before) == ()


def test_which_of_two_calendars_is_the_older_does_not_matter_for_what_differs() -> None:
    known = made(off=())
    longer = replace(known, known_until=known.known_until + timedelta(days=30))
    open_longer = made(off=(), week=(*WEEK[:4], ((time(7), time(23)),), (), ()))
    for one, other in ((known, longer), (longer, known)):
        assert rule_changes(one, other).known_until
        assert not rule_changes(one, other).week
    for one, other in ((known, open_longer), (open_longer, known)):
        assert rule_changes(one, other).week
    assert not rule_changes(known, known).known_until


def test_a_day_that_changes_bears_the_title_of_whatever_speaks_of_it() -> None:
    """A day off or worked now, or one that was: the title is that of the day, whichever calendar has it."""
    plain, off, on = made(), made(off=(date(2024, 5, 2),)), made(on=(date(2024, 5, 4),))
    for before, after in ((plain, off), (off, plain), (plain, on), (on, plain)):
        (change,) = calendar_changes(before, after)
        assert change.title == TITLE
