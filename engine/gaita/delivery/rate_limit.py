"""The rate at which a channel may be used."""

import threading
from collections import deque
from datetime import datetime, timedelta

_MINUTE = timedelta(minutes=1)


class RateLimit:
    """Lets at most so many through in any minute, whichever minute is looked at. Safe between threads.

    A bucket that fills up evenly would let twice as many through in its first minute.
    """

    def __init__(self, per_minute: int | None) -> None:
        """Begin with nothing used; ``None``: there is no limit."""
        self._most = per_minute
        self._used: deque[datetime] = deque()
        self._lock = threading.Lock()

    def reserve(self, wanted: int, now: datetime) -> int:
        """Return how many of ``wanted`` may go now, and count them as used."""
        if self._most is None:
            return wanted
        with self._lock:
            self._forget(now)
            allowed = min(wanted, self._most - len(self._used))
            self._used.extend([now] * allowed)
            return allowed

    def give_back(self, unused: int) -> None:
        """Take back what was reserved last and not used."""
        if self._most is not None:
            with self._lock:
                for _ in range(min(unused, len(self._used))):
                    self._used.pop()

    def free_at(self, now: datetime) -> datetime:
        """Return when the next one may go: ``now``, or later."""
        if self._most is None:
            return now
        with self._lock:
            self._forget(now)
            return now if len(self._used) < self._most else self._used[0] + _MINUTE

    def _forget(self, now: datetime) -> None:
        if self._used and self._used[-1] > now:  # the clock was set back: they tell nothing any more
            self._used.clear()
        while self._used and self._used[0] + _MINUTE <= now:
            self._used.popleft()
