"""Amounts of time in words."""

from collections.abc import Iterator
from datetime import timedelta

from gaita.calendar.amount import Amount
from gaita.texts.language import Language
from gaita.texts.languages import language_of
from gaita.texts.units import Beside, Unit, counted

_SECOND = 1_000_000


def amount_words(amount: Amount, language: str | Language, beside: Beside = "") -> str:
    """Return an amount, such as ``20 working days`` or ``1 month and 10 days``; nothing for no time."""
    spoken = language_of(language)
    return spoken.listed([counted(number, unit, spoken, beside) for number, unit in units_of(amount)])


def elapsed_words(time: timedelta, language: str | Language, *, working: bool = False) -> str:
    """Return elapsed time in hours and minutes; in seconds where it is shorter than a minute."""
    spoken = language_of(language)
    minute = timedelta(minutes=1)
    rounded = time // minute * minute if time >= minute else max(timedelta(seconds=1), time)
    units = _hours(rounded // timedelta(microseconds=1), working=working)
    return spoken.listed([counted(number, unit, spoken) for number, unit in units])


def span_words(span: timedelta, language: str | Language) -> str:
    """Return a span of time in its two largest units: ``3 days and 4 hours``."""
    spoken = language_of(language)
    seconds = int(span.total_seconds())
    units: list[tuple[int, Unit]] = [
        (seconds // 86_400, "day"),
        (seconds // 3600 % 24, "hour"),
        (seconds // 60 % 60, "minute"),
    ]
    told = [counted(number, unit, spoken) for number, unit in units if number][:2]
    if not told and seconds == 0:
        return spoken.gettext("less than a second")
    return spoken.listed(told or [counted(seconds, "second", spoken)])


def units_of(amount: Amount) -> Iterator[tuple[int, Unit]]:
    """Yield the parts of an amount that are not zero, the largest first."""
    years, months = divmod(amount.months, 12)
    if months:  # "18 months", not "1 year and 6 months"
        years, months = 0, amount.months
    days: tuple[tuple[int, Unit], ...] = (
        (years, "year"),
        (months, "month"),
        (amount.days, "day"),
        (amount.working_days, "working day"),
    )
    for number, unit in days:
        if number:
            yield number, unit
    yield from _hours(amount.microseconds, working=False)
    yield from _hours(amount.working_microseconds, working=True)


def _hours(microseconds: int, *, working: bool) -> Iterator[tuple[int, Unit]]:
    minutes, seconds = divmod(microseconds // _SECOND, 60)
    hours, minutes = divmod(minutes, 60)
    units: tuple[tuple[int, Unit], ...] = (
        (hours, "working hour" if working else "hour"),
        (minutes, "working minute" if working else "minute"),
        (seconds, "working second" if working else "second"),
    )
    for number, unit in units:
        if number:
            yield number, unit
