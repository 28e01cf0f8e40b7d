"""The settings of the channels: told apart by kind, strict, each fault with what was expected."""

from datetime import timedelta
from typing import Any

import pytest
from pydantic import BaseModel, ConfigDict, ValidationError

from gaita_adapters.channels.secret_source import SecretSource
from gaita_adapters.channels.settings import (
    AppriseSettings,
    ChannelSettings,
    EmailSettings,
    WebhookSettings,
    written_path,
)

MAIL = {"kind": "email", "host": "mail.example", "from": "Gaita <gaita@sandbox.example>"}
HOOK = {"kind": "webhook", "url": "https://receiver.example/", "secret": {"env": "HOOK"}}


class File(BaseModel):
    """A settings file with channels in it."""

    model_config = ConfigDict(extra="forbid")

    channels: dict[str, ChannelSettings] = {}


def read(**channels: dict[str, Any]) -> dict[str, ChannelSettings]:
    """Return the channels as a TOML file gives them: strictly."""
    return File.model_validate({"channels": channels}, strict=True).channels


def fault(channel: dict[str, Any]) -> tuple[tuple[str | int, ...], str]:
    """Return the place and the words of the one fault in a channel."""
    data = {"channels": {"one": channel}}
    with pytest.raises(ValidationError) as raised:
        File.model_validate(data, strict=True)
    (detail,) = raised.value.errors()
    return written_path(data, detail)[2:], detail["msg"]


def test_each_kind_is_read_with_its_defaults() -> None:
    channels = read(mail=MAIL, hook=HOOK, chat={"kind": "apprise", "roles": ["lead", "trial.office"]})
    mail, hook, chat = channels["mail"], channels["hook"], channels["chat"]
    assert isinstance(mail, EmailSettings)
    assert (mail.port, mail.security, mail.sender, mail.roles) == (587, "starttls", MAIL["from"], None)
    assert isinstance(hook, WebhookSettings)
    assert (hook.source, hook.type_prefix, hook.allow, hook.secret) == (
        "/gaita",
        "gaita",
        (),
        SecretSource(env="HOOK"),
    )
    assert isinstance(chat, AppriseSettings)
    assert (chat.url, chat.roles) == (None, ("lead", "trial.office"))


def test_from_the_environment_everything_is_text() -> None:
    told = {**MAIL, "port": "465", "security": "tls", "timeout_seconds": "5", "concurrency": "4"}
    mail = File.model_validate({"channels": {"mail": told}}).channels["mail"]
    assert isinstance(mail, EmailSettings)
    assert (mail.port, mail.timeout_seconds, mail.concurrency) == (465, 5.0, 4)


def test_a_url_may_be_a_secret_and_networks_are_a_list() -> None:
    hook = read(hook={**HOOK, "url": {"file": "/run/secrets/url"}, "allow": ["10.0.0.0/8", "fd00::/8"]})[
        "hook"
    ]
    assert isinstance(hook, WebhookSettings)
    assert hook.url == SecretSource(file="/run/secrets/url")
    assert [str(network) for network in hook.networks] == ["10.0.0.0/8", "fd00::/8"]


@pytest.mark.parametrize("channel", [MAIL, HOOK, {"kind": "apprise"}], ids=["mail", "hook", "chat"])
def test_a_lease_lasts_longer_than_a_delivery_may_take(channel: dict[str, Any]) -> None:
    slow = {} if channel["kind"] == "apprise" else {"timeout_seconds": 300}
    for more in ({}, slow):
        one = read(one={**channel, **more, "concurrency": 3, "per_minute": 60, "most_attempts": 5})["one"]
        limits = one.limits
        assert limits.lease >= timedelta(minutes=5)
        assert limits.lease > 2 * one.longest
        assert (limits.concurrency, limits.per_minute, limits.most_attempts) == (3, 60, 5)


@pytest.mark.parametrize(
    ("channel", "place", "told"),
    [
        ({}, (), 'a table with kind = "email", "webhook", "apprise"'),
        ({"kind": "pigeon"}, (), 'a table with kind = "email"'),
        ({**MAIL, "from": "nobody"}, ("from",), "one address such as Gaita <gaita@example.org>"),
        ({**MAIL, "from": "a@b.c, d@e.f"}, ("from",), "one address"),
        ({**MAIL, "reply_to": "a@b.c\r\nBcc: d@e.f"}, ("reply_to",), "one address"),
        ({**MAIL, "host": "mail example"}, ("host",), "match pattern"),
        ({**MAIL, "port": 0}, ("port",), "greater than or equal to 1"),
        ({**MAIL, "port": "25"}, ("port",), "valid integer"),
        ({**MAIL, "security": "ssl"}, ("security",), "'starttls', 'tls' or 'none'"),
        ({**MAIL, "username": "u"}, (), "where the password of that username stands"),
        ({**MAIL, "password": {"env": "A"}}, ("password",), "a username beside it"),
        (
            {**MAIL, "username": "u", "password": {"env": "A"}, "security": "none"},
            ("password",),
            "does not travel in the clear",
        ),
        ({**MAIL, "username": "u", "password": "open"}, ("password",), "SecretSource"),
        ({**MAIL, "pasword": 1}, ("pasword",), "Extra inputs"),
        ({**MAIL, "timeout_seconds": 0}, ("timeout_seconds",), "greater than 0"),
        ({**MAIL, "per_minute": 0}, ("per_minute",), "greater than or equal to 1"),
        ({**HOOK, "url": "http://receiver.example/"}, ("url",), "allow_http = true"),
        ({**HOOK, "url": "https://u:p@receiver.example/"}, ("url",), "without a user name or password"),
        ({**HOOK, "url": {"env": "A", "file": "b"}}, ("url",), "where the secret stands"),
        ({**HOOK, "url": {"evn": "A"}}, ("url", "evn"), "Extra inputs"),
        ({**HOOK, "allow": ["10.0.0.1/8"]}, ("allow",), "networks such as 10.1.0.0/16"),
        ({**HOOK, "allow": [1]}, ("allow", 0), "valid string"),
        ({**HOOK, "source": "a b"}, ("source",), "match pattern"),
        ({"kind": "webhook", "url": "https://a.example"}, ("secret",), "required"),
        ({"kind": "apprise", "url": "tgram://token"}, ("url",), "SecretSource"),
    ],
)
def test_what_cannot_be_is_told_with_its_place(
    channel: dict[str, Any], place: tuple[str | int, ...], told: str
) -> None:
    found, words = fault(channel)
    assert found == place
    assert told in words
