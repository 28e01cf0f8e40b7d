"""A letter: one e-mail, put together so that retries, threads and mail programs know it again."""

import hashlib
import unicodedata
from dataclasses import dataclass
from datetime import datetime
from email.header import Header
from email.headerregistry import Address, AddressHeader, BaseHeader, HeaderRegistry, UnstructuredHeader
from email.message import EmailMessage
from email.policy import SMTP, EmailPolicy, Policy
from typing import Any, Final, cast

from gaita_adapters.channels.idempotency import header_key
from gaita_adapters.channels.wording import Text


class _Verbatim(UnstructuredHeader, BaseHeader):
    """A header of one ASCII word, written as it is: the standard way of folding would encode a long one."""

    def fold(self, *, policy: Policy) -> str:
        return f"{self.name}: {self}{policy.linesep}"


class _Subject(UnstructuredHeader, BaseHeader):
    """A subject, folded by the older way, which keeps every space between encoded words."""

    @classmethod
    def parse(cls, value: str, kwds: dict[str, Any]) -> None:
        super().parse(value, kwds)
        kwds["decoded"] = value  # what looks like an encoded word was not encoded by us

    def fold(self, *, policy: Policy) -> str:
        # What merely looks like an encoded word is encoded, so that it is shown as it was written.
        charset = "us-ascii" if self.isascii() and "=?" not in self else "utf-8"
        folded = Header(str(self), charset, header_name=self.name).encode(linesep=policy.linesep)
        return f"{self.name}: {folded}{policy.linesep}"


def _policy() -> "EmailPolicy[EmailMessage]":
    registry = HeaderRegistry()
    for name in ("message-id", "references", "in-reply-to", "x-gaita-key"):
        registry.map_to_type(name, _Verbatim)
    registry.map_to_type("subject", _Subject)
    return SMTP.clone(header_factory=registry)


_POLICY: Final["EmailPolicy[EmailMessage]"] = _policy()


@dataclass(frozen=True, slots=True)
class Letterhead:
    """What every letter of a channel bears."""

    sender: Address
    reply_to: Address | None = None


@dataclass(frozen=True, slots=True)
class Envelope:
    """To whom a letter goes, and what tells it from others."""

    recipient: Address
    key: str
    """The idempotency key: every attempt's letter has the ``Message-ID`` that follows from it."""
    at: datetime
    """When it was written, in the zone that its reader is to see."""
    language: str
    thread: tuple[str, ...] = ()
    """What the letters of one conversation have in common; empty: it stands alone."""


def letter(head: Letterhead, envelope: Envelope, text: Text) -> EmailMessage:
    """Return the e-mail, plain and HTML.

    Letters of one thread refer to the same root, which is never sent: mail programs show them together.
    """
    message = EmailMessage(policy=_POLICY)
    domain = head.sender.domain
    message["From"] = head.sender
    message["To"] = envelope.recipient
    if head.reply_to:
        message["Reply-To"] = head.reply_to
    message["Subject"] = one_line(text.subject)
    message["Date"] = envelope.at
    message["Message-ID"] = _identity(domain, "message", envelope.key)
    if envelope.thread:
        root = _identity(domain, "thread", *envelope.thread)
        message["References"] = root
        message["In-Reply-To"] = root
    message["Auto-Submitted"] = "auto-generated"
    message["X-Gaita-Key"] = header_key(envelope.key)
    message.set_content(text.plain, charset="utf-8", cte="quoted-printable")
    message.add_alternative(text.html, subtype="html", charset="utf-8", cte="quoted-printable")
    # Last: what describes the content goes with it, to a part of the letter.
    message["Content-Language"] = envelope.language
    return message


def mailbox(text: str) -> Address:
    """Return an address, with or without a name: ``Gaita <gaita@example.org>``.

    Raises ``ValueError`` that says what was expected.
    """
    expected = "one address such as Gaita <gaita@example.org>"
    if text != one_line(text):
        raise ValueError(expected)
    made: object = SMTP.header_factory("To", text)
    addresses = cast("AddressHeader", made).addresses
    if cast("BaseHeader", made).defects or len(addresses) != 1:
        raise ValueError(expected)
    address = addresses[0]
    if not address.username or not address.domain or not address.username.isascii():
        raise ValueError(expected)
    try:
        domain = address.domain.encode("idna").decode("ascii")
    except UnicodeError:
        raise ValueError(expected) from None
    return Address(address.display_name, address.username, domain)


def named(address: Address, name: str) -> Address:
    """Return the address with a name that may come from anywhere."""
    name = one_line(name)
    return Address("" if name == address.addr_spec else name, address.username, address.domain)


def one_line(text: str) -> str:
    """Return ``text`` without breaks or other characters that are not printed: no header ends in it."""
    kept = (" " if unicodedata.category(each) in {"Cc", "Zl", "Zp", "Cs"} else each for each in text)
    return " ".join("".join(kept).split())


def _identity(domain: str, *parts: str) -> str:
    digest = hashlib.sha256("\0".join(parts).encode("utf-8")).hexdigest()
    return f"<{digest[:40]}@{domain}>"
