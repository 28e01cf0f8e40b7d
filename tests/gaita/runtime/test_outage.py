"""A week in which nothing ran: afterwards each notice is written once, in order, as the policy says.

What is expected is worked out here, from the amounts that the workflow declares and ``zoneinfo``.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from itertools import islice
from typing import TypeAlias
from zoneinfo import ZoneInfo

import pytest

from gaita.clock import ManualClock
from gaita.runtime import Engine
from gaita.store import open_database
from tests.gaita.building import HEAD, T0, at

RIGA = ZoneInfo("Europe/Riga")
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
INSTANCES = 2_500
BATCH = 500
BEGUN = at("2024-03-24T07:00")
"""The clocks in Riga change a week later: on 31 March."""
BACK = BEGUN + 8 * DAY

WORKFLOW = (
    HEAD
    + """
[data.visit]
type = "moment"
[roles.clerk]
[roles.chief]
[states.a]
[states.a.deadlines.call]
within = "36 hours"
remind = [{ before = "12 hours", to = "clerk" }]
escalate = [{ to = "clerk" }, { after = "30 hours", to = "chief" }]
[states.a.deadlines.letter]
within = "3 days"
remind = [{ before = "1 day", to = "clerk" }]
escalate = [{ to = "clerk" }, { after = "2 days", to = ["chief", "clerk"] }]
catch_up = "once"
[states.a.deadlines.visit]
at = "data.visit"
remind = [{ before = "1 day", to = "clerk" }]
escalate = [{ to = ["clerk", "chief"] }]
[states.a.deadlines.hearing]
within = "100 hours"
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

Told: TypeAlias = tuple[str, str, int, datetime, str, str, tuple[int, ...]]
"""Of a message: instance, rule, timer, the deadline's due moment, kind, role, and what is folded into it."""


@dataclass(frozen=True, slots=True)
class Expected:
    """One timer, as the test works it out."""

    at: datetime
    rule: int
    index: int
    kind: str
    roles: tuple[str, ...]
    due: datetime


RULES = ("a.call", "a.letter", "a.visit", "a.hearing")
FOLDED = {"a.letter"}


def begun(number: int) -> datetime:
    """Return when an instance starts: one every twenty seconds, in an order that its name does not tell."""
    return BEGUN + number * 7 % INSTANCES * timedelta(seconds=20)


def visit(number: int) -> datetime:
    """Return when it is visited: within nine days from the beginning, a tenth of them after the outage."""
    return BEGUN + 2 * DAY + number * 13 % 7_919 * timedelta(seconds=77)


def midnight(moment: datetime, days: int) -> datetime:
    """Return the end of a day in Riga, so many days after that of ``moment``."""
    day = moment.astimezone(RIGA).date() + (days + 1) * DAY
    return datetime.combine(day, time(), RIGA).astimezone(UTC)


def same_time(moment: datetime, days: int) -> datetime:
    """Return the same time by the clocks in Riga, so many days later."""
    local = moment.astimezone(RIGA)
    return datetime.combine(local.date() + days * DAY, local.time(), RIGA).astimezone(UTC)


def timers(number: int) -> list[Expected]:
    """Return every timer of an instance."""
    start = begun(number)
    call, letter, met, hearing = start + 36 * HOUR, midnight(start, 3), visit(number), start + 100 * HOUR
    return [
        Expected(call - 12 * HOUR, 0, 0, "reminder", ("clerk",), call),
        Expected(call, 0, 1, "due", ("clerk",), call),
        Expected(call + 30 * HOUR, 0, 2, "rung", ("chief",), call),
        Expected(same_time(letter, -1), 1, 0, "reminder", ("clerk",), letter),
        Expected(letter, 1, 1, "due", ("clerk",), letter),
        Expected(same_time(letter, 2), 1, 2, "rung", ("chief", "clerk"), letter),
        Expected(same_time(met, -1), 2, 0, "reminder", ("clerk",), met),
        Expected(met, 2, 1, "due", ("clerk", "chief"), met),
        Expected(hearing, 3, 0, "due", ("clerk",), hearing),
    ]


def fired(due: list[Expected]) -> Iterator[list[Expected]]:
    """Yield the due timers of one instance as they fire: by moment, declaration and place, some folded."""
    left = sorted(due, key=lambda each: (each.at, each.rule, each.index))
    while left:
        first = left[0]
        together = (
            [each for each in left if each.rule == first.rule] if RULES[first.rule] in FOLDED else [first]
        )
        yield together
        left = [each for each in left if each not in together]


def notices(instance: str, together: list[Expected]) -> Iterator[Told]:
    """Yield what is told of timers that fire together."""
    last, folded = together[-1], tuple(each.index for each in together[:-1])
    for role in dict.fromkeys(role for each in together for role in each.roles):
        yield instance, RULES[last.rule], last.index, last.due, last.kind, role, folded


