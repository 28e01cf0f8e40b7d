"""The settings of calendars: what they make, and what they refuse."""

from datetime import date, time
from pathlib import Path

import pytest

from gaita import FaultyFile, WorkingCalendar
from gaita_adapters.settings import calendars_wanted, read_settings


@pytest.fixture(autouse=True)
def nowhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def wanted(text: str) -> dict[str, WorkingCalendar]:
    Path("gaita.toml").write_text(text, "utf-8")
    return {each.name: each for each in calendars_wanted(read_settings())}


def faults(text: str) -> list[tuple[int | None, str]]:
    """Return the line and the words of each fault."""
    with pytest.raises(FaultyFile) as raised:
        wanted(text)
    return [
        (fault.place.line if fault.place else None, f"{fault.message}; expected {fault.expected}")
        for fault in raised.value.faults
    ]


def test_latvia_is_there_without_a_word() -> None:
    (latvia,) = wanted("").values()
    assert latvia.name == "LV"
    assert not latvia.is_working(date(2025, 11, 18))


def test_the_days_that_the_cabinet_moves_can_be_left_out() -> None:
    with_swaps = wanted("")["LV"]
    without = wanted("[calendars.LV]\nswaps = false\n")["LV"]
    moved = [day for day in with_swaps.on if day.year == 2025]
    assert moved
    assert not any(without.is_working(day) for day in moved)


def test_closures_days_worked_and_opening_hours_are_taken_over() -> None:
    latvia = wanted(
        """
[calendars.LV]
known_until = 2025-12-31
worked = [2025-01-04]
closures = [
  { first = 2025-07-21, last = 2025-07-22, title = { lv = "Pārtraukums", en = "Break" } },
  { first = 2025-07-24, title = "Inventory" },
]
hours = { monday = ["08:30-12:30", "13:00-17:00"], tuesday = ["20:00-24:00"] }
"""
    )["LV"]
    assert latvia.known_until == date(2025, 12, 31)
    assert latvia.is_working(date(2025, 1, 4))
    assert latvia.hours(date(2025, 1, 13)) == ((time(8, 30), time(12, 30)), (time(13), time(17)))
    assert latvia.hours(date(2025, 1, 14)) == ((time(20), time(0)),)
    assert not latvia.is_working(date(2025, 1, 15))
    assert latvia.off[date(2025, 7, 21)].title == {"lv": "Pārtraukums", "en": "Break"}
    assert latvia.off[date(2025, 7, 22)].kind == "closure"


def test_a_closure_without_a_last_day_is_one_day() -> None:
    latvia = wanted('[calendars.LV]\nclosures = [{ first = 2025-07-24, title = "Inventory" }]\n')["LV"]
    assert latvia.off[date(2025, 7, 24)].title == {"en": "Inventory"}
    assert date(2025, 7, 25) not in latvia.off


@pytest.mark.parametrize("hours", ["{}", "{ monday = [] }"])
def test_a_calendar_that_is_open_on_no_day_is_refused(hours: str) -> None:
    ((line, told),) = faults(f"[calendars.LV]\nhours = {hours}\n")
    assert line == 2
    assert 'opening hours on a day at least, such as monday = ["08:30-17:00"]' in told


def test_a_calendar_of_its_own_name_says_its_country() -> None:
    found = wanted('[calendars.office]\ncountry = "LV"\n[calendars.EE]\nknown_until = 2025-12-31\n')
    assert list(found) == ["LV", "office", "EE"]
    assert found["office"].off == found["LV"].off
    assert date(2025, 2, 24) in found["EE"].off


def test_every_fault_is_told_at_once_with_its_place() -> None:
    told = faults(
        """
[calendars.LV]
swap = true
known_until = "soon"
closures = [{ first = 2025-07-22, last = 2025-07-21, title = "x" }, { first = 2025-07-24 }]
worked = [2025-01-04, 3]
hours = { monday = ["late"], payday = ["08:00-09:00"] }
"""
    )
    expected = [
        (
            3,
            "no setting `calendars.LV.swap`; expected country, swaps, known_until, closures, worked or hours",
        ),
        (4, "`calendars.LV.known_until` is the text `soon`; expected a day such as 2026-12-31"),
        (5, "expected a day on or after 2025-07-22, the first"),
        (5, "`calendars.LV.closures.1` has no `title`; expected a value for it"),
        (6, "`calendars.LV.worked.1` is the number 3; expected a day such as 2026-12-31"),
        (7, "expected spans such as \"08:30-17:00\", not 'late'"),
    ]
    assert [line for line, _ in told] == [line for line, _ in expected]
    for (_, words), (_, sentence) in zip(told, expected, strict=True):
        assert sentence in words


@pytest.mark.parametrize(
    ("hours", "told"),
    [
        ('payday = ["08:00-09:00"]', "days of the week (monday, tuesday"),
        ('monday = "08:00-09:00"', 'a list for monday, such as ["08:30-17:00"]'),
        ('monday = ["8-9"]', "spans such as \"08:30-17:00\", not '8-9'"),
        ('monday = ["08:00"]', "spans such as"),
        ("monday = [8]", "spans such as"),
    ],
)
def test_hours_that_are_none_are_refused(hours: str, told: str) -> None:
    ((line, message),) = faults(f"[calendars.LV]\nhours = {{ {hours} }}\n")
    assert line == 2
    assert told in message


@pytest.mark.parametrize(
    ("table", "told"),
    [
        ("[calendars.XX]\n", "XX"),
        ('[calendars.LV]\nhours = { monday = ["17:00-08:30"] }\n', "calendars.LV"),
        (
            "[calendars.LV]\nknown_until = 2025-12-31\nworked = [2026-01-03]\n",
            "until 2025-12-31, found 2026-01-03",
        ),
        (
            '[calendars.LV]\nclosures = [{ first = 2020-01-01, last = 2024-01-01, title = "x" }]\n',
            "1 to 366 days",
        ),
    ],
)
def test_a_calendar_that_cannot_be_made_is_a_fault(table: str, told: str) -> None:
    ((_, message),) = faults(table)
    assert told in message


def test_the_environment_goes_over_the_file(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GAITA_CALENDARS__LV__KNOWN_UNTIL", "2025-12-31")
    monkeypatch.setenv("GAITA_CALENDARS__LV__SWAPS", "false")
    assert wanted("")["LV"].known_until == date(2025, 12, 31)
    (latvia,) = wanted("[calendars.LV]\nknown_until = 2026-12-31\n").values()
    assert latvia.known_until == date(2025, 12, 31)
    assert not read_settings().calendars["LV"].swaps
