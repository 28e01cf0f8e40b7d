"""The word of a unit agrees with its number, and with what stands beside it."""

from datetime import timedelta

import pytest

from gaita.texts import Beside, Unit, counted, elapsed_words, span_words


def told(number: int, unit: Unit, beside: Beside = "") -> str:
    words = counted(number, unit, "lv", beside)
    assert words.count("\u00a0") in {1, 2}, "a no-break space holds the number and its unit together"
    assert " " not in words
    return words.replace("\u00a0", " ")


@pytest.mark.parametrize(
    ("number", "latvian"),
    [
        (0, "0 dienu"), (1, "1 diena"), (2, "2 dienas"), (9, "9 dienas"), (10, "10 dienas"),
        (11, "11 dienas"), (19, "19 dienas"), (20, "20 dienas"), (21, "21 diena"), (31, "31 diena"),
        (100, "100 dienas"), (101, "101 diena"), (111, "111 dienas"), (121, "121 diena"),
        (1000, "1000 dienas"), (1001, "1001 diena"), (48_000, "48 000 dienas"),
    ],
)  # fmt: skip
def test_a_number_of_days_in_latvian(number: int, latvian: str) -> None:
    assert told(number, "day") == latvian


@pytest.mark.parametrize(
    ("number", "unit", "latvian"),
    [
        (1, "year", "1 gads"), (2, "year", "2 gadi"), (12, "year", "12 gadi"), (21, "year", "21 gads"),
        (1, "month", "1 mēnesis"), (21, "month", "21 mēnesis"), (2, "month", "2 mēneši"),
        (11, "month", "11 mēneši"), (1, "working day", "1 darbdiena"), (20, "working day", "20 darbdienas"),
        (1, "working hour", "1 darba stunda"), (2, "working hour", "2 darba stundas"),
        (0, "minute", "0 minūšu"), (0, "second", "0 sekunžu"),
    ],
)  # fmt: skip
def test_a_number_of_a_unit_in_latvian(number: int, unit: Unit, latvian: str) -> None:
    assert told(number, unit) == latvian


@pytest.mark.parametrize(
    ("number", "unit", "latvian"),
    [
        (1, "day", "1 dienu"), (21, "day", "21 dienu"), (2, "day", "2 dienas"), (11, "day", "11 dienas"),
        (1, "month", "1 mēnesi"), (21, "month", "21 mēnesi"), (3, "month", "3 mēnešus"),
        (1, "year", "1 gadu"), (2, "year", "2 gadus"), (5, "working day", "5 darbdienas"),
        (1, "minute", "1 minūti"), (1, "second", "1 sekundi"),
    ],
)  # fmt: skip
def test_before_something_it_is_the_accusative(number: int, unit: Unit, latvian: str) -> None:
    assert told(number, unit, "before") == latvian


@pytest.mark.parametrize(
    ("number", "unit", "latvian"),
    [
        (1, "day", "1 dienu"), (21, "day", "21 dienu"), (2, "day", "2 dienām"), (10, "day", "10 dienām"),
        (11, "day", "11 dienām"), (1, "month", "1 mēnesi"), (2, "month", "2 mēnešiem"),
        (10, "working day", "10 darbdienām"), (1, "working day", "1 darbdienu"), (1, "year", "1 gadu"),
        (2, "year", "2 gadiem"),
    ],
)  # fmt: skip
def test_longer_by_it_is_the_accusative_and_in_the_plural_the_dative(
    number: int, unit: Unit, latvian: str
) -> None:
    assert told(number, unit, "by") == latvian


@pytest.mark.parametrize(
    ("number", "unit", "latvian"),
    [
        (1, "day", "1 dienas"), (21, "day", "21 dienas"), (2, "day", "2 dienām"), (11, "day", "11 dienām"),
        (1, "month", "1 mēneša"), (3, "month", "3 mēnešiem"), (1, "year", "1 gada"),
    ],
)  # fmt: skip
def test_after_something_it_is_the_genitive_and_in_the_plural_the_dative(
    number: int, unit: Unit, latvian: str
) -> None:
    assert told(number, unit, "after") == latvian


@pytest.mark.parametrize(
    ("number", "unit", "latvian"),
    [
        (1, "day", "1 dienas"), (21, "day", "21 dienas"), (2, "day", "2 dienu"), (10, "day", "10 dienu"),
        (11, "day", "11 dienu"), (20, "working day", "20 darbdienu"), (30, "minute", "30 minūšu"),
        (45, "second", "45 sekunžu"), (3, "month", "3 mēnešu"), (1, "month", "1 mēneša"),
    ],
)  # fmt: skip
def test_within_something_it_is_the_genitive(number: int, unit: Unit, latvian: str) -> None:
    assert told(number, unit, "within") == latvian


def test_english_knows_one_and_many() -> None:
    assert [counted(number, "day", "en") for number in (0, 1, 2, 21)] == [
        "0 days",
        "1 day",
        "2 days",
        "21 days",
    ]
    assert counted(21, "working day", "en", "by") == "21 working days"


def test_elapsed_time_is_told_to_the_minute_and_what_is_shorter_to_the_second() -> None:
    assert elapsed_words(timedelta(hours=1, minutes=30, seconds=59), "en") == "1 hour and 30 minutes"
    assert elapsed_words(timedelta(seconds=45), "en") == "45 seconds"
    assert elapsed_words(timedelta(microseconds=1), "en") == "1 second"
    assert elapsed_words(timedelta(hours=2), "en", working=True) == "2 working hours"


def test_a_span_is_told_in_its_two_largest_units() -> None:
    assert span_words(timedelta(days=3, hours=4, minutes=5), "en") == "3 days and 4 hours"
    assert span_words(timedelta(days=3, minutes=5), "en") == "3 days and 5 minutes"
    assert span_words(timedelta(seconds=5), "en") == "5 seconds"
    assert span_words(timedelta(0), "lv") == "mazāk par sekundi"
