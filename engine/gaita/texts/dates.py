"""Days, moments and spans in words. How each is written, the catalogue of a language says."""

from datetime import date, datetime
from typing import Final

from babel.dates import parse_pattern

from gaita.calendar.zone import LAST, ended_day, local
from gaita.texts.language import Language
from gaita.texts.languages import language_of
from gaita.texts.units import counted

PATTERN: Final = "date pattern (CLDR)"
"""The context of the texts that say how a day or a moment is written."""


def day_words(day: date, language: str | Language, *, brief: bool = False) -> str:
    """Return a day: ``30 June 2025``; ``brief``, as in tables, ``2025-06-30``."""
    spoken = language_of(language)
    pattern = (
        spoken.pgettext("date pattern (CLDR)", "yyyy-MM-dd")
        if brief
        else spoken.pgettext("date pattern (CLDR)", "d MMMM yyyy")
    )
    return _written(datetime.combine(day, datetime.min.time()), pattern, spoken)


def weekday_words(day: date, language: str | Language, *, brief: bool = False) -> str:
    """Return a day with its weekday: ``Monday 30 June 2025``; ``brief``, ``Mon 2025-06-30``."""
    spoken = language_of(language)
    pattern = (
        spoken.pgettext("date pattern (CLDR)", "EEE yyyy-MM-dd")
        if brief
        else spoken.pgettext("date pattern (CLDR)", "EEEE d MMMM yyyy")
    )
    return _written(datetime.combine(day, datetime.min.time()), pattern, spoken)


def month_words(first: date, language: str | Language) -> str:
    """Return the month in which a day lies: ``June 2025``."""
    spoken = language_of(language)
    pattern = spoken.pgettext("date pattern (CLDR)", "MMMM yyyy")
    return _written(datetime.combine(first, datetime.min.time()), pattern, spoken)


def moment_words(moment: datetime, zone: str, language: str | Language) -> str:
    """Return a moment on the clock of ``zone``, without a time at midnight: ``1 July 2025 at 14:30``."""
    spoken = language_of(language)
    wall = local(moment, zone).to_stdlib()
    if not (wall.hour or wall.minute):
        return day_words(wall.date(), spoken)
    return _written(wall, spoken.pgettext("date pattern (CLDR)", "d MMMM yyyy 'at' HH:mm"), spoken)


def effective_words(moment: datetime, zone: str, language: str | Language) -> str:
    """Return when something took effect: the last instant of a day, which a day means, as that day."""
    day = ended_day(moment + datetime.resolution, zone) if moment < LAST else None
    return moment_words(moment, zone, language) if day is None else day_words(day, language)


def weekday_moment_words(
    moment: datetime, zone: str, language: str | Language, *, brief: bool = False
) -> str:
    """Return a moment with its weekday, without a time at midnight; ``brief``, ``Tue 2025-07-01 14:30``."""
    spoken = language_of(language)
    wall = local(moment, zone).to_stdlib()
    if not (wall.hour or wall.minute):
        return weekday_words(wall.date(), spoken, brief=brief)
    pattern = (
        spoken.pgettext("date pattern (CLDR)", "EEE yyyy-MM-dd HH:mm")
        if brief
        else spoken.pgettext("date pattern (CLDR)", "EEEE d MMMM yyyy 'at' HH:mm")
    )
    return _written(wall, pattern, spoken)


def moment_cell(moment: datetime, zone: str, language: str | Language) -> str:
    """Return a moment as it stands in a table, always with its time: ``2025-07-01 00:00``."""
    spoken = language_of(language)
    wall = local(moment, zone).to_stdlib()
    return _written(wall, spoken.pgettext("date pattern (CLDR)", "yyyy-MM-dd HH:mm"), spoken)


def due_words(due: datetime, zone: str, language: str | Language, *, brief: bool = False) -> str:
    """Return when something is due, with its weekday; the end of a day is that day, without a time."""
    day = day_due(due, zone)
    if day is not None:
        return weekday_words(day, language, brief=brief)
    return weekday_moment_words(due, zone, language, brief=brief)


def due_cell_words(due: datetime, zone: str, language: str | Language) -> str:
    """Return when something is due as it stands in a table; the end of a day is that day, without a time."""
    day = day_due(due, zone)
    return moment_cell(due, zone, language) if day is None else day_words(day, language, brief=True)


def day_due(due: datetime, zone: str) -> date | None:
    """Return the day with which something is due, ``None`` where it is due at another moment than its end."""
    return date(9999, 12, 31) if due >= LAST else ended_day(due, zone)


def between_words(earlier: datetime, later: datetime, zone: str, language: str | Language) -> str | None:
    """Return how far apart two moments are, in whole days of ``zone``, else in hours, else in minutes.

    ``None`` where it is less than a minute.
    """
    first, last = local(earlier, zone).to_stdlib(), local(later, zone).to_plain().to_stdlib()
    days = (last.date() - first.date()).days - (last.time() < first.time())
    if days > 0:
        return counted(days, "day", language)
    hours, minutes = divmod(int((later - earlier).total_seconds()) // 60, 60)
    if hours > 0:
        return counted(hours, "hour", language)
    return counted(minutes, "minute", language) if minutes > 0 else None


def is_pattern(text: str) -> bool:
    """Whether ``text`` is a date pattern of CLDR."""
    try:
        _written(datetime(2025, 6, 30, 14, 30), text, language_of("en"))  # noqa: DTZ001 - a wall time
    except (ValueError, KeyError, IndexError, AttributeError):
        return False
    return True


def _written(wall: datetime, pattern: str, language: Language) -> str:
    return parse_pattern(pattern).apply(wall, language.locale)
