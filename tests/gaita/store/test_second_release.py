"""What the second release wrote (schema 0003) is carried on: pauses, extensions, recurring deadlines."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from gaita.clock import ManualClock
from gaita.runtime import Engine
from gaita.store import Tables
from tests.gaita.building import at
from tests.gaita.store.test_migrations import Old, make_schema

ROWS = Path(__file__).parent / "second_release.sql"
UPGRADED = at("2024-05-02T08:30")
"""Half an hour after it was run for the last time."""


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(UPGRADED)


@pytest.fixture
def engine(tmp_path: Path, clock: ManualClock) -> Iterator[Engine]:
    old = Old(tmp_path / "old.db", Tables())
    make_schema(old, "0003")
    with closing(sqlite3.connect(old.path)) as file:
        file.executescript(ROWS.read_text(encoding="utf-8"))
        file.commit()
    made = Engine(old.url, clock=clock)
    made.migrate()
    yield made
    made.close()


def test_its_histories_verify_and_every_deadline_is_accounted_for(engine: Engine) -> None:
    verification = engine.verify()
    assert (verification.findings, verification.instances, verification.records) == ((), 5, 60)
    assert engine.deadlines.account().imbalances == ()
    for instance in engine.list().instances:
        ledgers = engine.deadlines.ledger(instance.id)
        assert [each.number for each in ledgers if each.is_open] == [
            each.number for each in instance.deadlines
        ]


def test_open_deadlines_stand_where_they_stood(engine: Engine) -> None:
    detour = engine.get("detour")
    assert detour.state == "lab"
    due = {(each.rule, each.number): each.due for each in detour.deadlines}
    assert due["lab.out", 9] == at("2024-04-11T21:00")
    assert due["lab.answer", 10] == at("2024-04-05T21:00")
    extended = {each.rule: each for each in engine.get("extended").deadlines}
    assert extended["lab.answer"].is_paused
    assert engine.get("recurring").data["count"] == 5


def test_it_goes_on_to_the_end_of_the_programme(engine: Engine, clock: ManualClock) -> None:
    assert engine.fire("extended", "resume").accepted
    assert engine.fire("detour", "hold").accepted
    clock.set(at("2024-06-03T08:00"))
    engine.run_due()
    assert engine.fire("detour", "resume").accepted
    clock.set(at("2025-06-30T21:00"))
    engine.run_due()
    assert {each.state for each in engine.list().instances} == {"done", "over"}
    account = engine.deadlines.account()
    assert account.imbalances == ()
    assert sum(line.open for line in account.lines) == 0
    assert engine.verify().findings == ()
