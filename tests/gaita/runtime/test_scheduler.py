"""The scheduler: woken by what is armed, by a clock that was moved, and by the sweep."""

import threading
from collections.abc import Iterator
from datetime import timedelta

import pytest
from freezegun import freeze_time

from gaita.clock import ManualClock
from gaita.runtime import Engine, Scheduler
from tests.gaita.building import COUNTER, T0, at
from tests.gaita.step.test_deadlines import PING

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
            came = self._changed.wait_for(lambda: len(engine.outbox.messages()) >= fired, timeout=PATIENCE)
        assert came, "it hangs"
        assert len(engine.outbox.messages()) == fired

    def wait_for_more(self, rounds: int = 1) -> None:
        """Wait until so many rounds more have come to their end."""
        with self._changed:
            wanted = self._done + rounds
            assert self._changed.wait_for(lambda: self._done >= wanted, timeout=PATIENCE), "it hangs"


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
    assert engine.deadlines.account().balanced


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


def test_what_cannot_be_carried_out_is_set_aside_and_holds_up_nobody(
    engine: Engine, clock: ManualClock, scheduler: Scheduler, rounds: Rounds
) -> None:
    engine.deploy(PING.source.replace('id = "case"', 'id = "ping"'))
    engine.start("ping", instance="stuck")
    engine.start("case", instance="one")
    scheduler.start()
    clock.set(at("2024-03-19T22:00"))
    scheduler.wake()
    rounds.wait_until(engine, 3)
    assert [each.instance for each in engine.incidents.list()] == ["stuck"]
    assert engine.next_due() is None


def test_schedulers_on_one_database_fire_each_timer_once(
    engine: Engine, clock: ManualClock, url: str, rounds: Rounds
) -> None:
    engines = [engine, *(Engine(url, clock=clock) for _ in range(2))]
    with engine.transaction() as connection:
        for number in range(50):
            engine.start("case", instance=f"c{number:02}", connection=connection)
    schedulers = [Scheduler(each, sweep_every=timedelta(hours=1), after_each=rounds) for each in engines]
    for each in schedulers:
        each.start()
    for moment, fired in (("2024-03-11T22:00", 50), ("2024-03-14T22:00", 100), ("2024-03-19T22:00", 150)):
        clock.set(at(moment))
        for each in schedulers:
            each.wake()
        rounds.wait_until(engine, fired)
    for each in schedulers:
        each.stop()
    ids = [stored_message.message.id for stored_message in engine.outbox.messages()]
    assert len(set(ids)) == len(ids) == 150
    assert engine.deadlines.account().balanced
    assert engine.verify().sound
    for other in engines[1:]:
        other.close()


def test_stopping_waits_for_the_round_that_runs(engine: Engine) -> None:
    begun, may_end = threading.Event(), threading.Event()
    ended: list[str] = []

    def takes_its_time() -> None:
        begun.set()
        assert may_end.wait(PATIENCE)
        ended.append("the round")

    scheduler = Scheduler(engine, after_each=takes_its_time)

    def stop() -> None:
        scheduler.stop()
        ended.append("stop")

    scheduler.start()
    assert begun.wait(PATIENCE)
    stopper = threading.Thread(target=stop)
    stopper.start()
    may_end.set()
    stopper.join(PATIENCE)
    assert ended == ["the round", "stop"]


def test_once_stopped_it_does_nothing_until_it_is_started_again(
    engine: Engine, clock: ManualClock, scheduler: Scheduler, rounds: Rounds
) -> None:
    scheduler.stop()  # it never ran
    engine.start("case", instance="one")
    scheduler.start()
    rounds.wait_for_more()
    scheduler.stop()
    scheduler.stop()
    clock.set(at("2024-03-14T22:00"))
    engine.start("case", instance="two")
    scheduler.wake()
    scheduler.run_round()
    assert engine.outbox.messages() == []
    scheduler.start()
    rounds.wait_until(engine, 2)


def test_a_database_that_is_away_is_waited_for(clock: ManualClock, url: str, rounds: Rounds) -> None:
    away = Engine(url, clock=clock)  # it has no schema yet: every question fails
    scheduler = Scheduler(away, sweep_every=timedelta(milliseconds=20), after_each=rounds)
    scheduler.start()
    other = Engine(url, clock=clock)
    other.migrate()
    other.deploy(COUNTER)
    other.start("case", instance="one")
    clock.set(at("2024-03-14T22:00"))
    rounds.wait_until(other, 2)
    scheduler.stop()
    away.close()
    other.close()


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
