"""Webhooks, against a real receiver: signed, understood, retried, never led astray."""

import json
import socket
import ssl
from collections import Counter
from datetime import timedelta
from email.utils import format_datetime
from random import Random
from typing import Any

import pytest
from cloudevents.http import from_http
from freezegun import freeze_time
from standardwebhooks import Webhook
from standardwebhooks.webhooks import WebhookVerificationError

from gaita import ManualClock, Postponed, Undeliverable, moment_text
from gaita.texts import language_of
from gaita_adapters.channels.cloud_event import Events
from gaita_adapters.channels.not_taken import NotTaken
from gaita_adapters.channels.settings import WebhookSettings
from gaita_adapters.channels.signature import SigningSecret
from gaita_adapters.channels.webhook import Receiver as WebhookReceiver
from gaita_adapters.channels.webhook import WebhookChannel, retry_after
from gaita_adapters.channels.webhook_address import AddressCheck, Resolver, target_of
from tests.gaita.building import T0
from tests.gaita_adapters.channels.building import (
    CERTIFICATE,
    OLD_SECRET,
    OWNER,
    SECRET,
    Texts,
    digest,
    messages,
    notice,
)
from tests.gaita_adapters.channels.receiving import Received, Receiver, Reply, receiver

ALLOW = ("127.0.0.0/8", "::1/128")


class Local:
    """A resolver that sends every name to this machine, and counts how often it is asked."""

    def __init__(self, *answers: str) -> None:
        self.answers = list(answers)
        self.asked = 0

    def __call__(self, host: str, port: int) -> list[str]:
        self.asked += 1
        return [self.answers.pop(0) if self.answers else "127.0.0.1"]


def channel(
    url: str,
    secrets: tuple[str, ...] = (SECRET,),
    allow: tuple[str, ...] = ALLOW,
    resolver: Resolver | None = None,
    timeout: float = 5.0,
    tls: ssl.SSLContext | None = None,
) -> WebhookChannel:
    settings = WebhookSettings.model_validate(
        {"kind": "webhook", "url": "https://unused.example", "secret": {"env": "X"}, "allow": allow}
    )
    to = WebhookReceiver(
        target_of(url, allow_http=True),
        [SigningSecret(secret) for secret in secrets],
        AddressCheck(settings.networks, resolver or Local()),
        timedelta(seconds=timeout),
        tls or ssl.create_default_context(),
    )
    return WebhookChannel("hook", to, Events("/gaita", "gaita", language_of("lv")), Texts(), ManualClock(T0))


def at(where: Receiver, path: str = "/hook") -> str:
    return f"http://receiver.example:{where.port}{path}"


def verified(received: Received, secret: str = SECRET) -> object:
    with freeze_time(T0):
        return Webhook(secret).verify(received.body, dict(received.headers))


def test_a_notice_is_a_signed_cloud_event_without_personal_data() -> None:
    with receiver() as where:
        channel(at(where, "/hook?a=b")).deliver(notice())
    (received,) = where.received
    assert verified(received)
    assert received.path == "/hook?a=b"
    assert received.headers["host"] == f"receiver.example:{where.port}"
    event = from_http(dict(received.headers), received.body)
    message = messages()[0]
    assert (event["specversion"], event["id"], event["source"]) == ("1.0", message.id, "/gaita")
    assert (event["type"], event["subject"]) == ("gaita.notice.reminder", "one")
    assert event["time"] == moment_text(message.at)
    data: Any = event.get_data()
    assert {name: data[name] for name in ("workflow", "version", "instance", "state", "kind", "to")} == {
        "workflow": "trial",
        "version": 1,
        "instance": "one",
        "state": "idea",
        "kind": "reminder",
        "to": "lead",
    }
    assert (data["deadline_title"], data["due_day"], data["offset"]) == ("Lēmums", "2024-04-03", "7 days")
    assert [reason["why"] for missing in data["missing"] for reason in missing["reasons"]] == [
        "Ir trīs lietotāji",
        "Cita īpašniece",
    ]
    assert data["text"].startswith("lv: šķūņa žirgi, Vadītāja, {'users': 0}")
    assert OWNER not in received.body.decode()
    assert "ilze@example.org" not in received.body.decode()


def test_a_digest_is_a_signed_cloud_event_without_personal_data() -> None:
    with receiver() as where:
        channel(at(where)).digest(digest())
    (received,) = where.received
    assert verified(received)
    event = from_http(dict(received.headers), received.body)
    assert (event["type"], event["subject"]) == ("gaita.digest", "lead")
    data: Any = event.get_data()
    (need,) = data["needs"]
    assert (need["instance"], need["due_day"], need["paused"]) == ("one", "2024-04-03", False)
    assert data["to_title"] == "Vadītāja"
    assert OWNER not in received.body.decode()


