"""The text of a file: what it is where it is no UTF-8, and how to save it."""

import pytest

from gaita.encoding import text_of
from gaita.fault import Fault

LATVIAN = "at,instance,reason\n2024-01-02,a,šķērslis\n"


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (
            LATVIAN.encode("cp1257"),
            "f.csv:2:14: error[encoding] byte 0xF0 is not UTF-8: the file looks like Windows-1257, in which ",
        ),
        (LATVIAN.encode("utf-16"), "f.csv:1:1: error[encoding] the file is UTF-16"),
        (LATVIAN.encode("utf-16-le"), "f.csv:1:1: error[encoding] the file is UTF-16"),
        (b"PK\x03\x04\x14\0", "f.csv:1:1: error[encoding] the file is a spreadsheet's own file (xlsx, ods)"),
        (b"\xd0\xcf\x11\xe0", "f.csv:1:1: error[encoding] the file is a spreadsheet's own file (xls)"),
        (b"a\n\xc3(", "f.csv:2:1: error[encoding] byte 0xC3 is not UTF-8; expected"),
        (
            "a\ud800",
            "f.csv:1:2: error[encoding] half of a character (a lone surrogate)",
        ),
    ],
)
def test_what_is_no_utf_8_says_what_it_is_and_how_to_save_it(content: bytes | str, said: str) -> None:
    fault = text_of(content, "f.csv")
    assert isinstance(fault, Fault)
    assert str(fault).startswith(said)
    assert '"CSV UTF-8 (Comma delimited)"' in str(fault)


@pytest.mark.parametrize("content", [LATVIAN.encode(), LATVIAN.encode("utf-8-sig"), LATVIAN])
def test_utf_8_is_read_with_and_without_a_mark(content: bytes | str) -> None:
    assert text_of(content, "f.csv") == LATVIAN


def test_a_workflow_is_saved_in_an_editor() -> None:
    assert "in most editors" in str(text_of(b"\xff\xfe", "f.toml"))
