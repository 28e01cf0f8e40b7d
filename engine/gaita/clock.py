"""The clock: the only module of Gaita that reads the time.

Every instant inside the engine is an aware ``datetime`` in UTC, cut to whole microseconds; in the
database it is the integer number of microseconds since 1970-01-01T00:00:00Z.
"""

from datetime import UTC, datetime, timedelta

from whenever import Instant

from gaita.phrase import phrase

# Made by compiled code, so that it is a real datetime even where a test imports us with time frozen;
# whatever is computed from it is real too.
EPOCH = Instant.from_utc(1970, 1, 1).to_stdlib()
_MICROSECOND = timedelta(microseconds=1)


class SystemClock:
    """The machine's own clock; freezegun freezes it."""

    def now(self) -> datetime:
        """Return the present instant in UTC.

        A frozen test gives a look-alike of ``datetime``: it is turned into a real one here, at once,
        because encoders and databases do not know the look-alike.
        """
        return as_utc(datetime.now(UTC))


class ManualClock:
    """A clock that stands still until it is told to move: for tests and rehearsals."""

    def __init__(self, now: datetime) -> None:
        """Start at ``now`` (aware)."""
        self._now = as_utc(now)

    def now(self) -> datetime:
        """Return the instant the clock was last set to."""
        return self._now

    def set(self, now: datetime) -> None:
        """Move to ``now`` (aware), forwards or backwards."""
        self._now = as_utc(now)

    def advance(self, by: timedelta) -> datetime:
        """Move forwards by ``by`` and return the new instant."""
        self._now += by
        return self._now


def as_utc(moment: datetime) -> datetime:
    """Return ``moment`` as a real ``datetime`` in UTC; raise ``ValueError`` when it names no zone."""
    if moment.tzinfo is None:
        message = phrase(
            "%(moment)s names no time zone; give an aware datetime, e.g. with tzinfo=UTC",
            moment=moment.isoformat(),
        )
        raise ValueError(message)
    return from_microseconds(to_microseconds(moment))


def to_microseconds(moment: datetime) -> int:
    """Return whole microseconds since the epoch, as stored in the database."""
    return (moment - EPOCH) // _MICROSECOND


def from_microseconds(microseconds: int) -> datetime:
    """Return the UTC instant that lies ``microseconds`` after the epoch (before it, when negative)."""
    return EPOCH + timedelta(microseconds=microseconds)
