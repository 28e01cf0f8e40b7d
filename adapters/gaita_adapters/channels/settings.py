"""The settings of the channels: each table ``[channels.NAME]``, told apart by its ``kind``."""

import ipaddress
from collections.abc import Mapping
from datetime import timedelta
from typing import Annotated, Final, Literal, TypeAlias, cast

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Discriminator,
    Field,
    Tag,
    ValidationInfo,
    field_validator,
)
from pydantic_core import ErrorDetails

from gaita import Limits
from gaita.phrase import phrase
from gaita_adapters.channels.letter import mailbox
from gaita_adapters.channels.secret_source import SecretSource
from gaita_adapters.channels.webhook_address import Network, target_of

_HOST = r"^[A-Za-z0-9]([A-Za-z0-9.:_-]{0,252}[A-Za-z0-9])?$"
_LEASE: Final = timedelta(minutes=5)
_STEPS: Final = 10
"""The steps of a conversation with a mail server, each of which may take the whole timeout."""


def _kind_of_channel(value: object) -> str | None:
    told: object = (
        cast("Mapping[str, object]", value).get("kind")
        if isinstance(value, Mapping)
        else getattr(value, "kind", None)
    )
    return told if isinstance(told, str) else None


def _as_tuple(value: object) -> object:
    return tuple(cast("list[object]", value)) if isinstance(value, list) else value


def _kind_of_link(value: object) -> str:
    return "text" if isinstance(value, str) else "secret"


Link: TypeAlias = Annotated[
    Annotated[str, Tag("text")] | Annotated[SecretSource, Tag("secret")], Discriminator(_kind_of_link)
]
"""A URL, written out or, where it holds a token, kept as a secret."""
Names: TypeAlias = Annotated[tuple[str, ...], BeforeValidator(_as_tuple)]
"""A list of TOML."""
Seconds: TypeAlias = Annotated[float, Field(gt=0, le=300, allow_inf_nan=False)]


class _Channel(BaseModel):
    """What every channel can be told."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    roles: Names | None = None
    """Only messages to these roles, ``ROLE`` or ``WORKFLOW.ROLE``; ``None``: to all."""
    concurrency: int = Field(default=1, ge=1, le=64)
    """How many are handed over at the same time."""
    per_minute: int | None = Field(default=None, ge=1, le=100_000)
    """At most so many in a minute; ``None``: as many as there are."""
    most_attempts: int = Field(default=12, ge=1, le=1000)
    """After so many a delivery is given up."""
    people: bool = False
    """Whether people read what goes there, though it is sent to none of them by name: a chat room."""

    @property
    def longest(self) -> timedelta:
        """How long one delivery may take at most, by the channel's own timeouts."""
        return timedelta(minutes=1)

    @property
    def limits(self) -> Limits:
        """How hard the channel may be driven; nobody else takes over what it may still be handing over."""
        return Limits(
            concurrency=self.concurrency,
            per_minute=self.per_minute,
            most_attempts=self.most_attempts,
            lease=max(_LEASE, 3 * self.longest),
        )


class EmailSettings(_Channel):
    """E-mail over SMTP."""

    kind: Literal["email"]
    host: str = Field(pattern=_HOST)
    port: int = Field(default=587, ge=1, le=65_535)
    security: Literal["starttls", "tls", "none"] = "starttls"
    """``starttls``: TLS from the second word on; ``tls``: from the first; ``none``: in the clear."""
    ca_file: str | None = None
    """Certificates to trust instead of the system's."""
    username: str | None = Field(default=None, min_length=1)
    password: SecretSource | None = Field(default=None, validate_default=True)
    sender: str = Field(alias="from")
    reply_to: str | None = None
    timeout_seconds: Seconds = 20.0
    """For each step of the conversation."""

    @field_validator("sender", "reply_to")
    @classmethod
    def _an_address(cls, text: str | None) -> str | None:
        if text is not None:
            mailbox(text)
        return text

    @field_validator("password")
    @classmethod
    def _with_a_username(cls, password: SecretSource | None, told: ValidationInfo) -> SecretSource | None:
        username, secured = told.data.get("username"), told.data.get("security") != "none"
        if password is None and username:
            message = phrase('where the password of that username stands: { env = "NAME" } or { file = "…" }')
            raise ValueError(message)
        if password is not None and "username" in told.data and not username:
            message = phrase("a username beside it")
            raise ValueError(message)
        if password is not None and not secured:
            message = phrase(
                'security = "starttls" or "tls" with it: a password does not travel in the clear'
            )
            raise ValueError(message)
        return password

    @property
    def longest(self) -> timedelta:
        """How long one delivery may take at most."""
        return timedelta(seconds=self.timeout_seconds * _STEPS)


