"""A fault found in a file that somebody wrote: where it is, what was found, what to do.

The bottom layer: it knows nothing of workflows, so that settings and rehearsal files report alike.
"""

import difflib
import math
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Literal, TypeAlias

from gaita.phrase import formed, joined, phrase
from gaita.visible import visible

Severity: TypeAlias = Literal["error", "warning"]

_TAB = "    "
_WIDEST = 100
"""Terminal columns of a source line that are shown; a longer one is cut around the caret."""
_LONGEST_NAME = 60
_ELLIPSIS = "…"
_MOST_SHOWN = 10**20


@dataclass(frozen=True, slots=True)
class Place:
    """Where something stands in a file.

    Lines and columns count from 1; columns count characters (code points), not bytes. The end is
    exclusive: the column after the last character.
    """

    file: str
    line: int
    column: int
    end_line: int | None = None
    end_column: int | None = None

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong in a file.

    ``code`` is stable, for machines; ``message`` says what was found, ``expected`` what should stand
    there, ``hint`` what to do about it. A warning does not keep the file from being used.
    """

    code: str
    message: str
    place: Place | None = None
    expected: str | None = None
    hint: str | None = None
    severity: Severity = "error"

    def __str__(self) -> str:
        """Return the fault on one line: ``file:line:column: error[code] message; expected …; hint``."""
        where = formed("%(place)s: ", place=self.place) if self.place else ""
        parts = [_head(self, where)]
        if self.expected:
            parts.append(phrase("expected %(expected)s", expected=self.expected))
        if self.hint:
            parts.append(self.hint)
        return joined("; ", parts)

    def as_json(self) -> dict[str, str | int | None]:
        """Return the fault as a flat JSON object; what is not known is ``None``."""
        place = self.place
        return {
            "severity": self.severity,
            "code": self.code,
            "message": self.message,
            "expected": self.expected,
            "hint": self.hint,
            "file": place.file if place else None,
            "line": place.line if place else None,
            "column": place.column if place else None,
            "end_line": place.end_line if place else None,
            "end_column": place.end_column if place else None,
        }


def render(fault: Fault, text: str) -> str:
    """Return the fault with the offending line of ``text``, carets under the exact characters.

    Columns are turned into terminal columns, so that combining and wide characters and tabs do not
    shift the carets. A line that is too long for a terminal is cut around them.
    """
    place = fault.place
    where = formed("%(place)s: ", place=place) if place else ""
    block = [_head(fault, where)]
    lines = text.split("\n")
    if place and 1 <= place.line <= len(lines):
        line = lines[place.line - 1].removesuffix("\r")
        source, carets = _underlined(line, place)
        number = str(place.line)
        margin = " " * len(number)
        block += [f" {number} | {source}".rstrip(), f" {margin} | {carets}"]
    if fault.expected:
        expected = phrase("expected %(expected)s", expected=fault.expected)
        block.append(formed("   %(expected)s", expected=expected))
    if fault.hint:
        block.append(formed("   %(hint)s", hint=fault.hint))
    return joined("\n", block)


def _head(fault: Fault, where: str) -> str:
    severity = phrase("error") if fault.severity == "error" else phrase("warning")
    return formed(
        "%(where)s%(severity)s[%(code)s] %(message)s",
        where=where,
        severity=severity,
        code=fault.code,
        message=fault.message,
    )


def closest(name: str, names: Iterable[str]) -> str | None:
    """Return the one of ``names`` that was probably meant by ``name``, or ``None``."""
    if not name or len(name) > _LONGEST_NAME:
        return None
    folded = _folded(name)
    slack = max(2, len(folded) // 2)
    known = {_folded(each): each for each in names if len(each) <= _LONGEST_NAME}
    likely = [each for each in known if abs(len(each) - len(folded)) <= slack]
    found = difflib.get_close_matches(folded, likely, n=1, cutoff=0.6)
    if found:
        return known[found[0]]
    # Somebody who writes `userz` for `users_tested` left half of it out.
    begun = folded[: max(3, len(folded) - 1)]
    return next((each for fold, each in known.items() if len(begun) >= 3 and fold.startswith(begun)), None)


def did_you_mean(name: str, names: Iterable[str], written: Callable[[str], str] = str) -> str | None:
    """Return the hint "did you mean …?" where one of ``names`` is close to ``name``.

    ``written`` gives what is to be written for a name, where that is more than it: ``'"data.{}"'.format``.
    """
    meant = closest(name, names)
    return (
        None if meant is None else phrase("did you mean %(written)s?", written=written(_on_one_line(meant)))
    )


def hint_for(name: str, names: Iterable[str]) -> str:
    """Return the whole hint on a ``name`` that is none of ``names``: the one meant, else those there are."""
    known = list(names)
    if meant := did_you_mean(name, known):
        return meant
    match known:
        case []:
            return phrase("there are none")
        case [only]:
            return phrase("there is only %(only)s", only=only)
        case _:
            return phrase("there are: %(known)s", known=listed(known, last="and"))


def named(name: str, names: Iterable[str], separator: str = "/") -> str | None:
    """Return the one of ``names`` that is meant: itself, or the only one whose last parts it is.

    ``None``: none of them is, or several are.
    """
    known = dict.fromkeys(names)
    if name in known:
        return name
    ends = [each for each in known if each.endswith(separator + name)]
    return ends[0] if len(ends) == 1 else None


def shown(text: str) -> str:
    """Return what somebody wrote in backquotes: short enough for a message."""
    return f"`{_on_one_line(text)}`"


def found(value: object) -> str:
    """Return what a value is, in an operator's words: ``the text `abc```, ``the number 3``, ``a list``."""
    match value:
        case None:
            return phrase("nothing")
        case bool():
            return phrase("true") if value else phrase("false")
        case str():
            return phrase("the text %(value)s", value=shown(value)) if value else phrase("an empty text")
        case int() | float():
            return phrase("the number %(value)s", value=numeral(value))
        case datetime():
            return phrase("the moment %(value)s", value=value.isoformat())
        case date():
            return phrase("the date %(value)s", value=value.isoformat())
        case time():
            return phrase("the time of day %(value)s", value=value.isoformat())
        case list() | tuple():
            return phrase("a list")
        case Mapping():
            return phrase("a table")
        case _:
            return phrase("something that is no value (a Python %(name)s)", name=type(value).__name__)


