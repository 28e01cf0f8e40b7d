"""The scheduler: woken by what is armed, by a clock that was moved, and by the sweep."""

import threading
from collections.abc import Iterator
from datetime import timedelta

import pytest
from freezegun import freeze_time

from gaita.clock import ManualClock
from gaita.engine import Engine, Scheduler
from tests.gaita.building import COUNTER, T0, at

PATIENCE = 20.0


class Rounds:
    """Counts rounds, and lets a test wait for the one it needs."""

    def __init__(self) -> None:
        self._done = 0
        self._changed = threading.Condition()

    def __call__(self) -> None:
        with self._changed:
            self._done += 1
            self._changed.notify_all()

    def wait_until(self, engine: Engine, fired: int) -> None:
        """Wait until that many messages were written."""
        with self._changed:
            assert self._changed.wait_for(lambda: len(engine.outbox.messages()) >= fired, timeout=PATIENCE)
        assert len(engine.outbox.messages()) == fired

    def wait(self, rounds: int) -> None:
        with self._changed:
            assert self._changed.wait_for(lambda: self._done >= rounds, timeout=PATIENCE)


@pytest.fixture
def rounds() -> Rounds:
    return Rounds()


@pytest.fixture
def scheduler(engine: Engine, rounds: Rounds) -> Iterator[Scheduler]:
    made = Scheduler(engine, sweep_every=timedelta(hours=1), after_each=rounds)
    yield made
    made.stop()


def test_what_is_due_already_is_run_at_the_start(
    engine: Engine, clock: ManualClock, scheduler: Scheduler, rounds: Rounds
) -> None:
    engine.start("case", instance="one")
    clock.set(at("2024-03-14T22:00"))
    scheduler.start()
    rounds.wait_until(engine, 2)


def test_a_clock_that_was_moved_is_seen_after_a_wake(
    engine: Engine, clock: ManualClock, scheduler: Scheduler, rounds: Rounds
) -> None:
    engine.start("case", instance="one")
    scheduler.start()
    for moment, fired in (("2024-03-11T22:00", 1), ("2024-03-14T22:00", 2), ("2024-03-19T22:00", 3)):
        clock.set(at(moment))
        scheduler.wake()
        rounds.wait_until(engine, fired)
    clock.set(T0)  # the clock goes back: nothing fires again
    scheduler.wake()
    assert engine.account().balanced


def test_what_is_armed_later_wakes_the_scheduler_by_itself(
    engine: Engine, clock: ManualClock, scheduler: Scheduler, rounds: Rounds
) -> None:
    scheduler.start()
    clock.set(at("2024-03-14T22:00"))
    engine.deploy(COUNTER.replace("[workflow]", '[workflow]\npast_timers = "fire"'))
    engine.start("case", instance="one", since=T0, reason="adopted late")
    rounds.wait_until(engine, 2)


def test_the_sweep_finds_what_others_armed(
    engine: Engine, clock: ManualClock, url: str, rounds: Rounds
) -> None:
    scheduler = Scheduler(engine, sweep_every=timedelta(milliseconds=20), after_each=rounds)
    scheduler.start()
    other = Engine(url, clock=clock)
    other.start("case", instance="one")
    clock.set(at("2024-03-14T22:00"))
    rounds.wait_until(engine, 2)
    other.close()
    scheduler.stop()


def test_a_round_that_fails_does_not_end_the_scheduler(engine: Engine) -> None:
    reached = threading.Event()
    calls: list[int] = []

    def fails_once() -> None:
        calls.append(1)
        if len(calls) == 1:
            raise OSError("away")
        reached.set()

    scheduler = Scheduler(engine, sweep_every=timedelta(milliseconds=20), after_each=fails_once)
    scheduler.start()
    assert reached.wait(PATIENCE)
    scheduler.stop()


def test_many_wakes_at_once_leave_it_awake(
    engine: Engine, clock: ManualClock, scheduler: Scheduler, rounds: Rounds
) -> None:
    scheduler.start()
    wakers = [threading.Thread(target=scheduler.wake) for _ in range(20)]
    for waker in wakers:
        waker.start()
    for waker in wakers:
        waker.join()
    engine.start("case", instance="one")
    clock.set(at("2024-03-14T22:00"))
    scheduler.wake()
    rounds.wait_until(engine, 2)


def test_with_time_frozen_it_runs_what_the_frozen_clock_says(url: str) -> None:
    with freeze_time(T0.replace(tzinfo=None)) as frozen:
        engine = Engine(url)
        engine.migrate()
        engine.deploy(COUNTER)
        engine.start("case", instance="one")
        assert engine.get("one").since == T0
        assert engine.run_due().timers == 0
        frozen.move_to("2024-03-14 22:00:00")
        assert engine.run_due().timers == 2
        engine.close()