def test_while_secrets_are_exchanged_both_verify() -> None:
    with receiver() as where:
        channel(at(where), secrets=(SECRET, OLD_SECRET)).deliver(notice())
    assert verified(where.received[0], SECRET)
    assert verified(where.received[0], OLD_SECRET)
    with pytest.raises(WebhookVerificationError):
        verified(where.received[0], "whsec_" + "A" * 32)


@pytest.mark.parametrize("key", ["a.b/1/1/lead", "ķēde.1", "a b\r\nX: y", "a%2Eb", "x" * 500])
def test_whatever_the_key_holds_its_signature_verifies(key: str) -> None:
    with receiver() as where:
        channel(at(where)).deliver(notice(key=key))
    (received,) = where.received
    assert verified(received)
    assert "." not in received.headers["webhook-id"]
    assert json.loads(received.body)["id"] == key


def test_over_tls_the_certificate_is_verified_for_the_host_that_the_settings_name() -> None:
    trusting = ssl.create_default_context(cafile=str(CERTIFICATE))
    with receiver(tls=True) as where:
        channel(f"https://receiver.example:{where.port}/", tls=trusting).deliver(notice())
        assert len(where.received) == 1
        with pytest.raises(NotTaken, match="certificate that is not trusted: Hostname mismatch"):
            channel(f"https://other.example:{where.port}/", tls=trusting).deliver(notice())
        with pytest.raises(NotTaken, match=r"certificate that is not trusted: self.signed"):
            channel(f"https://receiver.example:{where.port}/").deliver(notice())
    assert len(where.received) == 1


def test_this_machine_is_refused_unless_it_is_allowed() -> None:
    with receiver() as where:
        with pytest.raises(Undeliverable, match=r"this machine itself.*`allow`"):
            channel(at(where), allow=()).deliver(notice())
        assert where.connections == 0
        channel(at(where), allow=("127.0.0.1/32",)).deliver(notice())
    assert where.connections == 1


def test_a_name_that_changes_its_mind_is_asked_once_for_each_delivery_and_never_trusted() -> None:
    with receiver() as where:
        rebinding = Local("::1", "127.0.0.1")
        sent = channel(at(where), allow=("::1/128",), resolver=rebinding)
        with pytest.raises(NotTaken):  # it goes to the address that was checked, where nobody answers
            sent.deliver(notice())
        assert rebinding.asked == 1
        with pytest.raises(Undeliverable, match="this machine itself"):
            sent.deliver(notice())
        assert rebinding.asked == 2
    assert where.connections == 0


def test_a_proxy_in_the_environment_is_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "https_proxy", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    with receiver() as where:
        channel(at(where)).deliver(notice())
    assert len(where.received) == 1


def test_the_next_address_is_tried_where_the_first_cannot_be_connected_to() -> None:
    class Two:
        def __call__(self, host: str, port: int) -> list[str]:
            return ["::1", "127.0.0.1"]

    with receiver() as where:
        channel(at(where), resolver=Two()).deliver(notice())
    assert len(where.received) == 1


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_not_followed(status: int) -> None:
    with receiver() as elsewhere:
        location = {"Location": at(elsewhere, "/moved?token=secret")}
        with (
            receiver(lambda _: Reply(status, location)) as where,
            pytest.raises(Undeliverable, match=rf"answered {status}, a redirect to .*/moved: ") as raised,
        ):
            channel(at(where)).deliver(notice())
    assert "token" not in str(raised.value)
    assert (where.connections, elsewhere.connections) == (1, 0)


@pytest.mark.parametrize("status", [200, 201, 202, 204])
def test_any_success_is_a_delivery(status: int) -> None:
    with receiver(lambda _: Reply(status, body=b"" if status == 204 else b"thanks")) as where:
        channel(at(where)).deliver(notice())


@pytest.mark.parametrize("status", [400, 401, 403, 404, 410, 413, 422])
def test_a_refusal_of_the_event_is_final(status: int) -> None:
    with receiver(lambda _: Reply(status)) as where, pytest.raises(Undeliverable, match=f"answered {status}"):
        channel(at(where, "/secret-path")).deliver(notice())


@pytest.mark.parametrize("status", [408, 425, 429, 500, 502, 503, 504])
def test_a_refusal_of_the_moment_is_tried_again(status: int) -> None:
    with (
        receiver(lambda _: Reply(status)) as where,
        pytest.raises(NotTaken, match=f"answered {status}") as raised,
    ):
        channel(at(where, "/secret-path")).deliver(notice())
    assert "secret-path" not in str(raised.value)


@pytest.mark.parametrize("status", [429, 503])
@pytest.mark.parametrize(
    ("text", "wait"),
    [
        ("120", timedelta(minutes=2)),
        (format_datetime(T0 + timedelta(minutes=5), usegmt=True), timedelta(minutes=5)),
        ("999999999", timedelta(days=1)),
    ],
)
def test_a_receiver_may_ask_to_be_left_alone(status: int, text: str, wait: timedelta) -> None:
    with (
        receiver(lambda _: Reply(status, {"Retry-After": text})) as where,
        pytest.raises(Postponed, match="asks to be left alone") as raised,
    ):
        channel(at(where)).deliver(notice())
    assert raised.value.after == wait


