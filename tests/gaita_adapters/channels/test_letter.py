"""Letters: whatever texts come from elsewhere, a letter has its own headers and nothing more."""

from email import message_from_bytes, policy
from email.headerregistry import AddressHeader, DateHeader
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gaita_adapters.channels.letter import Envelope, Letterhead, letter, mailbox, named, one_line
from tests.gaita.building import T0
from tests.gaita_adapters.channels.building import Words

HEAD = Letterhead(mailbox("Gaita <gaita@sandbox.example>"))
TEXTS = st.text(st.one_of(st.characters(), st.sampled_from('\r\n\0 \t,;:<>@"=?āčē')), max_size=200)
BAD = "=?utf-8?q?a=0D=0ABcc:_x=40example.lv?="
HOSTILE = (
    BAD,
    f"Ilze {BAD}",
    f'"{BAD}"',
    "=?utf-8?b?YQ0KQmNjOiB4QGV4YW1wbGUubHY=?=",
    "a\r\nBcc: x@example.lv",
    "a\nBcc: x@example.lv",
    "a\rBcc: x@example.lv",
    "a\r\n Bcc: x@example.lv",
    "a\r\n\tBcc: x@example.lv\r\n\r\nbody",
    *(f"a{mark}Bcc: x@example.lv" for mark in "\x0b\x0c\x1c\x1d\x1e\x85\u2028\u2029\0"),
    "a, x@example.lv",
    "a <x@example.lv>",
    'a" <x@example.lv>, "b',
    "\u202eelze\u202c",
    "\ud800\udfff",
    "a" * 5_000,
    "ā" * 5_000,
    "a b " * 2_000,
    "\\" * 300,
)
"""Texts that a header must not be broken by; each names an address that no letter may go to."""
NAMES = [
    "From", "To", "Subject", "Date", "Message-ID", "References", "In-Reply-To", "Auto-Submitted",
    "X-Gaita-Key", "MIME-Version", "Content-Type", "Content-Language",
]  # fmt: skip


@given(TEXTS, TEXTS, st.text(st.characters(exclude_categories=["Cs"]), max_size=200))
def test_a_letter_is_read_as_it_was_written(subject: str, name: str, key: str) -> None:
    to = named(mailbox("ilze@example.org"), name)
    envelope = Envelope(to, key, T0, "lv", ("trial", "one"))
    text = Words(subject, "Labdien!\n", "<p>Labdien!</p>\n")
    raw = letter(HEAD, envelope, text).as_bytes()
    read = message_from_bytes(raw, policy=policy.default)
    assert read.keys() == NAMES
    assert [each.addr_spec for each in cast("AddressHeader", read["To"]).addresses] == ["ilze@example.org"]
    assert cast("DateHeader", read["Date"]).datetime == T0
    assert one_line(str(read["Subject"])) == one_line(subject)
    assert raw.isascii()
    assert max(len(line) for line in raw.splitlines()) <= 998


@pytest.mark.parametrize("text", HOSTILE)
def test_a_name_or_a_subject_adds_no_header_and_no_address(text: str) -> None:
    head = Letterhead(
        named(mailbox("gaita@sandbox.example"), text), named(mailbox("re@sandbox.example"), text)
    )
    envelope = Envelope(named(mailbox("ilze@example.org"), text), text, T0, text, (text,))
    raw = letter(head, envelope, Words(text, "Labdien!\n", "<p>Labdien!</p>\n")).as_bytes()
    for reader in (policy.default, policy.SMTP, policy.compat32):
        read = message_from_bytes(raw, policy=cast("Any", reader))
        assert sorted(read.keys()) == sorted(
            [*(each for each in NAMES if each != "Content-Language"), "Reply-To"]
        )
    read = message_from_bytes(raw, policy=policy.default)
    expected = {"From": "gaita@sandbox.example", "To": "ilze@example.org", "Reply-To": "re@sandbox.example"}
    for name, address in expected.items():
        (found,) = cast("AddressHeader", read[name]).addresses
        assert found.addr_spec == address
        # This reader keeps the space that stands between two encoded words.
        assert "".join(found.display_name.split()) == "".join(one_line(text)[:200].split())
    assert max(len(line) for line in raw.splitlines()) <= 998
    assert b"\nBcc" not in raw
    assert b"\rBcc" not in raw


@given(st.one_of(TEXTS, st.builds("{} <{}@{}>".format, TEXTS, TEXTS, TEXTS), st.sampled_from(HOSTILE)))
def test_what_is_no_address_is_refused_and_what_is_one_is_a_plain_word(text: str) -> None:
    try:
        address = mailbox(text)
    except ValueError:
        return
    assert address.addr_spec.isascii()
    assert address.addr_spec.isprintable()
    assert " " not in address.addr_spec
    assert address.display_name == one_line(address.display_name)


def test_a_language_that_is_none_makes_no_header() -> None:
    told = {
        language: letter(HEAD, Envelope(mailbox("i@x.lv"), "k", T0, language), Words("s", "p", "h"))
        for language in ("lv", "de-AT", "lv\r\nBcc: x@example.lv", "")
    }
    assert [each["Content-Language"] for each in told.values()] == ["lv", "de-AT", None, None]


def test_an_address_keeps_its_name_and_gets_the_ascii_name_of_its_domain() -> None:
    address = mailbox("Ilze Bērziņa <ilze@bērziņš.example>")
    assert (address.display_name, address.addr_spec) == ("Ilze Bērziņa", "ilze@xn--brzi-bva32apg.example")
