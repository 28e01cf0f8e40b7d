"""Days, months and instants in a time zone."""

from datetime import date, datetime, time, timedelta
from functools import cache
from importlib.resources import files
from typing import Literal

from whenever import Date, Instant, Time, TimeZoneNotFoundError, ZonedDateTime

from gaita.calendar.amount import Amount
from gaita.phrase import phrase

# Instants beyond these are not computed: whatever is due after the last ("9999-12-31" is what people
# write for "never") is due then, in every zone still a day that can be shown.
FIRST = Instant.from_utc(1, 1, 3).to_stdlib()
LAST = Instant.from_utc(9999, 12, 31).to_stdlib()

_MIDNIGHT = Time()


@cache
def zone_names() -> tuple[str, ...]:
    """Return the names of all time zones, by the IANA database that is installed with the engine."""
    names = files("tzdata").joinpath("zones").read_text(encoding="utf-8").split()
    return tuple(sorted(name for name in names if name != "Factory"))


def zone_exists(zone: str) -> bool:
    """Whether ``zone`` is the IANA name of a time zone, letter by letter.

    What can be loaded is more: names in another case, files beside the database, the machine's own zone.
    """
    return zone in zone_names() and zone_loads(zone)


def zone_loads(zone: str) -> bool:
    """Whether there are rules for what ``zone`` names, so that days can be counted by them."""
    try:
        local(LAST, zone)
    except (TimeZoneNotFoundError, ValueError):
        return False
    return True


def day_of(moment: datetime, zone: str) -> date:
    """Return the day that it is in ``zone`` at ``moment``."""
    return local(moment, zone).date().to_stdlib()


def today_text(moment: datetime, zone: str) -> str:
    """Return that day as ISO text, e.g. ``2025-03-01``: what guards call ``today``."""
    return local(moment, zone).date().format_iso()


def end_of_day(day: date, zone: str) -> datetime:
    """Return the instant at which ``day`` ends in ``zone``: the next 00:00 there.

    Where that midnight is skipped (a clock set forward at midnight), the first instant of the next day.
    """
    return _end(Date(day), zone)


def effective_moment(on: date | datetime, zone: str, now: datetime) -> datetime:
    """Return the moment at which something took effect: of a day its last instant, of today the present."""
    if isinstance(on, datetime):
        return on
    end = end_of_day(on, zone)
    begin = end_of_day(date.fromordinal(max(on.toordinal() - 1, 1)), zone)
    return now if begin <= now < end else end - datetime.resolution


def end_of_month(month: str, zone: str) -> datetime:
    """Return the instant at which a month, e.g. ``2016-03``, ends in ``zone``.

    Raises ``ValueError`` when the text is no month.
    """
    try:
        first = Date(date.fromisoformat(month + "-01"))
    except ValueError:
        raise ValueError(
            phrase('expected a month such as "2016-03", found "%(month)s"', month=month)
        ) from None
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
        day = local(moment, zone).date().add(months=amount.months, days=amount.days)
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
            wall = local(start, zone)
            day = wall.date().add(months=sign * amount.months, days=sign * amount.days)
            # Not replace_date: of a time that happens twice it takes the one of the offset before.
            start = moment_on(day.to_stdlib(), wall.time().to_stdlib(), zone)
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
    wall = local(due, zone)
    day = wall.date()
    if wall.to_instant() == start_of(day, zone).to_instant():
        return day.prev_day().format_iso()
    return f"{day.format_iso()} {wall.hour:02}:{wall.minute:02}"


def ended_day(moment: datetime, zone: str) -> date | None:
    """Return the day that ends in ``zone`` at this very instant, ``None`` where no day does."""
    wall = local(moment, zone)
    day = wall.date()
    if moment >= LAST or wall.to_instant() != start_of(day, zone).to_instant():
        return None
    return day.prev_day().to_stdlib()


def moment_on(day: date, wall_time: time, zone: str) -> datetime:
    """Return the instant of a wall time on ``day`` in ``zone``, kept within ``FIRST`` and ``LAST``.

    A time that a clock set forward skips is as much later, one that happens twice is the first.
    """
    try:
        local_time = Date(day).at(Time(wall_time))
        wall = local_time.assume_tz(zone, disambiguation="compatible")  # pyright: ignore[reportUnknownMemberType]
        moment = wall.to_instant().to_stdlib()
    except (ValueError, OverflowError):
        return LAST if day.year > 1 else FIRST
    return min(max(moment, FIRST), LAST)


def local(moment: datetime, zone: str) -> ZonedDateTime:
    """Return ``moment`` on the wall clock of ``zone``, kept within ``FIRST`` and ``LAST``."""
    bounded = min(max(moment, FIRST), LAST)
    return Instant(bounded).to_tz(zone)  # pyright: ignore[reportUnknownMemberType] - whenever's stub


def _end(day: Date, zone: str) -> datetime:
    try:
        end = start_of(day.next_day(), zone).to_instant().to_stdlib()
    except (ValueError, OverflowError):
        return LAST
    return min(max(end, FIRST), LAST)


def start_of(day: Date, zone: str) -> ZonedDateTime:
    """Return the first instant of ``day`` in ``zone``: 00:00, or what follows where that is skipped.

    Raises ``ValueError`` or ``OverflowError`` at the ends of time.
    """
    start = _midnight(day, zone, "compatible")
    if start.time() != _MIDNIGHT or start.date() != day:
        # Midnight is skipped. The skipped hour may have begun before it: find where it ended.
        return _midnight(day, zone, "earlier").next_transition() or start
    return start


def _midnight(day: Date, zone: str, disambiguation: Literal["compatible", "earlier"]) -> ZonedDateTime:
    midnight = day.at(_MIDNIGHT)
    return midnight.assume_tz(zone, disambiguation=disambiguation)  # pyright: ignore[reportUnknownMemberType]
