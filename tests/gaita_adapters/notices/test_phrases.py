"""Phrases: days, spans and values, as people write them in Latvian and in English."""

import pytest

from gaita_adapters.notices.texts import wrapped
from gaita_adapters.presenting.phrases import (
    counted,
    due_words,
    moment_words,
    one_line,
    span_words,
    value_words,
)
from tests.gaita.building import at

RIGA = "Europe/Riga"


@pytest.mark.parametrize(
    ("number", "latvian", "english"),
    [
        (1, "1 diena", "1 day"),
        (2, "2 dienas", "2 days"),
        (10, "10 dienas", "10 days"),
        (11, "11 dienas", "11 days"),
        (21, "21 diena", "21 days"),
        (101, "101 diena", "101 days"),
        (111, "111 dienas", "111 days"),
    ],
)
def test_numbers_agree_with_their_unit(number: int, latvian: str, english: str) -> None:
    assert counted(number, "day", "lv") == latvian
    assert counted(number, "day", "en") == english


def test_the_end_of_a_day_is_that_day_and_another_moment_has_its_time() -> None:
    assert due_words(at("2025-06-30T21:00"), RIGA, "lv") == "30.06.2025. (pirmdiena)"
    assert due_words(at("2025-06-30T21:00"), RIGA, "en") == "Monday 30 June 2025"
    assert due_words(at("2025-06-30T11:30"), RIGA, "lv") == "30.06.2025. plkst. 14:30 (pirmdiena)"
    assert due_words(at("2025-06-30T11:30"), RIGA, "en") == "Monday 30 June 2025 at 14:30"
    assert moment_words(at("2025-06-30T21:00"), RIGA, "en") == "1 July 2025"


@pytest.mark.parametrize(
    ("earlier", "later", "words"),
    [
        ("2025-03-29T22:00", "2025-03-30T21:00", "1 day"),  # 23 hours: the clock is set forward between
        ("2025-10-25T21:00", "2025-10-26T22:00", "1 day"),  # 25 hours
        ("2025-06-24T06:00", "2025-06-30T21:00", "6 days"),
        ("2025-06-30T06:00", "2025-06-30T21:00", "15 hours"),
        ("2025-06-30T20:59", "2025-06-30T21:00", "1 minute"),
        ("2025-06-30T21:00", "2025-06-30T21:00", None),
    ],
)
def test_a_span_is_told_in_whole_days_then_hours_then_minutes(
    earlier: str, later: str, words: str | None
) -> None:
    assert span_words(at(earlier), at(later), RIGA, "en") == words


@pytest.mark.parametrize(
    ("value", "latvian", "english"),
    [
        (True, "jā", "yes"),
        (2.5, "2,5", "2.5"),
        (3.0, "3", "3"),
        (900000, "900000", "900000"),
        ("2025-06-30", "30.06.2025.", "30 June 2025"),
        ("2025-06", "06.2025.", "June 2025"),
        ("2025-06-30T11:30:00Z", "30.06.2025. plkst. 14:30", "30 June 2025 at 14:30"),
        ("2025-13-45", "2025-13-45", "2025-13-45"),
        ("", "tukšs", "empty"),
        (["a", 1.5], "a, 1,5", "a, 1.5"),
        ({"a": False}, "a: nē", "a: no"),
    ],
)
def test_values_are_told_as_people_write_them(value: object, latvian: str, english: str) -> None:
    assert value_words(value, RIGA, "lv") == latvian
    assert value_words(value, RIGA, "en") == english


def test_a_line_has_no_breaks_nothing_unseen_and_an_end() -> None:
    assert one_line("a\r\n b\u2028c\u202e\x07") == "a b c"
    assert one_line("x" * 400) == "x" * 299 + "…"
    assert one_line("\x00" * 100_000) == "…"


def test_wrapping_hangs_items_under_their_text_and_breaks_no_word() -> None:
    link = "https://example.lv/" + "x" * 100
    text = wrapped(f"- {'word ' * 20}\n\n\n\n  {link}\n\n", 40)
    assert text.splitlines()[1].startswith("  word")
    assert text.splitlines()[-2:] == ["", f"  {link}"]
    assert text.endswith("x\n")
