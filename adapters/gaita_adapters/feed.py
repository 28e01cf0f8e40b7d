"""The calendar feed: deadlines as iCalendar events, which a calendar program can subscribe to."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from hashlib import sha256
from typing import Final

from icalendar import Calendar, Event

from gaita import FeedEntry, due_day_text
from gaita.texts import Language, due_words, language_of
from gaita_adapters.presenting.titles import one_line, rule_title, titled
from gaita_adapters.presenting.viewing import Reading, link_to, need_view
from gaita_adapters.presenting.views import ItemView

PRODUCT: Final = "-//Gaita//Deadlines//EN"
REFRESH: Final = timedelta(hours=1)
_LONGEST_DAY_TEXT: Final = len("2025-06-30")


def feed(
    entries: Sequence[FeedEntry],
    *,
    name: str,
    now: datetime,
    language: str | Language,
    link: str | None = None,
    role: str | None = None,
) -> bytes:
    """Return the deadlines as an iCalendar file (RFC 5545) that is called ``name``.

    ``link`` is the address of an instance, as for ``Texts``; ``role`` the role that reads it, which
    decides what is missing. A deadline keeps its UID as long as it is the same promise (instance, rule,
    occurrence); one that has ended is there as cancelled, so that programs remove it.
    """
    calendar = Calendar()
    _add(calendar, "prodid", PRODUCT)
    _add(calendar, "version", "2.0")
    _add(calendar, "method", "PUBLISH")
    _add(calendar, "name", name)
    _add(calendar, "x-wr-calname", name)
    _add(calendar, "refresh-interval", REFRESH, VALUE="DURATION")
    _add(calendar, "x-published-ttl", "PT1H")
    latest: dict[str, FeedEntry] = {}
    for entry in sorted(entries, key=lambda each: (each.number, each.ending is None)):
        latest[uid_of(entry)] = entry  # a promise made anew goes over the one that it took the place of
    for uid, entry in sorted(latest.items(), key=lambda each: (each[1].due, each[0])):
        reading = Reading(language_of(language), role or "", now, link)
        calendar.add_component(_event(uid, entry, reading))
    return bytes(calendar.to_ical())


def uid_of(entry: FeedEntry) -> str:
    """Return what names the deadline in every version of a feed."""
    told = f"{entry.instance}\n{entry.rule}\n{entry.occurrence}"
    return f"{sha256(told.encode()).hexdigest()[:40]}@gaita"


def _event(uid: str, entry: FeedEntry, reading: Reading) -> Event:
    workflow, language = entry.workflow, reading.language
    deadline = rule_title(workflow, entry.rule, language)
    item = need_view(entry.need, reading) if entry.need and entry.ending is None else None
    event = Event()
    _add(event, "uid", uid)
    _add(event, "sequence", entry.turns)
    _add(event, "dtstamp", reading.now)
    _add(event, "last-modified", _changed_at(entry))
    _add_time(event, entry.due, workflow.zone)
    summary = language.gettext(
        "%(deadline)s – %(instance)s", deadline=deadline, instance=one_line(entry.instance)
    )
    _add(event, "summary", f"{summary} ({item.state})" if item else summary)
    _add(event, "categories", [titled(workflow.title, language, workflow.id)])
    _add(event, "transp", "TRANSPARENT")
    if entry.ending is not None:
        _add(event, "status", "CANCELLED")
    elif item is None:
        _add(event, "status", "CONFIRMED")
    else:
        _add(event, "status", "TENTATIVE" if item.stopped_since or item.provisional else "CONFIRMED")
        _add(event, "description", _description(item, entry, language))
    if address := link_to(reading.link, entry.instance, workflow.id):
        _add(event, "url", address)
    return event


def _add_time(event: Event, due: datetime, zone: str) -> None:
    """Let the event last all of the day that the deadline ends with, or be at its very moment."""
    text = due_day_text(due, zone)
    if len(text) > _LONGEST_DAY_TEXT:
        _add(event, "dtstart", due.astimezone(UTC))
        return
    day = date.fromisoformat(text)
    _add(event, "dtstart", day)
    if day < date.max:
        _add(event, "dtend", day + timedelta(days=1))


def _add(component: Calendar | Event, name: str, value: object, **parameters: str) -> None:
    component.add(name, value, parameters)  # pyright: ignore[reportUnknownMemberType] - its values are untyped


def _changed_at(entry: FeedEntry) -> datetime:
    """Return when the deadline last changed, as far as the entry tells."""
    course = entry.need.deadline.course if entry.need else ()
    return max([entry.armed_at, *(turn.at for turn in course), *([entry.ended_at] if entry.ended_at else [])])


def _description(item: ItemView, entry: FeedEntry, language: Language) -> str:
    """Return when it is due and why, what is missing, and whether its clock stands."""
    lines = [language.gettext("Due: %(due)s", due=due_words(entry.due, entry.workflow.zone, language))]
    if item.stopped_since:
        lines.append(language.gettext("Clock stopped since %(since)s", since=item.stopped_since))
    if item.provisional:
        lines.append(language.gettext("Provisional: the calendar is not known that far yet"))
    if item.stuck:
        lines.append(item.stuck)
    if item.why:
        lines.append(item.why)
    for step in item.steps:
        if step.ready:
            continue
        lines.append(language.gettext("Missing for “%(step)s”:", step=step.title))
        lines.extend(f"- {clause.words}" for clause in step.missing)
    return "\n".join(lines)
