"""A webhook's signature in the Standard Webhooks form, by which a receiver knows the sender."""

import base64
import binascii
import hashlib
import hmac
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final

from gaita.phrase import phrase
from gaita_adapters.channels.idempotency import header_key

_PREFIX: Final = "whsec_"
_SHORTEST, _LONGEST = 24, 64
"""Bytes of a secret, by the standard."""


class SigningSecret:
    """A secret that signs webhooks. Never shown."""

    __slots__ = ("_key",)

    def __init__(self, text: str) -> None:
        """Take the secret as it is handed to receivers: ``whsec_`` and base64 of 24 to 64 bytes.

        Raises ``ValueError`` that says what was expected, never the secret.
        """
        try:
            self._key = base64.b64decode(text.removeprefix(_PREFIX), validate=True)
        except (binascii.Error, ValueError):
            self._key = b""
        if not text.startswith(_PREFIX) or not _SHORTEST <= len(self._key) <= _LONGEST:
            message = phrase(
                "%(prefix)s and then the base64 of %(shortest)s to %(longest)s random bytes",
                prefix=_PREFIX,
                shortest=_SHORTEST,
                longest=_LONGEST,
            )
            raise ValueError(message)

    def sign(self, content: bytes) -> str:
        """Return one signature, with its version."""
        digest = hmac.digest(self._key, content, hashlib.sha256)
        return f"v1,{base64.b64encode(digest).decode('ascii')}"


def signed(secrets: Sequence[SigningSecret], key: str, at: datetime, body: bytes) -> Mapping[str, str]:
    """Return the headers that identify and sign ``body``, sent at ``at``.

    There is a signature for each secret, so that receivers that know the old or the new one are content
    while a secret is exchanged.
    """
    identity, timestamp = header_key(key), str(int(at.timestamp()))
    content = b".".join([identity.encode("ascii"), timestamp.encode("ascii"), body])
    return {
        "webhook-id": identity,
        "webhook-timestamp": timestamp,
        "webhook-signature": " ".join(secret.sign(content) for secret in secrets),
    }
