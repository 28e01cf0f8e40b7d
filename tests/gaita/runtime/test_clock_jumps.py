"""Clocks that jump: the scheduler neither hangs, nor fires early, nor fires twice."""

from collections.abc import Generator, Iterator
from contextlib import contextmanager
from datetime import time, timedelta

import pytest
from freezegun import freeze_time
from freezegun.api import FrozenDateTimeFactory, TickingDateTimeFactory

from gaita import DigestPlan
from gaita.clock import ManualClock
from gaita.runtime import Engine, Scheduler
from tests.gaita.building import COUNTER, T0, at
from tests.gaita.runtime.test_scheduler import Rounds

HOUR, DAY, YEAR = timedelta(hours=1), timedelta(days=1), timedelta(days=365)
MOMENTS = (at("2024-03-11T22:00"), at("2024-03-14T22:00"), at("2024-03-19T22:00"))
"""When the reminder, the due moment and the rung of an instance that starts at T0 are due."""
each_jump = pytest.mark.parametrize("jump", [HOUR, YEAR], ids=["hour", "year"])


def told(engine: Engine) -> list[str]:
    return [stored_message.message.id for stored_message in engine.outbox.messages()]


@pytest.fixture
def rounds() -> Rounds:
    return Rounds()


@pytest.fixture
def scheduler(engine: Engine, rounds: Rounds) -> Iterator[Scheduler]:
    made = Scheduler(engine, sweep_every=HOUR, after_each=rounds)
    yield made
    made.stop()


@contextmanager
def ticking(url: str) -> Generator[tuple[Engine, TickingDateTimeFactory], None, None]:
    """Give an engine on the machine's own clock, which runs on; a test may set it.

    No fixture: pytest measures its own time over those, and would measure this one.
    """
    with freeze_time(T0.replace(tzinfo=None), tick=True) as frozen:
        assert isinstance(frozen, TickingDateTimeFactory)
        made = Engine(url)
        made.migrate()
        made.deploy(COUNTER)
        yield made, frozen
        made.close()


# -- a clock that is injected


def test_a_clock_set_back_fires_nothing_early_and_each_when_its_moment_comes_again(
    engine: Engine, clock: ManualClock, scheduler: Scheduler, rounds: Rounds
) -> None:
    engine.start("case", instance="one")
    scheduler.start()
    fired = 0
    for moment in MOMENTS:
        clock.set(moment - timedelta(microseconds=1))
        scheduler.wake()
        for jump in (HOUR, YEAR):
            clock.set(moment - jump)
            scheduler.wake()
            scheduler.run_round()
            assert len(told(engine)) == fired
        clock.set(moment)
        scheduler.wake()
        fired += 1
        rounds.wait_until(engine, fired)
        clock.set(moment - YEAR)  # what has fired is not asked for again
        scheduler.wake()
        scheduler.run_round()
        clock.set(moment)
        scheduler.wake()
        scheduler.run_round()
        assert len(told(engine)) == fired
    assert len(set(told(engine))) == fired == 3
    assert engine.deadlines.account().balanced
    assert engine.verify().sound


@each_jump
def test_a_clock_set_forward_fires_what_was_skipped_once_and_in_order(
    engine: Engine, clock: ManualClock, scheduler: Scheduler, rounds: Rounds, jump: timedelta
) -> None:
    engine.start("case", instance="one")
    scheduler.start()
    clock.set(MOMENTS[2] - timedelta(minutes=30))
    scheduler.wake()
    rounds.wait_until(engine, 2)
    clock.advance(jump)
    scheduler.wake()
    rounds.wait_until(engine, 3)
    clock.set(T0)
    scheduler.wake()
    scheduler.run_round()
    assert told(engine) == ["one/1/0/clerk", "one/1/1/clerk", "one/1/2/chief"]
    timers = [record.body["timer"] for record in engine.history("one") if record.body["kind"] == "timer"]
    assert timers == [0, 1, 2]
    assert engine.deadlines.account().balanced


@each_jump
def test_what_is_armed_while_the_clock_is_wrong_stays_as_it_was_armed(
    engine: Engine, clock: ManualClock, scheduler: Scheduler, rounds: Rounds, jump: timedelta
) -> None:
    scheduler.start()
    clock.set(T0 + jump)
    engine.start("case", instance="ahead")
    clock.set(T0)
    engine.start("case", instance="right")
    engine.fire("ahead", "add", {"by": 3})  # a command behind the clock of its own instance
    clock.set(MOMENTS[2])
    scheduler.wake()
    rounds.wait_until(engine, 6 if jump == HOUR else 3)
    clock.set(MOMENTS[2] + jump)
    scheduler.wake()
    rounds.wait_until(engine, 6)
    sequences = [record.sequence for record in engine.history("ahead")]
    assert sequences == sorted(sequences)
    assert engine.deadlines.account().balanced
    assert engine.verify().sound


