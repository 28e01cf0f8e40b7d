"""E-mail, against a real SMTP server: Latvian arrives whole, retries are the same letter, TLS is verified."""

import socket
import ssl
from collections import Counter
from dataclasses import replace
from datetime import timedelta
from email.headerregistry import AddressHeader
from email.message import EmailMessage
from random import Random
from typing import Any, cast

import pytest
from pydantic import SecretStr

from gaita import Recipient, Undeliverable
from gaita_adapters.channels.letter import Letterhead, mailbox
from gaita_adapters.channels.mail_server import MailServer, Security
from gaita_adapters.channels.not_taken import NotTaken
from gaita_adapters.channels.smtp import EmailChannel
from gaita_adapters.channels.wording import Wording
from tests.gaita_adapters.channels.building import CERTIFICATE, ILZE, Texts, Titled, digest, notice
from tests.gaita_adapters.channels.mailing import Postmaster, content, mail_server

SENDER = "Gaita šķūnī <gaita@sandbox.example>"


def channel(
    port: int,
    security: Security = "none",
    *,
    texts: Wording | None = None,
    password: str | None = None,
    host: str = "127.0.0.1",
    timeout: float = 5.0,
    trusting: bool = True,
    sender: str = SENDER,
) -> EmailChannel:
    server = MailServer(
        host,
        port,
        security,
        timedelta(seconds=timeout),
        "gaita" if password else None,
        SecretStr(password) if password else None,
        ssl.create_default_context(cafile=str(CERTIFICATE) if trusting else None),
    )
    head = Letterhead(mailbox(sender), mailbox("birojs@sandbox.example"))
    return EmailChannel("mail", server, head, texts or Texts(), language="en")


def body(letter: EmailMessage, kind: str) -> str:
    part = letter.get_body((kind,))
    assert part is not None
    return str(cast("Any", part).get_content())


@pytest.mark.parametrize(
    "name",
    [
        "=?utf-8?q?a=0D=0ABcc:_x=40example.lv?=",
        "a\r\nBcc: x@example.lv",
        "a\u2028Bcc: x\x85Cc: y",
        "a" * 3000,
    ],
)
def test_whatever_a_person_is_called_the_letter_has_its_own_headers_and_one_recipient(name: str) -> None:
    postmaster = Postmaster()
    with mail_server(postmaster) as port:
        channel(port).deliver(notice())
        channel(port).deliver(notice(recipient=replace(ILZE, name=name)))
        channel(port).digest(digest(recipient=replace(ILZE, name=name, language="xx\r\nBcc: z@z.lv")))
    plain, named, summary = postmaster.seen
    assert named.keys() == plain.keys()
    assert set(plain.keys()) - set(summary.keys()) == {"References", "In-Reply-To", "Content-Language"}
    assert set(summary.keys()) < set(plain.keys())
    assert {tuple(to) for _, to in postmaster.envelopes} == {("ilze@example.org",)}
    for each in (named, summary):
        assert [one.addr_spec for one in cast("AddressHeader", each["To"]).addresses] == ["ilze@example.org"]


def test_a_letter_arrives_plain_and_html_with_every_latvian_letter() -> None:
    postmaster = Postmaster()
    with mail_server(postmaster) as port:
        channel(port).deliver(notice())
    (letter,) = postmaster.seen
    assert postmaster.envelopes == [("gaita@sandbox.example", ["ilze@example.org"])]
    assert letter.get_content_type() == "multipart/alternative"
    assert body(letter, "plain").startswith("lv: šķūņa žirgi, Ilze Bērziņa, ")
    assert body(letter, "html").startswith("<p>lv: šķūņa žirgi")
    assert letter["Subject"] == "Termiņš: Lēmums"
    assert letter["From"] == SENDER
    (recipient,) = cast("AddressHeader", letter["To"]).addresses
    assert (recipient.display_name, recipient.addr_spec) == ("Ilze Bērziņa", "ilze@example.org")
    assert letter["Reply-To"] == "birojs@sandbox.example"
    assert letter["Date"] == "Fri, 03 May 2024 12:00:00 +0300"
    assert letter["Content-Language"] == "lv"
    assert letter["Auto-Submitted"] == "auto-generated"
    assert letter["X-Gaita-Key"] == notice().key
    assert max(len(line) for line in postmaster.raw[0].split(b"\r\n")) < 100


