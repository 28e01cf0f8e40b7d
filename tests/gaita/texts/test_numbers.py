"""Numbers and lists, as each language writes them."""

import math

import pytest

from gaita.texts import language_of


@pytest.mark.parametrize(
    ("number", "latvian", "english"),
    [
        (0, "0", "0"),
        (1129, "1129", "1,129"),
        (48_000, "48~000", "48,000"),
        (900_000, "900~000", "900,000"),
        (1_234_567, "1~234~567", "1,234,567"),
        (3.5, "3,5", "3.5"),
        (3.0, "3", "3"),
        (0.1 + 0.2, "0,3", "0.3"),
        (-2, "\N{MINUS SIGN}2", "\N{MINUS SIGN}2"),
        (-48_000.25, "\N{MINUS SIGN}48~000,25", "\N{MINUS SIGN}48,000.25"),
        (1e300, "1e+300", "1e+300"),
        (math.inf, "inf", "inf"),
    ],
)
def test_a_number_is_written_as_the_language_does(number: float, latvian: str, english: str) -> None:
    assert language_of("lv").number(number).replace("\u00a0", "~") == latvian
    assert language_of("en").number(number) == english


def test_items_are_listed_with_one_word_before_the_last() -> None:
    latvian, english = language_of("lv"), language_of("en")
    assert [latvian.listed(items, "or") for items in ([], ["A"], ["A", "B"], ["A", "B", "C"])] == [
        "", "A", "A vai B", "A, B vai C",
    ]  # fmt: skip
    assert latvian.listed(["A", "B", "C"]) == "A, B un C"
    assert english.listed(["A", "B", "C"]) == "A, B and C"
    assert english.listed(["A", "B", "C"], "or") == "A, B or C"


def test_what_is_quoted_stands_in_the_marks_of_the_language() -> None:
    assert language_of("lv").quoted("Ideja") == "„Ideja”"
    assert language_of("en").quoted("Idea") == "“Idea”"
    assert language_of("lv").quoted("100 %(number)s") == "„100 %(number)s”"
