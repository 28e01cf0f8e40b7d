"""The plan of a correction with a thousand entries behind it."""

import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median

from benchmarks.measure import Line, seconds
from benchmarks.stepping import WORKFLOW
from gaita import ManualClock
from gaita.correction import Insert
from gaita.model.command import Fire
from gaita.runtime import Engine

ENTRIES = 1_000


def measure() -> list[Line]:
    """Measure an entry that was forgotten before a thousand others: its plan, and carrying it out."""
    with tempfile.TemporaryDirectory() as folder:
        begun = datetime(2025, 1, 1, tzinfo=UTC)
        clock = ManualClock(begun)
        engine = Engine(f"sqlite:///{Path(folder) / 'engine.sqlite3'}", clock=clock)
        engine.migrate()
        engine.deploy(WORKFLOW + '[roles.lead]\n[corrections]\nby = "lead"\n')
        engine.start("bench", instance="p")
        with engine.transaction() as connection:
            for _ in range(ENTRIES):
                clock.advance(timedelta(minutes=1))
                engine.fire("p", "go", connection=connection)
        forgotten = [Insert(Fire("go"), begun + timedelta(seconds=each)) for each in (20, 40)]
        plan = median(seconds(lambda: engine.corrections.plan("p", *forgotten)) for _ in range(5))
        assert not engine.corrections.plan("p", *forgotten).stops
        done = seconds(
            lambda: engine.corrections.correct("p", *forgotten, actor="u", roles=["lead"], reason="forgotten")
        )
        assert engine.verify().sound
        engine.close()
    return [
        Line("the plan of a correction, 1000 entries behind it", f"{plan * 1000:.0f} ms"),
        Line("a correction, 1000 entries behind it", f"{done * 1000:.0f} ms", None, "≤ 200 ms", done <= 0.2),
    ]
