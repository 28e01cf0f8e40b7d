"""Arming, firing and sweeping among 10 000 and among 1 000 000 timers that wait in the database.

The tables are filled with plain SQL: one instance is started by the engine, and its rows are copied under
other names, each entered at a moment of its own. Only the texts of the records are not rewritten, which
nothing that is measured here reads.
"""

import sqlite3
import tempfile
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from random import Random
from statistics import median
from time import perf_counter
from typing import Any

from benchmarks.measure import Line, compared, forget_peak, microseconds, peak, seconds
from gaita.clock import ManualClock, from_microseconds
from gaita.runtime import Engine
from gaita.store import Database, Tables, TimerStore, open_database

WORKFLOW = """
language = 1
[workflow]
id = "pending"
initial = "open"
time_zone = "Europe/Riga"
[roles.lead]
[data]
problem = { type = "string", default = "Rindas pie klientu apkalpošanas centra" }
users = { type = "integer", default = 40 }
[states.open]
[states.open.deadlines.answer]
within = "P10D"
escalate = [{ after = "5 days", to = "lead" }]
[states.open.deadlines.report]
within = "P30D"
remind = [{ before = "3 days", to = "lead" }]
[states.closed]
final = true
[events.close]
[[transitions]]
event = "close"
from = "open"
to = "closed"
"""
TIMERS = 4
"""Of each instance: two deadlines with two moments each."""
SMALL, LARGE = 10_000, 1_000_000
SWEPT = 100_000
_BEGIN = datetime(2025, 1, 1, tzinfo=UTC)
_SPREAD = timedelta(days=180)
"""So long a time they were entered during, their names in that order, as the engine's own are."""
_BATCH = 500


