"""Reading amounts of time: words, ISO 8601 and working time, and what is refused."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gaita.calendar import parse_amount
from gaita.calendar.amount import Amount

HOUR = 3_600_000_000


@pytest.mark.parametrize(
    ("text", "months", "days", "microseconds"),
    [
        ("20 days", 0, 20, 0),
        ("1 day", 0, 1, 0),
        ("2 weeks", 0, 14, 0),
        ("3 months", 3, 0, 0),
        ("1 year", 12, 0, 0),
        ("36 hours", 0, 0, 36 * HOUR),
        ("90 minutes", 0, 0, 90 * HOUR // 60),
        ("1 second", 0, 0, 1_000_000),
        ("59 seconds", 0, 0, 59_000_000),
        ("PT1S", 0, 0, 1_000_000),
        ("1 month 10 days", 1, 10, 0),
        ("  2 Weeks ", 0, 14, 0),
        ("P3M", 3, 0, 0),
        ("P2W", 0, 14, 0),
        ("PT36H", 0, 0, 36 * HOUR),
        ("P1Y2M10DT2H30M", 14, 10, 5 * HOUR // 2),
    ],
)
def test_an_amount_is_read_in_words_and_as_iso(text: str, months: int, days: int, microseconds: int) -> None:
    """Months, days and exact time are kept apart."""
    assert parse_amount(text) == Amount(text, months, days, microseconds)


def test_a_hundred_characters_are_the_most_that_an_amount_takes() -> None:
    assert parse_amount(" " * 94 + "3 days").days == 3
    with pytest.raises(ValueError, match="has no 101 characters"):
        parse_amount(" " * 95 + "3 days")


@pytest.mark.parametrize(
    "text",
    [
        "20 working days",
        "20 business days",
        "20 workdays",
        "20 work days",
        "20 working-days",
        "20 Working Days",
        "20workdays",
    ],
)
def test_working_days_have_many_names(text: str) -> None:
    assert parse_amount(text) == Amount(text, working_days=20)
    assert parse_amount("1 working day").working_days == 1
    assert parse_amount("25000 working days").is_working


@pytest.mark.parametrize(
    ("text", "minutes"),
    [
        ("8 working hours", 480),
        ("90 working minutes", 90),
        ("2 working hours 30 working minutes", 150),
        ("1 business hour", 60),
        ("50000 working hours", 3_000_000),
    ],
)
def test_working_time_is_exact(text: str, minutes: int) -> None:
    assert parse_amount(text) == Amount(text, working_microseconds=minutes * HOUR // 60)
    assert parse_amount(text).is_exact


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("-3 working days", "never negative"),
        ("1.5 working days", "no fractions"),
        ("0 working days", "no time at all"),
        ("0 working hours", "no time at all"),
        ("25001 working days", "at most 25000 working days"),
        ("50001 working hours", "at most 25000 working days or 50000 working hours"),
        ("50000 working hours 1 working minute", "50000 working hours"),
        ("20 working days 2 hours", "mixes working time with other time; write one of them alone"),
        ("1 month 10 workdays", "mixes working time with other time"),
        ("1 working day 2 working hours", "mixes working days with working hours"),
        ("2 working weeks", 'write "5 working days"'),
        ("3 working dyas", 'did you mean "3 working days"'),
        ("3 working parsecs", "no unit of time"),
        ("30 workin days", '`workin` is no unit of time; did you mean "30 working days"?'),
        ("1 mēnesi", 'did you mean "1 month"'),
        ("20 darba dienas", 'did you mean "20 working days"'),
        ("3d", 'did you mean "3 days"'),
        ("2 weeks and 3 dyas", 'did you mean "2 weeks 3 days"'),
        ("a month, ten days", 'did you mean "1 month 10 days"'),
        ("days 30", 'did you mean "30 days"'),
        ("3 working days 2 business days", "working days twice"),
        ("-3 days", "never negative"),
        ("-P3D", "never negative"),
        ("P-3D", "never negative"),
        ("0 days", "no time at all"),
        ("PT0S", "no time at all"),
        ("1.5 days", "no fractions"),
        ("1.5 h", 'write "90 minutes" for 1.5 hours'),
        ("1.5 hours", 'write "90 minutes" for 1.5 hours'),
        ("1.5 huors", 'write "90 minutes" for 1.5 hours'),
        ("0.333 minutes", "write whole numbers"),
        ("1.5 fathoms", "write whole numbers"),
        ("PT0.5S", "no fractions"),
        ("101 years", "longer than 100 years"),
        ("36525 days 9999999 hours", "longer than 100 years"),
        ("9" * 50 + " days", "longer than 100 years"),
        ("9" * 5000, "5000 characters"),
        ("3 dyas", 'did you mean "3 days"'),
        ("3 fathoms", "no unit of time; write"),
        ("3 days to 5 days", "is not an amount of time; write"),
        ("3 days 2 days", "twice"),
        ("three days", 'did you mean "3 days"'),
        ("3", 'did you mean "3 days"'),
        ("", "an amount of time is missing; write"),
        ("P", "ISO 8601"),
        ("P1H", "ISO 8601"),
        ("²3 days", "is not an amount of time"),
    ],
)
def test_what_is_no_amount_is_refused_with_an_example(text: str, complaint: str) -> None:
    """Each refusal says what is wrong, and most what to write."""
    with pytest.raises(ValueError, match=complaint):
        parse_amount(text)


@given(st.text(max_size=40))
def test_any_text_is_an_amount_or_a_value_error(text: str) -> None:
    """No text makes the reader raise anything else."""
    with suppress(ValueError):
        assert not parse_amount(text).is_zero
