"""Idempotency keys as they travel in the headers of e-mails and webhooks."""

from hashlib import sha256
from typing import Final
from urllib.parse import quote

_LONGEST: Final = 800
"""Characters: no line of a header may be longer than 998."""


def header_key(key: str) -> str:
    """Return ``key`` in ASCII and without a full stop, which separates what a webhook's signature covers.

    Different keys stay different: what is not allowed becomes ``%`` and its code; one that is too long is
    cut, and ends with the SHA-256 of all of it.
    """
    found = quote(key, safe="/:@,+=", errors="surrogatepass").replace(".", "%2E")
    if len(found) <= _LONGEST:
        return found
    digest = sha256(found.encode()).hexdigest()
    return f"{found[: _LONGEST - len(digest) - 1]}~{digest}"
