"""Days, months and moments as people write them, and JSON: what is wrong, in words that anybody knows."""

import re
from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as some

from gaita import UnreadableJson, ValueType, advice_on, day_from, moment_from, read_json
from gaita.model.value import Kind
from gaita.written_time import month_from
from tests.gaita.language.test_mistakes import FOREIGN

TEN = "2024-05-06T10:00:00"
SAID: list[tuple[Kind, str, str]] = [
    ("date", "2024-02-30", "the days of 2024-02 go from 01 to 29"),
    ("date", "2024-13-01", "months go from 01 to 12"),
    ("date", "0000-01-01", "years go from 0001 to 9999"),
    ("date", "6.5.2024", "write 2024-05-06"),
    ("date", "06/05/2024", "write 2024-05-06"),
    ("date", "2024-5-6", "write 2024-05-06"),
    ("date", "20240506", "write 2024-05-06"),
    ("date", " 2024-05-06", "write 2024-05-06"),
    ("date", "2024-05-06T10:00:00Z", "write 2024-05-06"),
    ("month", "2024-13", "months go from 01 to 12"),
    ("month", "2024-05-06", "leave the day out: write 2024-05"),
    ("moment", "2024-05-06", "add a time and its zone, as in 2024-05-06T10:00:00Z"),
    (
        "moment",
        "2024-05-06T10:00",
        f"it names no time zone: write {TEN}Z for UTC, or its offset, as in {TEN}+02:00",
    ),
    ("moment", "2024-05-06 25:00Z", "hours go from 00 to 23, minutes and seconds from 00 to 59"),
    (
        "moment",
        "2024-05-06T24:00:00+02:00",
        "the end of a day is 00:00 of the next one: write 2024-05-07T00:00+02:00",
    ),
    ("moment", "0001-01-01T00:00:00+14:00", "it lies outside of the years 1 to 9999, or its offset is none"),
    ("moment", "2024-02-30T10:00:00Z", "the days of 2024-02 go from 01 to 29"),
]
EXPECTED = {
    "date": "a date such as 2025-03-01",
    "month": "a month such as 2025-03",
    "moment": "a moment such as 2025-03-01T10:00:00Z",
}
KINDS = some.sampled_from(["date", "month", "moment", "integer", "number", "boolean", "map"])
DIGITS = some.text("0123456789-:TZ+. WP,/", max_size=26)


@pytest.mark.parametrize(("kind", "text", "advice"), SAID)
def test_what_is_no_day_month_or_moment_says_what_to_write(kind: Kind, text: str, advice: str) -> None:
    with pytest.raises(ValueError) as refused:  # noqa: PT011 - the whole of what it says follows
        ValueType(kind).admit(text)
    assert str(refused.value) == f"expected {EXPECTED[kind]}, found the text `{text}`; {advice}"


@given(KINDS, DIGITS)
def test_no_text_is_answered_in_the_words_of_python(kind: Kind, text: str) -> None:
    value = ValueType(kind, item=ValueType("string"))
    try:
        value.admit(value.read(text))
    except ValueError as error:
        own = re.sub(r"`[^`]*`|list or object", "", str(error))
        assert own.startswith("expected ")
        assert not FOREIGN.search(own)
        assert not re.search(r"isoformat|Expecting|literal|out of range|must be in|tzinfo|line \d", own)


@given(some.dates(), some.datetimes(timezones=some.just(UTC)))
def test_what_is_written_as_it_should_be_is_read(day: date, moment: datetime) -> None:
    assert day_from(day.isoformat()) == day
    assert month_from(day.isoformat()[:7]) == day.isoformat()[:7]
    assert moment_from(moment.isoformat()) == moment
    assert moment_from(moment.replace(tzinfo=None).isoformat(), "UTC") == moment
    assert advice_on(day.isoformat(), "date") is None


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('{"a": 1', "a comma, or the end of the list or object, must stand here (character 8)"),
        ("{'a': 1}", "a name in double quotes must stand here (character 2)"),
        ('{"a" 1}', "a colon must stand here (character 6)"),
        ('{"a": }', "a value must stand here"),
        ('{"a": "b}', "this text is never closed (character 7)"),
        ('{"a": "\t"}', "a text holds a control character; write a line break as \\n (character 8)"),
        ('"\\x"', "a backslash begins nothing that JSON knows; write two of them for one (character 2)"),
        ("{} {}", "something follows the end of the value (character 4)"),
        ("[" * 100_000, "lists or objects lie too deep in one another"),
        ("1" * 5_000, "a number has too many digits"),
    ],
)
def test_what_is_no_json_says_what_must_stand_where(text: str, said: str) -> None:
    with pytest.raises(UnreadableJson) as refused:
        read_json(text)
    assert str(refused.value).startswith(said)