class WebhookSettings(_Channel):
    """Signed events to one URL."""

    kind: Literal["webhook"]
    allow_http: bool = False
    """Whether the URL may begin with ``http``, unprotected on its way."""
    url: Link
    secret: SecretSource
    """Signs each event: ``whsec_`` and the base64 of 24 to 64 random bytes."""
    previous_secret: SecretSource | None = None
    """Signs as well, while receivers change over to the new one."""
    allow: Names = ()
    """Networks that are not public, to which it may go all the same, e.g. ``10.1.0.0/16``."""
    ca_file: str | None = None
    """Certificates to trust instead of the system's."""
    timeout_seconds: Seconds = 10.0
    """For the whole exchange."""
    source: str = Field(default="/gaita", pattern=r"^[!-~]+$")
    """Which Gaita it is: a URI, or a part of one."""
    type_prefix: str = Field(default="gaita", pattern=r"^[a-z0-9]+(\.[a-z0-9-]+)*$")
    """What the events' types begin with, e.g. ``lv.example.gaita``."""

    @field_validator("url")
    @classmethod
    def _a_url(cls, url: str | SecretSource, told: ValidationInfo) -> str | SecretSource:
        if isinstance(url, str):
            target_of(url, allow_http=bool(told.data.get("allow_http")))
        return url

    @field_validator("allow")
    @classmethod
    def _networks(cls, allow: tuple[str, ...]) -> tuple[str, ...]:
        for network in allow:
            try:
                ipaddress.ip_network(network)
            except ValueError:
                message = phrase(
                    "networks such as 10.1.0.0/16 or fd00::/8, not %(network)s", network=repr(network)
                )
                raise ValueError(message) from None
        return allow

    @property
    def networks(self) -> tuple[Network, ...]:
        """What ``allow`` says."""
        return tuple(ipaddress.ip_network(network) for network in self.allow)

    @property
    def longest(self) -> timedelta:
        """How long one delivery may take at most, with half a minute for resolving the host."""
        return timedelta(seconds=self.timeout_seconds + 30)


class AppriseSettings(_Channel):
    """One of the services that apprise knows."""

    kind: Literal["apprise"]
    url: SecretSource | None = None
    """For all; ``None``: each recipient has an own address."""


CHANNELS: Final[Mapping[str, type[BaseModel]]] = {
    "email": EmailSettings,
    "webhook": WebhookSettings,
    "apprise": AppriseSettings,
}
"""The kinds of channels, and what each can be told."""

ChannelSettings: TypeAlias = Annotated[
    Annotated[EmailSettings, Tag("email")]
    | Annotated[WebhookSettings, Tag("webhook")]
    | Annotated[AppriseSettings, Tag("apprise")],
    Discriminator(
        _kind_of_channel,
        custom_error_type="kind",
        custom_error_message="a table with kind = " + ", ".join(f'"{kind}"' for kind in CHANNELS),
    ),
]


def written_path(data: Mapping[str, object], error: ErrorDetails) -> tuple[str | int, ...]:
    """Return where in ``data``, as the file says it, pydantic found ``error``.

    Its own path names the variants of a value as well, such as the channel's kind, which stand nowhere.
    """
    *path, last = error["loc"]
    kept: list[str | int] = []
    here: object = data
    for part in (*path, last):
        inner = _inside(here, part)
        if inner is not None or (part is last and error["type"] == "missing"):
            kept.append(part)
            here = inner
    return tuple(kept)


def _inside(here: object, part: str | int) -> object:
    """Return what stands there under a key or at a place; ``None`` where nothing does."""
    if isinstance(here, Mapping):
        return cast("Mapping[str | int, object]", here).get(part)
    if isinstance(here, list) and isinstance(part, int):
        row = cast("list[object]", here)
        return row[part] if part < len(row) else None
    return None
