"""Days, moments and spans, as each language writes them."""

from datetime import UTC, date, datetime

import pytest

from gaita.texts import (
    between_words,
    day_words,
    due_cell_words,
    due_words,
    moment_cell,
    moment_words,
    month_words,
    weekday_words,
)

RIGA = "Europe/Riga"
NEVER = datetime(9999, 12, 31, tzinfo=UTC)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def test_the_end_of_a_day_is_that_day_and_another_moment_has_its_time() -> None:
    assert due_words(at("2025-06-30T21:00"), RIGA, "lv") == "30.06.2025. (pirmdiena)"
    assert due_words(at("2025-06-30T21:00"), RIGA, "en") == "Monday 30 June 2025"
    assert due_words(at("2025-06-30T21:00"), RIGA, "en", brief=True) == "Mon 2025-06-30"
    assert due_words(at("2025-06-30T11:30"), RIGA, "lv") == "30.06.2025. plkst.\u00a014.30 (pirmdiena)"
    assert due_words(at("2025-06-30T11:30"), RIGA, "en") == "Monday 30 June 2025 at 14:30"
    assert due_words(at("2025-06-30T11:30"), RIGA, "en", brief=True) == "Mon 2025-06-30 14:30"


def test_what_is_never_due_is_due_on_the_last_day_that_can_be_written() -> None:
    assert due_words(NEVER, RIGA, "lv") == "31.12.9999. (piektdiena)"
    assert due_cell_words(NEVER, RIGA, "en") == "9999-12-31"


def test_a_moment_at_midnight_has_no_time_but_in_a_table() -> None:
    assert moment_words(at("2025-06-30T21:00"), RIGA, "en") == "1 July 2025"
    assert moment_words(at("2025-06-30T21:00"), RIGA, "lv") == "01.07.2025."
    assert moment_words(at("2025-06-30T06:05"), RIGA, "lv") == "30.06.2025. plkst.\u00a009.05"
    assert moment_cell(at("2025-06-30T21:00"), RIGA, "en") == "2025-07-01 00:00"
    assert moment_cell(at("2025-06-30T21:00"), RIGA, "lv") == "01.07.2025. 00.00"
    assert due_cell_words(at("2025-06-30T21:00"), RIGA, "lv") == "30.06.2025."
    assert due_cell_words(at("2025-06-30T11:30"), RIGA, "en") == "2025-06-30 14:30"


def test_days_weekdays_and_months_have_their_names() -> None:
    assert day_words(date(2025, 5, 6), "lv") == "06.05.2025."
    assert day_words(date(1, 5, 6), "lv") == "06.05.0001."
    assert month_words(date(2025, 6, 1), "lv") == "2025. gada jūnijs"
    assert month_words(date(2025, 6, 1), "en") == "June 2025"
    week = [weekday_words(date(2025, 5, 5 + number), "lv").partition(" ")[2] for number in range(7)]
    assert week == [
        "(pirmdiena)", "(otrdiena)", "(trešdiena)", "(ceturtdiena)", "(piektdiena)", "(sestdiena)",
        "(svētdiena)",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("earlier", "later", "english", "latvian"),
    [
        # 23 hours: the clock is set forward between; then 25 hours.
        ("2025-03-29T22:00", "2025-03-30T21:00", "1 day", "1 diena"),
        ("2025-10-25T21:00", "2025-10-26T22:00", "1 day", "1 diena"),
        ("2025-06-09T06:00", "2025-06-30T21:00", "21 days", "21 diena"),
        ("2025-06-24T06:00", "2025-06-30T21:00", "6 days", "6 dienas"),
        ("2025-06-30T06:00", "2025-06-30T21:00", "15 hours", "15 stundas"),
        ("2025-06-30T20:59", "2025-06-30T21:00", "1 minute", "1 minūte"),
        ("2025-06-30T21:00", "2025-06-30T21:00", None, None),
    ],
)
def test_a_span_is_told_in_whole_days_then_hours_then_minutes(
    earlier: str, later: str, english: str | None, latvian: str | None
) -> None:
    assert between_words(at(earlier), at(later), RIGA, "en") == english
    told = between_words(at(earlier), at(later), RIGA, "lv")
    assert (told and told.replace("\u00a0", " ")) == latvian
