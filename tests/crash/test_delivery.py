"""Killed at any point, a worker loses nothing, and what it sent twice bears the same key."""

import os
import random
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest

from gaita.clock import ManualClock
from gaita.runtime import Engine
from tests.crash.delivery_worker import BOOK, LEASE
from tests.crash.worker import START, WORKFLOW

ROOT = Path(__file__).parents[2]
AFTER = int(LEASE.total_seconds()) + 1
"""So many seconds later a lease has run out."""


class ChannelWorker:
    """A process that forks couriers."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def begin(self, seconds: int, *, lives: int = 0, statement: int = 0) -> None:
        """Let a worker live until it has delivered all, or until it dies."""
        assert self._process.stdin is not None
        self._process.stdin.write(f"{seconds} {lives} {statement}\n")
        self._process.stdin.flush()

    def end(self) -> int:
        """Return how it ended."""
        assert self._process.stdout is not None
        return int(self._process.stdout.readline())

    def run(self, seconds: int, *, lives: int = 0, statement: int = 0) -> int:
        self.begin(seconds, lives=lives, statement=statement)
        return self.end()


@contextmanager
def worker(url: str, folder: Path) -> Iterator[ChannelWorker]:
    path = os.pathsep.join([str(ROOT), *filter(None, sys.path)])
    with subprocess.Popen(
        [sys.executable, "-m", "tests.crash.delivery_worker", url, str(folder)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": path},
    ) as process:
        yield ChannelWorker(process)
        assert process.stdin is not None
        process.stdin.close()
        assert process.wait(timeout=30) == 0


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'delivery.db'}"


@pytest.fixture
def engine(url: str) -> Iterator[Engine]:
    made = Engine(url, clock=ManualClock(START), recipients=BOOK)
    made.migrate()
    made.deploy(WORKFLOW)
    yield made
    made.close()


def write(engine: Engine, *names: str) -> set[str]:
    """Write two messages for each of new instances; return the keys of all that are ever to be delivered."""
    for name in names:
        engine.start("crash", instance=name)
    engine.run_due(START + timedelta(hours=40))
    return {
        f"{stored_message.message.id}/file/{name}@example.lv"
        for stored_message in engine.outbox.messages(limit=10_000)
        for name in ("anna", "ilze")
    }


def several(count: int) -> list[str]:
    return [f"case-{number}" for number in range(count)]


def delivered(folder: Path) -> list[str]:
    return (folder / "delivered").read_text(encoding="utf-8").split()


def assert_settled(engine: Engine) -> None:
    assert {each.state for each in engine.outbox.list(limit=10_000)} == {"delivered"}
    assert engine.outbox.unspread() == 0
    assert engine.incidents.list() == []


def test_what_was_sent_and_not_marked_is_sent_again_under_the_same_key_after_the_lease(
    engine: Engine, url: str, tmp_path: Path
) -> None:
    wanted = write(engine, *several(10))
    assert len(wanted) == 40
    with worker(url, tmp_path) as process:
        assert process.run(0, lives=3) == -signal.SIGKILL
        sent = delivered(tmp_path)
        unmarked = {each.key for each in engine.outbox.list(state="waiting") if each.underway}
        assert unmarked == set(sent[1:])  # the first was marked before the next two were leased
        assert process.run(AFTER - 2) == 0
        assert sorted(delivered(tmp_path)) == sorted(wanted)
        assert process.run(AFTER) == 0
    again = [key for key, count in Counter(delivered(tmp_path)).items() if count == 2]
    assert set(again) == unmarked
    assert len(delivered(tmp_path)) == len(wanted) + 2
    assert_settled(engine)


def killed_at_statements(engine: Engine, url: str, folder: Path, step: int) -> None:
    """Kill a worker before every ``step``-th of its statements and commits, each time with new messages."""
    ends: list[int] = []
    with worker(url, folder) as process:
        while not ends or ends[-1] != 0:
            statement = 1 + step * len(ends)
            wanted = write(engine, f"case-{statement}")
            ends.append(process.run(4 * statement * AFTER, statement=statement))
            assert process.run((4 * statement + 2) * AFTER) == 0
            sent = Counter(delivered(folder))
            assert set(sent) == wanted
            assert max(sent.values()) <= 2
    assert ends.count(-signal.SIGKILL) == len(ends) - 1
    assert 30 < statement < 100, "too little happened for the test to mean anything"
    assert_settled(engine)


def test_killed_before_a_statement_it_loses_nothing(engine: Engine, url: str, tmp_path: Path) -> None:
    killed_at_statements(engine, url, tmp_path, 4)


@pytest.mark.soak
def test_killed_before_any_statement_it_loses_nothing(engine: Engine, url: str, tmp_path: Path) -> None:
    killed_at_statements(engine, url, tmp_path, 1)


def killed_again_and_again(engine: Engine, url: str, folder: Path, instances: int, seed: int) -> None:
    """Kill couriers at random until one has delivered all."""
    chance = random.Random(seed)
    wanted = write(engine, *several(instances))
    ends: list[int] = []
    with worker(url, folder) as process:
        while not ends or ends[-1] != 0:
            ends.append(process.run(len(ends) * AFTER, lives=chance.randrange(1, 25)))
        assert process.run((len(ends) + 2) * AFTER) == 0
    assert ends.count(-signal.SIGKILL) == len(ends) - 1 > 2, "too little happened for it to mean anything"
    assert set(delivered(folder)) == wanted
    assert_settled(engine)


def test_killed_again_and_again_it_loses_nothing(engine: Engine, url: str, tmp_path: Path) -> None:
    killed_again_and_again(engine, url, tmp_path, 25, seed=1)


@pytest.mark.soak
def test_killed_a_hundred_times_it_loses_nothing(engine: Engine, url: str, tmp_path: Path) -> None:
    killed_again_and_again(engine, url, tmp_path, 500, seed=2)


def test_workers_in_two_processes_deliver_each_once(engine: Engine, url: str, tmp_path: Path) -> None:
    wanted = write(engine, *several(50))
    with worker(url, tmp_path) as one, worker(url, tmp_path) as other:
        assert one.run(0, statement=1) == other.run(1, statement=1) == -signal.SIGKILL  # both are awake
        one.begin(2)
        other.begin(3)
        assert (one.end(), other.end()) == (0, 0)
    sent = delivered(tmp_path)
    assert len(sent) == len(wanted) == 200
    assert set(sent) == wanted
