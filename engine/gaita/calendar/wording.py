"""Saying how a due moment came about, in English and in Latvian."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta

from gaita.calendar.amount import Amount
from gaita.calendar.explaining import Explained, StopCost
from gaita.calendar.working import SpecialDay
from gaita.calendar.zone import LAST, ended_day, local
from gaita.title import title_text

MOST_DAYS_LISTED = 12

_SECOND = 1_000_000
_WEEKDAYS = {
    "en": ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"),
    "lv": ("Pr", "Ot", "Tr", "Ce", "Pk", "Se", "Sv"),
}
# Each unit in the singular and in the plural.
_UNITS = {
    "en": {
        "year": ("year", "years"),
        "month": ("month", "months"),
        "day": ("day", "days"),
        "hour": ("hour", "hours"),
        "minute": ("minute", "minutes"),
        "second": ("second", "seconds"),
        "working day": ("working day", "working days"),
        "working hour": ("working hour", "working hours"),
        "working minute": ("working minute", "working minutes"),
        "working second": ("working second", "working seconds"),
    },
    "lv": {
        "year": ("gads", "gadi"),
        "month": ("mēnesis", "mēneši"),
        "day": ("diena", "dienas"),
        "hour": ("stunda", "stundas"),
        "minute": ("minūte", "minūtes"),
        "second": ("sekunde", "sekundes"),
        "working day": ("darbdiena", "darbdienas"),
        "working hour": ("darba stunda", "darba stundas"),
        "working minute": ("darba minūte", "darba minūtes"),
        "working second": ("darba sekunde", "darba sekundes"),
    },
}
_PHRASES = {
    "en": {
        "nothing": "due at the start, {end}",
        "one": "{amounts} from {start} ends {with_or_at} {end}",
        "many": "{amounts} from {start} end {with_or_at} {end}",
        "standing": "{amounts} from {start}: no end yet",
        "before": "{amount} before ",
        "with": "with",
        "at": "at",
        "then": ", then ",
        "not counted": "; not counted: {days}",
        "counted": "; counted: {days}",
        "more": " and {number} more",
        "stood": "; the clock stood from {since} to {until} ({cost})",
        "stands": "; the clock stands since {since}",
        "provisional": "; the calendar {calendar} is known until {known}, so this is provisional",
        "clipped": "; cut back to the horizon, {day}",
        "clock": " ",
    },
    "lv": {
        "nothing": "termiņš ir sākuma brīdis, {end}",
        "one": "{amounts} no {start} beidzas {end}",
        "many": "{amounts} no {start} beidzas {end}",
        "standing": "{amounts} no {start}: beigu datuma vēl nav",
        "before": "{amount} pirms ",
        "with": "",
        "at": "",
        "then": ", pēc tam ",
        "not counted": "; neieskaita: {days}",
        "counted": "; ieskaita: {days}",
        "more": " un vēl {number}",
        "stood": "; termiņa tecējums bija apturēts no {since} līdz {until} ({cost})",
        "stands": "; termiņa tecējums ir apturēts kopš {since}",
        "provisional": "; kalendārs {calendar} ir zināms līdz {known}, tāpēc šis termiņš ir provizorisks",
        "clipped": "; saīsināts līdz galējam termiņam {day}",
        "clock": " plkst. ",
    },
}


def words(explained: Explained, language: str) -> str:
    """Return how a due moment came about, as one sentence without a full stop.

    In Latvian for ``lv``, in English for any other language. Days and times are those of its zone; a moment
    that is the end of a day is shown as that day.
    """
    if language not in _PHRASES:
        language = "en"
    phrases = _PHRASES[language]
    zone = explained.zone
    parts = [_head(explained, language)]
    for phrase, days in (("not counted", explained.not_counted), ("counted", explained.counted_specially)):
        if days:
            parts.append(phrases[phrase].format(days=_listed(days, language)))
    for cost in explained.stops:
        since = _instant(cost.stop.since, zone, language)
        if cost.stop.until is None:
            parts.append(phrases["stands"].format(since=since))
        else:
            until = _instant(cost.stop.until, zone, language)
            parts.append(phrases["stood"].format(since=since, until=until, cost=_cost(cost, language)))
    if explained.provisional and explained.known_until:
        known = explained.known_until.isoformat()
        parts.append(phrases["provisional"].format(calendar=explained.calendar, known=known))
    if explained.clipped_to:
        parts.append(phrases["clipped"].format(day=explained.clipped_to.isoformat()))
    return "".join(parts)


def amount_words(amount: Amount, language: str) -> str:
    """Return an amount in words, such as ``20 working days`` or ``1 mēnesis 10 dienas``."""
    years, months = divmod(amount.months, 12)
    if months:
        years, months = 0, amount.months
    counted = [
        _number(years, "year", language),
        _number(months, "month", language),
        _number(amount.days, "day", language),
        _number(amount.working_days, "working day", language),
        _time(amount.microseconds, "", language),
        _time(amount.working_microseconds, "working ", language),
    ]
    return " ".join(part for part in counted if part)


def _head(explained: Explained, language: str) -> str:
    phrases = _PHRASES[language]
    zone = explained.zone
    amounts = explained.amounts
    if explained.before is not None:
        return _head_before(explained, explained.before, language)
    if not amounts:
        return phrases["nothing"].format(end=_instant(explained.start, zone, language))
    exact = amounts[0].is_exact
    start = local(explained.start, zone).date().to_stdlib()
    said = phrases["then"].join(amount_words(amount, language) for amount in amounts)
    named = {
        "amounts": said,
        "start": _instant(explained.start, zone, language) if exact else _day(start, language),
    }
    if explained.due is None:
        return phrases["standing"].format(**named)
    end, is_day = _end(explained.due, zone, language)
    one = len(amounts) == 1 and said.startswith("1 ") and not any(digit.isdigit() for digit in said[1:])
    with_or_at = phrases["with" if is_day else "at"]
    return phrases["one" if one else "many"].format(**named, end=end, with_or_at=with_or_at)


def _head_before(explained: Explained, before: Amount, language: str) -> str:
    phrases = _PHRASES[language]
    said = [phrases["before"].format(amount=amount_words(before, language))]
    said[0] += _end(explained.start, explained.zone, language)[0]
    said += [amount_words(amount, language) for amount in explained.amounts]
    end = _end(explained.due, explained.zone, language)[0] if explained.due else "?"
    return f"{phrases['then'].join(said)}: {end}"


def _end(due: datetime, zone: str, language: str) -> tuple[str, bool]:
    """Return a due moment as people read it, and whether it is the end of a day."""
    day = date(9999, 12, 31) if due >= LAST else ended_day(due, zone)
    return (_day(day, language), True) if day else (_instant(due, zone, language), False)


def _day(day: date, language: str) -> str:
    return f"{_WEEKDAYS[language][day.weekday()]} {day.isoformat()}"


def _instant(moment: datetime, zone: str, language: str) -> str:
    wall = local(moment, zone)
    day = _day(wall.date().to_stdlib(), language)
    return f"{day}{_PHRASES[language]['clock']}{wall.hour:02}:{wall.minute:02}"


def _listed(days: Sequence[SpecialDay], language: str) -> str:
    shown = [
        f"{_day(special.day, language)} {title_text(special.title, language)}".rstrip()
        for special in days[:MOST_DAYS_LISTED]
    ]
    more = len(days) - len(shown)
    return ", ".join(shown) + (_PHRASES[language]["more"].format(number=more) if more else "")


def _cost(cost: StopCost, language: str) -> str:
    counted = (
        _number(cost.days, "day", language),
        _number(cost.working_days, "working day", language),
        _elapsed(cost.time, "", language),
        _elapsed(cost.working_time, "working ", language),
    )
    return ", ".join(part for part in counted if part)


def _elapsed(time: timedelta, working: str, language: str) -> str:
    """Return elapsed time to the minute; to the second where it is shorter."""
    if not time:
        return ""
    minute = timedelta(minutes=1)
    rounded = time // minute * minute if time >= minute else max(timedelta(seconds=1), time)
    return _time(rounded // timedelta(microseconds=1), working, language)


def _time(microseconds: int, working: str, language: str) -> str:
    minutes, seconds = divmod(microseconds // _SECOND, 60)
    hours, minutes = divmod(minutes, 60)
    counted: Iterable[str] = (
        _number(hours, f"{working}hour", language),
        _number(minutes, f"{working}minute", language),
        _number(seconds, f"{working}second", language),
    )
    return " ".join(part for part in counted if part)


def _number(number: int, unit: str, language: str) -> str:
    """Return a number with its unit; nothing for 0. Latvian has the singular after 1 and 21, not after 11."""
    if not number:
        return ""
    one = number % 10 == 1 and number % 100 != 11 if language == "lv" else number == 1
    return f"{number} {_UNITS[language][unit][0 if one else 1]}"
