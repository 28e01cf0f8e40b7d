"""Slips: the mistakes that people make in TOML, told from the text where its reader gave up."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from gaita.fault import shown
from gaita.phrase import phrase

_CURLY = re.compile("[„“”‟«»‚‘’`´]")  # noqa: RUF001 - these are the marks that are meant
_KEY_EXPECTED = re.compile(
    r"Expected '=' after a key|Invalid statement|Invalid initial character|Expected '\]"
)
_LETTER = re.compile(r"[^\W\d_a-zA-Z]")
_TRUTH = re.compile(r"(true|yes|on|false|no|off)\b", re.IGNORECASE)
_WORD = re.compile(r"[^\W\d][\w.]*")
_VALUE = r"[=\[,]\s*"
_DAY_FIRST = re.compile(_VALUE + r"(\d{1,2})[./](\d{1,2})[./](\d{4})")
_SHORT_DATE = re.compile(_VALUE + r"(?!\d{4}-\d{2}-\d{2})(\d{4})[-./](\d{1,2})[-./](\d{1,2})(?!\d)")
_COMMA = re.compile(_VALUE + r"(-?\d+),(\d+)(?=\s*[,}#]|\s*$)")
_GROUPED = re.compile(_VALUE + r"(\d{1,3}(?:[ \u00a0]\d{3})+)")
_ZERO_FIRST = re.compile(_VALUE + r"(0+(\d+))\b")
_LISTS = ("transitions",)
_ON_ONE_LINE = phrase("write it on one line, or as a table with a [header] of its own")


@dataclass(frozen=True, slots=True)
class Slip:
    """A mistake that was recognised: its place (row from 0, column from 1), and the sentence that helps."""

    row: int
    column: int
    width: int
    message: str
    expected: str | None = None
    hint: str | None = None


def slip_at(said: str, lines: Sequence[str], row: int, column: int) -> Slip | None:
    """Return the slip behind what the reader ``said`` of a place, if it is one that people often make."""
    line = lines[row]
    return (
        _single_brackets(said, lines, row)
        or _never_closed(said, lines)
        or _at(said, line[column - 1 :], row, column)
        or _number_or_date(line, row, column)
    )


def _at(said: str, rest: str, row: int, column: int) -> Slip | None:
    """Return the slip that shows in the characters at the place itself."""
    if curly := _CURLY.match(rest):
        message = phrase("%(curly)s is no quotation mark of this language", curly=shown(curly[0]))
        return Slip(row, column, 1, message, hint=phrase('write the plain mark: "text"'))
    if _KEY_EXPECTED.match(said):
        return _in_a_key(said, rest, row, column)
    if said.startswith("Invalid value"):
        return _bare_value(rest, row, column)
    if rest.startswith(";"):
        return Slip(
            row, column, 1, phrase("`;` stands between two values"), phrase("a comma"), phrase("write `,`")
        )
    if said.startswith("Unclosed inline table") and rest.strip() == "":
        message = phrase("a table in { } is not closed on its line")
        return Slip(row, column, 1, message, phrase("`}` on the same line"), _ON_ONE_LINE)
    return None


def _in_a_key(said: str, rest: str, row: int, column: int) -> Slip | None:
    """Return the slip that shows where the name of a key should stand, or end."""
    if letter := _LETTER.match(rest):
        message = phrase("a name has the letter %(letter)s", letter=shown(letter[0]))
        expected = phrase("the letters a to z, digits and _ in a name")
        return Slip(
            row, column, 1, message, expected, phrase("people read the title: there, every letter may stand")
        )
    if rest.startswith(":"):
        return Slip(
            row,
            column,
            1,
            phrase("`:` stands between a key and its value"),
            "KEY = VALUE",
            phrase("write `=`"),
        )
    if said.startswith("Invalid statement") and (other := re.match(r"//|/\*|;|--", rest)):
        return Slip(
            row,
            column,
            len(other[0]),
            phrase("this is not a comment"),
            hint=phrase("a comment begins with #"),
        )
    if said.startswith("Invalid initial") and not rest.partition("#")[0].strip():
        message = phrase("a table in { } goes on in another line")
        return Slip(row, column, 1, message, phrase("`}` on the same line"), _ON_ONE_LINE)
    return None


def _bare_value(rest: str, row: int, column: int) -> Slip | None:
    """Return the slip of a value that is a word without quotes."""
    if truth := _TRUTH.match(rest):
        meant = "true" if truth[1].casefold() in {"true", "yes", "on"} else "false"
        message = phrase("%(truth)s is not a value", truth=shown(truth[1]))
        return Slip(
            row,
            column,
            len(truth[0]),
            message,
            phrase("true or false"),
            phrase("write %(meant)s", meant=meant),
        )
    if rest.startswith("("):
        return Slip(
            row, column, 1, phrase("round brackets hold no list"), "[ … ]", phrase("write square brackets")
        )
    if word := _WORD.match(rest):
        message = phrase("%(word)s stands without quotes", word=shown(word[0]))
        return Slip(
            row,
            column,
            len(word[0]),
            message,
            phrase("a text in quotes"),
            phrase('write "%(word)s"', word=word[0][:60]),
        )
    return None


def _number_or_date(line: str, row: int, column: int) -> Slip | None:
    """Return the slip of a number or a date that is written as in a letter."""
    for found, message, meant in _rewritten(line):
        if meant is not None and found.start(1) < column <= found.end() + 2:
            width = found.end() - found.start(1)
            return Slip(row, found.start(1) + 1, width, message, hint=phrase("write %(meant)s", meant=meant))
    return None


def _rewritten(line: str) -> Iterator[tuple[re.Match[str], str, str | None]]:
    """Yield what is written as in a letter, what is wrong with it, and how it is written here."""
    date = phrase("this is not how a date is written")
    yield from ((found, date, _date(found[3], found[2], found[1])) for found in _DAY_FIRST.finditer(line))
    yield from ((found, date, _date(found[1], found[2], found[3])) for found in _SHORT_DATE.finditer(line))
    yield from (
        (found, phrase("a number has a comma"), f"{found[1]}.{found[2]}") for found in _COMMA.finditer(line)
    )
    for found in _GROUPED.finditer(line):
        yield found, phrase("a number has spaces in it"), re.sub(r"[^0-9]", "", found[1])
    yield from ((found, phrase("a number begins with 0"), found[2]) for found in _ZERO_FIRST.finditer(line))


def _date(year: str, month: str, day: str) -> str | None:
    if not (1 <= int(month) <= 12 and 1 <= int(day) <= 31):
        return None  # whatever it is, it is no date
    return phrase(
        "%(year)s-%(month)s-%(day)s, without quotes",
        year=year,
        month=f"{int(month):02}",
        day=f"{int(day):02}",
    )


def _single_brackets(said: str, lines: Sequence[str], row: int) -> Slip | None:
    """Return the slip of a list of tables whose header stands in single brackets."""
    if not said.startswith(("Cannot declare", "Cannot overwrite", "Cannot mutate")):
        return None
    for name in _LISTS:
        header = re.compile(rf"\s*\[{name}\]")
        if not re.match(rf"\s*\[{{1,2}}{name}\]", lines[row]):
            continue
        single = next((number for number, line in enumerate(lines) if header.match(line)), None)
        if single is not None:
            column = lines[single].index("[") + 1
            message = phrase("`[%(name)s]` stands in single brackets, but there may be several", name=name)
            return Slip(single, column, len(name) + 2, message, hint=phrase("write [[%(name)s]]", name=name))
    return None


def _never_closed(said: str, lines: Sequence[str]) -> Slip | None:
    """Return where a text begins that is never closed: its reader only tells that the file has ended."""
    mark = {"Unterminated string": ('"""', "'''"), 'Expected "\'"': ("'",), "Expected \"'''\"": ("'''",)}.get(
        said, ()
    )
    opened = [
        (row, line.rindex(each) + 1, len(each))
        for row, line in enumerate(lines)
        for each in mark
        if each in line
    ]
    if not opened:
        return None
    row, column, width = opened[-1]
    return Slip(row, column, width, phrase("a text is not closed"), phrase("closing quotes"))
