"""Working calendars of countries, from the ``holidays`` library."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, time, timedelta
from typing import Any, TypeAlias

from gaita.calendar.working import Hours, SpecialDay, WorkingCalendar
from gaita.errors import InvalidArgument
from gaita.fault import did_you_mean, shown
from gaita.phrase import phrase
from gaita.title import Title

OFFICE_HOURS: Hours = ((time(8, 30), time(17)),)
"""The usual hours of a state institution; lunch is not taken off."""
LONGEST_CLOSURE_IN_DAYS = 366

_FIRST_YEAR = 1991
_ENGLISH_DATE = "%m/%d/%Y"
_DECLARED = {"lv": "Noteikta par darbdienu", "en": "Declared a working day"}
# What the library calls the languages in which titles are kept.
_LANGUAGES = {"en": ("en_US", "en_GB", "en"), "lv": ("lv",)}

_Swaps: TypeAlias = dict[date, date]
"""Each day that is given off, with the day that is worked instead."""


@dataclass(frozen=True, slots=True)
class Closure:
    """Days on which the institution is closed, ``first`` and ``last`` included, though the country works."""

    first: date
    last: date
    title: Title


def public_calendar(
    name: str,
    *,
    country: str | None = None,
    swaps: bool = True,
    closures: Sequence[Closure] = (),
    worked: Sequence[date] = (),
    week: Mapping[int, Hours] | None = None,
    known_until: date | None = None,
) -> WorkingCalendar:
    """Return the working calendar of a country, by default the one of which ``name`` is the code.

    With ``swaps`` the days that a government moves are off, and those worked instead are worked; without
    them neither is. ``worked`` are days that are worked whatever else says that they are not, ``closures``
    days that are not. ``week`` has the hours of the weekdays, 0 for Monday; without it the country's working
    week is open from 08:30 to 17:00. ``known_until`` is by default the end of the last year for which swaps
    are decreed; of a country that has none, the end of the year after its last one-off holiday. After it
    only the holidays that come every year count. Raises ``InvalidArgument`` for an unknown country,
    for one whose last known day must be said, for a week that is never open, and for closures and days worked
    that are no such thing, or lie after ``known_until``.
    """
    code = _code(country or name)
    plain, all_swaps, last_special = _holidays(code, swaps=False)
    if known_until is None:
        known_until = _known_until(code, all_swaps, last_special)
    hours = _week(week, plain.weekend)
    years = range(max(plain.start_year, _FIRST_YEAR), plain.end_year + 1)
    titles = _titles(code, years, swaps=swaps)
    regular = set(_days(plain, years))

    off: dict[date, SpecialDay] = {}
    for day, title in titles.items():
        other = all_swaps.get(day) if day not in regular else None
        off[day] = SpecialDay(day, title, "holiday" if day in regular else "moved", other)
    on: dict[date, SpecialDay] = {}
    if swaps:
        for day, other in all_swaps.items():
            title = {
                "lv": f"Darbdiena (pārcelta no {day:%d.%m.%Y}.)",
                "en": f"Working day (moved from {day.isoformat()})",
            }
            if other not in titles:
                on[other] = SpecialDay(other, title, "worked", day)
    for day, closure in _closed(closures, known_until):
        off.setdefault(day, SpecialDay(day, closure.title, "closure"))
        on.pop(day, None)
    for day in worked:
        _check_known(day, known_until, phrase("a day worked"))
        off.pop(day, None)
        on.setdefault(day, SpecialDay(day, _DECLARED, "worked"))
    return WorkingCalendar(
        name=name,
        known_until=known_until,
        week=hours,
        off={
            day: special
            for day, special in off.items()
            if (day <= known_until or special.kind == "holiday") and hours[day.weekday()]
        },
        on={day: special for day, special in on.items() if day <= known_until and not hours[day.weekday()]},
    )


def _code(country: str) -> str:
    # Imported here, as everything of this library: whoever counts no working days does not pay for it.
    from holidays.registry import COUNTRIES  # noqa: PLC0415

    codes = {known: entities[1] for entities in COUNTRIES.values() for known in entities[:3]}
    if country in codes:
        return codes[country]
    hint = did_you_mean(country, codes, lambda meant: f'"{codes[meant]}"')
    advice = hint or phrase('write its ISO 3166 code, such as "LV"')
    raise InvalidArgument(
        phrase(
            "no public holidays are known of a country %(country)s; %(advice)s",
            country=shown(country),
            advice=advice,
        )
    )


def _holidays(code: str, *, swaps: bool, language: str | None = None) -> tuple[Any, _Swaps, int | None]:
    """Return the library's holidays of a country, its swaps, and the last year with a special holiday.

    The library keeps swaps and one-off holidays in one table: an entry of more than three parts is a swap,
    the day off (month, day) followed by the day worked instead (month, day, sometimes the year). Without
    swaps they are taken out of this table before any year of it is made.
    """
    import holidays  # noqa: PLC0415 - see _code

    found: Any = holidays.country_holidays(code, language=language)
    table: dict[int, Any] = getattr(found, "special_public_holidays", {})
    swapped: _Swaps = {}
    one_off: dict[int, Any] = {}
    for year, several in table.items():
        entries = several if several and isinstance(several[0], tuple) else (several,)
        for entry in entries:
            if len(entry) > 3:
                of_year = entry[4] if len(entry) > 4 else year
                swapped[date(year, *entry[:2])] = date(of_year, *entry[2:4])
        one_off[year] = tuple(entry for entry in entries if len(entry) == 3)
    if not swaps:
        found.special_public_holidays = one_off
    return found, swapped, max((year for year, entries in one_off.items() if entries), default=None)


def _days(found: dict[date, str], years: range) -> list[date]:
    """Make the holidays of the years, and return their days."""
    for year in years:
        found.get(date(year, 1, 1))  # the library makes a year when it is first asked for a day of it
    return sorted(day for day in found if day.year in years)


def _week(week: Mapping[int, Hours] | None, weekend: Collection[int]) -> tuple[Hours, ...]:
    if week is None:
        return tuple(() if day in weekend else OFFICE_HOURS for day in range(7))
    if strange := set(week) - set(range(7)):
        raise InvalidArgument(
            phrase("expected weekdays from 0 for Monday to 6 for Sunday, found %(min)s", min=min(strange))
        )
    return tuple(tuple(week.get(day, ())) for day in range(7))


def _known_until(code: str, swaps: _Swaps, last_special: int | None) -> date:
    if swaps:
        return date(max(day.year for day in swaps), 12, 31)
    if last_special:
        return date(last_special + 1, 12, 31)
    raise InvalidArgument(
        phrase(
            "nothing tells until when the holidays of %(code)s are known; give known_until a date,"
            " such as 2026-12-31",
            code=code,
        )
    )


def _titles(code: str, years: range, *, swaps: bool) -> dict[date, Title]:
    """Return the holidays of the years, each with its titles: in English, Latvian and the country's own."""
    found, swapped, _ = _holidays(code, swaps=swaps)
    own: str | None = found.default_language
    supported: Sequence[str] = found.supported_languages
    languages = {
        language: next((each for each in known if each in supported), None)
        for language, known in _LANGUAGES.items()
    }
    if own:
        languages.setdefault(own.split("_")[0], own)
    titles: dict[date, dict[str, str]] = {}
    for language, known in languages.items():
        if known is None and language != "en":
            continue
        localised, _, _ = _holidays(code, swaps=swaps, language=known or own)
        for day in _days(localised, years):
            title = str(localised[day]).replace("; ", " / ")
            if language == "en" and day in swapped:
                # The month comes first in it, which not everybody who reads English expects.
                title = title.replace(swapped[day].strftime(_ENGLISH_DATE), swapped[day].isoformat())
            elif language == "lv" and day in swapped:
                # What was moved is the working day; and a date ends with a full stop.
                title = f"Brīvdiena (darbdiena pārcelta uz {swapped[day]:%d.%m.%Y}.)"
            titles.setdefault(day, {})[language] = title
    return {day: titles[day] for day in sorted(titles)}


def _closed(closures: Sequence[Closure], known_until: date) -> Iterator[tuple[date, Closure]]:
    for closure in closures:
        days = (closure.last - closure.first).days + 1
        if not 1 <= days <= LONGEST_CLOSURE_IN_DAYS:
            raise InvalidArgument(
                phrase(
                    "expected a closure of 1 to %(most)s days, found one from %(first)s to"
                    " %(last)s; write its first and its last day",
                    most=LONGEST_CLOSURE_IN_DAYS,
                    first=closure.first,
                    last=closure.last,
                )
            )
        _check_known(closure.last, known_until, phrase("a closure"))
        for number in range(days):
            yield closure.first + timedelta(days=number), closure


def _check_known(day: date, known_until: date, what: str) -> None:
    if day > known_until:
        raise InvalidArgument(
            phrase(
                "expected %(what)s while the calendar is known, until %(known_until)s, found %(day)s;"
                " give known_until a later day, or leave out what lies after it",
                what=what,
                known_until=known_until,
                day=day,
            )
        )
