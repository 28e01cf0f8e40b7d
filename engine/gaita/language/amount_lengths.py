"""Lengths: which of two amounts of time is the shorter one, as far as that can be said of any."""

from dataclasses import replace
from typing import Final

from gaita.calendar.amount import Amount

_DAYS_OF_A_MONTH: Final = 365.2425 / 12
_MICROSECONDS_OF_A_DAY: Final = 86_400_000_000


def same(one: Amount, other: Amount) -> bool:
    """Whether two amounts are the same, however they are written."""
    return replace(one, text="") == replace(other, text="")


def surely_shorter(one: Amount, other: Amount) -> bool:
    """Whether an amount is shorter than another, however long the months are that they happen to meet."""
    if one.is_working and other.is_working and bool(one.working_days) == bool(other.working_days):
        return (one.working_days, one.working_microseconds) < (other.working_days, other.working_microseconds)
    slack = 3 if one.months != other.months else 0
    return _most_days(one) + slack < _days(other)


def _days(amount: Amount) -> float:
    """Return how many days an amount takes at least."""
    exact = (amount.microseconds + amount.working_microseconds) / _MICROSECONDS_OF_A_DAY
    return amount.months * _DAYS_OF_A_MONTH + amount.days + amount.working_days + exact


def _most_days(amount: Amount) -> float:
    """Return how many days an amount takes at most; of working time, with holidays in plenty."""
    if not amount.is_working:
        return _days(amount)
    hours = amount.working_microseconds / _MICROSECONDS_OF_A_DAY * 24
    return 2 * (amount.working_days + hours) + 30
