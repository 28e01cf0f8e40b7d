"""Racing writers: two hundred increments are two hundred applied events, whoever races."""

import os
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

from sqlalchemy import create_engine

from gaita.runtime import Engine

ROOT = Path(__file__).parents[3]
EACH = 50


def race(run: Callable[[], None], runners: int = 4) -> None:
    """Let threads begin together; whatever one raises is raised here."""
    line = threading.Barrier(runners)
    raised: list[BaseException] = []

    def runner() -> None:
        line.wait(timeout=30)
        try:
            run()
        except BaseException as error:  # noqa: BLE001 - told below
            raised.append(error)

    threads = [threading.Thread(target=runner) for _ in range(runners)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=120)
    assert raised == []


def assert_counted(engine: Engine, count: int = 200) -> None:
    assert engine.get("one").data["count"] == count
    kinds = [record.body["kind"] for record in engine.history("one")]
    assert kinds.count("fired") == count
    assert engine.verify().sound


def test_two_hundred_racing_increments_from_threads_are_all_applied(engine: Engine) -> None:
    engine.start("case", instance="one")

    def run() -> None:
        for _ in range(EACH):
            assert engine.fire("one", "add", {"by": 1}).accepted

    race(run)
    assert_counted(engine)


def test_two_hundred_racing_increments_from_processes_are_all_applied(engine: Engine, url: str) -> None:
    engine.start("case", instance="one")
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), *filter(None, sys.path)])}
    racers = [
        subprocess.Popen(
            [sys.executable, "-m", "tests.gaita.runtime.racer", url, str(EACH)],
            stdin=subprocess.PIPE,
            cwd=ROOT,
            env=environment,
        )
        for _ in range(4)
    ]
    for racer in racers:
        assert racer.stdin is not None
        racer.stdin.write(b"go\n")
        racer.stdin.close()
    assert [racer.wait(timeout=120) for racer in racers] == [0, 0, 0, 0]
    assert_counted(engine)


def test_a_host_on_a_plain_engine_loses_none(engine: Engine, url: str) -> None:
    engine.start("case", instance="one")
    host = create_engine(url, connect_args={"timeout": 60})

    def run() -> None:
        for _ in range(EACH):
            with host.begin() as connection:
                assert engine.fire("one", "add", {"by": 1}, connection=connection).accepted

    race(run)
    assert_counted(engine)
    host.dispose()


def test_an_engine_built_on_the_hosts_plain_engine_loses_none(engine: Engine, url: str) -> None:
    engine.start("case", instance="one")
    host = create_engine(url, connect_args={"timeout": 60})
    embedded = Engine(host)
    assert not embedded.migrate()

    def run() -> None:
        for _ in range(EACH):
            assert embedded.fire("one", "add", {"by": 1}).accepted

    race(run)
    assert_counted(engine)
    host.dispose()


def test_racing_sweeps_fire_each_timer_once(engine: Engine) -> None:
    for number in range(40):
        engine.start("case", instance=f"c{number:02}")
    total: list[int] = []
    race(lambda: total.append(engine.run_due(engine.now().replace(year=2025), batch=10).timers))
    assert sum(total) == 120
    assert engine.deadlines.account().balanced
    assert engine.verify().sound
