"""Idempotency keys as they travel in the headers of e-mails and webhooks."""

from urllib.parse import quote


def header_key(key: str) -> str:
    """Return ``key`` in ASCII and without a full stop, which separates what a webhook's signature covers.

    Different keys stay different: what is not allowed becomes ``%`` and its code.
    """
    return quote(key, safe="/:@,+=").replace(".", "%2E")
