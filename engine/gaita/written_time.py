"""Days, months and moments as people write them, by ISO 8601; and what to write for a text that is none."""

import re
from calendar import monthrange
from contextlib import suppress
from datetime import date, datetime, timedelta
from typing import Final, Literal, TypeAlias
from zoneinfo import ZoneInfo

from gaita.clock import as_utc
from gaita.phrase import phrase

Wanted: TypeAlias = Literal["date", "month", "moment"]

EXAMPLES: Final = {"date": "2025-03-01", "month": "2025-03", "moment": "2025-03-01T10:00:00Z"}

_DAY: Final = re.compile(r"(\d{4})-(\d{2})-(\d{2})", re.ASCII)
_MONTH: Final = re.compile(r"(\d{4})-(\d{2})", re.ASCII)
# As people write a day otherwise: 1.3.2025, 01/03/2025, 2025-3-1, 2025.03.01, 20250301.
_DAY_FIRST: Final = re.compile(r"(\d{1,2})[./-](\d{1,2})[./-](\d{4})\.?", re.ASCII)
_YEAR_FIRST: Final = re.compile(r"(\d{4})[./-]?(\d{1,2})[./-]?(\d{1,2})\.?", re.ASCII)
_TIME: Final = re.compile(r"(\d{1,2})(?::?(\d{2}))?(?::?(\d{2})(?:[.,]\d+)?)?", re.ASCII)
_ZONE: Final = re.compile(r"(?:Z|[+-]\d{2}(?::?\d{2})?)$", re.ASCII)


def day_from(text: str) -> date | None:
    """Return the day that ``text`` names, such as ``2025-03-01``; ``None`` where it names none."""
    if not _DAY.fullmatch(text):
        return None
    with suppress(ValueError):
        return date.fromisoformat(text)
    return None


def month_from(text: str) -> str | None:
    """Return the month that ``text`` names, such as ``2025-03``; ``None`` where it names none."""
    return text if _MONTH.fullmatch(text) and day_from(f"{text}-01") else None


def moment_from(text: str, zone: str | None = None) -> datetime | None:
    """Return the moment that ``text`` names, in UTC; ``None`` where it names none.

    Without an offset of its own it is on the clock of ``zone``, an IANA name; without both it is none.
    """
    with suppress(ValueError, OverflowError):
        moment = datetime.fromisoformat(text)
        if moment.tzinfo is None and zone is not None:
            moment = moment.replace(tzinfo=ZoneInfo(zone))
        return as_utc(moment)
    return None


def advice_on(text: str, wanted: Wanted) -> str | None:
    """Return what to write for a ``text`` that does not name what is ``wanted``, where that can be told."""
    bare = text.strip()
    if wanted == "month":
        return _advice_on_month(bare)
    day, _, clock = bare.partition("T") if "T" in bare else bare.partition(" ")
    meant, why = _day_meant(day)
    if meant is None:
        return why
    if wanted == "date":
        return phrase("write %(meant)s", meant=meant) if meant.isoformat() != text else None
    if not clock:
        return phrase("add a time and its zone, as in %(meant)sT10:00:00Z", meant=meant)
    zone = _ZONE.search(clock)
    time = _TIME.fullmatch(clock[: zone.start()].strip() if zone else clock.strip())
    if time is None:
        return phrase("write it as in %(meant)sT10:00:00Z", meant=meant)
    hour, minute, second = (int(each or 0) for each in time.groups())
    if hour == 24 and not minute + second:
        return phrase(
            "the end of a day is 00:00 of the next one: write %(meant)s",
            meant=f"{_next(meant)}T00:00{zone[0] if zone else 'Z'}",
        )
    if hour > 23 or minute > 59 or second > 59:
        return phrase("hours go from 00 to 23, minutes and seconds from 00 to 59")
    whole = f"{meant}T{hour:02}:{minute:02}:{second:02}"
    if zone is None:
        return phrase(
            "it names no time zone: write %(whole)sZ for UTC, or its offset, as in %(whole)s+02:00",
            whole=whole,
        )
    if moment_from(f"{whole}{zone[0]}") is None:
        return phrase("it lies outside of the years 1 to 9999, or its offset is none")
    return phrase("write %(meant)s", meant=f"{whole}{zone[0]}")


def _advice_on_month(bare: str) -> str | None:
    if month := _MONTH.fullmatch(bare):
        return _why_no_day(int(month[1]), int(month[2]), 1) or phrase("write %(meant)s", meant=bare)
    meant, why = _day_meant(bare)
    if meant is None:
        return why
    return phrase("leave the day out: write %(meant)s", meant=meant.isoformat()[:7])


def _day_meant(text: str) -> tuple[date | None, str | None]:
    """Return the day that was probably meant by a text, or why there is none."""
    if found := _DAY_FIRST.fullmatch(text):
        year, month, day = int(found[3]), int(found[2]), int(found[1])
    elif found := _YEAR_FIRST.fullmatch(text):
        year, month, day = int(found[1]), int(found[2]), int(found[3])
    else:
        return None, None
    why = _why_no_day(year, month, day)
    return (date(year, month, day), None) if why is None else (None, why)


def _why_no_day(year: int, month: int, day: int) -> str | None:
    if not year:
        return phrase("years go from 0001 to 9999")
    if not 1 <= month <= 12:
        return phrase("months go from 01 to 12")
    last = monthrange(year, month)[1]
    return (
        None
        if 1 <= day <= last
        else phrase(
            "the days of %(year)s-%(month)s go from 01 to %(last)s",
            year=f"{year:04}",
            month=f"{month:02}",
            last=last,
        )
    )


def _next(day: date) -> date:
    return day if day == date.max else day + timedelta(days=1)
