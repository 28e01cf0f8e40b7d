"""Reading the amounts of time that operators write."""

import difflib
import re

from whenever import ItemizedDelta

from gaita.calendar.amount import Amount

LONGEST_AMOUNT_IN_YEARS = 100
LONGEST_AMOUNT_TEXT = 100
MOST_DIGITS = 9
MOST_WORKING_DAYS = 25_000
MOST_WORKING_HOURS = 50_000

_HOUR = 3_600_000_000
_EXAMPLES = 'such as "20 days", "3 months", "36 hours", "1 month 10 days", "20 working days" or "P3M"'
# Each unit as months, days and microseconds.
_UNITS = {
    "year": (12, 0, 0),
    "month": (1, 0, 0),
    "week": (0, 7, 0),
    "day": (0, 1, 0),
    "hour": (0, 0, _HOUR),
    "minute": (0, 0, _HOUR // 60),
    "second": (0, 0, _HOUR // 3600),
}
# Each unit of working time as working days and working microseconds.
_WORKING_UNITS = {
    "working day": (1, 0),
    "working hour": (0, _HOUR),
    "working minute": (0, _HOUR // 60),
}
_WORKING = r"(?:working|business|work)"
_PART = re.compile(rf"([0-9]+)\s*({_WORKING}[\s-]*)?([^\W\d_]+)(?:\s+|$)", re.IGNORECASE)


def parse_amount(text: str) -> Amount:
    """Return the amount of time that an operator wrote, in words or as ISO 8601.

    Words are whole numbers of years, months, weeks, days, hours, minutes or seconds, one after another:
    ``20 days``, ``1 month 10 days``; ISO 8601 is ``P3M``, ``P2W``, ``P1Y2M10DT2H30M``. Working time stands
    alone: ``20 working days`` (or business days, or workdays), ``8 working hours``, ``2 working hours 30
    working minutes``. Raises ``ValueError`` with a sentence saying what is wrong with it and what to write.
    """
    if len(text) > LONGEST_AMOUNT_TEXT:
        raise ValueError(f"expected an amount of time {_EXAMPLES}, found {len(text)} characters")
    bare = text.strip()
    if bare.startswith(("-", "−")) or re.search(r"[\s\dPpTt][-−]\d", bare):  # noqa: RUF001 - a true minus
        raise ValueError(f'"{text}": an amount of time is never negative; write one {_EXAMPLES}')
    if re.search(r"\d[.,]\d", bare):
        raise ValueError(f'"{text}": an amount of time has no fractions; write "36 hours" for 1.5 days')
    if len(max(re.findall(r"[0-9]+", bare), key=len, default="")) > MOST_DIGITS:
        raise _too_long(text)
    amount = _from_iso(bare, text) if bare.startswith(("P", "p")) else _from_words(bare, text)
    if amount.is_zero:
        raise ValueError(f'"{text}" is no time at all; write an amount {_EXAMPLES}')
    if amount.working_days > MOST_WORKING_DAYS or amount.working_microseconds > MOST_WORKING_HOURS * _HOUR:
        raise ValueError(
            f'"{text}" is too long: write at most {MOST_WORKING_DAYS} working days or {MOST_WORKING_HOURS} '
            "working hours"
        )
    if (
        amount.months / 12 + amount.days / 365 + amount.microseconds / _HOUR / 24 / 365
        > LONGEST_AMOUNT_IN_YEARS
    ):
        raise _too_long(text)
    return amount


def _too_long(text: str) -> ValueError:
    return ValueError(f'"{text}" is longer than {LONGEST_AMOUNT_IN_YEARS} years; write an amount {_EXAMPLES}')


def _from_iso(bare: str, text: str) -> Amount:
    try:
        parts = ItemizedDelta.parse_iso(bare)
    except ValueError:
        raise ValueError(
            f'"{text}" is not an ISO 8601 amount; write one such as "P3M", "P2W", "PT36H" or "P1Y2M10DT2H30M"'
        ) from None
    months = 12 * parts.get("years", 0) + parts.get("months", 0)
    days = 7 * parts.get("weeks", 0) + parts.get("days", 0)
    seconds = 3600 * parts.get("hours", 0) + 60 * parts.get("minutes", 0) + parts.get("seconds", 0)
    return Amount(text=text, months=months, days=days, microseconds=seconds * 1_000_000)


def _from_words(bare: str, text: str) -> Amount:
    months = days = microseconds = position = 0
    numbers: dict[str, int] = {}
    while part := _PART.match(bare, position):
        position = part.end()
        bare_unit = part[3].lower().removesuffix("s")
        unit = f"working {bare_unit}" if part[2] else bare_unit
        if unit not in _UNITS and unit not in _WORKING_UNITS:
            raise _unknown_unit(text, part[1], unit, f"{part[2] or ''}{part[3]}")
        if unit in numbers:
            raise ValueError(f'"{text}" names {unit}s twice; add them up')
        numbers[unit] = int(part[1])
    if not bare or position != len(bare):
        raise ValueError(f'"{text}" is not an amount of time; write one {_EXAMPLES}')
    if any(unit in _WORKING_UNITS for unit in numbers):
        return _working(numbers, text)
    for unit, number in numbers.items():
        months += number * _UNITS[unit][0]
        days += number * _UNITS[unit][1]
        microseconds += number * _UNITS[unit][2]
    return Amount(text=text, months=months, days=days, microseconds=microseconds)


def _working(numbers: dict[str, int], text: str) -> Amount:
    if any(unit in _UNITS for unit in numbers):
        raise ValueError(
            f'"{text}" mixes working time with other time; write one of them alone, such as '
            '"20 working days", "8 working hours" or "20 days"'
        )
    if "working day" in numbers and len(numbers) > 1:
        raise ValueError(
            f'"{text}" mixes working days with working hours; write either alone: "3 working days", or the '
            'hours that are meant, "26 working hours"'
        )
    working_days = working_microseconds = 0
    for unit, number in numbers.items():
        working_days += number * _WORKING_UNITS[unit][0]
        working_microseconds += number * _WORKING_UNITS[unit][1]
    return Amount(text=text, working_days=working_days, working_microseconds=working_microseconds)


def _unknown_unit(text: str, number: str, unit: str, found: str) -> ValueError:
    known = _WORKING_UNITS if unit.startswith("working ") else _UNITS
    if known is _WORKING_UNITS and unit.removeprefix("working ") in _UNITS:
        return ValueError(
            f'"{text}": working time is counted in working days, working hours and working minutes; '
            'write "5 working days" for a working week'
        )
    close = difflib.get_close_matches(unit, known, n=1)
    advice = f'did you mean "{number} {close[0]}s"?' if close else f"write an amount {_EXAMPLES}"
    return ValueError(f'"{text}": "{found}" is no unit of time; {advice}')
