"""The calendar feed: what a calendar program reads, parsed back with ``icalendar``."""

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any, Literal, TypeAlias

import pytest
from icalendar import Calendar

from gaita import FeedEntry, Pause, due_day_text
from gaita_adapters.feed import feed, uid_of
from tests.gaita.building import at
from tests.gaita_adapters.notices.composing import START, TRIAL, deadline_of, entry_of, life

Ending: TypeAlias = Literal["met", "missed", "superseded", "withdrawn"]

LINK = "https://gaita.example.lv/{workflow}/{instance}"


def render(
    *entries: FeedEntry, now: datetime = START, language: str = "en", link: str | None = LINK
) -> bytes:
    return feed(entries, name="Gaita – Head", now=now, language=language, link=link, role="lead")


def parsed(body: bytes) -> Any:  # noqa: ANN401 - its values have every type that a property may have
    calendar = Calendar.from_ical(body)
    assert isinstance(calendar, Calendar)
    for component in calendar.walk():
        assert not component.errors
    return calendar


def events(body: bytes) -> list[Any]:
    return list(parsed(body).events)


def one(*entries: FeedEntry, now: datetime = START, language: str = "en") -> Any:  # noqa: ANN401 - as `parsed`
    (event,) = events(render(*entries, now=now, language=language))
    return event


def ended(entry: FeedEntry, ending: Ending, when: datetime, turns: int) -> FeedEntry:
    return replace(entry, need=None, ending=ending, ended_at=when, turns=turns)


def test_a_calendar_has_what_the_standard_requires_and_says_how_often_to_ask() -> None:
    calendar = parsed(render(entry_of(life())))
    assert calendar["version"] == "2.0"
    assert calendar["prodid"].startswith("-//Gaita//")
    assert calendar["method"] == "PUBLISH"
    assert calendar["name"] == calendar["x-wr-calname"] == "Gaita – Head"
    assert calendar["refresh-interval"].dt == timedelta(hours=1)
    assert calendar["x-published-ttl"] == "PT1H"
    for event in calendar.events:
        assert {"UID", "DTSTAMP", "DTSTART", "SUMMARY", "SEQUENCE", "STATUS", "LAST-MODIFIED"} <= set(event)


def test_every_line_is_at_most_75_octets_and_ends_as_the_standard_wants() -> None:
    body = render(entry_of(life(problem="ā" * 300)), language="lv")
    assert body.endswith(b"END:VCALENDAR\r\n")
    assert all(len(line) <= 75 for line in body.split(b"\r\n"))
    assert b"\n" not in body.replace(b"\r\n", b"")


def test_a_deadline_that_ends_with_a_day_lasts_all_of_that_day() -> None:
    body = render(entry_of(life()))
    assert b"DTSTART;VALUE=DATE:20240704\r\n" in body
    (event,) = events(body)
    assert event.start == date(2024, 7, 4)
    assert event.end == date(2024, 7, 5)
    assert event["transp"] == "TRANSPARENT"


def test_a_deadline_at_a_moment_is_at_that_moment() -> None:
    case = life(TRIAL.replace('within = "4 months"', 'within = "PT50H"').replace("14 days", "PT2H"))
    assert deadline_of(case).due == at("2024-03-06T11:00")
    body = render(entry_of(case))
    assert b"DTSTART:20240306T110000Z\r\n" in body
    assert events(body)[0].start == at("2024-03-06T11:00")


def test_an_event_says_what_is_due_why_then_and_what_is_missing() -> None:
    event = one(entry_of(life(users=12, owner="Jānis Ozols")))
    assert event["summary"] == "Results of the test – one (Lab test)"
    assert event["url"] == "https://gaita.example.lv/trial/one"
    assert event.categories == ["Trial of a prototype"]
    assert event["status"] == "CONFIRMED"
    assert event["description"].splitlines() == [
        "Due: Thursday 4 July 2024",
        "4 months from Monday 4 March 2024 end with Thursday 4 July 2024.",
        "Missing for “Start the field pilot”:",
        "- Thirty users have tried it — so far 12",
        "- The score is at least 3 of 5 — not known yet",
        "- Ends on — to be given when the step is taken",
        "- The last day is in the future — to be given when the step is taken",
        "Missing for “Retire”:",
        "- It is agreed — not so far",
    ]
    assert "Jānis" not in render(entry_of(life(owner="Jānis Ozols"))).decode()


