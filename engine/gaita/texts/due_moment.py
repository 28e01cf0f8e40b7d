"""How a due moment came about, in words."""

from collections.abc import Sequence
from typing import Final

from gaita.calendar.explaining import Explained, StopCost
from gaita.calendar.working import SpecialDay
from gaita.calendar.zone import day_of
from gaita.texts.amounts import amount_words, elapsed_words, units_of
from gaita.texts.dates import day_due, day_words, due_words, weekday_moment_words, weekday_words
from gaita.texts.language import Language
from gaita.texts.languages import language_of
from gaita.texts.units import counted

MOST_DAYS_LISTED: Final = 12


def words(explained: Explained, language: str | Language, *, brief: bool = True) -> str:
    """Return how a due moment came about, as one sentence without a full stop.

    English stands in for a language without texts. Days and times are those of its zone; a moment that is the
    end of a day is shown as that day. ``brief`` writes days as in tables, else as in a letter.
    """
    spoken = language_of(language)
    return "".join([_head(explained, spoken, brief=brief), *_additions(explained, spoken, brief=brief)])


def _head(explained: Explained, language: Language, *, brief: bool) -> str:
    zone, amounts = explained.zone, explained.amounts
    due = due_words(explained.due, zone, language, brief=brief) if explained.due else "?"
    granted = [amount_words(amount, language) for amount in amounts]
    if explained.before is not None:
        point = due_words(explained.start, zone, language, brief=brief)
        before = amount_words(explained.before, language, "before")
        if not granted:
            return language.gettext(
                "%(amount)s before %(point)s: %(due)s", amount=before, point=point, due=due
            )
        return language.gettext(
            "%(amount)s before %(point)s, then %(granted)s: %(due)s",
            amount=before,
            point=point,
            granted=_chained(granted, language),
            due=due,
        )
    if not amounts:
        start = weekday_moment_words(explained.start, zone, language, brief=brief)
        return language.gettext("due at the start, %(start)s", start=start)
    if amounts[0].is_exact:
        start = weekday_moment_words(explained.start, zone, language, brief=brief)
    elif explained.granted:
        start = due_words(explained.start, zone, language, brief=brief)
    else:
        start = weekday_words(day_of(explained.start, zone), language, brief=brief)
    told = _chained(granted, language)
    if explained.due is None:
        return language.gettext("%(amounts)s from %(start)s: no end yet", amounts=told, start=start)
    number = sum(number for amount in amounts for number, _ in units_of(amount))
    if day_due(explained.due, zone) is None:
        return language.ngettext(
            "%(amounts)s from %(start)s ends at %(due)s",
            "%(amounts)s from %(start)s end at %(due)s",
            number,
            amounts=told,
            start=start,
            due=due,
        )
    return language.ngettext(
        "%(amounts)s from %(start)s ends with %(due)s",
        "%(amounts)s from %(start)s end with %(due)s",
        number,
        amounts=told,
        start=start,
        due=due,
    )


def _additions(explained: Explained, language: Language, *, brief: bool) -> list[str]:
    """Return what goes behind the sentence: days that counted or did not, stops, and how sure it is."""
    told: list[str] = []
    if explained.not_counted:
        days = _listed(explained.not_counted, language, brief=brief)
        told.append(language.gettext("; not counted: %(days)s", days=days))
    if explained.counted_specially:
        days = _listed(explained.counted_specially, language, brief=brief)
        told.append(language.gettext("; counted: %(days)s", days=days))
    told.extend(_stop(cost, explained.zone, language, brief=brief) for cost in explained.stops)
    if explained.provisional and explained.known_until:
        known = day_words(explained.known_until, language, brief=brief)
        told.append(
            language.gettext(
                "; the calendar %(calendar)s is known until %(day)s, so this is provisional",
                calendar=explained.calendar,
                day=known,
            )
        )
    if explained.clipped_to:
        day = day_words(explained.clipped_to, language, brief=brief)
        told.append(language.gettext("; cut back to the horizon, %(day)s", day=day))
    return told


def _stop(cost: StopCost, zone: str, language: Language, *, brief: bool) -> str:
    since = weekday_moment_words(cost.stop.since, zone, language, brief=brief)
    if cost.stop.until is None:
        return language.gettext("; the clock stands since %(since)s", since=since)
    return language.gettext(
        "; the clock stood from %(since)s to %(until)s (%(cost)s)",
        since=since,
        until=weekday_moment_words(cost.stop.until, zone, language, brief=brief),
        cost=_cost(cost, language),
    )


def _cost(cost: StopCost, language: Language) -> str:
    told = [
        counted(cost.days, "day", language) if cost.days else "",
        counted(cost.working_days, "working day", language) if cost.working_days else "",
        elapsed_words(cost.time, language) if cost.time else "",
        elapsed_words(cost.working_time, language, working=True) if cost.working_time else "",
    ]
    return language.listed([each for each in told if each]) or language.gettext("it cost nothing")


def _listed(days: Sequence[SpecialDay], language: Language, *, brief: bool) -> str:
    shown = ", ".join(
        f"{weekday_words(special.day, language, brief=brief)} {language.title(special.title)}".rstrip()
        for special in days[:MOST_DAYS_LISTED]
    )
    more = len(days) - MOST_DAYS_LISTED
    if more <= 0:
        return shown
    return language.gettext("%(items)s and %(more)s more", items=shown, more=language.number(more))


def _chained(amounts: Sequence[str], language: Language) -> str:
    """Return amounts that are counted one after the other: ``3 months, then 10 working days``."""
    chain, *later = amounts
    for amount in later:
        chain = language.gettext("%(first)s, then %(second)s", first=chain, second=amount)
    return chain
