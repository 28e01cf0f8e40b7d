"""Faults of syntax: all of them, where that can be told without false alarms.

The TOML reader stops at the first fault. To find the next, the faulty statement is taken out and the rest is
read again; the reader stays the only judge of what is a fault. After a fault, lines are skipped until one
that surely begins a statement: the rest of a broken list would otherwise be reported line by line.
"""

import re
import tomllib
from dataclasses import dataclass

from gaita.fault import Fault, Place, shown
from gaita.language.toml.mistakes import slip_at
from gaita.phrase import Phrase, phrase

_MOST_FAULTS = 20
_MOST_READING = 2_000_000
"""Characters read in all while looking for further faults: a bound on time (about a second)."""

_STATEMENT = re.compile(r"\[{1,2}[ \t]*[\w\"'-]|[\w-][\w.\"' \t-]*=(?!=)")
_POSITION = re.compile(r" \(at (?:line (\d+), column (\d+)|end of document)\)$")
_HEADER = re.compile(r"\[")
_REPEATED = re.compile(r"Cannot (declare|overwrite|mutate)")

# The reader's own sentences, in the words of an operator.
_SENTENCES: tuple[tuple[re.Pattern[str], Phrase, str | None], ...] = tuple(
    (re.compile(pattern), message, expected)
    for pattern, message, expected in (
        (r"Expected '=' after a key", phrase("a key is not followed by its value"), "KEY = VALUE"),
        (
            r"Invalid value",
            phrase("this is not a value"),
            phrase("text in quotes, a number, true, false, a date, [ … ] or { … }"),
        ),
        (
            r"Invalid initial character for a key part",
            phrase("a key is missing here"),
            phrase("letters, digits, _ or -"),
        ),
        (r"Invalid statement", phrase("this is not a statement"), phrase("KEY = VALUE or a [table] header")),
        (
            r"Expected newline or end of document",
            phrase("something follows the end of the statement"),
            phrase("a new line"),
        ),
        (r"Expected '\]' at the end of a table", phrase("the header of a table is not closed"), "`]`"),
        (
            r"Expected '\]\]' at the end of an array",
            phrase("the header of an array of tables is not closed"),
            "`]]`",
        ),
        (r"Unclosed array", phrase("a list is not closed"), phrase("`,` or `]`")),
        (
            r"Unclosed inline table",
            phrase("an inline table is not closed"),
            phrase("`,` or `}` on the same line"),
        ),
        (
            r"Duplicate inline table key '(?P<key>.*)'",
            phrase("the key %(key)s stands twice in this table"),
            None,
        ),
        (
            r"Cannot declare \((?P<key>.*)\) twice",
            phrase("the table %(key)s is declared twice"),
            phrase("each table once"),
        ),
        (r"Cannot overwrite a value", phrase("this key was given a value before"), phrase("each key once")),
        (
            r"Cannot mutate immutable namespace (?P<key>.*)",
            phrase("the inline table %(key)s cannot be added to"),
            None,
        ),
        (r"Unterminated string", phrase("a text is not closed"), phrase("closing quotes")),
        (r"Expected \"'\"", phrase("a text is not closed"), phrase("closing quotes")),
        (
            r"Unescaped '\\' in a string",
            phrase("a single backslash stands in a text"),
            phrase("`\\\\`, or a text in 'single' quotes"),
        ),
        (r"Illegal character '\\n'", phrase("a text is not closed on its line"), phrase("closing quotes")),
        (
            r"Illegal character (?P<key>'.*')",
            phrase("the control character %(key)s may not stand here"),
            None,
        ),
        (
            r"Found invalid character (?P<key>'.*')",
            phrase("the control character %(key)s may not stand here"),
            None,
        ),
        (r"Invalid hex value", phrase("this is not the number of a character"), r"`\uXXXX`"),
        (r"Escaped character is not a Unicode scalar value", phrase("this is not a character"), None),
        (r"Invalid date or datetime", phrase("there is no such date"), phrase("a date such as 2025-03-01")),
        (r"Exceeds the limit", phrase("a number has too many digits"), phrase("at most 16 digits")),
    )
)


