"""Reading the amounts of time that operators write."""

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Final

from whenever import ItemizedDelta

from gaita.calendar.amount import Amount
from gaita.errors import GaitaError
from gaita.fault import closest, did_you_mean, shown
from gaita.phrase import formed, phrase

LONGEST_AMOUNT_IN_YEARS = 100
LONGEST_AMOUNT_TEXT = 100
MOST_DIGITS = 9
MOST_WORKING_DAYS = 25_000
MOST_WORKING_HOURS = 50_000

_HOUR = 3_600_000_000
_EXAMPLES = phrase('such as "20 days", "3 months", "36 hours", "1 month 10 days", "20 working days" or "P3M"')
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

# What people write who mean an amount: units by their abbreviations and in Latvian, numbers in words.
_OTHER_NAMES: Final[Mapping[str, str]] = {
    "working day": "workday workdays wd bd business_day business_days darba_diena darba_dienas darba_dienu "
    "darbdiena darbdienas darbdienu darbdienai darbdienām darba_dienai darba_dienām",
    "working hour": "business_hours darba_stunda darba_stundas darba_stundu darba_stundai darba_stundām",
    "year": "y yr yrs gads gadi gadu gada gadus gadam gadiem",
    "month": "mo mēnesis mēneši mēnesi mēneša mēnesim mēnešus mēnešu mēnešiem menesis menesi menesus menesu",
    "week": "w wk wks nedēļa nedēļas nedēļu nedēļai nedēļām",
    "day": "d calendar_day calendar_days diena dienas dienu dienai dienām",
    "hour": "h hr hrs stunda stundas stundu stundai stundām",
    "minute": "min mins minūte minūtes minūti minūšu minūtei minūtēm",
    "second": "s sec secs sekunde sekundes sekundi sekunžu sekundei sekundēm",
}
_OWN_NAMES: Final = {name: unit for unit in (*_UNITS, *_WORKING_UNITS) for name in (unit, f"{unit}s")}
_NAMES: Final[Mapping[str, str]] = {
    **_OWN_NAMES,
    **{name.replace("_", " "): unit for unit, names in _OTHER_NAMES.items() for name in names.split()},
}
_NUMBERS: Final[Mapping[str, str]] = {
    "a": "1",
    "an": "1",
    "one": "1",
    "two": "2",
    "three": "3",
    "four": "4",
    "five": "5",
    "six": "6",
    "seven": "7",
    "eight": "8",
    "nine": "9",
    "ten": "10",
    "fifteen": "15",
    "twenty": "20",
    "thirty": "30",
    "forty": "40",
    "sixty": "60",
    "ninety": "90",
}
# What a unit consists of, where that is always the same: a month and a working day are not.
_PARTS: Final[Mapping[str, tuple[str, int]]] = {
    "year": ("month", 12),
    "week": ("day", 7),
    "day": ("hour", 24),
    "hour": ("minute", 60),
    "minute": ("second", 60),
    "working hour": ("working minute", 60),
}
_FRACTION: Final = re.compile(r"([0-9]{1,9}[.,][0-9]{1,9})\s*([^\W\d_][^\d_]*)")
_BETWEEN: Final = frozenset({"and", "plus", "un"})


class UnreadableAmount(GaitaError, ValueError):
    """A text is no amount of time: write one such as "20 days", "3 months" or "20 working days"."""

    def __init__(self, what: str, advice: str) -> None:
        self.what = what
        self.advice = advice
        super().__init__(what, advice)

    def __str__(self) -> str:
        return formed("%(what)s; %(advice)s", what=self.what, advice=self.advice)


def parse_amount(text: str) -> Amount:
    """Return the amount of time that an operator wrote, in words or as ISO 8601.

    Words are whole numbers of years, months, weeks, days, hours, minutes or seconds, one after another:
    ``20 days``, ``1 month 10 days``; ISO 8601 is ``P3M``, ``P2W``, ``P1Y2M10DT2H30M``. Working time stands
    alone: ``20 working days`` (or business days, or workdays), ``8 working hours``, ``2 working hours 30
    working minutes``. Raises ``UnreadableAmount`` (a ``ValueError``).
    """
    if len(text) > LONGEST_AMOUNT_TEXT:
        raise UnreadableAmount(
            phrase("an amount of time has no %(number)s characters", number=len(text)),
            phrase("write one %(examples)s", examples=_EXAMPLES),
        )
    bare = text.strip()
    if bare.startswith(("-", "−")) or re.search(r"[\s\dPpTt][-−]\d", bare):  # noqa: RUF001 - a true minus
        raise UnreadableAmount(
            phrase("%(text)s: an amount of time is never negative", text=shown(text)),
            phrase("write one %(examples)s", examples=_EXAMPLES),
        )
    if re.search(r"\d[.,]\d", bare):
        raise UnreadableAmount(
            phrase("%(text)s: an amount of time has no fractions", text=shown(text)),
            _whole(bare),
        )
    if len(max(re.findall(r"[0-9]+", bare), key=len, default="")) > MOST_DIGITS:
        raise _too_long(text)
    amount = _from_iso(bare, text) if bare.startswith(("P", "p")) else _from_words(bare, text)
    if amount.is_zero:
        raise UnreadableAmount(
            phrase("%(text)s is no time at all", text=shown(text)),
            phrase("write an amount %(examples)s", examples=_EXAMPLES),
        )
    if amount.working_days > MOST_WORKING_DAYS or amount.working_microseconds > MOST_WORKING_HOURS * _HOUR:
        most = phrase(
            "write at most %(days)s working days or %(hours)s working hours",
            days=MOST_WORKING_DAYS,
            hours=MOST_WORKING_HOURS,
        )
        raise UnreadableAmount(phrase("%(text)s is too long", text=shown(text)), most)
    if (
        amount.months / 12 + amount.days / 365 + amount.microseconds / _HOUR / 24 / 365
        > LONGEST_AMOUNT_IN_YEARS
    ):
        raise _too_long(text)
    return amount


