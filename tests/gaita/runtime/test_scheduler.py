"""The scheduler: woken by what is armed, by a clock that was moved, and by the sweep."""

import logging
import subprocess
import sys
import threading
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from freezegun import freeze_time
from sqlalchemy import create_engine
from sqlalchemy.pool import QueuePool

from gaita.clock import ManualClock, SystemClock
from gaita.errors import InvalidArgument
from gaita.runtime import Engine, Scheduler
from gaita.store import open_database
from tests.gaita.building import COUNTER, T0, at
from tests.gaita.runtime.watching import Statements
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
        """Wait until so many rounds more have come to their end; 0: until the first has."""
        with self._changed:
            wanted = max(self._done + rounds, 1)
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


# -- starting and stopping


def watched_threads() -> set[str]:
    return {each.name for each in threading.enumerate() if each.name in {"APScheduler", "gaita-watch"}}


@pytest.mark.parametrize("times", [40, pytest.param(300, marks=pytest.mark.soak)])
def test_started_and_stopped_at_once_no_thread_ends_in_an_exception(engine: Engine, times: int) -> None:
    failed: list[object] = []
    before, threading.excepthook = threading.excepthook, failed.append
    logged = logging.getLogger("apscheduler")
    handler = Kept()
    logged.addHandler(handler)
    try:
        scheduler = Scheduler(engine)
        for number in range(times):
            scheduler.start()
            if number % 3 == 1:
                scheduler.wake()
            assert scheduler.stop(timeout=PATIENCE)
        assert watched_threads() == set()
    finally:
        threading.excepthook = before
        logged.removeHandler(handler)
    assert failed == []
    assert [each for each in handler.records if each.levelno >= logging.WARNING] == []


class Kept(logging.Handler):
    """Keeps what is logged."""

    def __init__(self) -> None:
        super().__init__()
        self.records: list[logging.LogRecord] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.records.append(record)


def test_started_twice_it_is_one(engine: Engine, scheduler: Scheduler, rounds: Rounds) -> None:
    scheduler.start()
    scheduler.start()
    names = [each.name for each in threading.enumerate()]
    assert (names.count("APScheduler"), names.count("gaita-watch")) == (1, 1)
    rounds.wait_for_more(0)
    assert scheduler.stop()
    assert scheduler.stop(), "stopped twice it is stopped"
    assert watched_threads() == set()


def test_stopped_from_within_a_round_it_ends_with_that_round(engine: Engine) -> None:
    answered: list[bool] = []
    done = threading.Event()

    def stops() -> None:
        answered.append(made.stop())
        done.set()

    made = Scheduler(engine, after_each=stops)
    made.start()
    assert done.wait(PATIENCE)
    assert made.stop(timeout=PATIENCE)
    assert answered == [False], "the round that asked has not ended"
    assert watched_threads() == set()


def test_stopping_returns_when_its_time_is_up(engine: Engine) -> None:
    begun, may_end = threading.Event(), threading.Event()

    def hangs() -> None:
        begun.set()
        assert may_end.wait(PATIENCE)

    scheduler = Scheduler(engine, after_each=hangs)
    scheduler.start()
    assert begun.wait(PATIENCE)
    assert not scheduler.stop(timeout=timedelta(milliseconds=10))
    may_end.set()
    assert scheduler.stop(timeout=PATIENCE)


# -- what wakes it


def test_a_wake_during_a_round_is_not_lost(engine: Engine, clock: ManualClock) -> None:
    begun, may_end, again = threading.Event(), threading.Event(), threading.Event()

    def waits() -> None:
        if begun.is_set():
            again.set()
        begun.set()
        assert may_end.wait(PATIENCE)

    scheduler = Scheduler(engine, sweep_every=timedelta(hours=1), after_each=waits)
    engine.start("case", instance="one")
    scheduler.start()
    assert begun.wait(PATIENCE)
    clock.set(at("2024-03-14T22:00"))  # the round that is running does not see it
    scheduler.wake()
    may_end.set()
    assert again.wait(PATIENCE)
    assert scheduler.stop()
    assert len(engine.outbox.messages()) == 2


FIRED_AT_ONCE = COUNTER.replace("[workflow]", '[workflow]\npast_timers = "fire"')
LATER = at("2024-03-14T22:00")


def test_what_a_host_commits_is_found_without_a_word(
    engine: Engine, url: str, clock: ManualClock, rounds: Rounds
) -> None:
    database = create_engine(url, poolclass=QueuePool, pool_size=1, max_overflow=0, pool_timeout=PATIENCE)
    host = Engine(database, clock=clock)
    host.deploy(FIRED_AT_ONCE)
    clock.set(LATER)
    scheduler = Scheduler(host, sweep_every=timedelta(hours=1), after_each=rounds)
    with database.begin() as connection:
        scheduler.start()  # its rounds wait for the pool's one connection, and the host for nothing
        host.start("case", instance="one", since=T0, reason="taken over", connection=connection)
        host.fire("one", "add", {"by": 1}, connection=connection)
        host.start("case", instance="two", since=T0, reason="taken over", connection=connection)
    rounds.wait_until(engine, 4)
    assert scheduler.stop()
    database.dispose()


