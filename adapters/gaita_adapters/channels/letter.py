"""A letter: one e-mail, put together so that retries, threads and mail programs know it again."""

import hashlib
import re
import unicodedata
from dataclasses import dataclass
from datetime import datetime
from email.header import Header
from email.headerregistry import Address, AddressHeader, BaseHeader, HeaderRegistry, UnstructuredHeader
from email.message import EmailMessage
from email.policy import SMTP, EmailPolicy, Policy
from email.utils import quote
from typing import Any, Final, cast

from gaita.phrase import phrase
from gaita_adapters.channels.idempotency import header_key
from gaita_adapters.channels.wording import Text

_LONGEST_NAME: Final = 200
_LONGEST_SUBJECT: Final = 300
_LONGEST_ADDRESS: Final = 254
"""RFC 5321, section 4.5.3.1.3, less the two brackets."""
_LONGEST_WORD: Final = 60
_SHORT_LINE: Final = 78
_LANGUAGE: Final = re.compile(r"[A-Za-z]{1,8}(-[A-Za-z0-9]{1,8})*")


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
        text = _encoded(str(self), self.name, policy) if _needs_encoding(self) else _plain(self, policy)
        return f"{self.name}: {text}{policy.linesep}"


class _Mailbox(BaseHeader):
    """One address with a name that may come from anywhere.

    The standard header decodes encoded words in a name, and writes what they decode to, line breaks as well.
    Here a name is text, and nothing in it means anything.
    """

    max_count = 1

    @classmethod
    def parse(cls, value: Address, kwds: dict[str, Any]) -> None:
        kwds["decoded"] = str(value)
        kwds["address"] = value

    def init(self, *args: Any, **kw: Any) -> None:  # noqa: ANN401 - the base class's own
        self._address: Address = kw.pop("address")
        super().init(*args, **{**kw, "parse_tree": None})  # nothing is parsed: it is written as it is

    def fold(self, *, policy: Policy) -> str:
        name, address = self._address.display_name, self._address.addr_spec
        if not name:
            return f"{self.name}: {address}{policy.linesep}"
        text = _encoded(name, self.name, policy) if _needs_encoding(name) else f'"{quote(name)}"'
        last = text.rpartition(policy.linesep)[2]
        fits = len(self.name) + len(last) + len(address) + len(":  <>") <= _SHORT_LINE
        return f"{self.name}: {text}{'' if fits else policy.linesep} <{address}>{policy.linesep}"


def _needs_encoding(text: str) -> bool:
    """Whether a text must travel as encoded words: also what looks like one, and what cannot be folded."""
    return not text.isascii() or "=?" in text or any(len(word) > _LONGEST_WORD for word in text.split())


def _encoded(text: str, name: str, policy: Policy) -> str:
    return Header(text, "utf-8", header_name=name).encode(linesep=policy.linesep)


def _plain(text: str, policy: Policy) -> str:
    return Header(text, "us-ascii", header_name="Subject").encode(linesep=policy.linesep)


def _policy() -> "EmailPolicy[EmailMessage]":
    registry = HeaderRegistry()
    for name in ("message-id", "references", "in-reply-to", "x-gaita-key"):
        registry.map_to_type(name, _Verbatim)
    for name in ("from", "to", "reply-to"):
        registry.map_to_type(name, _Mailbox)
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
    message["Subject"] = one_line(text.subject)[:_LONGEST_SUBJECT]
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
    if _LANGUAGE.fullmatch(envelope.language):
        message["Content-Language"] = envelope.language
    return message


def mailbox(text: str) -> Address:
    """Return an address, with or without a name: ``Gaita <gaita@example.org>``.

    Raises ``ValueError`` that says what was expected.
    """
    expected = phrase("one address such as Gaita <gaita@example.org>")
    if text != one_line(text):
        raise ValueError(expected)
    try:
        made: object = SMTP.header_factory("To", text)
        addresses = cast("AddressHeader", made).addresses
        [address] = [] if cast("BaseHeader", made).defects else list(addresses)
        found = Address("", address.username, address.domain.encode("idna").decode("ascii"))
    except Exception:  # noqa: BLE001 - the parser fails in many ways on what is no address
        raise ValueError(expected) from None
    if not found.username or not found.domain or not _is_plain(found.addr_spec):
        raise ValueError(expected)
    return named(found, address.display_name)


def named(address: Address, name: str) -> Address:
    """Return the address with a name that may come from anywhere: cut where it is very long."""
    name = one_line(name)[:_LONGEST_NAME].strip()
    return Address("" if name == address.addr_spec else name, address.username, address.domain)


def one_line(text: str) -> str:
    """Return ``text`` without breaks or other characters that are not seen: no header ends in it.

    What orders letters from right to left is left out too: a name must not show as another.
    """
    kept = (
        "" if category == "Cf" else " " if category in {"Cc", "Zl", "Zp", "Cs"} else each
        for each in text
        for category in (unicodedata.category(each),)
    )
    return " ".join("".join(kept).split())


def _is_plain(address: str) -> bool:
    """Whether an address is one word of ASCII that can be seen, and not too long."""
    return len(address) <= _LONGEST_ADDRESS and all("!" <= each <= "~" for each in address)


def _identity(domain: str, *parts: str) -> str:
    digest = hashlib.sha256("\0".join(parts).encode("utf-8", "surrogatepass")).hexdigest()
    return f"<{digest[:40]}@{domain}>"