@each_jump
def test_a_digest_comes_once_a_day_however_the_clock_jumps(
    url: str, clock: ManualClock, rounds: Rounds, jump: timedelta
) -> None:
    made = Engine(url, clock=clock, digests=[DigestPlan("clerk", "Europe/Riga", time(8))])
    made.migrate()
    made.deploy(COUNTER.replace("10 days", "40 years"))
    made.start("case", instance="one")  # what needs the clerk, and tells nobody for a long time
    scheduler = Scheduler(made, sweep_every=HOUR, after_each=rounds)
    scheduler.start()
    rounds.wait_for_more()  # plans the first: at 06:00 UTC tomorrow
    tomorrow = at("2024-03-05T06:00")
    expected = ["digest/clerk/2024-03-05T06:00:00Z"]
    clock.set(tomorrow - timedelta(microseconds=1))
    scheduler.run_round()
    assert told(made) == []
    clock.set(tomorrow)
    scheduler.wake()
    rounds.wait_until(made, 1)
    clock.set(tomorrow - jump)
    scheduler.run_round()
    clock.set(tomorrow)
    scheduler.run_round()
    assert told(made)[:1] == expected
    clock.set(tomorrow + DAY)
    scheduler.run_round()
    clock.advance(jump)
    scheduler.run_round()
    scheduler.stop()
    ids = told(made)
    assert len(set(ids)) == len(ids)
    assert {"digest/clerk/2024-03-05T06:00:00Z", "digest/clerk/2024-03-06T06:00:00Z"} <= set(ids)
    # Far behind, the days come again that it never had; far ahead, one stands for all that were missed.
    assert len(ids) == (2 if jump == HOUR else 4)
    made.close()


# -- the machine's own clock


@each_jump
def test_a_machine_whose_clock_is_set_back_still_finds_what_others_arm(
    url: str, rounds: Rounds, jump: timedelta
) -> None:
    with ticking(url) as (own, clock):
        scheduler = Scheduler(own, sweep_every=timedelta(milliseconds=20), after_each=rounds)
        scheduler.start()
        rounds.wait_for_more(2)
        clock.move_to((T0 - jump).replace(tzinfo=None))
        rounds.wait_for_more(3)  # nobody told it: it looks again all the same
        other = Engine(url)
        other.deploy(COUNTER.replace("[workflow]", '[workflow]\npast_timers = "fire"'))
        other.start("case", instance="one", since=T0 - jump - 12 * DAY, reason="adopted late")
        rounds.wait_until(own, 2)
        other.close()
        scheduler.stop()


@each_jump
def test_a_machine_whose_clock_is_set_forward_fires_what_is_due_and_no_more(
    url: str, rounds: Rounds, jump: timedelta
) -> None:
    before = MOMENTS[0] - timedelta(minutes=30)
    with ticking(url) as (own, clock):
        clock.move_to(before.replace(tzinfo=None))
        own.start("case", instance="one", since=T0, reason="adopted")
        scheduler = Scheduler(own, sweep_every=timedelta(milliseconds=20), after_each=rounds)
        scheduler.start()
        rounds.wait_for_more(3)
        assert told(own) == []
        clock.move_to((before + jump).replace(tzinfo=None))
        rounds.wait_until(own, 1 if jump == HOUR else 3)
        clock.move_to(T0.replace(tzinfo=None))
        rounds.wait_for_more(3)
        scheduler.stop()
        assert len(told(own)) == (1 if jump == HOUR else 3)
        assert own.deadlines.account().balanced


def test_frozen_and_moved_it_fires_when_it_is_woken_and_not_before(url: str, rounds: Rounds) -> None:
    with freeze_time(T0.replace(tzinfo=None)) as frozen:
        assert isinstance(frozen, FrozenDateTimeFactory)
        made = Engine(url)
        made.migrate()
        made.deploy(COUNTER)
        made.start("case", instance="one")
        scheduler = Scheduler(made, sweep_every=HOUR, after_each=rounds)
        scheduler.start()
        for number, moment in enumerate(MOMENTS):
            frozen.move_to((moment - timedelta(seconds=1)).replace(tzinfo=None))
            scheduler.wake()
            frozen.move_to((moment - YEAR).replace(tzinfo=None))
            scheduler.wake()
            scheduler.run_round()
            assert len(told(made)) == number
            frozen.move_to(moment.replace(tzinfo=None))
            scheduler.wake()
            rounds.wait_until(made, number + 1)
        scheduler.stop()
        made.close()
