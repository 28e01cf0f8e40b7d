"""Values, as people write them in Latvian and in English."""

import pytest

from gaita.texts import language_of
from gaita_adapters.notices.texts import wrapped
from gaita_adapters.presenting.titles import one_line
from gaita_adapters.presenting.values import value_words

RIGA = "Europe/Riga"


@pytest.mark.parametrize(
    ("value", "latvian", "english"),
    [
        (True, "jā", "yes"),
        (2.5, "2,5", "2.5"),
        (3.0, "3", "3"),
        (900000, "900\u00a0000", "900,000"),
        (1129, "1129", "1,129"),
        (-3, "\u22123", "\u22123"),
        ("2025-06-30", "30.06.2025.", "30 June 2025"),
        ("2025-06", "2025. gada jūnijs", "June 2025"),
        ("2025-06-30T11:30:00Z", "30.06.2025. plkst.\u00a014.30", "30 June 2025 at 14:30"),
        ("2025-13-45", "2025-13-45", "2025-13-45"),
        ("", "tukšs", "empty"),
        (["a", 1.5], "a, 1,5", "a, 1.5"),
        ({"a": False}, "a: nē", "a: no"),
    ],
)
def test_values_are_told_as_people_write_them(value: object, latvian: str, english: str) -> None:
    assert value_words(value, RIGA, language_of("lv")) == latvian
    assert value_words(value, RIGA, language_of("en")) == english


def test_a_line_has_no_breaks_nothing_unseen_and_an_end() -> None:
    assert one_line("a\r\n b\u2028c\u202e\x07") == "a b c"
    assert one_line("x" * 400) == "x" * 299 + "…"
    assert one_line("\x00" * 100_000) == "…"


def test_wrapping_hangs_items_under_their_text_and_breaks_no_word() -> None:
    link = "https://example.lv/" + "x" * 100
    text = wrapped(f"- {'word ' * 20}\n\n\n\n  {link}\n\n", 40)
    assert text.splitlines()[1].startswith("  word")
    assert text.splitlines()[-2:] == ["", f"  {link}"]
    assert text.endswith("x\n")
