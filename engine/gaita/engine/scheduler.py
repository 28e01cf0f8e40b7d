"""The scheduler: wakes the engine when the next timer is due, and every so often in any case."""

import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import structlog
from apscheduler.schedulers.background import BackgroundScheduler

from gaita.clock import SystemClock
from gaita.engine.engine import Engine

_JOB = "gaita-wake"
_log = structlog.get_logger("gaita.scheduler")


class Scheduler:
    """Runs what is due in a background thread, from ``start`` until ``stop``.

    It keeps one APScheduler date job: at the next due time, or ``sweep_every`` from now, whichever comes
    first. The sweep finds what other processes armed, and catches up after the clock was moved.
    """

    def __init__(
        self,
        engine: Engine,
        *,
        sweep_every: timedelta = timedelta(seconds=30),
        after_each: Callable[[], object] | None = None,
    ) -> None:
        """Serve ``engine``; call ``after_each`` behind every round (to deliver what was written)."""
        self._engine = engine
        self._sweep_every = sweep_every
        self._after_each = after_each
        # Jobs are planned in UTC: in a zone with daylight saving an hour comes twice. A job that is late
        # is run all the same, once. Rounds wait for one another: were a second one dropped instead, the
        # one that is just ending would have planned it in vain, and nothing would wake the engine again.
        self._jobs: Any = BackgroundScheduler(
            timezone=UTC, job_defaults={"misfire_grace_time": None, "coalesce": True, "max_instances": 16}
        )
        self._round = threading.Lock()
        self._stopped = False

    def start(self) -> None:
        """Begin; what is due already is run at once."""
        self._stopped = False
        self._engine.on_armed(self.wake)
        self._jobs.start()
        # A first round in any case: messages may wait that an engine which was killed did not deliver.
        self._add(SystemClock().now())

    def stop(self) -> None:
        """Let a round that is running come to its end, and stop."""
        self._engine.on_armed(None)
        self._stopped = True
        # APScheduler, if told to wait, holds the lock that a round needs to plan the next one: so we wait.
        self._jobs.shutdown(wait=False)
        with self._round:
            pass

    def wake(self) -> None:
        """Look again at what is due next: after something was armed, or a clock was moved."""
        self._plan()

    def run_round(self) -> None:
        """Run what is due now, then plan the next round."""
        with self._round:
            if self._stopped:
                return
            try:
                sweep = self._engine.run_due()
                if sweep.timers or sweep.incidents:
                    _log.info(
                        "swept", timers=sweep.timers, messages=sweep.messages, incidents=sweep.incidents
                    )
                if self._after_each is not None:
                    self._after_each()
            except Exception:  # noqa: BLE001 - logged; see below
                # The next round is planned whatever happens: a database that is away comes back.
                _log.exception("round failed")
        self._plan(at_once=False)

    def _plan(self, *, at_once: bool = True) -> None:
        if self._stopped:
            return
        present = SystemClock().now()
        wait = self._sweep_every
        try:
            due = self._engine.next_due()
        except Exception:  # noqa: BLE001 - logged; the sweep comes all the same
            _log.exception("the next due time cannot be read")
            due = None
        if due is not None:
            wait = min(wait, max(due - self._engine.now(), timedelta(0)))
        if not at_once and wait <= timedelta(0):
            wait = timedelta(seconds=1)  # what is due and was not done is not tried in a tight circle
        self._add(present + wait)

    def _add(self, when: datetime) -> None:
        self._jobs.add_job(self.run_round, "date", run_date=when, id=_JOB, replace_existing=True)
