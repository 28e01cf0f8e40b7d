"""The working days of Latvia, 2022–2025: every day against the law and the orders of the Cabinet, by hand.

The public holidays are those of section 1 of the law “Par svētku, atceres un atzīmējamām dienām” of
3 October 1990: also the Monday after a 4 May, a 18 November or a closing day of the Song and Dance
Celebration that fell on a weekend. A swap makes a day free, and has a Saturday worked for it.
"""

from datetime import date, timedelta

import pytest

from gaita.calendar.public import public_calendar

FIRST, LAST = date(2022, 1, 1), date(2025, 12, 31)

HOLIDAYS = {
    # 2022
    date(2022, 1, 1): "Jaungada diena",
    date(2022, 4, 15): "Lielā Piektdiena",
    date(2022, 4, 17): "Pirmās Lieldienas",
    date(2022, 4, 18): "Otrās Lieldienas",
    date(2022, 5, 1): "Darba svētki, Latvijas Republikas Satversmes sapulces sasaukšanas diena",
    date(2022, 5, 4): "Latvijas Republikas Neatkarības atjaunošanas diena",
    date(2022, 5, 8): "Mātes diena",
    date(2022, 6, 5): "Vasarsvētki",
    date(2022, 6, 23): "Līgo diena",
    date(2022, 6, 24): "Jāņu diena",
    date(2022, 11, 18): "Latvijas Republikas Proklamēšanas diena",
    date(2022, 12, 24): "Ziemassvētku vakars",
    date(2022, 12, 25): "Pirmie Ziemassvētki",
    date(2022, 12, 26): "Otrie Ziemassvētki",
    date(2022, 12, 31): "Vecgada diena",
    # 2023
    date(2023, 1, 1): "Jaungada diena",
    date(2023, 4, 7): "Lielā Piektdiena",
    date(2023, 4, 9): "Pirmās Lieldienas",
    date(2023, 4, 10): "Otrās Lieldienas",
    date(2023, 5, 1): "Darba svētki, Latvijas Republikas Satversmes sapulces sasaukšanas diena",
    date(2023, 5, 4): "Latvijas Republikas Neatkarības atjaunošanas diena",
    date(2023, 5, 14): "Mātes diena",
    date(2023, 5, 28): "Vasarsvētki",
    date(2023, 5, 29): "Diena, kad Latvijas hokeja komanda ieguva bronzas medaļu",
    date(2023, 6, 23): "Līgo diena",
    date(2023, 6, 24): "Jāņu diena",
    date(2023, 7, 10): "Vispārējo latviešu Dziesmu un deju svētku noslēguma diena, par svētdienu 9. jūlijā",
    date(2023, 11, 18): "Latvijas Republikas Proklamēšanas diena",
    date(2023, 11, 20): "par sestdienu 18. novembrī",
    date(2023, 12, 24): "Ziemassvētku vakars",
    date(2023, 12, 25): "Pirmie Ziemassvētki",
    date(2023, 12, 26): "Otrie Ziemassvētki",
    date(2023, 12, 31): "Vecgada diena",
    # 2024
    date(2024, 1, 1): "Jaungada diena",
    date(2024, 3, 29): "Lielā Piektdiena",
    date(2024, 3, 31): "Pirmās Lieldienas",
    date(2024, 4, 1): "Otrās Lieldienas",
    date(2024, 5, 1): "Darba svētki, Latvijas Republikas Satversmes sapulces sasaukšanas diena",
    date(2024, 5, 4): "Latvijas Republikas Neatkarības atjaunošanas diena",
    date(2024, 5, 6): "par sestdienu 4. maijā",
    date(2024, 5, 12): "Mātes diena",
    date(2024, 5, 19): "Vasarsvētki",
    date(2024, 6, 23): "Līgo diena",
    date(2024, 6, 24): "Jāņu diena",
    date(2024, 11, 18): "Latvijas Republikas Proklamēšanas diena",
    date(2024, 12, 24): "Ziemassvētku vakars",
    date(2024, 12, 25): "Pirmie Ziemassvētki",
    date(2024, 12, 26): "Otrie Ziemassvētki",
    date(2024, 12, 31): "Vecgada diena",
    # 2025
    date(2025, 1, 1): "Jaungada diena",
    date(2025, 4, 18): "Lielā Piektdiena",
    date(2025, 4, 20): "Pirmās Lieldienas",
    date(2025, 4, 21): "Otrās Lieldienas",
    date(2025, 5, 1): "Darba svētki, Latvijas Republikas Satversmes sapulces sasaukšanas diena",
    date(2025, 5, 4): "Latvijas Republikas Neatkarības atjaunošanas diena",
    date(2025, 5, 5): "par svētdienu 4. maijā",
    date(2025, 5, 11): "Mātes diena",
    date(2025, 6, 8): "Vasarsvētki",
    date(2025, 6, 23): "Līgo diena",
    date(2025, 6, 24): "Jāņu diena",
    date(2025, 11, 18): "Latvijas Republikas Proklamēšanas diena",
    date(2025, 12, 24): "Ziemassvētku vakars",
    date(2025, 12, 25): "Pirmie Ziemassvētki",
    date(2025, 12, 26): "Otrie Ziemassvētki",
    date(2025, 12, 31): "Vecgada diena",
}

