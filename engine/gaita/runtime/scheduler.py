"""The scheduler: wakes the engine when the next timer is due, and every so often in any case."""

import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import structlog
from apscheduler.schedulers import background
from apscheduler.schedulers.base import STATE_STOPPED

from gaita.clock import SystemClock
from gaita.runtime.engine import Engine

_JOB = "gaita-wake"
_NO_TIME = timedelta(0)
_AGAIN = timedelta(seconds=1)
"""What is due and was not done is not tried in a tight circle."""
_log = structlog.get_logger("gaita.scheduler")


class Scheduler:
    """Runs what is due in a background thread, from ``start`` until ``stop``.

    It keeps one APScheduler date job: at the next due time, or ``sweep_every`` from now, whichever comes
    first. The sweep finds what other processes armed, and catches up after the clock was moved: a clock that
    is set back, be it by a year, does not put it off.
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
        self._jobs: _Jobs | None = None
        self._round = threading.Lock()

    def start(self) -> None:
        """Begin; what is due already is run at once."""
        self._engine.on_armed(self.wake)
        self._jobs = _Jobs(self._sweep_every, self._look_now)
        self._jobs.start()
        # A first round in any case: messages may wait that an engine which was killed did not deliver.
        self._look_now()

    def stop(self) -> None:
        """Let a round that is running come to its end, and stop."""
        self._engine.on_armed(None)
        jobs, self._jobs = self._jobs, None
        if jobs is not None:
            # APScheduler, if told to wait, holds the lock that a round needs to plan the next: so we wait.
            jobs.shutdown(wait=False)
        with self._round:
            pass

    def wake(self) -> None:
        """Look again at what is due next: after something was armed, or a clock was moved."""
        self._plan(self._wait())

    def run_round(self) -> None:
        """Run what is due now, then plan the next round; one round waits for another that is running."""
        with self._round:
            if self._jobs is None:
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
                # The next round comes whatever happens: a database that is away comes back.
                _log.exception("round failed")
        self._plan(max(self._wait(), min(_AGAIN, self._sweep_every)))

    def _look_now(self) -> None:
        self._plan(_NO_TIME)

    def _wait(self) -> timedelta:
        """Return how long nothing is to be done, by the engine's clock; never longer than until the sweep."""
        try:
            due = self._engine.next_due()
            now = self._engine.now()
        except Exception:  # noqa: BLE001 - logged; the sweep comes all the same
            _log.exception("the next due time cannot be read")
            return self._sweep_every
        return self._sweep_every if due is None else min(self._sweep_every, max(due - now, _NO_TIME))

    def _plan(self, wait: timedelta) -> None:
        jobs = self._jobs
        if jobs is not None:
            jobs.plan(self.run_round, SystemClock().now() + wait)


_Background: Any = background.BackgroundScheduler  # it carries no types


class _Jobs(_Background):  # type: ignore[misc]
    """APScheduler with one job, which notices that time has passed whatever the clock says.

    APScheduler waits until a date: once the clock is set back, that lies as much further away. So a wait that
    has come to its end is told of, and no wait is longer than ``longest``.
    """

    def __init__(self, longest: timedelta, elapsed: Callable[[], None]) -> None:
        # Jobs are planned in UTC: in a zone with daylight saving an hour comes twice. A job that is late is
        # run all the same, once. Rounds wait for one another: were a second one dropped instead, the one that
        # is just ending would have planned it in vain, and nothing would wake the engine again.
        options = {"misfire_grace_time": None, "coalesce": True, "max_instances": 16}
        super().__init__(timezone=UTC, job_defaults=options)  # pyright: ignore[reportUnknownMemberType]
        self._longest = longest.total_seconds()
        self._elapsed = elapsed

    def plan(self, work: Callable[[], None], when: datetime) -> None:
        """Do ``work`` at a moment, in the place of what was planned before."""
        self.add_job(work, "date", run_date=when, id=_JOB, replace_existing=True)

    def _main_loop(self) -> None:
        """Wait and process, as APScheduler does; see above for what is different."""
        event: Any = self._event
        wait = self._longest
        while self.state != STATE_STOPPED:
            if not event.wait(wait):
                self._elapsed()
            event.clear()
            wait = min(self._process_jobs() or self._longest, self._longest)
