"""The channel to the hundred services that apprise knows: chats, telephones, whatever beeps.

Apprise connects by itself: the check of addresses that webhooks undergo does not cover it, and some of its
services act on this very machine. Only operators may write its URLs, in the settings; an address that comes
from an instance's data must never get here.
"""

import logging
import warnings
from functools import cache
from typing import Final

import apprise

from gaita import Digest, IncidentSummary, Notice, Recipient, Undeliverable
from gaita.phrase import phrase
from gaita_adapters.channels.not_taken import NotTaken
from gaita_adapters.channels.without_personal_data import (
    impersonal_digest,
    impersonal_incidents,
    impersonal_notice,
)
from gaita_adapters.channels.wording import Text, Wording

_LOG: Final = logging.getLogger("apprise")


class AppriseChannel:
    """Sends each notice as a short text: to one URL for all, or to the recipients' own.

    To one URL for all, which may be a room with many people in it, go no personal data.
    """

    kind = "apprise"

    def __init__(self, name: str, texts: Wording, *, language: str, url: str | None = None) -> None:
        """Keep the URL for all; ``None``: each recipient has an own address.

        Raises ``ValueError``, which does not repeat the URL, where apprise cannot use it.
        """
        self.name = name
        self.personal = url is None
        self._texts = texts
        self._language = language
        # Its log repeats URLs, which hold tokens, and texts; what went wrong we tell by ourselves.
        _LOG.disabled = True
        _load_services()
        self._service = None if url is None else service_at(url)

    def deliver(self, notice: Notice) -> None:
        """Send a notice. Raises ``Undeliverable`` or ``NotTaken``."""
        language = notice.recipient.language or self._language
        notice = notice if self.personal else impersonal_notice(notice, language)
        self._send(notice.recipient, self._texts.notice(notice, language))

    def digest(self, digest: Digest) -> None:
        """Send a digest. Raises ``Undeliverable`` or ``NotTaken``."""
        language = digest.recipient.language or self._language
        digest = digest if self.personal else impersonal_digest(digest, language)
        self._send(digest.recipient, self._texts.digest(digest, language))

    def incidents(self, summary: IncidentSummary) -> None:
        """Send the administrators' summary. Raises ``Undeliverable`` or ``NotTaken``."""
        language = summary.recipient.language or self._language
        summary = summary if self.personal else impersonal_incidents(summary)
        self._send(summary.recipient, self._texts.incidents(summary, language))

    def _send(self, recipient: Recipient, text: Text) -> None:
        service = self._service or self._own(recipient)
        if not service.notify(title=text.subject, body=text.plain, body_format=apprise.NotifyFormat.TEXT):
            schema = str(getattr(service[0], "schema", "unknown"))
            raise NotTaken(f"the service {schema}:// did not take the message; apprise does not say why")

    def _own(self, recipient: Recipient) -> apprise.Apprise:
        url = recipient.addresses.get(self.kind)
        if not url:
            raise Undeliverable(f"{recipient.role}: the recipient has no address for apprise")
        try:
            return service_at(url)
        except ValueError:
            raise Undeliverable(f"{recipient.role}: apprise cannot use the recipient's address") from None


def service_at(url: str) -> apprise.Apprise:
    """Return the one service at ``url``. Raises ``ValueError`` where it is none, without repeating it."""
    service = apprise.Apprise()
    usable = service.add(url)  # pyright: ignore[reportUnknownMemberType] - it takes bare dicts too
    if not usable or len(service) != 1:
        message = phrase("one URL of a service that apprise knows, such as mmost://example.org/token")
        raise ValueError(message)
    return service


@cache
def _load_services() -> None:
    """Have apprise load the services it knows, once; some still use what a later Python has no more."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        service_at("json://localhost")
