"""The webhook channel: signed in the Standard Webhooks form, carrying CloudEvents, to checked addresses."""

import ssl
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Final
from urllib.parse import urlsplit

from gaita import Clock, Digest, IncidentSummary, Notice, Postponed, Undeliverable
from gaita_adapters.channels.cloud_event import CONTENT_TYPE, Events
from gaita_adapters.channels.http_post import Answer, post
from gaita_adapters.channels.not_taken import NotTaken
from gaita_adapters.channels.signature import SigningSecret, signed
from gaita_adapters.channels.webhook_address import AddressCheck, ForbiddenAddress, Target
from gaita_adapters.channels.without_personal_data import (
    impersonal_digest,
    impersonal_incidents,
    impersonal_notice,
)
from gaita_adapters.channels.wording import Wording

_PASSING: Final = frozenset({408, 425, 429})
"""Refusals of the moment, among those that say that the request itself is at fault."""
_LONGEST_WAIT: Final = timedelta(days=1)
"""However long a receiver asks to be left alone, it is tried again after this."""


@dataclass(frozen=True, slots=True)
class Receiver:
    """Where a webhook goes, and how."""

    target: Target
    secrets: Sequence[SigningSecret] = field(repr=False)
    """The present one first; then those that receivers may still know."""
    check: AddressCheck
    timeout: timedelta
    """Bounds the whole exchange, but for resolving the host, which the machine bounds."""
    tls: ssl.SSLContext = field(repr=False)


class WebhookChannel:
    """Posts each notice as a signed event.

    2xx: delivered. 429 or 503 with ``Retry-After``: postponed. 408, 425, 429, 5xx, and no answer: tried
    again. Anything else, redirects among them, says that the setting or the request is wrong:
    undeliverable, until an operator has mended it.
    """

    kind = "webhook"
    personal = False

    def __init__(self, name: str, receiver: Receiver, events: Events, texts: Wording, clock: Clock) -> None:
        self.name = name
        self._receiver = receiver
        self._events = events
        self._texts = texts
        self._clock = clock

    def deliver(self, notice: Notice) -> None:
        """Post a notice. Raises ``Undeliverable``, ``Postponed`` or ``NotTaken``."""
        bare = impersonal_notice(notice, self._events.language.code)
        text = self._texts.notice(bare, self._events.language.code)
        self._post(notice.key, self._events.notice(bare, text))

    def digest(self, digest: Digest) -> None:
        """Post a digest. Raises ``Undeliverable``, ``Postponed`` or ``NotTaken``."""
        bare = impersonal_digest(digest, self._events.language.code)
        text = self._texts.digest(bare, self._events.language.code)
        self._post(digest.key, self._events.digest(bare, text))

    def incidents(self, summary: IncidentSummary) -> None:
        """Post the administrators' summary. Raises ``Undeliverable``, ``Postponed`` or ``NotTaken``."""
        bare = impersonal_incidents(summary)
        text = self._texts.incidents(bare, self._events.language.code)
        self._post(summary.key, self._events.incidents(bare, text))

    def _post(self, key: str, body: bytes) -> None:
        receiver = self._receiver
        try:
            addresses = receiver.check.addresses(receiver.target)
        except ForbiddenAddress as error:
            raise Undeliverable(str(error)) from None
        answer = post(
            receiver.target,
            addresses,
            headers={
                "Content-Type": CONTENT_TYPE,
                "User-Agent": "Gaita",
                **signed(receiver.secrets, key, self._clock.now(), body),
            },
            body=body,
            seconds=receiver.timeout.total_seconds(),
            tls=receiver.tls,
        )
        judge(answer, receiver.target, self._clock.now)


def judge(answer: Answer, target: Target, now: Callable[[], datetime]) -> None:
    """Return where the answer says that the event was taken; raise what follows from it otherwise."""
    status = answer.status
    if 200 <= status < 300:
        return
    told = f"{target} answered {status}"
    if 300 <= status < 400:
        location = _location(answer.headers.get("location", ""))
        raise Undeliverable(f"{told}, a redirect to {location}: redirects are not followed, mend the URL")
    if status in {429, 503}:
        wait = retry_after(answer.headers.get("retry-after", ""), now())
        if wait is not None:
            wait = min(wait, _LONGEST_WAIT)
            raise Postponed(f"{told}, and asks to be left alone for {wait}", after=wait)
    if 400 <= status < 500 and status not in _PASSING:
        raise Undeliverable(f"{told}: it refuses the event")
    raise NotTaken(told)


def retry_after(text: str, now: datetime) -> timedelta | None:
    """Return how long a receiver asks to be left alone; ``None`` where it does not say, or not at all."""
    text = text.strip()
    if text.isascii() and text.isdigit():
        wait = timedelta(seconds=min(int(text[:9]), 10**8))
    else:
        try:
            moment = parsedate_to_datetime(text)
        except (ValueError, IndexError, TypeError):
            return None
        wait = (moment if moment.tzinfo else moment.replace(tzinfo=UTC)) - now
    return wait if wait > timedelta() else None


def _location(location: str) -> str:
    """Return where a redirect leads, without what may be secret in it."""
    try:
        parts = urlsplit(location)
        host, path = parts.hostname or "", parts.path
    except ValueError:
        return "somewhere that is no URL"
    shown = f"{parts.scheme}://{host}{path}" if host else path
    return "".join(character for character in shown if character.isprintable())[:200] or "nowhere"
