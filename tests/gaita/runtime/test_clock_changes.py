"""Over each change of clocks in Riga, 2022–2030: no timer early, none twice, none skipped.

A clock steps over the change in half hours, and the engine sweeps at every step. What is expected, and when,
is worked out here with ``zoneinfo``.
"""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from typing import TypeAlias
from zoneinfo import ZoneInfo

import pytest

from gaita import DigestPlan
from gaita.calendar import WorkingCalendar
from gaita.clock import ManualClock
from gaita.runtime import Engine
from gaita.store import open_database
from tests.gaita.building import heading

RIGA = ZoneInfo("Europe/Riga")
HOUR, DAY, STEP = timedelta(hours=1), timedelta(days=1), timedelta(minutes=30)
CHANGES = [
    max(day for day in (date(year, month, number) for number in range(25, 32)) if day.weekday() == 6)
    for year in range(2022, 2031)
    for month in (3, 10)
]
"""The last Sundays of March and October."""
OPEN, SHUT = time(2), time(5)
AT_NIGHT = WorkingCalendar(
    name="night", known_until=date(2040, 12, 31), week=(((OPEN, SHUT),),) * 7, off={}, on={}
)
"""Open every night while the clocks change: two hours in spring, four in autumn."""

WORKFLOW = (
    heading(calendar="night", beyond_calendar="provisional")
    + """
[data.visit]
type = "moment"
[roles.clerk]
[states.a]
[states.a.deadlines.days]
within = "1 day"
remind = [{ before = "24 hours", to = "clerk" }]
escalate = [{ to = "clerk" }, { after = "1 day", to = "clerk" }]
[states.a.deadlines.hours]
within = "30 hours"
remind = [{ before = "3 hours", to = "clerk" }]
escalate = [{ to = "clerk" }, { after = "24 hours", to = "clerk" }]
[states.a.deadlines.night]
within = "4 working hours"
escalate = [{ to = "clerk" }, { after = "1 working hour", to = "clerk" }]
[states.a.deadlines.nights]
within = "1 working day"
escalate = [{ to = "clerk" }]
[states.a.deadlines.visit]
at = "data.visit"
remind = [{ before = "1 day", to = "clerk" }]
escalate = [{ to = "clerk" }]
[states.a.deadlines.daily]
every = "1 day"
escalate = [{ to = "clerk" }]
[states.a.deadlines.round]
every = "24 hours"
escalate = [{ to = "clerk" }]
[states.end]
final = true
[events.finish]
[[transitions]]
event = "finish"
from = "a"
to = "end"
"""
)

Moments: TypeAlias = dict[tuple[str, int, int], datetime]
"""When each is to be told: by rule, number of the deadline among those of its rule, and timer."""


def local(day: date, at: time) -> datetime:
    """Return when a clock in Riga shows this, the first time; where it is skipped, as much later."""
    return datetime.combine(day, at, RIGA).astimezone(UTC)


def worked(start: datetime, hours: int) -> datetime:
    """Return when so many hours were open since ``start``: by walking, a second at the edges."""
    left, moment, second = hours * HOUR, start, timedelta(seconds=1)
    while left:
        step = STEP if moment.minute % 30 == moment.second == 0 and left >= STEP else second
        if OPEN <= moment.astimezone(RIGA).time() < SHUT:
            left -= step
        moment += step
    return moment


