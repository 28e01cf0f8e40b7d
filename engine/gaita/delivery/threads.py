"""The delivery threads: deliver in the background, each route in threads of its own."""

import threading
from collections.abc import Callable, Sequence
from datetime import timedelta
from functools import partial

import structlog

from gaita.context.watch import Watch
from gaita.delivery.channel_worker import ChannelWorker
from gaita.delivery.route import SOONEST
from gaita.errors import traced
from gaita.ports import Clock

_log = structlog.get_logger("gaita.delivery")


class DeliveryThreads:
    """Delivers from ``start`` until ``stop``.

    One thread works out who is to hear; for each route as many as it may use at the same time hand over. So
    a channel that stalls holds up nobody but itself. They look again when they are told to (``notify``),
    when anybody has committed, when something is due again, and every ``look_every`` in any case.
    """

    def __init__(
        self,
        clock: Clock,
        spread: Callable[[], object],
        workers: Sequence[ChannelWorker],
        *,
        look_every: timedelta = timedelta(seconds=30),
        watch: Watch | None = None,
    ) -> None:
        self._watch = watch
        self._end_listening: Callable[[], None] | None = None
        self._clock = clock
        self._spread = spread
        self._look_every = look_every
        self._stopping = threading.Event()
        self._idle = threading.Condition()
        self._running = 0
        self._is_started = False
        self._told = threading.Event()
        self._bells = [(worker, threading.Event()) for worker in workers]

    def start(self) -> None:
        """Begin, with what waits already. Started already, it goes on as it is."""
        with self._idle:
            if self._is_started:
                return
            self._is_started = True
        self._stopping.clear()
        self._told.set()
        self._begin("gaita-post", self._spread_on)
        for worker, bell in self._bells:
            bell.set()
            self._begin(f"gaita-post-{worker.route.name}", partial(self._serve_on, worker, bell))
        if self._watch is not None:
            self._end_listening = self._watch.listen(self._tick)

    def notify(self) -> None:
        """Look at once: something was committed. It returns at once, and may be called from any thread."""
        self._told.set()

    def stop(self, patience: timedelta = timedelta(seconds=30)) -> bool:
        """Finish what is being handed over, and stop; return whether all came to their end in time.

        What a channel still holds then is tried again once its lease has run out.
        """
        with self._idle:
            self._is_started = False
        end_listening, self._end_listening = self._end_listening, None
        if end_listening is not None:
            end_listening()
        self._stopping.set()
        self._told.set()
        for _, bell in self._bells:
            bell.set()
        with self._idle:
            ended = self._idle.wait_for(lambda: not self._running, patience.total_seconds())
        if not ended:
            _log.warning("stopped before a channel came to its end", threads=self._running)
        return ended

    def _tick(self, committed: bool) -> None:  # noqa: FBT001 - what the watch says
        if committed:
            self.notify()

    def _begin(self, name: str, work: Callable[[], None]) -> None:
        def run() -> None:
            try:
                work()
            finally:
                with self._idle:
                    self._running -= 1
                    self._idle.notify_all()

        with self._idle:
            self._running += 1
        # Daemons: a channel that never comes back must not keep the process from ending.
        threading.Thread(target=run, name=name, daemon=True).start()

    def _spread_on(self) -> None:
        while True:
            self._told.wait(self._look_every.total_seconds())
            self._told.clear()
            if self._stopping.is_set():
                return
            try:
                self._spread()
            except Exception as error:  # noqa: BLE001 - logged; a database that is away comes back
                _log.error("messages could not be spread", **traced(error))
            for _, bell in self._bells:
                bell.set()

    def _serve_on(self, worker: ChannelWorker, bell: threading.Event) -> None:
        wait = timedelta(0)
        while True:
            bell.wait(wait.total_seconds())
            bell.clear()
            if self._stopping.is_set():
                return
            try:
                wait = self._serve(worker)
            except Exception as error:  # noqa: BLE001 - logged; see above
                _log.error("delivery failed", channel=worker.route.name, **traced(error))
                wait = self._look_every

    def _serve(self, worker: ChannelWorker) -> timedelta:
        """Hand over what is due; return how long there is nothing to do."""
        done = worker.round(stopping=self._stopping.is_set)
        if done.handed_over:  # what failed has been logged with its cause
            _log.info("delivered", channel=worker.route.name, handed_over=done.handed_over)
        due = worker.next_at()
        if due is None:
            return self._look_every
        # What is due and could not be had is not asked for in a tight circle.
        soonest = timedelta(0) if done.handed_over or done.failed else SOONEST
        return min(self._look_every, max(due - self._clock.now(), soonest))