@dataclass(frozen=True, slots=True)
class Salvage:
    """What could be read: the data, the text that gave it (faulty lines blanked), the faults."""

    data: dict[str, object]
    text: str
    faults: list[Fault]


def salvaged(text: str, name: str, error: ValueError) -> Salvage:
    """Return the faults of syntax in ``text``, ``error`` being the first, and what remains without them."""
    lines = text.split("\n")
    faults: list[Fault] = []
    reading = 0
    data: dict[str, object] = {}
    while True:
        fault, row = _fault(lines, name, error)
        faults.append(fault)
        first = _first_row(lines, row)
        reading += len(text) * 2
        after = _resumed(lines, row)
        _blank(lines, first, after, len(faults))
        if len(faults) >= _MOST_FAULTS or reading > _MOST_READING:
            return Salvage({}, "", faults)
        try:
            data = tomllib.loads("\n".join(lines))
        except ValueError as next_error:
            error = next_error
        else:
            break
    left = {key: value for key, value in data.items() if not key.startswith(_PLACEHOLDER)}
    return Salvage(left, "\n".join(lines), faults)


_LONG_NUMBER = re.compile(r"(?:\d_?){4000}")
_PLACEHOLDER = "left-out-by-the-reader-"


def _fault(lines: list[str], name: str, error: ValueError) -> tuple[Fault, int]:
    """Return the fault that ``error`` reports, and its row (from 0)."""
    text = str(error)
    position = _POSITION.search(text)
    if position is None:  # an error that says no position: a number beyond what Python converts
        row = next((number for number, line in enumerate(lines) if _LONG_NUMBER.search(line)), 0)
        column = 1
    elif position[1]:
        row, column = int(position[1]) - 1, int(position[2])
    else:
        row = max(0, len(lines) - 1)
        while row and not lines[row].strip():
            row -= 1
        column = len(lines[row]) + 1
    said = text[: position.start()] if position else text
    slip = slip_at(said, lines, row, column)
    if slip is not None:
        place = Place(name, slip.row + 1, slip.column, slip.row + 1, slip.column + slip.width)
        return Fault("syntax", slip.message, place, slip.expected, slip.hint), slip.row
    message, expected = _in_our_words(said)
    place = Place(name, row + 1, column, row + 1, column + 1)
    if _REPEATED.match(said):  # told behind the statement: its key is what the eye looks for
        line = lines[row]
        place = Place(name, row + 1, len(line) - len(line.lstrip()) + 1, row + 1, column)
    elif said.startswith("Unescaped"):  # told behind the pair of characters
        place = Place(name, row + 1, column - 2, row + 1, column)
    return Fault("syntax", message, place, expected), row


def _in_our_words(said: str) -> tuple[str, str | None]:
    for pattern, message, expected in _SENTENCES:
        found = pattern.match(said)
        if found:
            key = found.groupdict().get("key", "").replace("', '", ".").strip("',")
            named = "%(key)s" in message.template
            return message.filled(key=shown(key)) if named else message, expected
    return said[:1].lower() + said[1:], None


def _first_row(lines: list[str], row: int) -> int:
    """Return where the statement begins that has its fault in ``row``: what stands before it reads well."""
    tries = 0
    for first in range(row, -1, -1):
        if first and not _STATEMENT.match(lines[first]):
            continue
        tries += 1
        if tries > 5:  # a statement that swallowed so many others leaves nothing to look for
            return 0
        try:
            tomllib.loads("\n".join(lines[:first]))
        except ValueError:
            continue
        return first
    return 0


def _resumed(lines: list[str], row: int) -> int:
    """Return the next row after ``row`` that begins a statement at the margin."""
    for following in range(row + 1, len(lines)):
        if _STATEMENT.match(lines[following]):
            return following
    return len(lines)


def _blank(lines: list[str], first: int, after: int, number: int) -> None:
    """Take rows out, keeping their count; a header leaves one behind, so that its keys land nowhere else."""
    header = any(_HEADER.match(line) for line in lines[first:after])
    lines[first:after] = [""] * (after - first)
    if header:
        lines[first] = f"[{_PLACEHOLDER}{number}]"
