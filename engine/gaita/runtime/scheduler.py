"""The scheduler: wakes the engine when the next timer is due, after each commit, and every so often."""

import os
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import structlog
from apscheduler.schedulers import background

from gaita.clock import SystemClock
from gaita.context.watch import TICK
from gaita.errors import InvalidArgument, traced
from gaita.runtime.engine import Engine
from gaita.runtime.sweep import Sweep

_JOB = "gaita-wake"
_NO_TIME = timedelta(0)
_TICK = timedelta(seconds=TICK)
_AGAIN = timedelta(seconds=1)
"""What is due and was not done is not tried in a tight circle."""
_FURTHEST = timedelta(days=1)
"""Nothing is planned further ahead: it is looked at again in between."""
_LOST = timedelta(seconds=1)
"""A turn that has not begun so long after it was asked for is asked for again."""
_log = structlog.get_logger("gaita.scheduler")
_Background: Any = background.BackgroundScheduler  # it carries no types


class Scheduler:
    """Runs what is due in a background thread, from ``start`` until ``stop``.

    APScheduler holds one date job, at the next due moment. The engine's watch ticks beside it: whatever
    anybody has committed, a host or another process, is looked at within a tenth of a second, and so is a
    clock that was moved. Behind ``sweep_every`` everything is looked at in any case. Any number of schedulers
    may serve one engine or one database; each timer fires once.
    """

    def __init__(
        self,
        engine: Engine,
        *,
        sweep_every: timedelta = timedelta(seconds=30),
        after_each: Callable[[], object] | None = None,
    ) -> None:
        """Serve ``engine``; call ``after_each`` behind every round (to deliver what was written).

        Raises ``InvalidArgument``.
        """
        _checked(engine, sweep_every, after_each)
        self._engine = engine
        self._sweep_every = sweep_every
        self._after_each = after_each
        self._state = threading.Condition()
        self._process = os.getpid()
        """Guards all that follows; told about the end of a turn."""
        self._jobs: Any = None
        self._end_listening: Callable[[], None] | None = None
        self._turn: int | None = None
        """The thread whose turn it is to look, and to run what is due."""
        self._is_asked = False
        """Whether there is something to look at that no turn has begun to look at."""
        self._planned: timedelta | None = None
        """How long ago a turn was planned at once that has not begun. All these count ticks, not a clock."""
        self._since_round = _NO_TIME
        self._held_back = _NO_TIME
        """How long nothing is tried again."""
        self._failures = 0
        self._due: datetime | None = None
        """The next due moment, by the engine's clock."""

    def start(self) -> None:
        """Begin; what is due already is run at once. Started already, it goes on; in a fork, anew."""
        if self._process != os.getpid():  # a fork has left its threads behind
            self._process, self._state, self._jobs, self._turn = (
                os.getpid(),
                threading.Condition(),
                None,
                None,
            )
            self._planned, self._end_listening = None, None
        with self._state:
            if self._jobs is not None:
                return
            # Jobs are planned in UTC: in a zone with daylight saving an hour comes twice. A job that is late
            # is run all the same, once.
            options = {"misfire_grace_time": None, "coalesce": True, "max_instances": 16}
            jobs = _Background(timezone=UTC, job_defaults=options)
            jobs.start()
            self._jobs = jobs
            # A first round in any case: messages may wait that an engine which was killed did not deliver.
            self._since_round, self._held_back, self._due = self._sweep_every, _NO_TIME, None
            self._ask()
            self._end_listening = self._engine.watch.listen(self._tick)

    def stop(self, timeout: timedelta | float | None = None) -> bool:
        """Let a round that is running come to its end, and stop; return whether all has ended in time.

        ``timeout`` (a span, or seconds) is how long it waits for that; ``None``: as long as it takes. Called
        from ``after_each`` it does not wait for the round that it is called from, and returns ``False``.
        """
        with self._state:
            jobs, self._jobs = self._jobs, None
            end_listening, self._end_listening = self._end_listening, None
        if end_listening is not None:
            end_listening()
        if jobs is not None:
            # A date job that is just being submitted would be looked for in vain once the state is "stopped",
            # which ends APScheduler's thread in an exception: so there is none any more.
            jobs.remove_all_jobs()
            jobs.shutdown(wait=False)
        seconds = timeout.total_seconds() if isinstance(timeout, timedelta) else timeout
        with self._state:
            if self._turn == threading.get_ident():
                return False
            return self._state.wait_for(lambda: self._turn is None, seconds)

    def wake(self) -> None:
        """Look again at what is due: at once, or as soon as a round that is running has ended."""
        with self._state:
            self._is_asked = True
            if self._turn is None and self._planned is None and not self._held_back:
                self._ask()

    def run_round(self) -> None:
        """Run what is due now, in this thread; one round waits for another that is running."""
        with self._state:
            if self._turn == threading.get_ident():
                return
            self._state.wait_for(lambda: self._turn is None)
            if self._jobs is None:
                return
            self._turn = threading.get_ident()
        self._take_turn(sweep=True)

    # -- when

    def _tick(self, committed: bool) -> None:  # noqa: FBT001 - what the watch says
        """Look whether there is reason for a turn. The watch's thread must not wait: it only plans one."""
        now = self._engine.now()
        with self._state:
            self._since_round += _TICK
            self._held_back = max(self._held_back - _TICK, _NO_TIME)
            self._is_asked = self._is_asked or committed
            if self._planned is not None:
                self._planned += _TICK
            if self._turn is not None or self._held_back:
                return
            if self._planned is not None and self._planned < _LOST:
                return
            is_due = self._due is not None and now >= self._due
            if self._is_asked or is_due or self._since_round >= self._sweep_every:
                self._ask()

    def _ask(self) -> None:
        """Plan a turn for now."""
        self._planned = _NO_TIME
        self._plan(_NO_TIME)

    def _plan(self, wait: timedelta) -> None:
        """Plan a turn, in the place of what was planned before."""
        if self._jobs is not None:
            when = SystemClock().now() + wait
            self._jobs.add_job(self._on_time, "date", run_date=when, id=_JOB, replace_existing=True)

    # -- what

    def _on_time(self) -> None:
        with self._state:
            if self._turn is not None or self._jobs is None or self._held_back:
                return
            self._turn = threading.get_ident()
        self._take_turn(sweep=False)

    def _take_turn(self, *, sweep: bool) -> None:
        """Run what is due until nothing is, where anything is or a sweep is; then plan the next turn."""
        due: datetime | None = None
        failed = True
        try:
            due = self._run_until_done(sweep=sweep)
            failed = False
        except Exception as error:  # noqa: BLE001 - logged; a database that is away comes back
            _log.error("round failed", **traced(error))
        finally:
            with self._state:
                self._turn = None
                self._due = due
                if failed:
                    self._hold_back()
                else:
                    self._failures = 0
                if self._is_asked and not self._held_back:
                    self._ask()
                elif due is not None and not self._held_back:
                    self._plan(min(max(due - self._engine.now(), _NO_TIME), _FURTHEST))
                self._state.notify_all()

    def _run_until_done(self, *, sweep: bool) -> datetime | None:
        """Return the next due moment, once nothing more is due."""
        did_nothing = False
        while True:
            with self._state:
                self._is_asked, self._planned = False, None
                sweep = sweep or self._since_round >= self._sweep_every
                if self._jobs is None:
                    return None
            due = self._engine.next_due()
            is_due = due is not None and due <= self._engine.now()
            if not sweep and not is_due:
                return due
            if did_nothing:
                with self._state:
                    self._hold_back()
                return due
            did_nothing = self._round() == Sweep()
            sweep = False

    def _round(self) -> Sweep:
        with self._state:
            self._since_round = _NO_TIME
        swept = self._engine.run_due()
        if swept.timers or swept.incidents:
            _log.info("swept", timers=swept.timers, messages=swept.messages, incidents=swept.incidents)
        if self._after_each is not None:
            self._after_each()
        return swept

    def _hold_back(self) -> None:
        """Let some time pass before anything is tried again: more, the more often it failed."""
        self._held_back = min(_AGAIN * 2 ** min(self._failures, 10), self._sweep_every)
        self._failures += 1
        self._is_asked = True


def _checked(engine: object, sweep_every: object, after_each: object) -> None:
    if not isinstance(engine, Engine):
        message = f"engine: expected a gaita.Engine, found {type(engine).__name__}"
        raise InvalidArgument(message)
    if not isinstance(sweep_every, timedelta) or sweep_every <= _NO_TIME:
        message = f"sweep_every: expected some time, as in timedelta(seconds=30), found {sweep_every!r}"
        raise InvalidArgument(message)
    if after_each is not None and not callable(after_each):
        message = f"after_each: expected what can be called, found {type(after_each).__name__}"
        raise InvalidArgument(message)
