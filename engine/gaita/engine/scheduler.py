"""The scheduler: wakes the engine when the next timer is due, and every so often in any case."""

import threading
from collections.abc import Callable
from datetime import timedelta

import structlog

from gaita.engine.engine import Engine

_NO_TIME = timedelta(0)
_AGAIN = timedelta(seconds=1)
"""What is due and was not done is not tried in a tight circle."""
_log = structlog.get_logger("gaita.scheduler")


class Scheduler:
    """Runs what is due in a background thread, from ``start`` until ``stop``.

    It waits until the next due time, or for ``sweep_every``, whichever comes first. The sweep finds what
    other processes armed, and catches up after the clock was moved. The wait is measured as time that
    elapses: a clock that is set back, be it by a year, does not make it longer.
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
        self._round = threading.Lock()
        self._bell = threading.Event()
        self._stopped = False
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Begin; what is due already is run at once."""
        self._stopped = False
        self._bell.clear()
        self._engine.on_armed(self.wake)
        self._thread = threading.Thread(target=self._serve, name="gaita-scheduler", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Let a round that is running come to its end, and stop."""
        self._engine.on_armed(None)
        self._stopped = True
        self._bell.set()
        if self._thread is not None:
            self._thread.join()
            self._thread = None

    def wake(self) -> None:
        """Look again at what is due next: after something was armed, or a clock was moved."""
        self._bell.set()

    def run_round(self) -> None:
        """Run what is due now; one round waits for another that is running."""
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
                # The next round comes whatever happens: a database that is away comes back.
                _log.exception("round failed")

    def _serve(self) -> None:
        # A first round in any case: messages may wait that an engine which was killed did not deliver.
        wait = _NO_TIME
        while not self._stopped:
            if wait <= _NO_TIME:
                self.run_round()
                wait = max(self._wait(), min(_AGAIN, self._sweep_every))
            if self._bell.wait(wait.total_seconds()):
                self._bell.clear()
                wait = self._wait()
            else:
                wait = _NO_TIME

    def _wait(self) -> timedelta:
        """Return how long nothing is to be done, by the engine's clock; never longer than until the sweep."""
        try:
            due = self._engine.next_due()
            now = self._engine.now()
        except Exception:  # noqa: BLE001 - logged; the sweep comes all the same
            _log.exception("the next due time cannot be read")
            return self._sweep_every
        return self._sweep_every if due is None else min(self._sweep_every, max(due - now, _NO_TIME))
