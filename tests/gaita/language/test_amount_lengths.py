"""Lengths of time, compared as far as that can be said of any months, and of any holidays."""

import pytest

from gaita.calendar import parse_amount
from gaita.language.amount_lengths import same, surely_shorter


@pytest.mark.parametrize(
    ("one", "other", "equal"),
    [("7 days", "1 week", True), ("P5D", "5 days", True), ("1 day", "24 hours", False)],
)
def test_amounts_are_the_same_however_they_are_written(one: str, other: str, equal: bool) -> None:
    assert same(parse_amount(one), parse_amount(other)) is equal


@pytest.mark.parametrize(
    ("shorter", "longer"),
    [
        ("1 day", "25 hours"),
        ("23 hours", "1 day"),
        ("27 days", "1 month"),
        ("12 months", "369 days"),
        ("1 month", "34 days"),
        ("1 month", "1 month 1 day"),
        ("5 working days", "6 working days"),
        ("8 working hours", "9 working hours"),
        ("10 days", "15 working days"),
        ("20 working days", "71 days"),
        ("24 working hours", "79 days"),
    ],
)
def test_one_amount_is_surely_shorter_and_the_other_is_not(shorter: str, longer: str) -> None:
    one, other = parse_amount(shorter), parse_amount(longer)
    assert surely_shorter(one, other)
    assert not surely_shorter(other, one)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("1 day", "24 hours"),
        ("28 days", "1 month"),
        ("12 months", "368 days"),
        ("1 month", "33 days"),
        ("5 working days", "5 working days"),
        ("15 working days", "15 days"),
        ("20 working days", "70 days"),
        ("24 working hours", "78 days"),
        ("5 working days", "9 working hours"),
    ],
)
def test_of_amounts_that_may_come_out_alike_neither_is_surely_shorter(one: str, other: str) -> None:
    assert not surely_shorter(parse_amount(one), parse_amount(other))
    assert not surely_shorter(parse_amount(other), parse_amount(one))
