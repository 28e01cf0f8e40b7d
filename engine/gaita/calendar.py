"""The calendar: the only module that does arithmetic with days, months and zones.

It reads no clock. Every instant taken or given is an aware ``datetime`` in UTC; a zone is an IANA name,
e.g. ``Europe/Riga``. "By the end of a day" means before the next 00:00 in the zone: the due instant is
that 00:00 itself, and is shown as the day that ends there.
"""

import difflib
import re
from datetime import date, datetime, timedelta
from typing import Literal

from whenever import Date, Instant, ItemizedDelta, Time, TimeZoneNotFoundError, ZonedDateTime

from gaita.model.amount import Amount

# Instants beyond these are not computed: whatever is due after the last ("9999-12-31" is what people
# write for "never") is due then, in every zone still a day that can be shown.
FIRST = Instant.from_utc(1, 1, 3).to_stdlib()
LAST = Instant.from_utc(9999, 12, 31).to_stdlib()

LONGEST_AMOUNT_IN_YEARS = 100
LONGEST_AMOUNT_TEXT = 100
MOST_DIGITS = 9

_MIDNIGHT = Time()
_HOUR = 3_600_000_000
_EXAMPLES = 'such as "20 days", "3 months", "36 hours", "1 month 10 days" or "P3M"'
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
_PART = re.compile(r"([0-9]+)\s*([^\W\d_]+)(?:\s+|$)")
_WORKING_DAYS = re.compile(r"\b(?:working|business|work)[\s-]*days?\b|\bworkdays?\b", re.IGNORECASE)


def parse_amount(text: str) -> Amount:
    """Return the amount of time that an operator wrote, in words or as ISO 8601.

    Words are whole numbers of years, months, weeks, days, hours, minutes or seconds, one after another:
    ``20 days``, ``1 month 10 days``; ISO 8601 is ``P3M``, ``P2W``, ``P1Y2M10DT2H30M``. Raises
    ``ValueError`` with a sentence saying what is wrong with it and what to write.
    """
    if len(text) > LONGEST_AMOUNT_TEXT:
        raise ValueError(f"expected an amount of time {_EXAMPLES}, found {len(text)} characters")
    bare = text.strip()
    if _WORKING_DAYS.search(bare):
        raise ValueError(
            f'"{text}": working days are not counted yet, they come with calendars in the next release; '
            'until then write calendar days: "4 weeks" for 20 working days'
        )
    if bare.startswith(("-", "−")) or re.search(r"[\s\dPpTt][-−]\d", bare):  # noqa: RUF001 - a true minus
        raise ValueError(f'"{text}": an amount of time is never negative; write one {_EXAMPLES}')
    if re.search(r"\d[.,]\d", bare):
        raise ValueError(f'"{text}": an amount of time has no fractions; write "36 hours" for 1.5 days')
    if len(max(re.findall(r"[0-9]+", bare), key=len, default="")) > MOST_DIGITS:
        raise _too_long(text)
    months, days, microseconds = (
        _from_iso(bare, text) if bare.startswith(("P", "p")) else _from_words(bare, text)
    )
    amount = Amount(text=text, months=months, days=days, microseconds=microseconds)
    if amount.is_zero:
        raise ValueError(f'"{text}" is no time at all; write an amount {_EXAMPLES}')
    if months / 12 + days / 365 + microseconds / _HOUR / 24 / 365 > LONGEST_AMOUNT_IN_YEARS:
        raise _too_long(text)
    return amount


def _too_long(text: str) -> ValueError:
    return ValueError(f'"{text}" is longer than {LONGEST_AMOUNT_IN_YEARS} years; write an amount {_EXAMPLES}')


def _from_iso(bare: str, text: str) -> tuple[int, int, int]:
    try:
        parts = ItemizedDelta.parse_iso(bare)
    except ValueError:
        raise ValueError(
            f'"{text}" is not an ISO 8601 amount; write one such as "P3M", "P2W", "PT36H" or "P1Y2M10DT2H30M"'
        ) from None
    months = 12 * parts.get("years", 0) + parts.get("months", 0)
    days = 7 * parts.get("weeks", 0) + parts.get("days", 0)
    seconds = 3600 * parts.get("hours", 0) + 60 * parts.get("minutes", 0) + parts.get("seconds", 0)
    return months, days, seconds * 1_000_000


def _from_words(bare: str, text: str) -> tuple[int, int, int]:
    months = days = microseconds = position = 0
    seen: set[str] = set()
    while part := _PART.match(bare, position):
        position = part.end()
        unit = part[2].lower().removesuffix("s")
        if unit not in _UNITS:
            close = difflib.get_close_matches(unit, _UNITS, n=1)
            advice = f'did you mean "{part[1]} {close[0]}s"?' if close else f"write an amount {_EXAMPLES}"
            raise ValueError(f'"{text}": "{part[2]}" is no unit of time; {advice}')
        if unit in seen:
            raise ValueError(f'"{text}" names {unit}s twice; add them up')
        seen.add(unit)
        number = int(part[1])
        months += number * _UNITS[unit][0]
        days += number * _UNITS[unit][1]
        microseconds += number * _UNITS[unit][2]
    if not bare or position != len(bare):
        raise ValueError(f'"{text}" is not an amount of time; write one {_EXAMPLES}')
    return months, days, microseconds


