"""Files of commands as spreadsheets write them: each slip gets the one sentence that helps."""

import pytest

from gaita.errors import FaultyFile
from gaita.model.value import ValueType
from gaita.rehearsal.script import read_script
from tests.gaita.building import COUNTER, workflow

DECLARED = workflow(COUNTER)


def faults(source: bytes) -> list[str]:
    with pytest.raises(FaultyFile) as raised:
        read_script(source, "s.csv", DECLARED)
    return [str(fault) for fault in raised.value.faults]


@pytest.mark.parametrize("head", ["at;command;instance", "sep=;\nat;command;instance"])
def test_semicolons_are_one_fault(head: str) -> None:
    (said,) = faults(f"{head}\n2024-03-04;start;one\n2024-03-05;start;two\n".encode())
    assert said.startswith("s.csv:1:1: error[separator] the columns are not separated by commas")


def test_a_file_in_a_code_page_of_windows_is_one_fault() -> None:
    (said,) = faults("at,command,instance,reason\n2024-03-04,start,one,Ā\n".encode("cp1257"))
    assert said.startswith("s.csv:2:22: error[encoding] byte 0xC2 is not UTF-8: the file looks like")
    assert "save the file as UTF-8" in said


def test_a_day_as_in_a_letter_is_told_how_it_is_written() -> None:
    (said,) = faults(b"at,command,instance\n04.03.2024,start,one\n")
    assert "write 2024-03-04" in said


def test_empty_columns_at_the_end_are_none() -> None:
    """With a byte order mark, as spreadsheets put it."""
    script = read_script(b"\xef\xbb\xbfat,command,instance,,\n2024-03-04,start,one,,\n", "s.csv", DECLARED)
    assert [line.instance for line in script.lines] == ["one"]


@pytest.mark.parametrize(
    ("kind", "text", "value"),
    [
        (ValueType("integer"), "12", 12),
        (ValueType("number"), "2.5", 2.5),
        (ValueType("boolean"), "Yes", True),
        (ValueType("list", item=ValueType("integer")), "1, 2", [1, 2]),
        (ValueType("list", item=ValueType("string")), '["a"]', ["a"]),
        (ValueType("map", item=ValueType("integer")), '{"a": 1}', {"a": 1}),
        (ValueType("date"), "2024-03-04", "2024-03-04"),
    ],
)
def test_a_cell_and_an_argument_are_read_alike(kind: ValueType, text: str, value: object) -> None:
    assert kind.read(text) == value


def test_a_decimal_comma_is_told_to_be_a_point() -> None:
    with pytest.raises(ValueError, match=r"expected a number, found the text `1,5`; write a point"):
        ValueType("number").read("1,5")


def test_a_column_with_a_capital_is_told_once_where_it_stands() -> None:
    text = "At,command,instance\n" + "2025-03-01,start,P-1\n" * 3
    with pytest.raises(FaultyFile) as raised:
        read_script(text, "dated.csv", DECLARED)
    (fault,) = raised.value.faults
    assert fault.place is not None
    assert (fault.place.line, fault.place.column, fault.hint) == (1, 1, "did you mean at?")
