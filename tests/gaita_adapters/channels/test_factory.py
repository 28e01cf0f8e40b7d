"""Channels made of their settings: secrets are read then, and every fault is told at once."""

from pathlib import Path

import pytest
from pydantic import TypeAdapter

from gaita import FaultyFile, ManualClock
from gaita_adapters.channels.factory import make_channel
from gaita_adapters.channels.settings import AppriseSettings, ChannelSettings, EmailSettings, WebhookSettings
from tests.gaita.building import T0
from tests.gaita_adapters.channels.building import CERTIFICATE, OLD_SECRET, SECRET, Texts, notice
from tests.gaita_adapters.channels.mailing import Postmaster, mail_server
from tests.gaita_adapters.channels.receiving import receiver

_SETTINGS: TypeAdapter[EmailSettings | WebhookSettings | AppriseSettings] = TypeAdapter(ChannelSettings)
CLOCK = ManualClock(T0)


class Here:
    """A resolver that sends every name to this machine."""

    def __call__(self, host: str, port: int) -> list[str]:
        return ["127.0.0.1"]


def settings(**told: object) -> EmailSettings | WebhookSettings | AppriseSettings:
    return _SETTINGS.validate_python(told)


def faults(**told: object) -> str:
    with pytest.raises(FaultyFile) as raised:
        make_channel("one", settings(**told), Texts(), CLOCK, language="lv")
    return str(raised.value)


def test_an_email_channel(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MAIL_PASSWORD", "parole")
    postmaster = Postmaster()
    with mail_server(postmaster, "starttls", log_in=True) as port:
        told = settings(
            kind="email",
            host="127.0.0.1",
            port=port,
            ca_file=str(CERTIFICATE),
            username="gaita",
            password={"env": "MAIL_PASSWORD"},
            **{"from": "Gaita <gaita@sandbox.example>"},
        )
        channel = make_channel("mail", told, Texts(), CLOCK, language="lv")
        channel.deliver(notice())
    assert (channel.name, channel.kind, channel.personal) == ("mail", "email", True)
    assert postmaster.secured == [True]


def test_a_webhook_channel(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HOOK_SECRET", SECRET)
    (tmp_path / "old").write_text(OLD_SECRET + "\n", "utf-8")
    (tmp_path / "old").chmod(0o600)
    with receiver(tls=True) as where:
        monkeypatch.setenv("HOOK_URL", f"https://receiver.example:{where.port}/token")
        told = settings(
            kind="webhook",
            url={"env": "HOOK_URL"},
            secret={"env": "HOOK_SECRET"},
            previous_secret={"file": str(tmp_path / "old")},
            allow=["127.0.0.1/32"],
            ca_file=str(CERTIFICATE),
            type_prefix="lv.example.gaita",
        )
        channel = make_channel("hook", told, Texts(), CLOCK, language="lv", resolver=Here())
        channel.deliver(notice())
    assert (channel.name, channel.kind, channel.personal) == ("hook", "webhook", False)
    (received,) = where.received
    assert received.path == "/token"
    assert received.headers["webhook-signature"].count("v1,") == 2
    assert b'"type":"lv.example.gaita.notice.reminder"' in received.body


def test_an_apprise_channel(monkeypatch: pytest.MonkeyPatch) -> None:
    with receiver() as where:
        monkeypatch.setenv("CHAT", f"json://127.0.0.1:{where.port}/")
        told = settings(kind="apprise", url={"env": "CHAT"})
        channel = make_channel("chat", told, Texts(), CLOCK, language="lv")
        channel.deliver(notice())
    assert (channel.name, channel.kind, channel.personal) == ("chat", "apprise", False)
    assert len(where.received) == 1
    assert make_channel("own", settings(kind="apprise"), Texts(), CLOCK, language="lv").personal


def test_every_fault_is_told_at_once_and_no_secret_with_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv("MISSING", raising=False)
    monkeypatch.setenv("SHORT", "hunter2")
    monkeypatch.setenv("URL", "http://receiver.example/hunter2")
    told = faults(
        kind="webhook",
        url={"env": "URL"},
        secret={"env": "SHORT"},
        previous_secret={"env": "MISSING"},
        ca_file=str(tmp_path / "none.pem"),
    )
    assert "hunter2" not in told
    assert "[channels.one]: 4 faults" in told
    assert "`channels.one.url` cannot be used; expected an https URL" in told
    assert "`channels.one.secret` cannot sign; expected whsec_" in told
    assert "`channels.one.previous_secret`: the environment variable MISSING is not set" in told
    assert "`channels.one.ca_file`" in told
    mail = {"host": "a", "from": "a@b.example", "username": "u", "password": {"env": "MISSING"}}
    assert "`channels.one.password`: the environment variable MISSING" in faults(kind="email", **mail)
    assert "`channels.one.url`: the environment" in faults(kind="apprise", url={"env": "MISSING"})
    assert "`channels.one.url` cannot be used; expected one URL" in faults(
        kind="apprise", url={"env": "SHORT"}
    )