def _too_long(text: str) -> UnreadableAmount:
    what = phrase(
        "%(text)s is longer than %(years)s years",
        text=shown(text),
        years=LONGEST_AMOUNT_IN_YEARS,
    )
    return UnreadableAmount(what, phrase("write an amount %(examples)s", examples=_EXAMPLES))


def _whole(bare: str) -> str:
    """Return what to write for an amount with a fraction: the same in a smaller unit, where there is one."""
    fraction = _FRACTION.fullmatch(bare.casefold())
    name = "" if fraction is None else " ".join(fraction[2].split())
    unit = _NAMES.get(name) or _NAMES.get(closest(name, _OWN_NAMES) or "")
    if fraction is None or unit is None:
        return phrase("write whole numbers, %(examples)s", examples=_EXAMPLES)
    if unit == "month":
        return phrase('write whole months and days, such as "1 month 15 days"')
    if unit == "working day":
        return phrase('write whole working hours, such as "12 working hours"')
    number, smaller = Decimal(fraction[1].replace(",", ".")), unit
    while number % 1 and smaller in _PARTS:
        smaller, parts = _PARTS[smaller]
        number *= parts
    if number % 1 or not 0 < number <= 10**MOST_DIGITS:
        return phrase("write whole numbers, %(examples)s", examples=_EXAMPLES)
    return phrase(
        'write "%(amount)s" for %(fraction)s',
        amount=f"{int(number)} {smaller}{'' if number == 1 else 's'}",
        fraction=f"{fraction[1].replace(',', '.')} {unit}s",
    )


def _from_iso(bare: str, text: str) -> Amount:
    try:
        parts = ItemizedDelta.parse_iso(bare)
    except ValueError:
        raise UnreadableAmount(
            phrase("%(text)s is not an ISO 8601 amount", text=shown(text)),
            phrase('write one such as "P3M", "P2W", "PT36H" or "P1Y2M10DT2H30M"'),
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
        if part[2] and unit not in _WORKING_UNITS and bare_unit in _UNITS:
            what = phrase(
                "%(text)s: working time is counted in working days, working hours and working minutes",
                text=shown(text),
            )
            raise UnreadableAmount(what, phrase('write "5 working days" for a working week'))
        if unit not in _UNITS and unit not in _WORKING_UNITS:
            raise _unlike(
                text, phrase("%(value)s is no unit of time", value=shown((part[2] or "") + part[3]))
            )
        if unit in numbers:
            raise UnreadableAmount(
                phrase("%(text)s names %(unit)s twice", text=shown(text), unit=f"{unit}s"),
                phrase("add them up"),
            )
        numbers[unit] = int(part[1])
    if not bare:
        raise _unlike(text, phrase("an amount of time is missing"))
    if position != len(bare):
        raise _unlike(text, phrase("%(text)s is not an amount of time", text=shown(text)))
    if any(unit in _WORKING_UNITS for unit in numbers):
        return _working(numbers, text)
    for unit, number in numbers.items():
        months += number * _UNITS[unit][0]
        days += number * _UNITS[unit][1]
        microseconds += number * _UNITS[unit][2]
    return Amount(text=text, months=months, days=days, microseconds=microseconds)


def _working(numbers: dict[str, int], text: str) -> Amount:
    if any(unit in _UNITS for unit in numbers):
        raise UnreadableAmount(
            phrase("%(text)s mixes working time with other time", text=shown(text)),
            phrase('write one of them alone, such as "20 working days", "8 working hours" or "20 days"'),
        )
    if "working day" in numbers and len(numbers) > 1:
        raise UnreadableAmount(
            phrase("%(text)s mixes working days with working hours", text=shown(text)),
            phrase('write either alone: "3 working days", or the hours that are meant, "26 working hours"'),
        )
    working_days = working_microseconds = 0
    for unit, number in numbers.items():
        working_days += number * _WORKING_UNITS[unit][0]
        working_microseconds += number * _WORKING_UNITS[unit][1]
    return Amount(text=text, working_days=working_days, working_microseconds=working_microseconds)


def _unlike(text: str, what: str) -> UnreadableAmount:
    """Return the error of a text that is no amount: with the whole amount that was probably meant."""
    meant = _corrected(text)
    hint = did_you_mean(meant, [meant], '"{}"'.format) if meant else None
    return UnreadableAmount(what, hint or phrase("write an amount %(examples)s", examples=_EXAMPLES))


def _corrected(text: str) -> str | None:
    """Return the amount that was probably meant by a text that is none, if that can be told."""
    written: list[str] = re.findall(r"[0-9]+|[^\W\d_]+", text.casefold())
    words = [_NUMBERS.get(word, word) for word in written if word not in _BETWEEN]
    if len(words) > 1 and words[-1].isdecimal() and not words[0].isdecimal():
        words = [words[-1], *words[:-1]]  # "days 30"
    parts: list[tuple[str, list[str]]] = []
    for word in words:
        if word.isdecimal():
            parts.append((word, []))
        elif parts:
            parts[-1][1].append(word)
        else:
            return None
    meant: list[str] = []
    for number, named in parts:
        name = " ".join(named) or "day"
        unit = _NAMES.get(name) or _NAMES.get(closest(name, _OWN_NAMES) or "")
        if unit is None:
            return None
        meant.append(
            formed("%(number)s %(unit)s%(text)s", number=number, unit=unit, text="" if number == "1" else "s")
        )
    if not meant:
        return None
    corrected = " ".join(meant)
    try:
        parse_amount(corrected)
    except UnreadableAmount:
        return None
    return corrected
