"""A TOML document: its content, and where each piece of it stands. Bounded, whoever wrote it."""

import math
import re
import tomllib
from dataclasses import dataclass
from typing import cast

from gaita.encoding import text_of
from gaita.fault import Fault, Place, numeral, shown
from gaita.language.toml.places import Path, Places
from gaita.language.toml.syntax_faults import Salvage, salvaged
from gaita.model.value import LARGEST_INTEGER
from gaita.phrase import phrase

LARGEST_FILE = 1024 * 1024
"""Bytes. A workflow of 500 states takes a fifth of it."""
MOST_PIECES = 50_000
"""Words and texts in one file: a bound on the time that reading takes."""
DEEPEST = 32
"""Levels of lists and tables in one another, and parts of one dotted key."""

# What the scan for nesting must see, and what it must step over. Possessive, so that nothing is tried twice.
_PIECE = re.compile(
    r"""
      (?P<comment>\#[^\n]*+)
    | (?P<text>\"\"\"(?:[^"\\]|\\.|"(?!""))*+\"{3,5} | '''(?:[^']|'(?!''))*+'{3,5}
             | "(?:[^"\\\n]|\\.)*+" | '[^'\n]*+')
    | (?P<open>[\[{]) | (?P<close>[\]}])
    | (?P<dot>\.)
    | (?P<space>[ \t]++)
    | (?P<word>[A-Za-z0-9_-]++)
    | (?P<line>\n++)
    """,
    re.VERBOSE | re.DOTALL,
)

# Sixteen digits, an exponent, another base than ten, or none at all: any other number is kept exactly.
_NUMBER_TO_LOOK_AT = re.compile(r"[0-9_]{16}|[0-9][eE]|0x|0o|0b|inf|nan")


@dataclass(frozen=True, slots=True)
class Document:
    """A TOML file as read.

    ``text`` has lines ending in a newline only and no byte order mark. ``whole`` is false where lines
    with faults of syntax were left out of ``data``: then what is missing may stand in one of them.
    """

    name: str
    text: str
    data: dict[str, object]
    places: Places
    whole: bool


def read_document(source: bytes, name: str) -> tuple[Document | None, str, list[Fault]]:
    """Return the document in ``source``, its text, and the faults of its encoding, size, nesting and syntax.

    The document is ``None`` where nothing can be made of it.
    """
    if len(source) > LARGEST_FILE:
        message = phrase("the file has %(number)s bytes", number=f"{len(source):,}".replace(",", " "))
        largest = phrase("at most %(most)s bytes", most=f"{LARGEST_FILE:,}".replace(",", " "))
        return None, "", [Fault("file-size", message, Place(name, 1, 1), largest)]
    decoded = text_of(source, name)
    if isinstance(decoded, Fault):
        return None, source.decode("utf-8-sig", errors="replace"), [decoded]
    text = decoded.replace("\r\n", "\n")
    excess = _excess(text, name)
    if excess:
        return None, text, [excess]
    try:
        found = _parsed(text, name)
    except RecursionError:  # the scan above should have seen it: what remains is said less exactly
        return (
            None,
            text,
            [Fault("nesting", phrase("lists or tables are nested too deeply"), Place(name, 1, 1))],
        )
    document = Document(name, text, found.data, Places(name, found.text), whole=not found.faults)
    return document, text, [*found.faults, *_numbers_out_of_range(document)]


def _parsed(text: str, name: str) -> Salvage:
    try:
        return Salvage(tomllib.loads(text), text, [])
    except (tomllib.TOMLDecodeError, ValueError) as error:  # a number of 5 000 digits is a plain ValueError
        return salvaged(text, name, error)


def _excess(text: str, name: str) -> Fault | None:
    """Return a fault where a file has more pieces, or nests them deeper, than anyone means.

    Found before parsing: parsers recurse, and dotted keys take time by the square of their parts.
    """
    depth = parts = pieces = 0
    for piece in _PIECE.finditer(text):
        kind = piece.lastgroup
        if kind == "dot":
            parts += 1
        elif kind == "open":
            depth, parts = depth + 1, 0
        elif kind == "close":
            depth, parts = max(0, depth - 1), 0
        elif kind == "line":
            parts = 0
        elif kind in {"word", "text"}:
            pieces += 1
        if depth > DEEPEST or parts >= DEEPEST:
            message = (
                phrase("lists or tables lie too deep in one another")
                if depth > DEEPEST
                else phrase("the parts of a key lie too deep in one another")
            )
            start, end = piece.start(), piece.end()
            line = text.count("\n", 0, start) + 1
            column = start - text.rfind("\n", 0, start)
            place = Place(name, line, column, line, column + end - start)
            return Fault(
                "nesting",
                message,
                place,
                phrase("at most %(most)s levels", most=DEEPEST),
            )
        if pieces > MOST_PIECES:
            message = phrase("the file has more than %(most)s words and texts", most=MOST_PIECES)
            return Fault("file-size", message, Place(name, text.count("\n", 0, piece.start()) + 1, 1))
    return None


def _numbers_out_of_range(document: Document) -> list[Fault]:
    """Return a fault for each number that JSON cannot carry exactly, and so no digest and no record."""
    faults: list[Fault] = []
    if not _NUMBER_TO_LOOK_AT.search(document.text):
        return faults
    work: list[tuple[Path, object]] = [((), document.data)]
    while work:
        path, value = work.pop()
        if isinstance(value, dict):
            table = cast("dict[str, object]", value)
            work += [((*path, key), each) for key, each in table.items()]
        elif isinstance(value, list):
            items = cast("list[object]", value)
            work += [((*path, number), each) for number, each in enumerate(items)]
        elif isinstance(value, int | float) and not -LARGEST_INTEGER <= value <= LARGEST_INTEGER:
            faults.append(_unkept(value, path, document.places))
    return faults


def _unkept(number: float, path: Path, places: Places) -> Fault:
    """Return the fault of a number that cannot be kept."""
    message, hint = phrase("the number %(number)s is too large", number=numeral(number)), None
    if not abs(number) < math.inf:  # nor is what is no number
        message = phrase("%(number)s is no number that can be kept", number=shown(numeral(number)))
        hint = phrase("leave it out where there is no bound") if path[-1:] in {("min",), ("max",)} else None
    expected = phrase("a number between -%(most)s and %(most)s", most=LARGEST_INTEGER)
    return Fault("number", message, places.value(path), expected, hint)
