"""Killed at random moments, the engine loses nothing that it acknowledged, and does nothing twice."""

import os
import random
import signal
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import pytest
from sqlalchemy import create_engine, text

from gaita.clock import ManualClock
from gaita.runtime import Engine
from tests.crash.worker import INSTANCES, KEEP_KEYS, ROUND, START, WORKFLOW

ROOT = Path(__file__).parents[2]


@contextmanager
def fork_server(url: str) -> Iterator[tuple[IO[str], IO[str]]]:
    path = os.pathsep.join([str(ROOT), *filter(None, sys.path)])
    with subprocess.Popen(
        [sys.executable, "-m", "tests.crash.worker", url],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": path},
    ) as server:
        assert server.stdin is not None
        assert server.stdout is not None
        yield server.stdin, server.stdout
        server.stdin.close()
        assert server.wait(timeout=30) == 0


def one_round(asked: IO[str], said: IO[str], seed: int, chance: random.Random) -> list[list[str]]:
    """Let a child live until a random moment; return what it acknowledged."""
    asked.write(f"{seed}\n")
    asked.flush()
    begun = said.readline().split()
    assert begun[0] == "pid", "the child failed before it began"
    survive = chance.randrange(25)
    acknowledged: list[list[str]] = []
    while len(acknowledged) < survive:
        line = said.readline().split()
        assert line[0] != "dead", "the child ended by itself: see its traceback above"
        acknowledged.append(line)
    threading.Event().wait(chance.random() * 0.004)  # somewhere inside the next transaction
    os.kill(int(begun[1]), signal.SIGKILL)
    while (line := said.readline().split())[0] != "dead":
        acknowledged.append(line)
    return acknowledged


def check(directory: Path, rounds: int, seed: int) -> None:
    url = f"sqlite:///{directory / 'crash.db'}"
    clock = ManualClock(START)
    engine = Engine(url, clock=clock, keep_keys=KEEP_KEYS)
    engine.migrate()
    engine.deploy(WORKFLOW)
    for instance in INSTANCES:
        engine.start("crash", instance=instance)
    chance = random.Random(seed)
    acknowledged: list[list[str]] = []
    with fork_server(url) as (asked, said):
        for number in range(rounds):
            acknowledged += one_round(asked, said, number + 1, chance)
            assert engine.deadlines.account().imbalances == ()
    clock.set(START + (rounds + 2) * ROUND)
    engine.run_due()
    account_for(engine, url, [line for line in acknowledged if line[0] == "ack"], rounds)
    engine.close()


def account_for(engine: Engine, url: str, acknowledged: list[list[str]], rounds: int) -> None:
    assert len(acknowledged) > rounds, "too little happened for the test to mean anything"

    # Every acknowledged event is in the history once, and nothing is there that nobody asked for.
    histories = {instance: {r.sequence: r.body for r in engine.history(instance)} for instance in INSTANCES}
    told = {(instance, int(sequence)) for _, instance, _, sequence, _ in acknowledged}
    assert len(told) == len(acknowledged)
    for _, instance, key, sequence, event in acknowledged:
        body = histories[instance][int(sequence)]
        assert (body["kind"], body["event"]) == ("fired", event)
        again = engine.fire(instance, event, key=key)
        assert (again.repeated, again.sequence) == (True, int(sequence))
    fired = Counter(
        (str(body["event"]), instance)
        for instance, history in histories.items()
        for body in history.values()
        if body["kind"] == "fired"
    )
    unacknowledged = sum(fired.values()) - len(acknowledged)
    assert 0 <= unacknowledged <= rounds  # at most the one that was under way at each kill
    for instance in INSTANCES:
        assert engine.get(instance).data["count"] == fired["add", instance]

    # Every timer ended once, none is left behind, and each that fired has its one record and its messages.
    timer_records = [
        (instance, body["deadline"], body["timer"])
        for instance, history in histories.items()
        for body in history.values()
        if body["kind"] == "timer"
    ]
    assert len(set(timer_records)) == len(timer_records) > 0
    database = create_engine(url)
    with database.connect() as connection:
        rows = connection.execute(
            text("SELECT instance, deadline, number FROM gaita_timers WHERE ending = 'fired'")
        )
        assert sorted(map(tuple, rows)) == sorted(timer_records)
        early = "SELECT count(*) FROM gaita_timers WHERE ending = 'fired' AND ended_at - due != late"
        assert connection.execute(text(early)).scalar_one() == 0
        open_and_due = "SELECT count(*) FROM gaita_timers WHERE ending IS NULL AND due <= :now"
        now = {"now": int(engine.now().timestamp() * 1_000_000)}
        assert connection.execute(text(open_and_due), now).scalar_one() == 0
        written = set(connection.execute(text("SELECT id FROM gaita_messages")).scalars())
    database.dispose()
    promised = [
        message
        for history in histories.values()
        for body in history.values()
        for message in body.get("messages") or ()  # type: ignore[union-attr]
    ]
    assert len(promised) == len(set(promised))
    assert set(promised) == written

    account = engine.deadlines.account()
    assert account.imbalances == ()
    assert account.armed == sum(line.armed for line in account.lines) > 0
    verification = engine.verify()
    assert verification.findings == ()


def test_killed_fifty_times_it_loses_nothing_and_repeats_nothing(tmp_path: Path) -> None:
    check(tmp_path, 50, seed=1)


@pytest.mark.soak
def test_killed_a_thousand_times_it_loses_nothing_and_repeats_nothing(tmp_path: Path) -> None:
    check(tmp_path, 1_000, seed=2)
