"""The log of failures: why a channel does not deliver, once for each cause, not for each attempt."""

import threading
from datetime import datetime, timedelta

import structlog

_log = structlog.get_logger("gaita.delivery")
_AGAIN = timedelta(hours=1)
"""What still fails after so long is logged again."""


class FailureLog:
    """Remembers what one route has logged. Safe between threads; several workers share it."""

    def __init__(self, route: str) -> None:
        self._route = route
        self._logged: dict[tuple[str, bool], datetime] = {}
        self._lock = threading.Lock()

    def note(self, cause: str, now: datetime, *, failed: int, given_up: int, first: int) -> None:
        """Log that ``failed`` deliveries, from number ``first`` on, were not delivered, and why.

        As a warning, where the cause was not logged in the last hour, or one is given up for the first time;
        else for those who look closely (``debug``).
        """
        with self._lock:
            # A clock that was set back silences nothing.
            recent = {each: at for each, at in self._logged.items() if now - _AGAIN < at <= now}
            known = (cause, given_up > 0) in recent
            self._logged = recent if known else {**recent, (cause, given_up > 0): now}
        log = _log.debug if known else _log.warning
        log("not delivered", channel=self._route, cause=cause, failed=failed, given_up=given_up, first=first)
