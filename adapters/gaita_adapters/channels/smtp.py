"""The e-mail channel: each notice is a letter to one person, over SMTP."""

from datetime import datetime
from zoneinfo import ZoneInfo

from gaita import Digest, IncidentSummary, Notice, Recipient, Undeliverable
from gaita_adapters.channels.letter import Envelope, Letterhead, letter, mailbox, named
from gaita_adapters.channels.mail_server import MailServer
from gaita_adapters.channels.wording import Text, Wording


class EmailChannel:
    """Sends letters, those about one instance in one thread.

    A letter's date is when the notice was written, and its ``Message-ID`` follows from the notice's key:
    what is sent again after a crash is the same letter to a mail program.
    """

    kind = "email"
    personal = True

    def __init__(
        self, name: str, server: MailServer, head: Letterhead, texts: Wording, *, language: str
    ) -> None:
        """Keep where letters go, what they bear, who words them, and the language of who states none."""
        self.name = name
        self._server = server
        self._head = head
        self._texts = texts
        self._language = language

    def deliver(self, notice: Notice) -> None:
        """Send a notice. Raises ``Undeliverable`` or ``NotTaken``."""
        language = notice.recipient.language or self._language
        self._send(
            notice.recipient,
            self._texts.notice(notice, language),
            key=notice.key,
            at=notice.message.at.astimezone(ZoneInfo(notice.workflow.zone)),
            thread=(notice.workflow.id, notice.message.instance),
        )

    def digest(self, digest: Digest) -> None:
        """Send a digest. Raises ``Undeliverable`` or ``NotTaken``."""
        language = digest.recipient.language or self._language
        self._send(
            digest.recipient,
            self._texts.digest(digest, language),
            key=digest.key,
            at=digest.at.astimezone(ZoneInfo(digest.zone)),
        )

    def incidents(self, summary: IncidentSummary) -> None:
        """Send the administrators' summary. Raises ``Undeliverable`` or ``NotTaken``."""
        language = summary.recipient.language or self._language
        self._send(
            summary.recipient,
            self._texts.incidents(summary, language),
            key=summary.key,
            at=summary.at.astimezone(ZoneInfo(summary.zone)),
        )

    def _send(
        self, recipient: Recipient, text: Text, *, key: str, at: datetime, thread: tuple[str, ...] = ()
    ) -> None:
        written = recipient.addresses.get(self.kind)
        if not written:
            raise Undeliverable(f"{recipient.role}: the recipient has no e-mail address")
        try:
            address = named(mailbox(written), recipient.name)
        except ValueError:
            raise Undeliverable(f"{recipient.role}: the recipient's e-mail address is none") from None
        envelope = Envelope(address, key, at, recipient.language or self._language, thread)
        message = letter(self._head, envelope, text)
        self._server.send(message, self._head.sender.addr_spec, address.addr_spec)