# The day that is free, and the Saturday worked for it. None was moved in 2022.
SWAPS = {
    # “Par darba dienas pārcelšanu 2023. gadā”, likumi.lv/ta/id/333470
    date(2023, 5, 5): date(2023, 5, 20),
    # “Par darba dienu pārcelšanu 2024. gadā”, likumi.lv/ta/id/342680
    date(2024, 12, 23): date(2024, 12, 14),
    date(2024, 12, 30): date(2024, 12, 28),
    # “Par darba dienu pārcelšanu 2025. gadā”, likumi.lv/ta/id/351684
    date(2025, 5, 2): date(2025, 5, 10),
    date(2025, 11, 17): date(2025, 11, 8),
}

DAYS = [FIRST + timedelta(days=index) for index in range((LAST - FIRST).days + 1)]


def by_law(day: date, *, swaps: bool) -> bool:
    """Whether a day is worked: by the lists above, and its weekday."""
    if swaps and day in SWAPS.values():
        return True
    return day.weekday() < 5 and day not in HOLIDAYS and not (swaps and day in SWAPS)


def test_the_lists_are_written_without_slips() -> None:
    assert len(DAYS) == 1461
    assert all(free.weekday() < 5 and worked.weekday() == 5 for free, worked in SWAPS.items())
    assert not {*SWAPS, *SWAPS.values()} & HOLIDAYS.keys()
    names = list(HOLIDAYS.values())
    assert {names.count(name) for name in names if not name.startswith(("par ", "Diena", "Visp"))} == {4}


@pytest.mark.parametrize("swaps", [True, False], ids=["with swaps", "without swaps"])
def test_every_day_is_worked_or_free_as_the_law_has_it(*, swaps: bool) -> None:
    latvia = public_calendar("latvia", country="LV", swaps=swaps)
    wrong = [day.isoformat() for day in DAYS if latvia.is_working(day) is not by_law(day, swaps=swaps)]
    assert wrong == []


@pytest.mark.parametrize(
    ("year", "expected"), [(2022, 260 - 7), (2023, 260 - 10), (2024, 262 - 11), (2025, 261 - 12)]
)
def test_a_swap_moves_a_working_day_and_makes_none(year: int, expected: int) -> None:
    """A year has as many as it has Mondays to Fridays, but for the holidays that fall on one."""
    for swaps in (True, False):
        latvia = public_calendar("latvia", country="LV", swaps=swaps)
        assert latvia.count(date(year, 1, 1), date(year, 12, 31)) == expected


@pytest.mark.parametrize("swaps", [True, False], ids=["with swaps", "without swaps"])
def test_the_working_days_follow_one_another_in_the_order_of_the_calendar(*, swaps: bool) -> None:
    latvia = public_calendar("latvia", country="LV", swaps=swaps)
    worked = [day for day in DAYS if by_law(day, swaps=swaps)]
    ordinals, numbers = [day.toordinal() for day in worked], range(1, len(worked) + 1)
    assert [latvia.reach(FIRST.toordinal() - 1, n) for n in numbers] == ordinals
    assert [latvia.reach_back(LAST.toordinal() + 1, n) for n in numbers] == ordinals[::-1]
    assert all(latvia.count(FIRST, day) == sum(one <= day for one in worked) for day in DAYS[::7])
