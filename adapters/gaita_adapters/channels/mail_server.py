"""A mail server, spoken to over SMTP with TLS."""

import smtplib
import ssl
from collections.abc import Generator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import timedelta
from email.message import EmailMessage
from typing import Final, Literal, TypeAlias

from pydantic import SecretStr

from gaita import Undeliverable
from gaita_adapters.channels.letter import one_line
from gaita_adapters.channels.not_taken import NotTaken

Security: TypeAlias = Literal["starttls", "tls", "none"]

_PERMANENT: Final = 500
_ABOUT_US: Final = frozenset({530, 534, 535, 538})
"""Permanent answers that speak of who we are, not of the letter: an operator mends that."""


@dataclass(frozen=True, slots=True)
class MailServer:
    """Where letters are handed over, and how."""

    host: str
    port: int
    security: Security
    timeout: timedelta
    """For each step of the conversation."""
    username: str | None = None
    password: SecretStr | None = None
    tls: ssl.SSLContext = field(default_factory=ssl.create_default_context, repr=False)

    def send(self, letter: EmailMessage, sender: str, recipient: str) -> None:
        """Hand a letter over.

        Raises ``Undeliverable`` where the recipient or the letter is refused for good, ``NotTaken``
        otherwise. Neither names the recipient's address.
        """
        try:
            with self._conversation() as client:
                client.send_message(letter, sender, [recipient])
        except (OSError, UnicodeEncodeError) as error:  # smtplib's own are OSErrors
            raise self._trouble(error, sender, recipient) from None

    def __str__(self) -> str:
        return f"the mail server {self.host}:{self.port}"

    @contextmanager
    def _conversation(self) -> Generator[smtplib.SMTP]:
        """Connect, secure, log in; part politely where all went well, and close in any case."""
        seconds = self.timeout.total_seconds()
        if self.security == "tls":
            client: smtplib.SMTP = smtplib.SMTP_SSL(self.host, self.port, timeout=seconds, context=self.tls)
        else:
            client = smtplib.SMTP(self.host, self.port, timeout=seconds)
        try:
            if self.security == "starttls":
                client.starttls(context=self.tls)
            if self.username and self.password:
                client.login(self.username, self.password.get_secret_value())
            yield client
            # The letter is taken: whatever becomes of the goodbye must not have it sent again.
            with suppress(smtplib.SMTPException, OSError):
                client.quit()
        finally:
            client.close()

    def _trouble(self, error: Exception, sender: str, recipient: str) -> Exception:
        """Return what follows from what smtplib raised."""
        match error:
            case smtplib.SMTPRecipientsRefused(recipients=refused):
                code, said = next(iter(refused.values()))
                return self._refusal("the recipient", code, said, recipient)
            case smtplib.SMTPDataError(smtp_code=code, smtp_error=said):
                return self._refusal("the letter", code, said, recipient)
            case smtplib.SMTPSenderRefused(smtp_code=code, smtp_error=said):
                told = f"refuses the sender {sender}: {_said(code, said, recipient)}"
            case smtplib.SMTPAuthenticationError(smtp_code=code, smtp_error=said):
                told = f"does not accept the username and password: {_said(code, said, recipient)}"
            case smtplib.SMTPResponseException(smtp_code=code, smtp_error=said):
                told = f"says {_said(code, said, recipient)}"
            case smtplib.SMTPNotSupportedError():
                told = f"cannot do what the settings ask for: {error}"
            case UnicodeEncodeError():
                told = "was not logged in to: the username and password may hold ASCII characters only"
            case ssl.SSLCertVerificationError():
                told = f"shows a certificate that is not trusted: {error.verify_message}"
            case _ if isinstance(error, TimeoutError) or isinstance(error.__context__, TimeoutError):
                told = f"did not answer within {self.timeout.total_seconds():g} s"
            case _:
                told = f"could not be spoken to: {one_line(str(error))}"
        return NotTaken(f"{self} {told}")

    def _refusal(self, what: str, code: int, said: bytes | str, recipient: str) -> Exception:
        told = f"{self} refuses {what}: {_said(code, said, recipient)}"
        permanent = code >= _PERMANENT and code not in _ABOUT_US
        return Undeliverable(told) if permanent else NotTaken(told)


def _said(code: int, said: bytes | str, recipient: str) -> str:
    """Return what a server said, in one line; its text often repeats the recipient's address."""
    text = said.decode("utf-8", "replace") if isinstance(said, bytes) else said
    text = one_line(text)
    for address in (recipient, recipient.lower(), recipient.partition("@")[0]):
        text = text.replace(address, "…") if len(address) > 2 else text
    return f"{code} {text[:300]}".rstrip()