def expected() -> list[Told]:
    """Return every notice in the order of writing.

    A batch serves the instances of its earliest due timers, each wholly, until it has fired so many.
    """
    left = {
        name: list(fired([each for each in timers(number) if each.at <= BACK]))
        for number in range(INSTANCES)
        for name in (f"c{number:04}",)
    }
    told: list[Told] = []
    while queue := sorted(
        (each.at, name) for name, several in left.items() for one in several for each in one
    ):
        budget = BATCH
        for name in dict.fromkeys(name for _, name in islice(queue, BATCH)):
            now, left[name] = left[name][:budget], left[name][budget:]
            budget -= len(now)
            for together in now:
                told.extend(notices(name, together))
    return told


def told_by(engine: Engine) -> list[Told]:
    messages = (stored_message.message for stored_message in engine.outbox.messages(limit=100_000))
    return [
        (each.instance, each.rule, each.timer, each.due, each.kind, each.to, each.folded) for each in messages
    ]


@pytest.fixture
def engine(clock: ManualClock) -> Iterator[Engine]:
    made = Engine(open_database("sqlite://", synchronous="OFF"), clock=clock)
    made.migrate()
    yield made
    made.close()


def test_a_week_without_the_engine_and_ten_thousand_deadlines(engine: Engine, clock: ManualClock) -> None:
    engine.deploy(WORKFLOW)
    with engine.transaction() as connection:
        for number in sorted(range(INSTANCES), key=begun):
            clock.set(begun(number))
            data = {"visit": visit(number).isoformat()}
            engine.start("case", instance=f"c{number:04}", data=data, connection=connection)
    clock.set(BACK)
    assert engine.deadlines.account().armed == 10_000
    wanted = expected()
    sweep = engine.run_due(batch=BATCH)
    told = told_by(engine)
    assert sorted(told) == sorted(wanted)
    for name in ("c0000", "c0321", "c1086"):  # of each instance, in order; batches follow the machine's speed
        assert [each for each in told if each[0] == name] == [each for each in wanted if each[0] == name]
    assert len(set(told)) == len(told) == sweep.messages > 15_000
    assert sweep.instances == INSTANCES
    # Of each of the letters one notice stands for three moments.
    letters = [each for each in told if each[1] == "a.letter"]
    assert {(each[2], each[6]) for each in letters} == {(2, (0, 1))}
    assert Counter(each[5] for each in letters) == {"clerk": INSTANCES, "chief": INSTANCES}
    # Some visits are still to come, and nothing was told of those.
    visited = {each[0] for each in told if each[1] == "a.visit" and each[4] == "due"}
    assert visited == {f"c{number:04}" for number in range(INSTANCES) if visit(number) <= BACK}
    assert 0 < len(visited) < INSTANCES
    assert engine.run_due().timers == 0
    assert told_by(engine) == told
    account = engine.deadlines.account()
    assert account.imbalances == ()
    assert [line.overdue for line in account.lines] == [INSTANCES, INSTANCES, INSTANCES, len(visited)]
    assert all(engine.verify(f"c{number:04}").sound for number in range(0, INSTANCES, 250))


QUARTERLY = (
    HEAD
    + """
[roles.clerk]
[roles.chief]
[states.a]
[states.a.deadlines.status]
every = "3 months"
remind = [{ before = "7 days", to = "clerk" }]
escalate = [{ to = "clerk" }, { after = "10 days", to = "chief" }]
met_by = "report"
[states.end]
final = true
[events.report]
[events.finish]
[[transitions]]
event = "report"
from = "a"
[[transitions]]
event = "finish"
from = "a"
to = "end"
"""
)
QUARTERS = [midnight(T0.replace(month=month), 0) for month in (6, 9, 12)]
"""The quarters that end in 2024, each three months after the fourth of March."""


def test_quarters_that_were_missed_are_told_each(engine: Engine, clock: ManualClock) -> None:
    engine.deploy(QUARTERLY)
    engine.start("case", instance="one")
    clock.set(at("2025-01-01T00:00"))
    engine.run_due()
    assert told_by(engine) == [
        ("one", "a.status", index, due, kind, role, ())
        for due in QUARTERS
        for index, kind, role in ((0, "reminder", "clerk"), (1, "due", "clerk"), (2, "rung", "chief"))
    ]
    assert [(each.occurrence, each.due) for each in engine.get("one").deadlines] == [
        *enumerate(QUARTERS, 1),
        (4, midnight(at("2025-03-04T09:00"), 0)),
    ]
    assert engine.run_due().timers == 0
    assert engine.deadlines.account().balanced
    assert engine.verify().sound


def test_of_quarters_that_were_missed_one_is_told_where_that_is_enough(
    engine: Engine, clock: ManualClock
) -> None:
    engine.deploy(QUARTERLY.replace("met_by", 'catch_up = "once"\nmet_by'))
    engine.start("case", instance="one")
    clock.set(at("2025-01-01T00:00"))
    engine.run_due()
    # One notice to both, at the last moment of the first quarter; the next is the one that lies ahead.
    assert told_by(engine) == [
        ("one", "a.status", 2, QUARTERS[0], "rung", role, (0, 1)) for role in ("clerk", "chief")
    ]
    assert [(each.occurrence, each.due) for each in engine.get("one").deadlines] == [
        (1, QUARTERS[0]),
        (4, midnight(at("2025-03-04T09:00"), 0)),
    ]
    assert engine.run_due().timers == 0
    assert engine.deadlines.account().balanced
    assert engine.verify().sound
