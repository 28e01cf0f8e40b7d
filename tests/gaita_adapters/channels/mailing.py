"""A real SMTP server that answers as it is told, and keeps the letters that it takes."""

import ssl
from asyncio import Server
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any, cast

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from tests.gaita_adapters.channels.building import CERTIFICATE, KEY


def content(*answers: str) -> Callable[[], str]:
    """Return what gives one answer after the other, the last for ever."""
    left = list(answers)
    return lambda: left.pop(0) if len(left) > 1 else left[0]


class Postmaster:
    """Takes letters, but for what it is told to answer to recipients and letters."""

    def __init__(
        self,
        *,
        mail: str = "250 OK",
        recipient: str = "250 OK",
        letter: Callable[[], str] = lambda: "250 OK",
    ) -> None:
        self.mail, self.recipient, self.letter = mail, recipient, letter
        self.seen: list[EmailMessage] = []
        """Every letter that was sent, also those that were refused."""
        self.raw: list[bytes] = []
        self.taken: list[str] = []
        """The ``Message-ID`` of each letter that was taken."""
        self.envelopes: list[tuple[str, list[str]]] = []
        self.secured: list[bool] = []

    async def handle_MAIL(  # noqa: N802 - aiosmtpd calls it so
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if self.mail.startswith("250"):
            envelope.mail_from = address
        return self.mail

    async def handle_RCPT(  # noqa: N802 - aiosmtpd calls it so
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if self.recipient.startswith("250"):
            envelope.rcpt_tos.append(address)
        return self.recipient

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802 - aiosmtpd calls it so
        raw = cast("bytes", envelope.content)
        self.raw.append(raw)
        letter = message_from_bytes(raw, policy=policy.default)
        self.seen.append(letter)
        self.envelopes.append((str(envelope.mail_from), [str(each) for each in envelope.rcpt_tos]))
        assert server.transport is not None
        self.secured.append(server.transport.get_extra_info("sslcontext") is not None)
        answer = self.letter()
        if answer.startswith("250"):
            self.taken.append(str(letter["Message-ID"]))
        return answer


class _Controller(Controller):
    def _trigger_server(self) -> None:
        assert isinstance(self.server, Server)
        self.port = self.server.sockets[0].getsockname()[1]
        super()._trigger_server()  # type: ignore[no-untyped-call]


def _secured() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(CERTIFICATE, KEY)
    return context


def login(server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: object) -> AuthResult:
    """Let gaita in with its password."""
    return AuthResult(success=data == LoginPassword(b"gaita", b"parole"), handled=False)


@contextmanager
def mail_server(postmaster: Postmaster, security: str = "none", *, log_in: bool = False) -> Iterator[int]:
    """Run a server on a free port of this machine, and give the port."""
    more: dict[str, Any] = {"authenticator": login} if log_in else {}
    if log_in:
        # It does not see a connection that is secured from the first word on.
        more |= {"auth_require_tls": False} if security == "tls" else {"auth_required": True}
    if security == "starttls":
        more |= {"tls_context": _secured(), "require_starttls": True}
    context = _secured() if security == "tls" else None
    controller = _Controller(postmaster, hostname="127.0.0.1", port=0, ssl_context=context, **more)
    controller.start()
    try:
        yield controller.port
    finally:
        controller.stop()
