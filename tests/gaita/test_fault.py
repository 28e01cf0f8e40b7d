"""Faults: one line, a line of source with carets, JSON."""

import unicodedata

import pytest

from gaita.fault import Fault, Place, closest, did_you_mean, hint_for, listed, render, shown


def columns(text: str) -> int:
    """Return the terminal columns of a text, counted independently of the code under test."""
    wide = sum(2 if unicodedata.east_asian_width(each) in "WF" else 1 for each in text)
    return wide - sum(unicodedata.combining(each) > 0 for each in text)


def carets(line: str, column: int, end_column: int | None = None) -> tuple[str, str]:
    """Return the source line and the line of carets of a fault in a one-line file, margins cut off."""
    end_line = None if end_column is None else 1
    fault = Fault("code", "message", Place("file.toml", 1, column, end_line, end_column))
    _, source, under = render(fault, line).split("\n")
    return source.removeprefix(" 1 | "), under.removeprefix("   | ")


def test_a_fault_is_one_line_with_all_that_is_known() -> None:
    """What a log or a list shows."""
    fault = Fault(
        "unknown-state", "there is no state `a`", Place("f.toml", 3, 7), "b or c", "did you mean b?"
    )
    expected = "f.toml:3:7: error[unknown-state] there is no state `a`; expected b or c; did you mean b?"
    assert str(fault) == expected


def test_a_fault_without_a_place_says_the_rest() -> None:
    """Some faults are of no line."""
    assert str(Fault("overlap", "two overlap", severity="warning")) == "warning[overlap] two overlap"


def test_a_fault_is_a_flat_json_object() -> None:
    """The same keys every time, so that programs need not look for them."""
    fault = Fault("code", "message", Place("f.toml", 3, 7, 3, 9), hint="hint")
    assert fault.as_json() == {
        "severity": "error",
        "code": "code",
        "message": "message",
        "expected": None,
        "hint": "hint",
        "file": "f.toml",
        "line": 3,
        "column": 7,
        "end_line": 3,
        "end_column": 9,
    }


@pytest.mark.parametrize(
    "before",
    ["", "to = ", "ķļņā = ", "k\u0327l\u0327a\u0304 = ", "\t\t", "日本 = ", "\t日k\u0327 ", "x\u0304" * 30],
)
def test_carets_stand_under_the_exact_characters(before: str) -> None:
    """Latvian letters (also those made of two characters), wide characters and tabs do not shift them."""
    source, under = carets(f'{before}"vērtība" # note', len(before) + 1, len(before) + 10)
    start = columns(source[: source.index('"')])
    assert under == " " * start + "^" * 9


def test_a_tab_becomes_four_columns() -> None:
    """A terminal's own tab stops would shift the carets."""
    assert carets("\tbad", 2, 5) == ("    bad", "    ^^^")


def test_carets_of_a_wide_character_are_two_columns() -> None:
    """What is underlined is what is seen."""
    assert carets("a日b", 2, 3) == ("a日b", " ^^")


def test_a_place_without_an_end_gets_one_caret() -> None:
    """So does a place behind the end of its line."""
    assert carets("abc", 2)[1] == " ^"
    assert carets("abc", 4)[1] == "   ^"
    assert carets("abc", 99)[1] == "   ^"


def test_a_place_over_several_lines_is_underlined_to_the_end_of_its_first() -> None:
    """The rest of it is not shown."""
    fault = Fault("code", "message", Place("f", 1, 5, 3, 2))
    assert render(fault, 'a = """x\ny\n"""').split("\n")[2] == "   |     ^^^^"


@pytest.mark.parametrize("column", [1, 2, 60, 500, 4_000, 7_999, 8_000, 8_001])
def test_a_long_line_is_cut_around_the_caret(column: int) -> None:
    """A line of eight thousand characters still shows the one at fault, and the carets under it."""
    line = "".join(chr(ord("a") + number % 26) for number in range(8_000))
    source, under = carets(line, column, column + 3)
    assert columns(source) <= 102
    wanted = line[column - 1 : column + 2]
    start = under.index("^")
    assert source[start : start + len(wanted)] == wanted


def test_a_line_of_a_megabyte_is_cut_at_once() -> None:
    """Only what may be shown is measured."""
    source, under = carets("ā" * 1_000_000, 500_000)
    assert source.startswith("…")
    assert source.endswith("…")
    assert under.strip() == "^"


def test_what_steers_a_terminal_is_never_printed() -> None:
    """A file may hold escape sequences, in a message or on its line; bidirectional marks as well."""
    source, _ = carets("a\x1b[31m\u202eb", 1)
    assert source == r"a\x1b[31m\u202eb"
    assert shown("\x1b[2J") == r"`\x1b[2J`"


def test_a_place_outside_of_the_text_shows_no_line() -> None:
    """A file may be empty, or not be there at all."""
    assert render(Fault("code", "message", Place("f", 9, 1), "x", "y"), "one\n") == (
        "f:9:1: error[code] message\n   expected x\n   y"
    )


def test_the_line_of_a_fault_keeps_its_number() -> None:
    """Line breaks are those of the file: other characters that Python splits at are not."""
    fault = Fault("code", "message", Place("f", 3, 1, 3, 2))
    assert " 3 | c" in render(fault, "a\u2028a\r\nb\x0bb\r\nc\r\n")


@pytest.mark.parametrize(
    ("name", "meant"),
    [("lab_tset", "lab_test"), ("Lab-Test", "lab_test"), ("idee", "idea"), ("rocket", None), ("", None)],
)
def test_a_close_name_is_found(name: str, meant: str | None) -> None:
    """Letters swapped, capitals and hyphens; what is far off is not guessed at."""
    assert closest(name, ["idea", "lab_test", "field_pilot"]) == meant


def test_a_hint_is_given_only_for_a_close_name() -> None:
    """Nothing is better than a wrong guess; of a name of a megabyte nothing is asked."""
    assert did_you_mean("idae", ["idea"]) == "did you mean idea?"
    assert did_you_mean("rocket", ["idea"]) is None
    assert did_you_mean("a" * 1_000_000, ["a" * 1_000_000]) is None


def test_names_are_listed_in_words() -> None:
    """Beyond a few, how many more there are."""
    assert listed(["a"]) == "a"
    assert listed(["a", "b", "c"]) == "a, b or c"
    assert listed(map(str, range(10)), most=3) == "0, 1, 2 … (7 more)"


@pytest.mark.parametrize(
    ("names", "hint"),
    [
        (["idea", "pilot"], "did you mean idea?"),
        (["rocket", "pilot"], "there are: rocket and pilot"),
        (["rocket"], "there is only rocket"),
        ([], "there are none"),
    ],
)
def test_a_name_that_there_is_not_gets_one_whole_hint(names: list[str], hint: str) -> None:
    """What was probably meant, or what there is to choose from."""
    assert hint_for("idae", names) == hint


def test_what_was_meant_is_given_as_it_is_to_be_written() -> None:
    assert did_you_mean("idae", ["idea"], '"data.{}"'.format) == 'did you mean "data.idea"?'


def test_a_name_of_which_the_half_is_left_out_is_found() -> None:
    assert closest("userz", ["budget_eur", "users_tested"]) == "users_tested"
    assert closest("us", ["users_tested"]) is None
