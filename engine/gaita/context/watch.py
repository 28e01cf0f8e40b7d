"""The watch: one thread that tells whoever listens that somebody has committed, or that time has passed."""

import os
import threading
from collections.abc import Callable
from typing import Protocol, TypeAlias

import structlog

from gaita.errors import traced

TICK = 0.05
"""Seconds between two looks."""
Listener: TypeAlias = Callable[[bool], object]
"""Called at each tick, with whether anybody has committed since the one before; it must not wait."""
_log = structlog.get_logger("gaita.watch")


class Commits(Protocol):
    """What knows whether anybody has committed."""

    def changed(self) -> bool:
        """Return whether anybody has committed since the last look."""
        ...

    def close(self) -> None:
        """Give back what it held."""
        ...


class Watch:
    """Ticks while anybody listens, in a thread of its own. A tick too many is harmless.

    It counts no time but its own ticks, so that no clock that is set puts it off.
    """

    def __init__(self, commits: Callable[[], Commits]) -> None:
        self._commits = commits
        self._process = os.getpid()
        self._lock = threading.Lock()
        self._listeners: dict[object, Listener] = {}
        self._thread: threading.Thread | None = None
        self._stopping = threading.Event()
        self._nudged = threading.Event()

    def listen(self, listener: Listener) -> Callable[[], None]:
        """Tell ``listener`` of each tick, until what is returned is called.

        That waits for a tick under way, unless it is called from one.
        """
        token = object()
        if self._process != os.getpid():  # a fork has left the thread behind, and whoever listened there
            self._process, self._lock, self._thread = os.getpid(), threading.Lock(), None
            self._listeners = {}
        with self._lock:
            self._listeners[token] = listener
            if self._thread is None:
                self._stopping = threading.Event()
                self._thread = threading.Thread(
                    target=self._run, args=(self._stopping,), name="gaita-watch", daemon=True
                )
                self._thread.start()

        def end() -> None:
            with self._lock:
                self._listeners.pop(token, None)
                if self._listeners or self._thread is None:
                    return
                thread, self._thread = self._thread, None
                self._stopping.set()
            if thread is not threading.current_thread():
                thread.join()

        return end

    def nudge(self) -> None:
        """Let the next tick say that somebody has committed. From any thread, at no cost."""
        self._nudged.set()

    def _run(self, stopping: threading.Event) -> None:
        commits = self._commits()
        try:
            while not stopping.wait(TICK):
                changed = self._changed(commits)
                with self._lock:
                    listeners = tuple(self._listeners.values())
                for listener in listeners:
                    try:
                        listener(changed)
                    except Exception as error:  # noqa: BLE001 - logged; the others are told all the same
                        _log.error("whoever listens for commits failed", **traced(error))
        finally:
            commits.close()

    def _changed(self, commits: Commits) -> bool:
        nudged = self._nudged.is_set()
        self._nudged.clear()
        return commits.changed() or nudged