class _Filled:
    """A database in which so many timers wait, and the engine on it."""

    def __init__(self, file: Path, timers: int) -> None:
        self.file = file
        self.clock = ManualClock(_BEGIN)
        opened = open_database(f"sqlite:///{file}")
        self.engine = Engine(opened, clock=self.clock)
        self._database = Database(opened, Tables())
        self.engine.migrate()
        self.engine.deploy(WORKFLOW)
        self.engine.start("pending", instance="template")
        self.fill_seconds = seconds(lambda: _fill(file, timers // TIMERS - 1))
        self.timers = TimerStore(Tables())
        self._names = (f"new-{number:06}" for number in count())

    def moment_of(self, place: int) -> datetime:
        """Return the moment of the waiting timer in this place of the queue."""
        with sqlite3.connect(self.file) as connection:
            (micros,) = connection.execute(
                "SELECT due FROM gaita_timers WHERE ending IS NULL AND incident IS NULL AND due IS NOT NULL"
                " ORDER BY due LIMIT 1 OFFSET ?",
                (place,),
            ).fetchone()
        return from_microseconds(micros)

    def find_next(self) -> None:
        """Find the moment of the next timer."""
        assert self.engine.next_due() is not None

    def find_batch(self, moment: datetime) -> None:
        """Find the instances of a batch of due timers, as a sweep does."""
        with self._database.writing() as held:
            found = self.timers.due_instances(held, moment, _BATCH)
        assert len(found) > _BATCH // TIMERS

    def arm(self) -> None:
        """Start an instance with two deadlines."""
        self.engine.start("pending", instance=next(self._names))

    def fire_next(self) -> None:
        """Fire the one timer that is due next."""
        moment = self.engine.next_due()
        assert moment is not None
        self.clock.set(max(moment, self.clock.now()))
        assert self.engine.run_due(moment).timers == 1


def measure() -> list[Line]:
    """Measure both sizes in turn, then a sweep of 100 000 timers among the million."""
    with tempfile.TemporaryDirectory() as folder:
        small = _Filled(Path(folder) / "small.sqlite3", SMALL)
        large = _Filled(Path(folder) / "large.sqlite3", LARGE)
        lines = [
            Line(f"filling a database with {LARGE:,} pending timers", f"{large.fill_seconds:.0f} s", None,
                 "≤ 60 s", large.fill_seconds <= 60),
        ]  # fmt: skip
        few = microseconds(small.find_next, large.find_next, times=300)
        lines.append(_between("finding the next moment", few))
        until = {each.file: each.moment_of(_BATCH * 2) for each in (small, large)}
        batches = microseconds(
            lambda: small.find_batch(until[small.file]), lambda: large.find_batch(until[large.file]), times=30
        )
        lines.append(_between(f"finding a batch of {_BATCH} due timers", batches))
        firing = microseconds(small.fire_next, large.fire_next, times=40)
        arming = microseconds(small.arm, large.arm, times=40)
        lines.append(_between("starting an instance with two deadlines", arming))
        lines.append(_between("firing the one timer that is due", firing))
        lines.extend(_sweep(large))
        small.engine.close()
        large.engine.close()
    return lines


def _between(name: str, taken: Sequence[float]) -> Line:
    small, large = taken
    return compared(f"{name}: 1 000 000 / 10 000", f"{large:.0f} µs", large / small, 1.5)


def _sweep(filled: _Filled) -> list[Line]:
    """Sweep 100 000 timers in ten parts, so that it is seen whether the memory grows."""
    moments = [filled.moment_of(SWEPT // 10 * part - 1) for part in range(1, 11)]
    forget_peak()
    peaks = [peak()]
    taken: list[float] = []
    fired = 0
    for moment in moments:
        filled.clock.set(max(moment, filled.clock.now()))
        begun = perf_counter()
        fired += filled.engine.run_due(moment).timers
        taken.append(perf_counter() - begun)
        peaks.append(peak())
    assert fired >= SWEPT, fired
    rate = fired / sum(taken)
    growth = peaks[-1] - peaks[5]
    return [
        Line(f"a sweep of {SWEPT:,} due among {LARGE:,} pending", f"{rate:.0f} /s", None, "≥ 5000 /s",
             rate >= 5000),
        Line("  its slowest tenth / its median tenth", "", max(taken) / median(taken)),
        Line("  memory beyond the first half of it", f"{growth:.0f} MB", None, "≤ 10 MB", growth <= 10),
    ]  # fmt: skip


def _fill(file: Path, instances: int) -> None:
    chance = Random(11)
    microsecond = timedelta(microseconds=1)
    shifts = sorted(chance.randrange(_SPREAD // microsecond) for _ in range(instances))
    connection = sqlite3.connect(file, isolation_level=None)
    connection.execute("PRAGMA synchronous = OFF")
    connection.execute("BEGIN IMMEDIATE")
    tables = Tables()
    moved = {
        tables.instances.name: {"since", "started_at"},
        tables.deadlines.name: {"armed_at", "since", "due"},
        tables.timers.name: {"due"},
        tables.records.name: set[str](),
    }
    for table, moments in moved.items():
        key = "id" if table == tables.instances.name else "instance"
        cursor = connection.execute(f"SELECT * FROM {table} WHERE {key} = 'template'")  # noqa: S608
        columns = [column[0] for column in cursor.description]
        templates = cursor.fetchall()
        places = {place for place, column in enumerate(columns) if column in moments}
        named = columns.index(key)
        marks = ", ".join("?" * len(columns))
        connection.executemany(
            f"INSERT INTO {table} VALUES ({marks})",  # noqa: S608
            _copies(templates, named, places, shifts),
        )
    connection.execute("COMMIT")
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()


def _copies(
    templates: Sequence[tuple[Any, ...]], named: int, places: set[int], shifts: Sequence[int]
) -> Iterator[list[Any]]:
    for number, shift in enumerate(shifts):
        name = f"p{number:07}"
        for template in templates:
            row = list(template)
            row[named] = name
            for place in places:
                row[place] += shift
            yield row