def test_who_states_no_language_reads_that_of_the_settings() -> None:
    postmaster = Postmaster()
    with mail_server(postmaster) as port:
        channel(port).deliver(
            notice(recipient=Recipient("a", "a@example.org", "lead", {"email": "a@example.org"}))
        )
    assert body(postmaster.seen[0], "plain").startswith("en: ")
    assert postmaster.seen[0]["Content-Language"] == "en"
    assert postmaster.seen[0]["To"] == "a@example.org"


def test_a_retry_is_the_same_letter_and_one_instance_is_one_thread() -> None:
    postmaster = Postmaster()
    with mail_server(postmaster) as port:
        sent = channel(port)
        for number in (0, 0, 1, 2):
            sent.deliver(notice(number))
        sent.digest(digest())
    first, again, second, third, summary = postmaster.seen
    assert first["Message-ID"] == again["Message-ID"]
    assert first["Date"] == again["Date"]
    assert len({each["Message-ID"] for each in postmaster.seen}) == 4
    assert {each["References"] for each in (first, second, third)} == {first["In-Reply-To"]}
    assert first["References"] != first["Message-ID"]
    assert first["References"].endswith("@sandbox.example>")
    assert summary["References"] is None
    assert body(summary, "plain").startswith("lv: Ilze Bērziņa")


def test_identities_stay_whole_however_long_the_domain_and_the_key() -> None:
    domain = ".".join(["pilsetas-parvalde"] * 6) + ".example"
    postmaster = Postmaster()
    with mail_server(postmaster) as port:
        channel(port, sender=f"gaita@{domain}").deliver(notice(key="x" * 300 + "ķ"))
    raw = postmaster.raw[0].decode("ascii")
    (letter,) = postmaster.seen
    for name in ("Message-ID", "References", "In-Reply-To"):
        assert f"{name}: {letter[name]}\r\n" in raw
        assert letter[name].endswith(f"@{domain}>")
    assert f"X-Gaita-Key: {'x' * 300}%C4%B7\r\n" in raw


@pytest.mark.parametrize(
    "subject",
    [
        "Eskalācija: pilnvērtīgs  lēmums par ideju jāpieņem līdz pirmdienai, 27. maijam, bet vēl nav",
        "ā " * 60,
        "plain ASCII that goes on and on " * 5,
        "=?utf-8?q?fake?= ž",
        "=?utf-8?q?fake?=",
    ],
)
def test_a_long_subject_arrives_as_it_was(subject: str) -> None:
    postmaster = Postmaster()
    with mail_server(postmaster) as port:
        channel(port, texts=Titled(subject)).deliver(notice())
    assert postmaster.seen[0]["Subject"] == " ".join(subject.split())
    assert len(postmaster.seen[0].keys()) == 13


@pytest.mark.parametrize("end", ["\r\n", "\n", "\r", "\x0b", "\x85", "\u2028", "\0"])
def test_nothing_that_comes_from_elsewhere_begins_a_header(end: str) -> None:
    hostile = f"one{end}Bcc: everybody@example.org"
    someone = Recipient("a", hostile, "lead", {"email": "a@example.org"}, "lv")
    postmaster = Postmaster()
    with mail_server(postmaster) as port:
        channel(port, texts=Titled(hostile)).deliver(notice(key=hostile, recipient=someone))
    (letter,) = postmaster.seen
    assert letter["Bcc"] is None
    assert letter["Subject"] == "one Bcc: everybody@example.org"
    assert postmaster.envelopes[0][1] == ["a@example.org"]


@pytest.mark.parametrize(
    "address",
    ["a@example.org, b@example.org", "a@example.org\r\nBcc: b@c.d", "nobody", "@x", "ā@example.org"],
)
def test_what_is_not_one_address_is_undeliverable(address: str) -> None:
    someone = Recipient("a", "A", "lead", {"email": address})
    with pytest.raises(Undeliverable, match="the recipient's e-mail address is none"):
        channel(1).deliver(notice(recipient=someone))
    with pytest.raises(Undeliverable, match="has no e-mail address"):
        channel(1).deliver(notice(recipient=Recipient("a", "A", "lead", {})))


def test_a_domain_with_latvian_letters_is_reached_by_its_ascii_name() -> None:
    postmaster = Postmaster()
    with mail_server(postmaster) as port:
        channel(port).deliver(notice(recipient=Recipient("a", "A", "lead", {"email": "a@bērziņš.example"})))
    assert postmaster.envelopes[0][1] == ["a@xn--brzi-bva32apg.example"]


