"""Reckoning against the oracle: random lives of a deadline, under random calendars, in zones of every kind.

A life is a chain of one to three amounts armed at a start, and the pauses of its clock. Every case comes from
its number alone: ``differences(case(number))`` asks it again.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from random import Random
from zoneinfo import ZoneInfo

import pytest

from gaita.calendar.amount import Amount
from gaita.calendar.reckoning import Reckoned, Stop, earlier, later, reckon
from gaita.calendar.working import SpecialDay, WorkingCalendar
from tests.gaita.calendar.oracle import DAY, MINUTE, Local, Oracle, Rules, local_of, moment

ZONES = [
    "Europe/Riga",
    "America/New_York",
    "Australia/Lord_Howe",  # its summer time is half an hour
    "Asia/Kolkata",
    "America/Santiago",  # its midnight is skipped in spring
    "America/Havana",  # and here it also comes twice in autumn
    "UTC",
]
YEARS = range(date(2018, 1, 1).toordinal(), date(2030, 1, 1).toordinal())
HOUR = 60 * MINUTE
IN_MAKE_TEST = 2_000
SOAK, CHUNKS = 1_000_000, 20
HOURS = [
    ((540, 1020),),
    ((480, 720), (750, 1050)),
    ((0, 1440),),
    ((1020, 1440),),
    ((0, 150), (170, 200), (1380, 1440)),
    ((510, 540),),
]


@dataclass(frozen=True, slots=True)
class Case:
    """A life as it is handed to both."""

    zone: str
    rules: Rules
    start: datetime
    amounts: tuple[Amount, ...]
    stops: tuple[Stop, ...]


@cache
def changes(zone: str) -> tuple[int, ...]:
    """Find the days that are longer or shorter than others."""
    local = local_of(zone)
    return tuple(day for day in YEARS if local.begin(day + 1) - local.begin(day) != DAY)


def case(seed: int) -> Case:
    """Make up the life with this number."""
    random = Random(seed)
    zone = random.choice(ZONES)
    local = local_of(zone)
    day = random.choice(YEARS)
    if changes(zone) and random.random() < 0.4:
        day = random.choice(changes(zone)) + random.randint(-9, 3)
    start = instant(random, local, day)
    amounts = tuple(amount(random) for _ in range(random.randint(1, 3)))
    return Case(zone, rules(random, day), moment(start), amounts, tuple(pauses(random, local, start)))


def instant(random: Random, local: Local, day: int) -> int:
    """Choose an instant of a day: one at which things happen more often than not."""
    begin = local.begin(day)
    return random.choice(
        [
            begin,
            begin - 1,
            begin + 1,
            begin + random.randrange(24) * HOUR,
            begin + random.randrange(48) * HOUR // 2,
            begin + random.choice([480, 510, 540, 720, 750, 1020, 1050]) * MINUTE,
            begin + random.randrange(DAY),
        ]
    )


def amount(random: Random) -> Amount:
    """Choose an amount of any kind."""
    hours = random.choice([random.randint(1, 12), 8, 24, random.randint(1, 100)]) * HOUR
    exact = random.choice([hours, hours, random.randint(1, 90) * MINUTE, random.randint(1, 50 * HOUR)])
    months = random.choice([1, 1, 2, 3, 6, 11, 12, 13])
    days = random.choice([1, 1, 2, 3, 5, 7, 10, 14, 20, 31])
    return random.choice(
        [
            Amount("exact", microseconds=exact),
            Amount("days", days=days),
            Amount("months", months=months),
            Amount("months and days", months=months, days=days),
            Amount("days and exact", days=days, microseconds=exact),
            Amount("months and exact", months=months, microseconds=exact),
            Amount("months, days and exact", months=months, days=days, microseconds=exact),
            Amount("working days", working_days=days),
            Amount("working days", working_days=days),
            Amount("working time", working_microseconds=min(exact, 30 * HOUR)),
            Amount("working time", working_microseconds=min(exact, 30 * HOUR)),
        ]
    )


def rules(random: Random, around: int) -> Rules:
    """Choose a week that has a working day, and days that differ from it."""
    usual = random.choice(HOURS)
    closed = random.choice([{5, 6}, {5, 6}, {6}, set[int](), {4, 5}, {0, 1, 2, 4, 5, 6}])
    week = [() if weekday in closed else usual for weekday in range(7)]
    if random.random() < 0.4:
        week = [hours and random.choice(HOURS) for hours in week]
    days = [date.fromordinal(around + random.randint(-40, 90)) for _ in range(random.choice([0, 3, 12, 60]))]
    on = {day: random.choice([None, *days]) for day in days if random.random() < 0.4}
    known_until = date.fromordinal(around + random.choice([-400, -2, -1, 0, 1, 2, 5, 20, 60, 400, 2000]))
    return Rules(tuple(week), frozenset(days).difference(on), on, known_until)


def pauses(random: Random, local: Local, start: int) -> Iterator[Stop]:
    """Pause and resume: 0–4 times, one pause at once after another now and then, and the last may stand."""
    at, count = start, random.choice([0, 0, 1, 1, 2, 3, 4])
    for index in range(count):
        begun = at if random.random() < 0.25 else next_instant(random, local, at)
        if index == 0 and random.random() < 0.2:
            begun = start - random.choice([1, HOUR, 3 * DAY])  # it stood before the deadline was armed
        at = next_instant(random, local, begun)
        stands = index == count - 1 and random.random() < 0.2
        yield Stop(moment(begun), None if stands else moment(at))


def next_instant(random: Random, local: Local, at: int) -> int:
    """Choose a later instant: close by or weeks away, often at midnight or the same hour."""
    days = random.choice([0, 0, 1, 1, 2, 5, random.randint(0, 60)])
    same = at + days * DAY + random.choice([1, HOUR, 5 * HOUR, 24 * HOUR])
    return random.choice([same, max(at + 1, instant(random, local, local.day(at) + days + 1))])


TITLE = {"en": "made up"}


@cache
def opening(hours: tuple[tuple[int, int], ...]) -> tuple[tuple[time, time], ...]:
    return tuple((wall(since), wall(until)) for since, until in hours)


def wall(minutes: int) -> time:
    return time(minutes // 60 % 24, minutes % 60)  # 24:00 is written 00:00


def calendar_of(ruled: Rules) -> WorkingCalendar:
    return WorkingCalendar(
        name="made up",
        known_until=ruled.known_until,
        week=tuple(opening(hours) for hours in ruled.week),
        off={day: SpecialDay(day, TITLE, "closure") for day in ruled.off},
        on={day: SpecialDay(day, TITLE, "worked", other) for day, other in ruled.on.items()},
    )


def differences(asked: Case) -> list[str]:
    """Ask both everything that can be asked of a case, and return where they do not agree."""
    calendar = calendar_of(asked.rules)
    oracle = Oracle(asked.zone, asked.rules, [(stop.since, stop.until) for stop in asked.stops])
    found: list[str] = []

    def compare(question: str, answer: Reckoned, expected: tuple[datetime | None, bool]) -> None:
        same = answer.due == expected[0] and (answer.due is None or answer.provisional == expected[1])
        if not same:
            found.append(f"{question}:\n    gaita  {answer}\n    oracle {expected}")

    for length in range(1, len(asked.amounts) + 1):
        chain = asked.amounts[:length]
        answer = reckon(asked.start, chain, asked.zone, calendar, asked.stops)
        compare(f"reckon with {length} amounts", answer, oracle.reckon(asked.start, chain))
    for index, one in enumerate(asked.amounts):
        ahead = later(asked.start, one, asked.zone, calendar, asked.stops)
        compare(f"later with amount {index}", ahead, oracle.later(asked.start, one))
        back = earlier(asked.start, one, asked.zone, calendar)
        compare(f"earlier with amount {index}", back, oracle.earlier(asked.start, one))
    return found


def smaller(asked: Case) -> Iterator[Case]:
    """Make the same case with one thing less, in every way."""
    amounts, stops, ruled = asked.amounts, asked.stops, asked.rules
    if len(amounts) > 1:
        yield from (replace(asked, amounts=amounts[:at] + amounts[at + 1 :]) for at in range(len(amounts)))
    yield from (replace(asked, stops=stops[:at] + stops[at + 1 :]) for at in range(len(stops)))
    for day in sorted(ruled.off | ruled.on.keys()):
        on = {other: instead for other, instead in ruled.on.items() if other != day}
        yield replace(asked, rules=replace(ruled, off=ruled.off - {day}, on=on))


def report(seed: int, asked: Case) -> str:
    """Tell a difference by the smallest case that still shows one."""
    while less := next((one for one in smaller(asked) if differences(one)), None):
        asked = less
    shown = repr(asked).replace("datetime.timezone.utc", "UTC").replace("datetime.date", "date")
    return "\n".join(
        [
            f"case({seed}) is answered in two ways; the smallest that shows it:",
            "from datetime import UTC, date, datetime",
            "from tests.gaita.calendar.test_oracle import Amount, Case, Rules, Stop, differences",
            f"differences({shown})",
            *differences(asked),
        ]
    )


def check(seeds: range) -> None:
    for seed in seeds:
        asked = case(seed)
        try:
            found = differences(asked)
        except Exception as error:
            error.add_note(f"in case({seed}): {asked}")
            raise
        if found:
            pytest.fail(report(seed, asked))


def test_random_lives_are_reckoned_as_the_oracle_reckons_them() -> None:
    check(range(IN_MAKE_TEST))


@pytest.mark.soak
@pytest.mark.parametrize("chunk", range(CHUNKS))
def test_a_million_random_lives_are_reckoned_as_the_oracle_reckons_them(chunk: int) -> None:
    size = SOAK // CHUNKS
    check(range(IN_MAKE_TEST + chunk * size, IN_MAKE_TEST + (chunk + 1) * size))


@pytest.mark.parametrize("zone", ZONES)
def test_the_oracle_begins_every_day_at_its_first_instant(zone: str) -> None:
    """What everything in it stands on: just before, the day before is shown, and never again."""
    local = local_of(zone)
    for index, begin in enumerate(local.begins):
        day = date.fromordinal(local.FIRST + index)
        assert local.shown(begin).date() == day
        assert local.shown(begin - 1).date() == day - timedelta(days=1)


def test_the_oracle_knows_what_can_be_counted_on_the_fingers() -> None:
    """An oracle that were wrong with the code would be no use: these are worked out by hand, in Riga."""
    week = (((540, 1020),),) * 5 + ((), ())
    friday = date(2024, 3, 29)
    ruled = Rules(week, frozenset({friday}), {date(2024, 4, 6): None}, date(2024, 4, 6))
    start = riga(2024, 3, 28, 16)
    plain = Oracle("Europe/Riga", ruled)
    paused = Oracle("Europe/Riga", ruled, [(riga(2024, 4, 1), riga(2024, 4, 3))])
    standing = Oracle("Europe/Riga", ruled, [(riga(2024, 4, 3), None)])
    five, hours = Amount("5 working days", working_days=5), Amount("9 h", working_microseconds=9 * HOUR)
    # Monday 1 April, 2, 3, 4, 5: the Friday is off.
    assert plain.reckon(start, [five]) == (riga(2024, 4, 6), False)
    # The clock stood at the ends of 1 and 2 April, and Saturday the 6th is worked: 3, 4, 5, 6, 8.
    assert paused.reckon(start, [five]) == (riga(2024, 4, 9), True)
    assert standing.reckon(start, [five]) == (None, False)
    # It stopped only with the end of 2 April, which still counted.
    assert standing.reckon(start, [Amount("2", working_days=2)]) == (riga(2024, 4, 3), False)
    assert plain.reckon(start, [hours]) == (riga(2024, 4, 1, 17), False)
    assert paused.reckon(start, [hours]) == (riga(2024, 4, 3, 17), False)
    # The clocks were set forward on 31 March: three days later at the same hour, 71 hours have elapsed.
    assert plain.reckon(start, [Amount("", days=3, microseconds=HOUR)]) == (riga(2024, 3, 31, 17), False)
    assert plain.reckon(start, [Amount("", microseconds=72 * HOUR)]) == (riga(2024, 3, 31, 17), False)
    assert plain.reckon(riga(2024, 1, 31), [Amount("", months=1)]) == (riga(2024, 3, 1), False)
    # Backward from Monday 1 April: 28, 27, 26, 25, and over the weekend the 22nd.
    assert plain.earlier(riga(2024, 4, 2), five) == (riga(2024, 3, 23), False)
    assert plain.earlier(riga(2024, 4, 1, 17), hours) == (start, False)
    assert plain.later(riga(2024, 4, 1, 17), five) == (riga(2024, 4, 6, 17), False)


def riga(year: int, month: int, day: int, hour: int = 0) -> datetime:
    return datetime(year, month, day, hour, tzinfo=ZoneInfo("Europe/Riga")).astimezone(UTC)
