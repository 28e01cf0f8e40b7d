"""The account: every deadline has one end or is open, and how late the missed ones were."""

from collections.abc import Iterator
from datetime import timedelta
from math import ceil
from random import Random

import pytest

from gaita.clock import ManualClock
from gaita.runtime import Engine
from gaita.store import AccountLine, Tables
from tests.gaita.building import at
from tests.gaita.runtime.counting import CLOSED, DECISION, ESTONIA, PERMIT, THURSDAY, engine_on


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(THURSDAY)


@pytest.fixture
def engine(url: str, clock: ManualClock) -> Iterator[Engine]:
    made = engine_on(url, clock)
    made.migrate()
    made.deploy(PERMIT)
    yield made
    made.close()


def line_of(engine: Engine, rule: str = DECISION) -> AccountLine:
    return next(each for each in engine.deadlines.account().lines if each.rule == rule)


def nearest_rank(late: list[timedelta], percent: int) -> timedelta:
    return sorted(late)[ceil(len(late) * percent / 100) - 1]


@pytest.mark.parametrize("count", [1, 2, 3, 9, 10, 11, 99, 101])
def test_the_percentiles_of_lateness_are_those_of_the_nearest_rank(
    engine: Engine, clock: ManualClock, count: int
) -> None:
    chance = Random(count)
    with engine.transaction() as connection:
        for number in range(count):
            engine.start("permit", instance=str(number), connection=connection)
    due = engine.get("0").deadlines[0].due
    late = [timedelta(microseconds=chance.randrange(0, 10**12)) for _ in range(count)]
    late[-1] = late[0]
    for number, each in sorted(enumerate(late), key=lambda pair: pair[1]):
        clock.set(due + each)
        engine.fire(str(number), "finish", roles=["chief"])
    found = line_of(engine).lateness
    assert found is not None
    assert (found.half, found.nine_tenths, found.ninety_nine, found.most) == tuple(
        nearest_rank(late, percent) for percent in (50, 90, 99, 100)
    )
    assert line_of(engine).missed == count


def test_each_rule_of_each_version_has_a_line_of_its_own(engine: Engine, clock: ManualClock) -> None:
    engine.start("permit", instance="old", data={"ends_on": "2024-06-28"})
    engine.deploy(PERMIT.replace("20 working days", "10 working days"))
    engine.start("permit", instance="new")
    clock.set(at("2024-09-02T09:00"))
    engine.fire("new", "finish", roles=["chief"])
    told = [(each.version, each.rule, each.missed, each.open) for each in engine.deadlines.account().lines]
    assert told == [(1, DECISION, 0, 1), (1, "open.filing", 0, 1), (2, DECISION, 1, 0)]
    assert [each.lateness is None for each in engine.deadlines.account().lines] == [True, True, False]


def test_paused_provisional_and_overdue_ones_are_counted(url: str, clock: ManualClock) -> None:
    provisional = PERMIT.replace('calendar = "LV"', 'calendar = "LV"\nbeyond_calendar = "provisional"')
    engine = engine_on(url, clock)
    engine.migrate()
    engine.deploy(provisional)
    for each in ("paused", "runs", "met"):
        engine.start("permit", instance=each)
    engine.pause("paused", DECISION, "waiting", roles=["chief"])
    engine.fire("met", "finish", roles=["chief"])
    clock.set(at("2024-12-20T09:00"))
    engine.start("permit", instance="provisional")
    line = line_of(engine)
    assert (line.armed, line.met, line.open) == (4, 1, 3)
    assert (line.paused, line.provisional, line.overdue) == (1, 1, 1)
    assert engine.deadlines.account().balanced


def test_account_list_and_deadlines_agree_on_what_is_overdue(url: str, clock: ManualClock) -> None:
    provisional = PERMIT.replace('calendar = "LV"', 'calendar = "LV"\nbeyond_calendar = "provisional"')
    engine = engine_on(url, clock)
    engine.migrate()
    engine.deploy(provisional)
    for each in ("paused", "paused-late", "late"):
        engine.start("permit", instance=each)
    engine.pause("paused", DECISION, "waiting", roles=["chief"])
    due = engine.get("late").deadlines[0].due
    clock.set(due - timedelta(microseconds=1))
    assert line_of(engine).overdue == 0
    clock.set(due)
    engine.pause("paused-late", DECISION, "waiting", roles=["chief"])
    clock.set(at("2024-12-20T09:00"))
    engine.start("permit", instance="provisional")
    clock.set(at("2025-12-20T09:00"))
    wanted = ["late", "paused-late"]
    now = clock.now()
    assert line_of(engine).overdue == len(wanted)
    assert [each.id for each in engine.list(overdue=True).instances] == wanted
    assert sorted(each.instance for each in engine.deadlines.open() if each.is_overdue(now)) == wanted
    instances = engine.list().instances
    assert [each.id for each in instances if any(d.is_overdue(now) for d in each.deadlines)] == wanted


def something(chance: Random, engine: Engine, wanting: Engine, name: str) -> None:
    """Do one thing, whichever chance wants; a calendar is changed to what ``wanting`` has in its settings."""
    match chance.randrange(8):
        case 0:
            engine.pause(name, DECISION, "why", roles=["chief"])
        case 1:
            engine.resume(name, DECISION, roles=["chief"])
        case 2:
            engine.extend(name, DECISION, "1 working day", "why", roles=["chief"])
        case 3:
            value = chance.choice([None, "2024-05-31", "2024-08-30", "2024-11-29"])
            engine.set_data(name, {"ends_on": value}, roles=["clerk"])
        case 4:
            engine.run_due()
        case 5 if chance.random() < 0.3:
            engine.fire(name, "finish", roles=["chief"])
        case _:
            for plan in wanting.calendars.diff("LV"):
                wanting.calendars.apply(plan.digest)


@pytest.mark.parametrize("seed", range(3))
def test_it_balances_after_whatever_was_asked(
    engine: Engine, url: str, clock: ManualClock, seed: int
) -> None:
    chance = Random(seed)
    other = engine_on(url, clock, CLOSED, ESTONIA)
    names = [str(number) for number in range(6)]
    for name in names:
        engine.start("permit", instance=name)
    for _ in range(60):
        name = chance.choice(names)
        clock.advance(timedelta(hours=chance.randrange(0, 60)))
        something(chance, engine, chance.choice([engine, other]), name)
        account = engine.deadlines.account()
        assert account.balanced, account.imbalances
        assert sum(line.armed for line in account.lines) == account.armed
    assert engine.verify().sound
    for name in names:
        kinds = [ledger.is_open for ledger in engine.deadlines.ledger(name)]
        assert sum(kinds) == len(engine.get(name).deadlines)


def test_what_does_not_balance_is_named(engine: Engine) -> None:
    engine.start("permit", instance="one")
    engine.start("permit", instance="two")
    engine.pause("two", DECISION, "why", roles=["chief"])
    tables = Tables()
    with engine.transaction() as connection:
        connection.execute(tables.deadlines.delete().where(tables.deadlines.c.instance == "one"))
        connection.execute(tables.timers.update().where(tables.timers.c.instance == "two").values(due=1))
    account = engine.deadlines.account()
    assert not account.balanced
    told = "\n".join(account.imbalances)
    assert "instance one armed 1 deadlines, but 0 are kept" in told
    assert "instance one: timer 0 of deadline 1 belongs to no deadline" in told
    assert "instance two: timer 0 of deadline 1 may fire though its clock stands" in told


def test_there_is_an_account_of_nothing(engine: Engine) -> None:
    account = engine.deadlines.account()
    assert (account.armed, account.lines, account.balanced) == (0, (), True)
