"""Instance ids: made so that they sort by the time at which they were made."""

import secrets
from datetime import datetime
from random import Random

from gaita.clock import to_microseconds

_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_RANDOM_BITS = 80
_CHARACTERS = 26


class InstanceIds:
    """Makes ULIDs: 48 bits of milliseconds and 80 random bits in Crockford's base 32.

    The form is that of https://github.com/ulid/spec. With a seeded ``source`` the same calls give the same
    ids, which is what makes a rehearsal repeatable; without one the bits come from the operating system.
    """

    def __init__(self, source: Random | None = None) -> None:
        """Draw the random bits from ``source``."""
        self._source = source

    def new(self, now: datetime) -> str:
        """Return a fresh id of 26 characters for the moment ``now``."""
        bits = (
            secrets.randbits(_RANDOM_BITS) if self._source is None else self._source.getrandbits(_RANDOM_BITS)
        )
        number = (max(0, to_microseconds(now) // 1000) << _RANDOM_BITS) | bits
        return "".join(_ALPHABET[(number >> shift) & 31] for shift in range(5 * (_CHARACTERS - 1), -1, -5))
