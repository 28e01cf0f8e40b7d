"""Killed before or after any statement, a transaction has happened wholly or not at all."""

import os
import shutil
import signal
import sqlite3
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Generator, Iterable
from contextlib import closing, contextmanager
from datetime import timedelta
from pathlib import Path
from typing import TypeAlias

import pytest
from sqlalchemy import event

from gaita.clock import ManualClock
from gaita.runtime import Engine
from gaita.store import open_database
from tests.crash.statement_worker import DIGESTS, LATE, POINTS, WORKFLOW, do, engine_on
from tests.crash.worker import START
from tests.gaita.delivery.delivering import Told, failing, outbox_of, routes_of

ROOT = Path(__file__).parents[2]
INSTANCES = ("one", "two")

Rows: TypeAlias = dict[str, list[tuple[object, ...]]]
"""Every row of every table, by the table's name."""


@contextmanager
def worker(path: Path) -> Generator[Callable[[str, str, int], int], None, None]:
    """Give what lets a child do some work until a point, and returns how it ended."""
    folders = os.pathsep.join([str(ROOT), *filter(None, sys.path)])
    with subprocess.Popen(
        [sys.executable, "-m", "tests.crash.statement_worker", f"sqlite:///{path}"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": folders},
    ) as process:
        asked, said = process.stdin, process.stdout
        assert asked is not None
        assert said is not None

        def killed_at(work: str, point: str, number: int) -> int:
            asked.write(f"{work} {point} {number}\n")
            asked.flush()
            return int(said.readline())

        yield killed_at
        asked.close()
        assert process.wait(timeout=30) == 0


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database on which much is due; nothing has been run since."""
    path = tmp_path_factory.mktemp("statements") / "prepared.db"
    clock = ManualClock(START)
    engine = Engine(open_database(f"sqlite:///{path}", synchronous="OFF"), clock=clock, digests=DIGESTS)
    engine.migrate()
    engine.deploy(WORKFLOW)
    for instance in INSTANCES:
        engine.start("clockwork", instance=instance)
        engine.run_due()  # plans the digest
        clock.advance(timedelta(hours=20))
        engine.fire(instance, "stop", key="kept until it is old")
    engine.close()
    return path


@pytest.fixture(scope="module")
def known_wrongly(prepared: Path) -> Path:
    """The same database once all that was due is done, and half of it was delivered."""
    path = prepared.with_name("known_wrongly.db")
    shutil.copy(prepared, path)
    engine = Engine(open_database(f"sqlite:///{path}", synchronous="OFF"), clock=ManualClock(LATE))
    engine.run_due()
    channel = Told()
    channel.before = failing(None, ConnectionError("no answer"), None, None)
    outbox_of(engine).deliver(routes_of(channel))
    engine.close()
    return path


def rows_of(path: Path) -> Rows:
    """Read everything, as somebody who opens the file does."""
    with closing(sqlite3.connect(path)) as file:
        tables = [name for (name,) in file.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")]
        return {table: sorted(file.execute(f'SELECT * FROM "{table}"'), key=repr) for table in tables}


def lay(prepared: Path, path: Path) -> None:
    """Put the prepared database in the place of what was made of it before."""
    for old in path.parent.glob(f"{path.name}*"):
        old.unlink()
    shutil.copy(prepared, path)


def stages(path: Path, work: str) -> list[Rows]:
    """Do the work undisturbed; return everything as it stood at first, and behind every transaction."""
    found = [rows_of(path)]
    database = open_database(f"sqlite:///{path}", synchronous="OFF")
    engine = engine_on(database)

    def look(*_told: object) -> None:
        now = rows_of(path)
        if now != found[-1]:
            found.append(now)

    event.listen(database.pool, "checkin", look)
    do(engine, work)
    engine.close()
    return found


def assert_sound(engine: Engine) -> None:
    account = engine.deadlines.account()
    assert account.imbalances == ()
    assert account.armed == sum(line.armed for line in account.lines)
    assert engine.verify().findings == ()
    assert [each for each in engine.incidents.list() if each.instance is not None] == []


def assert_all_happened(engine: Engine, work: str) -> None:
    """Assert that the work is what the test is about: every sort of timer, each message once."""
    ids = [stored_message.message.id for stored_message in engine.outbox.messages()]
    assert len(set(ids)) == len(ids)
    bodies = [record.body for record in engine.history("one")]
    rules = {deadline.number: deadline.rule for deadline in engine.get("one").deadlines}
    assert Counter(body["kind"] for body in bodies)["timer"] == 5
    assert ("a.work" in rules.values()) == (work == "sweep")  # it was resumed, and runs on
    kinds = Counter(
        stored_message.message.kind
        for stored_message in engine.outbox.messages()
        if stored_message.message.instance == "one"
    )
    assert kinds == {"reminder": 1, "due": 4, "rung": 1}


@pytest.mark.parametrize("work", ["sweep", "command"])
def test_killed_at_any_statement_a_transaction_happened_wholly_or_not_at_all(
    prepared: Path, tmp_path: Path, work: str
) -> None:
    path = tmp_path / "killed.db"
    points = killed_everywhere(prepared, path, work, 5 if work == "sweep" else 1)
    engine = engine_on(open_database(f"sqlite:///{path}", synchronous="OFF"))
    assert_all_happened(engine, work)
    engine.close()
    assert points["before"] == points["after"] > (30 if work == "sweep" else 10)


@pytest.mark.parametrize("work", ["late", "correction"])
def test_killed_at_any_statement_a_case_is_put_right_wholly_or_not_at_all(
    known_wrongly: Path, tmp_path: Path, work: str
) -> None:
    path = tmp_path / "killed.db"
    # Behind a statement is before the next, or before the commit.
    points = killed_everywhere(known_wrongly, path, work, 1, ("before", "commit", "done"))
    engine = engine_on(open_database(f"sqlite:///{path}", synchronous="OFF"))
    case = engine.get("one")
    assert (case.state, case.corrected) == ("end", 1)
    assert engine.corrections.first_difference("one") is None
    restated = [each.message for each in engine.outbox.messages() if each.message.kind == "restated"]
    assert [each.to for each in restated] == ["chief", "clerk"]
    engine.close()
    assert points["before"] > 12


def killed_everywhere(
    prepared: Path, path: Path, work: str, transactions: int, where: Iterable[str] = POINTS
) -> Counter[str]:
    """Kill the work at every point of every kind; return how many points there are, and one more."""
    lay(prepared, path)
    expected = stages(path, work)
    assert len(expected) - 1 == transactions  # of a sweep: five timers of each of two, a digest, the keys
    points = Counter[str]()
    reached: list[Rows] = []
    database = open_database(f"sqlite:///{path}", synchronous="OFF")
    engine = engine_on(database)
    with worker(path) as killed_at:
        for point in where:
            ended = -signal.SIGKILL
            while ended == -signal.SIGKILL:
                lay(prepared, path)
                points[point] += 1
                ended = killed_at(work, point, points[point])
                reached.append(rows_of(path))
                assert reached[-1] in expected
                assert_sound(engine)
                do(engine, work)
                assert rows_of(path) == expected[-1]
                database.dispose()  # the engine itself goes on: each time with a file of its own
            assert ended == 0
    assert_sound(engine)
    engine.close()
    assert all(stage in reached for stage in expected)
    return points
