"""Makes a channel of its settings: secrets are read here, and whatever cannot work is told at once."""

import ssl
from datetime import timedelta

from pydantic import SecretStr

from gaita import Channel, Clock, Fault, FaultyFile
from gaita.phrase import phrase
from gaita.texts import Language, language_of
from gaita_adapters.channels.cloud_event import Events
from gaita_adapters.channels.letter import Letterhead, mailbox
from gaita_adapters.channels.mail_server import MailServer
from gaita_adapters.channels.secret_source import MissingSecret, SecretSource, revealed
from gaita_adapters.channels.settings import AppriseSettings, EmailSettings, WebhookSettings
from gaita_adapters.channels.signature import SigningSecret
from gaita_adapters.channels.smtp import EmailChannel
from gaita_adapters.channels.webhook import Receiver, WebhookChannel
from gaita_adapters.channels.webhook_address import AddressCheck, Resolver, resolve, target_of
from gaita_adapters.channels.wording import Wording


def make_channel(
    name: str,
    settings: EmailSettings | WebhookSettings | AppriseSettings,
    texts: Wording,
    clock: Clock,
    *,
    language: str | Language,
    resolver: Resolver = resolve,
) -> Channel:
    """Return the channel ``[channels.NAME]``; ``language`` is for whoever states none.

    Raises ``FaultyFile`` with every fault found: a secret that is missing or malformed, a URL that cannot
    be used, a file of certificates that cannot be read. No fault shows a secret.
    """
    maker, spoken = _Maker(name), language_of(language)
    match settings:
        case EmailSettings():
            channel: Channel | None = maker.email(settings, texts, spoken.code)
        case WebhookSettings():
            channel = maker.webhook(settings, texts, clock, spoken, resolver)
        case AppriseSettings():
            channel = maker.apprise(settings, texts, spoken.code)
    if channel is None or maker.faults:
        raise FaultyFile(f"[channels.{name}]", maker.faults)
    return channel


class _Maker:
    """Makes one channel, and gathers what is wrong with it."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.faults: list[Fault] = []

    def email(self, settings: EmailSettings, texts: Wording, language: str) -> EmailChannel | None:
        password = self._secret("password", settings.password)
        tls = self._tls(settings.ca_file)
        if tls is None:
            return None
        server = MailServer(
            settings.host,
            settings.port,
            settings.security,
            timedelta(seconds=settings.timeout_seconds),
            settings.username,
            SecretStr(password) if password else None,
            tls,
        )
        reply_to = mailbox(settings.reply_to) if settings.reply_to else None
        head = Letterhead(mailbox(settings.sender), reply_to)
        return EmailChannel(self.name, server, head, texts, language=language)

    def webhook(
        self, settings: WebhookSettings, texts: Wording, clock: Clock, language: Language, resolver: Resolver
    ) -> WebhookChannel | None:
        url = self._secret("url", settings.url)
        secrets = [
            self._signing("secret", settings.secret),
            self._signing("previous_secret", settings.previous_secret),
        ]
        tls = self._tls(settings.ca_file)
        try:
            target = target_of(url, allow_http=settings.allow_http) if url else None
        except ValueError as error:
            target = None
            self._fault("url", phrase("cannot be used"), str(error))
        if target is None or tls is None:
            return None
        check = AddressCheck(settings.networks, resolver)
        receiver = Receiver(
            target,
            [secret for secret in secrets if secret is not None],
            check,
            timedelta(seconds=settings.timeout_seconds),
            tls,
        )
        events = Events(settings.source, settings.type_prefix, language)
        return WebhookChannel(self.name, receiver, events, texts, clock)

    def apprise(self, settings: AppriseSettings, texts: Wording, language: str) -> Channel | None:
        from gaita_adapters.channels.apprise import AppriseChannel  # noqa: PLC0415 - it takes a while to load

        url = self._secret("url", settings.url)
        if settings.url is not None and url is None:
            return None
        try:
            return AppriseChannel(self.name, texts, language=language, url=url)
        except ValueError as error:
            self._fault("url", phrase("cannot be used"), str(error))
            return None

    def _secret(self, key: str, setting: str | SecretSource | None) -> str | None:
        try:
            return None if setting is None else revealed(setting)
        except MissingSecret as error:
            self.faults.append(
                Fault(
                    "secret",
                    phrase("`channels.%(name)s.%(key)s`: %(error)s", name=self.name, key=key, error=error),
                )
            )
            return None

    def _signing(self, key: str, setting: SecretSource | None) -> SigningSecret | None:
        text = self._secret(key, setting)
        try:
            return None if text is None else SigningSecret(text)
        except ValueError as error:
            self._fault(key, phrase("cannot sign"), str(error))
            return None

    def _tls(self, ca_file: str | None) -> ssl.SSLContext | None:
        try:
            return ssl.create_default_context(cafile=ca_file)
        except (OSError, ValueError) as error:
            told = phrase(
                "%(ca_file)s cannot be used: %(why)s",
                ca_file=ca_file,
                why=getattr(error, "strerror", None) or error,
            )
            self._fault("ca_file", told, phrase("a file of certificates in the PEM form"))
            return None

    def _fault(self, key: str, told: str, expected: str) -> None:
        self.faults.append(
            Fault(
                "setting",
                phrase("`channels.%(name)s.%(key)s` %(told)s", name=self.name, key=key, told=told),
                expected=expected,
            )
        )