def zone_exists(zone: str) -> bool:
    """Whether ``zone`` is the IANA name of a time zone."""
    try:
        _local(LAST, zone)
    except (TimeZoneNotFoundError, ValueError):
        return False
    return True


def day_of(moment: datetime, zone: str) -> date:
    """Return the day that it is in ``zone`` at ``moment``."""
    return _local(moment, zone).date().to_stdlib()


def today_text(moment: datetime, zone: str) -> str:
    """Return that day as ISO text, e.g. ``2025-03-01``: what guards call ``today``."""
    return _local(moment, zone).date().format_iso()


def end_of_day(day: date, zone: str) -> datetime:
    """Return the instant at which ``day`` ends in ``zone``: the next 00:00 there.

    Where that midnight is skipped (a clock set forward at midnight), the first instant of the next day.
    """
    return _end(Date(day), zone)


def end_of_month(month: str, zone: str) -> datetime:
    """Return the instant at which a month, e.g. ``2016-03``, ends in ``zone``.

    Raises ``ValueError`` when the text is no month.
    """
    try:
        first = Date(date.fromisoformat(month + "-01"))
    except ValueError:
        raise ValueError(f'expected a month such as "2016-03", found "{month}"') from None
    return _end(first.replace(day=first.days_in_month()), zone)


def after(moment: datetime, amount: Amount, zone: str) -> datetime:
    """Return when something is due that must happen within ``amount`` from ``moment``.

    An amount of whole days ends with a day: its months, then its days, are counted from the local day of
    ``moment`` (31 January and one month is the last of February), and the end of the day reached is due.
    With hours, minutes or seconds in it nothing is rounded: see ``shift``.
    """
    if amount.microseconds:
        return shift(moment, amount, zone, 1)
    try:
        day = _local(moment, zone).date().add(months=amount.months, days=amount.days)
    except (ValueError, OverflowError):
        return LAST
    return _end(day, zone)


def shift(moment: datetime, amount: Amount, zone: str, sign: int) -> datetime:
    """Return the instant ``amount`` after ``moment`` (``sign`` 1) or before it (``sign`` -1).

    Months, then days, move the wall clock of ``zone``; a time that a clock set forward skips becomes as
    much later, one that happens twice is taken the first time. Hours, minutes and seconds are time that
    truly elapses. Forward they are added last, and backward they are taken off first.
    """
    exact = timedelta(microseconds=sign * amount.microseconds)
    try:
        start = moment + exact if sign < 0 else moment
        if amount.months or amount.days:
            local = _local(start, zone)
            day = local.date().add(months=sign * amount.months, days=sign * amount.days)
            start = local.replace_date(day, disambiguation="compatible").to_instant().to_stdlib()
        shifted = start + exact if sign > 0 else start
    except (ValueError, OverflowError):
        return FIRST if sign < 0 else LAST
    return min(max(shifted, FIRST), LAST)


def due_day_text(due: datetime, zone: str) -> str:
    """Return a due instant as people read it in ``zone``.

    The end of a day is that day, ``2025-06-30``; any other instant has its time, ``2025-06-30 14:30``.
    """
    if due >= LAST:
        return "9999-12-31"
    local = _local(due, zone)
    day = local.date()
    if local.to_instant() == _start(day, zone).to_instant():
        return day.prev_day().format_iso()
    return f"{day.format_iso()} {local.hour:02}:{local.minute:02}"


def _local(moment: datetime, zone: str) -> ZonedDateTime:
    bounded = min(max(moment, FIRST), LAST)
    return Instant(bounded).to_tz(zone)  # pyright: ignore[reportUnknownMemberType] - whenever's stub


def _end(day: Date, zone: str) -> datetime:
    try:
        end = _start(day.next_day(), zone).to_instant().to_stdlib()
    except (ValueError, OverflowError):
        return LAST
    return min(max(end, FIRST), LAST)


def _start(day: Date, zone: str) -> ZonedDateTime:
    start = _midnight(day, zone, "compatible")
    if start.hour or start.minute or start.second or start.date() != day:
        # Midnight is skipped. The skipped hour may have begun before it: find where it ended.
        return _midnight(day, zone, "earlier").next_transition() or start
    return start


def _midnight(day: Date, zone: str, disambiguation: Literal["compatible", "earlier"]) -> ZonedDateTime:
    local = day.at(_MIDNIGHT)
    return local.assume_tz(zone, disambiguation=disambiguation)  # pyright: ignore[reportUnknownMemberType]
