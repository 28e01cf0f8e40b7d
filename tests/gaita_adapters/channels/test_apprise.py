"""The services that apprise knows: one URL for all, or each recipient's own."""

import json
import logging

import pytest

from gaita import Recipient, Undeliverable
from gaita_adapters.channels.apprise import AppriseChannel
from gaita_adapters.channels.not_taken import NotTaken
from tests.gaita_adapters.channels.building import OWNER, Texts, digest, notice
from tests.gaita_adapters.channels.receiving import Receiver, Reply, receiver


def at(where: Receiver) -> str:
    return f"json://user:token@127.0.0.1:{where.port}/"


def test_a_url_for_all_gets_each_notice_without_personal_data() -> None:
    with receiver() as where:
        chat = AppriseChannel("chat", Texts(), language="lv", url=at(where))
        assert not chat.personal
        chat.deliver(notice())
        chat.digest(digest())
    first, second = (json.loads(received.body) for received in where.received)
    assert first["title"] == "Termiņš: Lēmums"
    assert first["message"].startswith("lv: šķūņa žirgi, Vadītāja, ")
    assert second["title"] == "Kopsavilkums"
    assert all(OWNER not in received.body.decode() for received in where.received)


def test_each_recipient_may_have_an_own_address() -> None:
    with receiver() as where:
        chat = AppriseChannel("chat", Texts(), language="lv")
        assert chat.personal
        someone = Recipient("ilze", OWNER, "lead", {"apprise": at(where)}, "en")
        chat.deliver(notice(recipient=someone))
    assert json.loads(where.received[0].body)["message"].startswith(f"en: šķūņa žirgi, {OWNER}, ")


def test_what_the_service_does_not_take_is_tried_again_and_no_token_is_told(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    with receiver(lambda _: Reply(500)) as where:
        chat = AppriseChannel("chat", Texts(), language="lv", url=at(where))
        with pytest.raises(NotTaken, match="the service json:// did not take the message") as raised:
            chat.deliver(notice())
    assert len(where.received) == 1
    assert "token" not in str(raised.value)
    assert "token" not in caplog.text


@pytest.mark.parametrize(
    "url", ["", "nothing", "bogus://secret-token", "json://", "json://a.example json://b.example"]
)
def test_what_apprise_cannot_use_is_told_at_once_without_being_repeated(
    url: str, caplog: pytest.LogCaptureFixture
) -> None:
    with pytest.raises(ValueError, match="one URL of a service that apprise knows") as raised:
        AppriseChannel("chat", Texts(), language="lv", url=url)
    assert "secret-token" not in str(raised.value) + caplog.text


def test_a_recipient_without_a_usable_address_is_undeliverable() -> None:
    chat = AppriseChannel("chat", Texts(), language="lv")
    with pytest.raises(Undeliverable, match="has no address for apprise"):
        chat.deliver(notice())
    someone = Recipient("ilze", OWNER, "lead", {"apprise": "bogus://token"})
    with pytest.raises(Undeliverable, match="cannot use") as raised:
        chat.deliver(notice(recipient=someone))
    assert "token" not in str(raised.value)