def numeral(number: float) -> str:
    """Return a number as people write it: a whole one without a point or an exponent."""
    if isinstance(number, float):
        whole = number.is_integer() and abs(number) < _MOST_SHOWN
        return str(int(number)) if whole else repr(number)
    if abs(number) < _MOST_SHOWN:
        return str(number)
    return phrase("of about %(number)s digits", number=int(number.bit_length() * math.log10(2)) + 1)


def listed(names: Iterable[str], most: int = 8, *, last: Literal["and", "or"] = "or") -> str:
    """Return names as ``a, b or c`` (or with another ``last`` word); beyond ``most``, how many more."""
    every = [_on_one_line(name) for name in names]
    if len(every) > most:
        return phrase(
            "%(names)s … (%(number)s more)", names=", ".join(every[:most]), number=len(every) - most
        )
    if len(every) < 2:
        return "".join(every)
    names, end = ", ".join(every[:-1]), every[-1]
    if last == "and":
        return phrase("%(names)s and %(last)s", names=names, last=end)
    return phrase("%(names)s or %(last)s", names=names, last=end)


def _on_one_line(text: str) -> str:
    short = text if len(text) <= _LONGEST_NAME else text[: _LONGEST_NAME - 1] + _ELLIPSIS
    return visible(short).replace("\t", "\\t").replace("\n", "\\n")


def _folded(name: str) -> str:
    return name.casefold().replace("-", "_").replace(" ", "_")


def _underlined(line: str, place: Place) -> tuple[str, str]:
    """Return the line as a terminal shows it, and the carets that stand under the place."""
    start = min(place.column - 1, len(line))
    same_line = place.end_line is None or place.end_line == place.line
    end = place.end_column - 1 if same_line and place.end_column is not None else None
    if not same_line:
        end = len(line)
    end = max(start + 1, min(end if end is not None else start + 1, len(line)))

    # Only what may be shown is measured: a line may be a megabyte long. The window is in characters, which
    # are never wider than two columns, and then narrowed to the terminal's columns.
    first, last = max(0, start - _WIDEST), min(len(line), start + _WIDEST)
    cells = [_cell(character) for character in line[first:last]]
    widths = [_width(cell) for cell in cells]
    begin, stop = start - first, min(end, last) - first
    left = sum(widths[:begin])
    dropped = 0
    while left > _WIDEST * 2 // 3 and dropped < begin:
        left -= widths[dropped]
        dropped += 1
    # A combining character never begins what is shown: it would sit on the margin.
    while dropped < begin and widths[dropped] == 0:
        dropped += 1
    kept, used = dropped, 0
    while kept < len(cells) and used + widths[kept] <= _WIDEST:
        used += widths[kept]
        kept += 1
    head = _ELLIPSIS if first + dropped > 0 else ""
    tail = _ELLIPSIS if first + kept < len(line) else ""
    before = len(head) + sum(widths[dropped:begin])
    under = max(1, sum(widths[begin : min(stop, kept)]))
    if begin < len(widths) and widths[begin] == 0 and before:
        before -= 1  # a combining character is drawn on the one before it
    return head + "".join(cells[dropped:kept]) + tail, " " * before + "^" * under


def _cell(character: str) -> str:
    return _TAB if character == "\t" else visible(character)


def _width(cell: str) -> int:
    """Return how many terminal columns a cell takes."""
    if len(cell) > 1:
        return len(cell)
    if unicodedata.category(cell) in {"Mn", "Me"}:
        return 0
    return 2 if unicodedata.east_asian_width(cell) in {"W", "F"} else 1