@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_over_tls_with_a_password(security: Security) -> None:
    postmaster = Postmaster()
    with mail_server(postmaster, security, log_in=True) as port:
        channel(port, security, password="parole").deliver(notice())
        with pytest.raises(NotTaken, match="does not accept the username and password: 535") as raised:
            channel(port, security, password="wrong").deliver(notice())
    assert "wrong" not in str(raised.value)
    assert postmaster.secured == [True]


@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_a_certificate_that_is_not_trusted_is_not_spoken_to(security: Security) -> None:
    postmaster = Postmaster()
    with (
        mail_server(postmaster, security) as port,
        pytest.raises(NotTaken, match=r"certificate that is not trusted: self.signed"),
    ):
        channel(port, security, trusting=False).deliver(notice())
    assert postmaster.seen == []


def test_where_tls_is_asked_for_nothing_goes_in_the_clear() -> None:
    postmaster = Postmaster()
    with mail_server(postmaster) as port, pytest.raises(NotTaken, match="STARTTLS"):
        channel(port, "starttls").deliver(notice())
    assert postmaster.seen == []


@pytest.mark.parametrize(
    ("answers", "what"),
    [
        (
            {"recipient": "550 5.1.1 <ilze@example.org> User unknown"},
            "refuses the recipient: 550 5.1.1 <…> User",
        ),
        ({"letter": content("554 5.7.1 spam from ilze")}, "refuses the letter: 554 5.7.1 spam from …"),
    ],
)
def test_a_permanent_refusal_is_final_and_names_no_address(answers: dict[str, Any], what: str) -> None:
    with mail_server(Postmaster(**answers)) as port, pytest.raises(Undeliverable) as raised:
        channel(port).deliver(notice())
    assert what in str(raised.value)
    assert "ilze" not in str(raised.value)


@pytest.mark.parametrize(
    ("answers", "what"),
    [
        ({"recipient": "450 4.2.0 greylisted"}, "refuses the recipient: 450 4.2.0 greylisted"),
        ({"recipient": "530 5.7.0 log in first"}, "refuses the recipient: 530"),
        ({"letter": content("451 4.3.0 try later")}, "refuses the letter: 451"),
        ({"mail": "553 5.7.1 not yours"}, "refuses the sender gaita@sandbox.example: 553"),
        ({"letter": content("421 4.3.2 closing")}, "421"),
    ],
)
def test_a_refusal_of_the_moment_or_of_us_is_tried_again(answers: dict[str, Any], what: str) -> None:
    with mail_server(Postmaster(**answers)) as port, pytest.raises(NotTaken) as raised:
        channel(port).deliver(notice())
    assert what in str(raised.value)


def test_a_server_that_is_not_there_is_tried_again() -> None:
    with mail_server(Postmaster()) as port:
        pass
    with pytest.raises(NotTaken, match=rf"the mail server 127\.0\.0\.1:{port} could not be spoken to"):
        channel(port).deliver(notice())


def test_a_server_that_says_nothing_is_left() -> None:
    with (
        socket.create_server(("127.0.0.1", 0)) as silent,
        pytest.raises(NotTaken, match=r"did not answer within 0\.2 s"),
    ):
        channel(silent.getsockname()[1], timeout=0.2).deliver(notice())


def test_every_letter_arrives_in_the_end_and_duplicates_carry_the_same_identity() -> None:
    chance = Random(20240304)
    moods = [chance.choice(["250 OK", "451 busy", "421 closing"]) for _ in range(500)]
    postmaster = Postmaster(letter=content(*moods, "250 OK"))
    keys = [f"one/{number}/0/lead" for number in range(30)]
    attempts: Counter[str] = Counter()
    with mail_server(postmaster) as port:
        sent = channel(port)
        waiting = list(keys)
        while waiting:
            key = waiting.pop(0)
            attempts[key] += 1
            try:
                sent.deliver(notice(key=key))
            except NotTaken:
                waiting.append(key)
    seen = {(letter["X-Gaita-Key"], letter["Message-ID"]) for letter in postmaster.seen}
    assert len(seen) == len(keys) == len(postmaster.taken) == len(set(postmaster.taken))
    assert sum(attempts.values()) == len(postmaster.seen) > len(keys)
