"""``run_due`` over many timers that are due: timers a second, and whether the memory stays flat."""

import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

from benchmarks.measure import Line, forget_peak, peak, seconds
from gaita.clock import ManualClock
from gaita.runtime import Engine

WORKFLOW = """
language = 1
[workflow]
id = "sweep"
initial = "open"
time_zone = "Europe/Riga"
[roles.lead]
[states.open]
[states.open.deadlines.answer]
within = "10 days"
escalate = [{ after = "5 days", to = "lead" }]
[states.closed]
final = true
[events.close]
[[transitions]]
event = "close"
from = "open"
to = "closed"
"""
INSTANCES = 50_000
"""With two timers each: the due moment and one rung."""


def measure() -> list[Line]:
    """Measure a sweep of 100 000 timers of 50 000 instances, on a file with ``synchronous=FULL``."""
    with tempfile.TemporaryDirectory() as folder:
        clock = ManualClock(datetime(2025, 1, 1, tzinfo=UTC))
        engine = Engine(f"sqlite:///{Path(folder) / 'sweep.sqlite3'}", clock=clock)
        engine.migrate()
        engine.deploy(WORKFLOW)
        with engine.transaction() as connection:
            for number in range(INSTANCES):
                engine.start("sweep", instance=f"p{number:06}", connection=connection)
        clock.advance(timedelta(days=11))  # first the due moments: each is one timer of one instance
        forget_peak()
        before = peak()
        first = seconds(engine.run_due)
        middle = peak()
        clock.advance(timedelta(days=20))
        second = seconds(engine.run_due)
        end = peak()
        account = engine.deadlines.account()
        assert account.balanced
        assert account.lines[0].overdue == INSTANCES
        engine.close()
    rate = 2 * INSTANCES / (first + second)
    return [
        Line("run_due over 100 000 due timers", f"{rate:.0f} /s", None, "≥ 5000 /s", rate >= 5000),
        Line("  memory beyond the start, first half", f"{middle - before:.0f} MB"),
        Line(
            "  memory beyond that, second half", f"{end - middle:.0f} MB", None, "≤ 10 MB", end - middle <= 10
        ),
    ]