def test_an_event_in_latvian() -> None:
    event = one(entry_of(life(users=12)), language="lv")
    assert event["summary"] == "Izmēģinājuma rezultāti\u00a0– one (Izmēģinājums laboratorijā)"
    assert event["description"].startswith("Termiņš: 04.07.2024. (ceturtdiena)\n")


def test_hostile_titles_and_ids_cannot_add_a_property() -> None:
    case = life()
    case.instance = replace(case.instance, id="P;1,2\\n")
    body = render(entry_of(case))
    (event,) = events(body)
    assert event["summary"] == "Results of the test – P;1,2\\n (Lab test)"
    assert len(re.findall(rb"(?m)^BEGIN:VEVENT", body)) == 1


# -- updates and cancellations


def test_the_uid_stays_and_the_sequence_grows_when_a_deadline_changes() -> None:
    case = life()
    before = one(entry_of(case, turns=3))
    later = replace(deadline_of(case), due=deadline_of(case).due + timedelta(days=10))
    case.instance = replace(case.instance, deadlines=(later,))
    after = one(entry_of(case, turns=4), now=START + timedelta(days=1))
    assert before["uid"] == after["uid"]
    assert after["sequence"] > before["sequence"]
    assert after.start == date(2024, 7, 14)


def test_other_rules_other_times_and_other_cases_have_other_uids() -> None:
    entry = entry_of(life())
    others = [
        entry,
        replace(entry, instance="two"),
        replace(entry, rule="test.other"),
        replace(entry, occurrence=2),
    ]
    assert len({uid_of(each) for each in others}) == 4
    assert uid_of(entry) == uid_of(replace(entry, number=9, due=START))
    assert uid_of(entry) == "93bb79a180e17411750aaa79c0e6b12278b359d2@gaita"


@pytest.mark.parametrize("ending", ["met", "missed", "superseded", "withdrawn"])
def test_a_deadline_that_has_ended_is_there_as_cancelled(ending: Ending) -> None:
    entry = entry_of(life(), turns=3)
    before = one(entry)
    when = at("2024-05-02T09:00")
    event = one(ended(entry, ending, when, 7), now=at("2024-05-03T00:00"))
    assert event["uid"] == before["uid"]
    assert event["status"] == "CANCELLED"
    assert event["sequence"] > before["sequence"]
    assert event["last-modified"].dt == when
    assert event.start == before.start
    assert "description" not in event


def test_a_deadline_armed_anew_goes_over_the_one_it_took_the_place_of() -> None:
    case = life()
    old = entry_of(case, turns=1)
    case.taken("renew", at("2024-04-04T09:00"), roles="lead")
    new = entry_of(case, turns=2)
    for entries in ((old, new), (new, ended(old, "superseded", at("2024-04-04T09:00"), 2))):
        event = one(*entries)
        assert event["status"] == "CONFIRMED"
        assert event["sequence"] == 2
        assert event.start == date.fromisoformat(due_day_text(new.due, "Europe/Riga"))


def test_a_clock_that_stands_makes_it_tentative() -> None:
    case = life(TRIAL.replace('within = "4 months"', 'within = "4 months"\npause_by = "lead"'))
    stopped = at("2024-05-02T09:00")
    case.do(Pause("test.results", "vacation", "ilze", frozenset(["lead"])), stopped)
    event = one(entry_of(case))
    assert event["status"] == "TENTATIVE"
    assert "Clock stopped since 2 May 2024 at 12:00" in event["description"]
    assert event["last-modified"].dt == stopped


def test_a_provisional_deadline_is_tentative() -> None:
    case = life()
    case.instance = replace(case.instance, deadlines=(replace(deadline_of(case), provisional=True),))
    event = one(entry_of(case))
    assert event["status"] == "TENTATIVE"
    assert "Provisional" in event["description"]


def test_events_come_in_the_order_in_which_they_are_due() -> None:
    entry = entry_of(life())
    spread: Sequence[FeedEntry] = [
        replace(entry, occurrence=number, due=entry.due + timedelta(days=days))
        for number, days in ((1, 30), (2, 0), (3, 10))
    ]
    starts = [event.start for event in events(render(*spread))]
    assert starts == sorted(starts)
    assert render(*spread) == render(*reversed(spread))


def test_no_deadline_makes_an_empty_calendar() -> None:
    assert events(render()) == []


def test_without_an_address_there_is_no_url() -> None:
    assert b"URL" not in render(entry_of(life()), link=None)
