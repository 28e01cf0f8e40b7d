"""Letters: whatever texts come from elsewhere, a letter has its own headers and nothing more."""

from email import message_from_bytes, policy
from email.headerregistry import AddressHeader, DateHeader
from typing import cast

from hypothesis import given
from hypothesis import strategies as st

from gaita_adapters.channels.letter import Envelope, Letterhead, letter, mailbox, named, one_line
from tests.gaita.building import T0
from tests.gaita_adapters.channels.building import Words

HEAD = Letterhead(mailbox("Gaita <gaita@sandbox.example>"))
TEXTS = st.text(st.one_of(st.characters(), st.sampled_from('\r\n\0 \t,;:<>@"=?āčē')), max_size=200)
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


def test_an_address_keeps_its_name_and_gets_the_ascii_name_of_its_domain() -> None:
    address = mailbox("Ilze Bērziņa <ilze@bērziņš.example>")
    assert (address.display_name, address.addr_spec) == ("Ilze Bērziņa", "ilze@xn--brzi-bva32apg.example")
