"""Text from data and files never steers the terminal that shows it."""

import json
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gaita.visible import visible, visible_json


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\x1b[31mred", r"\x1b[31mred"),
        ("a\rb", r"a\rb"),
        ("\x9b2J", r"\x9b2J"),
        ("lapa\u202egnp.exe", r"lapa\u202egnp.exe"),
        ("a\u2066b\u2069", r"a\u2066b\u2069"),
        ("zero\u200bwidth\ufeff", r"zero\u200bwidth\ufeff"),
        ("\udcff", r"\udcff"),
        ("one\u2028two\x85three", r"one\u2028two\x85three"),
        ("tag\U000e0041", r"tag\U000e0041"),
    ],
)
def test_what_steers_or_hides_is_shown_by_its_code(text: str, shown: str) -> None:
    assert visible(text) == shown


@pytest.mark.parametrize("text", ["Ādažu novads, 12\u00a0000 EUR – „labi”", "a\tb\nc", "👩‍🔬", "日本語", "é"])
def test_ordinary_text_stays_as_it_is(text: str) -> None:
    assert visible(text) == text


@given(st.text(st.characters(exclude_categories=())))
def test_nothing_that_is_left_steers_a_terminal(text: str) -> None:
    shown = visible(text)
    assert visible(shown) == shown
    shown.encode()
    left = {unicodedata.bidirectional(each) for each in shown}
    assert left.isdisjoint({"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"})
    assert not any(unicodedata.category(each) == "Cc" and each not in "\t\n" for each in shown)


@given(st.text(st.characters(exclude_categories=())))
def test_json_stays_the_same_json(text: str) -> None:
    written = visible_json(json.dumps([text], ensure_ascii=False))
    assert json.loads(written) == [text]
    assert visible(written) == written