def moments(start: datetime, changed: date, until: datetime) -> Moments:
    """Return what is due by ``until`` of an instance that starts at ``start``."""
    day = start.astimezone(RIGA).date()
    midnight = [local(day + number * DAY, time()) for number in range(2, 7)]
    hours, night = start + 30 * HOUR, worked(start, 4)
    visit = local(changed + DAY, time(3, 30))
    found: Moments = {
        ("a.days", 1, 0): midnight[0] - 24 * HOUR,
        ("a.days", 1, 1): midnight[0],
        ("a.days", 1, 2): midnight[1],
        ("a.hours", 1, 0): hours - 3 * HOUR,
        ("a.hours", 1, 1): hours,
        ("a.hours", 1, 2): hours + 24 * HOUR,
        ("a.night", 1, 0): night,
        ("a.night", 1, 1): worked(night, 1),
        ("a.nights", 1, 0): midnight[0],
        ("a.visit", 1, 0): local(changed, time(3, 30)),
        ("a.visit", 1, 1): visit,
    }
    found.update({("a.daily", number, 0): moment for number, moment in enumerate(midnight, 1)})
    found.update({("a.round", number, 0): start + number * DAY for number in range(1, 7)})
    return {key: moment for key, moment in found.items() if moment <= until}


def digests(first: datetime, last: datetime) -> list[datetime]:
    """Return when digests are planned from one moment to another: once on every day."""
    days = [first.astimezone(RIGA).date() + number * DAY for number in range(8)]
    return [moment for day in days if first < (moment := local(day, time(3, 30))) <= last]


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(datetime(2022, 1, 1, tzinfo=UTC))


@pytest.fixture
def engine(clock: ManualClock) -> Iterator[Engine]:
    made = Engine(
        open_database("sqlite://", synchronous="OFF"),
        clock=clock,
        calendars=(AT_NIGHT,),
        digests=[DigestPlan("clerk", "Europe/Riga", time(3, 30))],
    )
    made.migrate()
    made.deploy(WORKFLOW)
    yield made
    made.close()


@pytest.mark.parametrize("changed", CHANGES, ids=str)
def test_each_is_told_once_at_the_first_sweep_after_its_moment(
    engine: Engine, clock: ManualClock, changed: date
) -> None:
    begins = local(changed - DAY, time(9))
    clock.set(begins)
    engine.run_due()  # plans the digest
    starts = {
        "morning": begins,  # what it is due by the hour falls on a step
        "night": local(changed - DAY, time(21, 13)) + timedelta(seconds=7),
    }
    visit = local(changed + DAY, time(3, 30)).isoformat()
    until = begins + 72 * HOUR
    told: dict[str, Moments] = {name: {} for name in starts}
    summaries: list[tuple[datetime, datetime]] = []
    seen = 0
    now = begins
    while now <= until:
        for name, start in starts.items():
            if now - STEP < start <= now:
                clock.set(start)
                engine.start("case", instance=name, data={"visit": visit})
        clock.set(now)
        engine.run_due()
        for stored_message in engine.outbox.messages(after=seen):
            seen, message = stored_message.number, stored_message.message
            assert message.at == now
            if message.kind == "digest":
                summaries.append((message.due, now))
                continue
            key = message.rule, occurrence_of(engine, message.instance, message.deadline), message.timer
            assert key not in told[message.instance]
            told[message.instance][key] = now
        now += STEP
    for name, start in starts.items():
        expected = moments(start, changed, until)
        assert told[name].keys() == expected.keys()
        for key, moment in expected.items():
            assert timedelta() <= told[name][key] - moment < STEP, key
    assert [due for due, _ in summaries] == digests(begins, until)
    assert all(timedelta() <= at - due < STEP for due, at in summaries)
    assert engine.deadlines.account().balanced
    assert engine.verify().sound


def occurrence_of(engine: Engine, instance: str, number: int) -> int:
    """Return which deadline of its rule this is."""
    armed = [each for record in engine.history(instance) for each in record.body.get("armed") or ()]  # type: ignore[union-attr]
    rule = next(each["rule"] for each in armed if each["deadline"] == number)  # type: ignore[index,call-overload]
    return [each["deadline"] for each in armed if each["rule"] == rule].index(number) + 1  # type: ignore[index,call-overload]


def test_the_days_are_those_on_which_the_clocks_change() -> None:
    for day in CHANGES:
        before, after = (datetime.combine(each, time(12), RIGA).utcoffset() for each in (day - DAY, day))
        assert before is not None
        assert after is not None
        assert abs(after - before) == HOUR
    assert len(CHANGES) == 18