def test_what_another_process_commits_is_found_without_a_word(
    engine: Engine, url: str, clock: ManualClock, scheduler: Scheduler, rounds: Rounds
) -> None:
    engine.deploy(FIRED_AT_ONCE)
    clock.set(LATER)
    scheduler.start()
    rounds.wait_for_more(0)
    program = (
        "import sys; from datetime import datetime, UTC; from gaita import Engine, ManualClock\n"
        f"engine = Engine({url!r}, clock=ManualClock(datetime(2024, 3, 14, 22, tzinfo=UTC)))\n"
        "engine.start('case', instance='one', since=datetime(2024, 3, 4, 9, tzinfo=UTC), reason='why')\n"
    )
    subprocess.run([sys.executable, "-c", program], check=True)
    rounds.wait_until(engine, 2)


def test_all_schedulers_of_one_engine_hear_and_one_that_stops_takes_nothing_away(
    engine: Engine, clock: ManualClock
) -> None:
    counts = [Rounds() for _ in range(3)]
    made = [Scheduler(engine, sweep_every=timedelta(hours=1), after_each=each) for each in counts]
    for each in made:
        each.start()
    for count in counts:
        count.wait_for_more(0)
    assert made[0].stop()
    engine.start("case", instance="one")
    clock.set(LATER)
    deadline = threading.Event()
    for _ in range(400):
        if len(engine.outbox.messages()) == 2:
            break
        deadline.wait(0.05)
    assert [each.stop() for each in made] == [True] * 3
    assert len(engine.outbox.messages()) == 2


def test_a_clock_that_was_moved_is_seen_without_a_word(
    engine: Engine, clock: ManualClock, scheduler: Scheduler, rounds: Rounds
) -> None:
    engine.start("case", instance="one")
    scheduler.start()
    rounds.wait_for_more(0)
    clock.set(at("2024-03-11T22:00"))
    rounds.wait_until(engine, 1)
    clock.set(at("2023-03-11T22:00"))
    clock.set(LATER)
    rounds.wait_until(engine, 2)


def test_a_deadline_of_a_second_is_told_when_it_is_due_whoever_armed_it(url: str) -> None:
    database = create_engine(url)
    made = Engine(database)
    made.migrate()
    made.deploy(
        COUNTER.replace("10 days", "1 second").replace('remind = [{ before = "3 days", to = "clerk" }]', "")
    )
    rounds = Rounds()
    scheduler = Scheduler(made, sweep_every=timedelta(hours=1), after_each=rounds)
    scheduler.start()
    with database.begin() as connection:
        made.start("case", instance="one", connection=connection)
    rounds.wait_until(made, 1)
    assert scheduler.stop()
    (message,) = made.outbox.messages()
    assert message.message.at >= message.message.due, "never early"
    database.dispose()


def test_with_nothing_to_do_it_runs_no_statement(url: str, clock: ManualClock) -> None:
    database = open_database(url)
    made = Engine(database, clock=clock)
    made.migrate()
    made.deploy(COUNTER)
    made.start("case", instance="one")
    rounds = Rounds()
    scheduler = Scheduler(made, sweep_every=timedelta(hours=1), after_each=rounds)
    scheduler.start()
    rounds.wait_for_more(0)
    ticks = Ticks(made)
    ticks.wait_for(5)
    seen = Statements(database)
    ticks.wait_for(10)
    assert (seen.count, seen.writing) == (0, [])
    assert scheduler.stop()
    ticks.end()
    database.dispose()


class Ticks:
    """Counts the ticks of an engine's watch."""

    def __init__(self, engine: Engine) -> None:
        self._count = 0
        self._changed = threading.Condition()
        self.end = engine.watch.listen(self._tick)

    def _tick(self, _committed: bool) -> None:
        with self._changed:
            self._count += 1
            self._changed.notify_all()

    def wait_for(self, ticks: int) -> None:
        with self._changed:
            wanted = self._count + ticks
            assert self._changed.wait_for(lambda: self._count >= wanted, PATIENCE)


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"sweep_every": 5}, "sweep_every: expected some time"),
        ({"sweep_every": None}, "sweep_every"),
        ({"sweep_every": timedelta(0)}, "sweep_every"),
        ({"sweep_every": timedelta(seconds=-1)}, "sweep_every"),
        ({"after_each": "x"}, "after_each: expected what can be called, found str"),
    ],
)
def test_what_cannot_work_is_refused_when_it_is_made(
    engine: Engine, wrong: dict[str, Any], told: str
) -> None:
    with pytest.raises(InvalidArgument, match=told):
        Scheduler(engine, **wrong)
    with pytest.raises(InvalidArgument, match=r"expected a gaita\.Engine, found str"):
        Scheduler("engine")  # type: ignore[arg-type]


FORKED = """
import os, sys, time
from datetime import timedelta
from gaita.runtime import Engine, Scheduler
engine = Engine(sys.argv[1])
scheduler = Scheduler(engine)
scheduler.start()
if os.fork():
    os._exit(os.wait()[1] and 1)
scheduler.start()  # the threads stayed behind in the parent
for _ in range(200):
    time.sleep(0.02)
    if engine.outbox.messages():
        scheduler.stop()
        os._exit(0)
os._exit(1)
"""


def test_a_scheduler_is_started_anew_in_a_fork(url: str, engine: Engine, clock: ManualClock) -> None:
    clock.set(SystemClock().now() - timedelta(days=12))
    engine.start("case", instance="one")
    done = subprocess.run([sys.executable, "-W", "ignore", "-c", FORKED, url], check=False, timeout=60)
    assert done.returncode == 0