@pytest.mark.parametrize("text", ["", "soon", "-5", "0", "²", "Mon, 04 Mar 2024 08:00:00 GMT", "Mon, 99 Foo"])
def test_what_asks_for_no_wait_is_tried_again_as_ever(text: str) -> None:
    assert retry_after(text, T0) is None


@pytest.mark.parametrize("mishap", ["stall", "drip"])
def test_a_receiver_that_takes_too_long_is_left(mishap: str) -> None:
    with (
        receiver(lambda _: Reply(mishap=mishap)) as where,
        pytest.raises(NotTaken, match=r"did not answer within 0\.2 s"),
    ):
        channel(at(where), timeout=0.2).deliver(notice())


def test_over_tls_too_a_receiver_that_takes_too_long_is_left() -> None:
    trusting = ssl.create_default_context(cafile=str(CERTIFICATE))
    with (
        receiver(lambda _: Reply(mishap="drip"), tls=True) as where,
        pytest.raises(NotTaken, match=r"did not answer within 0\.3 s"),
    ):
        channel(f"https://receiver.example:{where.port}/", tls=trusting, timeout=0.3).deliver(notice())


def test_what_speaks_no_tls_is_left() -> None:
    with (
        socket.create_server(("127.0.0.1", 0)) as silent,
        pytest.raises(NotTaken, match=r"did not answer within 0\.2 s"),
    ):
        channel(f"https://receiver.example:{silent.getsockname()[1]}/", timeout=0.2).deliver(notice())


def test_with_the_time_frozen_a_delivery_still_ends() -> None:
    with receiver() as where, receiver(lambda _: Reply(mishap="stall")) as stalling, freeze_time(T0):
        channel(at(where)).deliver(notice())
        with pytest.raises(NotTaken, match=r"did not answer within 0\.2 s"):
            channel(at(stalling), timeout=0.2).deliver(notice())
    assert len(where.received) == 1


def test_an_answer_without_an_end_is_read_a_little() -> None:
    with receiver(lambda _: Reply(200, mishap="endless")) as where:
        channel(at(where)).deliver(notice())


def test_a_receiver_that_is_not_there_is_tried_again() -> None:
    with receiver() as where:
        gone = at(where, "/secret-path")
    with pytest.raises(NotTaken, match="could not be reached") as raised:
        channel(gone).deliver(notice())
    assert "secret-path" not in str(raised.value)


class Moody:
    """Answers at random: takes it, fails, fails after having taken it, hangs up, stalls."""

    def __init__(self, seed: int) -> None:
        self.chance = Random(seed)
        self.taken: Counter[str] = Counter()

    def __call__(self, received: Received) -> Reply:
        mood = self.chance.choices(
            ["take", "fail", "take and fail", "hang up", "stall"], weights=[40, 25, 15, 17, 3]
        )[0]
        if mood in {"take", "take and fail"}:
            self.taken[received.headers["webhook-id"]] += 1
        match mood:
            case "take":
                return Reply(self.chance.choice([200, 202, 204]))
            case "hang up" | "stall":
                return Reply(mishap=mood)
            case _:
                return Reply(self.chance.choice([500, 502, 503, 429]))


def until_taken(sent: WebhookChannel, key: str) -> int:
    """Try as the engine does, without its waiting; return how many attempts it took."""
    for attempt in range(1, 100):
        try:
            sent.deliver(notice(key=key))
        except NotTaken:
            continue
        return attempt
    pytest.fail("it never arrived")


def test_every_message_arrives_in_the_end_and_duplicates_carry_the_same_key() -> None:
    moody = Moody(20240304)
    keys = [f"one/{number}.5/ķēde" for number in range(40)]
    with receiver(moody) as where:
        sent = channel(at(where), timeout=0.5)
        attempts = [until_taken(sent, key) for key in keys]
    assert sum(attempts) >= len(where.received) > len(keys)
    assert len(moody.taken) == len(keys)
    assert sum(moody.taken.values()) > len(keys)  # there were duplicates, and a receiver can tell
    by_key: dict[str, set[str]] = {}
    for received in where.received:
        verified(received)
        event = from_http(dict(received.headers), received.body)
        by_key.setdefault(event["id"], set()).add(received.headers["webhook-id"])
    assert by_key.keys() == set(keys)
    assert all(len(identities) == 1 for identities in by_key.values())
    assert len({identity for identities in by_key.values() for identity in identities}) == len(keys)


@pytest.mark.parametrize(
    "secret", ["", "whsec_", "whsec_c2hvcnQ=", SECRET[6:], SECRET + "A" * 200, "whsec_ķ"]
)
def test_a_secret_of_another_form_is_refused_without_being_repeated(secret: str) -> None:
    with pytest.raises(ValueError, match="base64 of 24 to 64 random bytes") as raised:
        SigningSecret(secret)
    assert len(secret) < 8 or secret not in str(raised.value)
