"""The rows of a script as they stand in its file, each value with its place; not yet understood."""

import json
import re
from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass
from typing import cast

from gaita.fault import Fault, Place, did_you_mean, shown
from gaita.phrase import phrase
from gaita.written_json import UnreadableJson, read_json

LONGEST_LINE = 1_000_000
MOST_COLUMNS = 1_000

_BARE = re.compile(r"[^,\n]*")
_QUOTED = re.compile(r'"[^"]*+(?:""[^"]*+)*+"')


@dataclass(frozen=True, slots=True)
class Row:
    """The values of one row by name, and where each of them stands."""

    place: Place
    values: dict[str, object]
    places: dict[str, Place]
    """Of a CSV row: every column's place. Of a JSON line: none, they are looked for when asked."""
    text: str
    is_text: bool
    """Whether every value is text still (a CSV cell), to be typed by what it is for."""

    def place_of(self, name: str) -> Place:
        """Return where a value stands; ``data.budget`` is ``budget`` inside ``data``."""
        if self.is_text:
            found = self.places.get(name)
            inside = (place for each, place in self.places.items() if each.startswith(name + "."))
            return found or next(inside, self.place)
        start = 0
        end = 0
        for part in name.split("."):
            key = json.dumps(part, ensure_ascii=False)
            match = re.compile(re.escape(key) + r"\s*:").search(self.text, end)
            if match is None:
                break
            start, end = match.start(), match.start() + len(key)
        if not end:
            return self.place
        line = self.place.line
        return Place(self.place.file, line, start + 1, line, end + 1)


def json_rows(text: str, name: str) -> Generator[Row | Fault, None, None]:
    """Yield a row for each line of JSON Lines, or the fault that it is."""
    for number, line in enumerate(text.split("\n"), start=1):
        bare = line.strip()
        if not bare or bare.startswith("#"):
            continue
        column = len(line) - len(line.lstrip()) + 1
        place = Place(name, number, column)
        if len(line) > LONGEST_LINE:
            message = phrase("the line has %(number)s characters", number=len(line))
            yield Fault("size", message, place, phrase("at most %(most)s", most=LONGEST_LINE))
            continue
        twice: list[str] = []
        try:
            found = read_json(line, lambda pairs: _object(pairs, twice))  # noqa: B023
        except UnreadableJson as error:
            at = place if error.column is None else Place(name, number, error.column)
            yield Fault("syntax", phrase("the line is no JSON: %(what)s", what=error.what), at)
            continue
        if not isinstance(found, dict):
            yield Fault("type", phrase("the line is no object"), place, phrase('an object such as {"at": …}'))
            continue
        row = Row(place, cast("dict[str, object]", found), {}, line, is_text=False)
        if twice:
            yield Fault(
                "duplicate", phrase("%(twice)s stands twice", twice=shown(twice[0])), row.place_of(twice[0])
            )
            continue
        yield row


def _object(pairs: list[tuple[str, object]], twice: list[str]) -> dict[str, object]:
    found: dict[str, object] = {}
    for key, value in pairs:
        if key in found:
            twice.append(key)
        found[key] = value
    return found


@dataclass(frozen=True, slots=True)
class _Cell:
    text: str
    place: Place


def csv_rows(text: str, name: str, known: Sequence[str] = ()) -> Generator[Row | Fault, None, None]:
    """Yield a row for each record of CSV behind its head, or the fault that it is.

    A column that is called as one of ``known`` but for capitals is told once, and no row is read then.
    """
    head: list[_Cell] | None = None
    for record in _records(text, name):
        if isinstance(record, Fault):
            yield record
            return
        if head is None:
            if len(record) == 1 and (";" in record[0].text or record[0].text.startswith("sep=")):
                message = phrase("the columns are not separated by commas")
                hint = phrase("save it once more as CSV, separated by commas, and without a line sep=")
                yield Fault("separator", message, record[0].place, "at,command,instance,…", hint)
                return
            head = _filled(record)
            names = [cell.text.strip() for cell in head]
            if misspelt := list(_misspelt(head, known)):
                yield from misspelt
                return
            for cell in head:
                if names.count(cell.text.strip()) > 1:
                    yield Fault(
                        "duplicate",
                        phrase("the column %(text)s stands twice", text=shown(cell.text)),
                        cell.place,
                    )
                    return
            continue
        record = [*record[: len(head)], *_filled(record[len(head) :])]  # noqa: PLW2901 - empty columns at the end
        if len(record) > len(head):
            message = phrase("the row has %(number)s cells", number=len(record))
            yield Fault(
                "cells",
                message,
                record[len(head)].place,
                phrase("at most %(most)s, as the head has", most=len(head)),
            )
            continue
        yield _row(head, record)


def _misspelt(head: list[_Cell], known: Sequence[str]) -> Iterator[Fault]:
    for cell in head:
        column = cell.text.strip()
        if column not in known and column.casefold() in known:
            message = phrase("%(name)s is unknown", name=shown(column))
            yield Fault("unknown", message, cell.place, hint=did_you_mean(column, known))


def _filled(cells: list[_Cell]) -> list[_Cell]:
    """Return cells without the empty ones at their end, which spreadsheets add."""
    last = max((number for number, cell in enumerate(cells, 1) if cell.text.strip()), default=0)
    return cells[:last]


def _row(head: list[_Cell], record: list[_Cell]) -> Row:
    values: dict[str, object] = {}
    places: dict[str, Place] = {}
    for column, cell in zip(head, record, strict=False):
        name, text = column.text.strip(), cell.text.strip()
        places[name] = cell.place
        if not text:
            continue
        outer, dot, inner = name.partition(".")
        if dot and outer in {"data", "payload"}:
            cast("dict[str, object]", values.setdefault(outer, {}))[inner] = text
        else:
            values[name] = text
    return Row(record[0].place, values, places, "", is_text=True)


def _records(text: str, name: str) -> Iterator[list[_Cell] | Fault]:
    """Yield the cells of each record: quoted ones may hold commas, line ends and doubled quotes."""
    cursor = _Cursor(text, name)
    cells: list[_Cell] = []
    while cursor.position < len(text):
        if not cells and text[cursor.position] in "#\r\n":
            cursor.skip_line()
            continue
        cell = cursor.cell()
        if isinstance(cell, Fault):
            yield cell
            return
        cells.append(cell)
        if len(cells) > MOST_COLUMNS or len(cell.text) > LONGEST_LINE:
            yield Fault(
                "size",
                phrase("the row is too long"),
                cell.place,
                phrase("at most %(most)s cells", most=MOST_COLUMNS),
            )
            return
        if not cursor.take(","):
            yield cells
            cells = []
            cursor.skip_line()
        elif cursor.position >= len(text):
            cells.append(_Cell("", cursor.place()))
    if cells:
        yield cells


class _Cursor:
    """A place in the text of a CSV file, and what is read from there."""

    def __init__(self, text: str, name: str) -> None:
        self._text = text
        self._name = name
        self._line = 1
        self._begin = 0
        self.position = 0

    def place(self) -> Place:
        return Place(self._name, self._line, self.position - self._begin + 1)

    def take(self, character: str) -> bool:
        found = self._text.startswith(character, self.position)
        self.position += found
        return found

    def skip_line(self) -> None:
        end = self._text.find("\n", self.position)
        self.position = self._begin = len(self._text) if end < 0 else end + 1
        self._line += 1

    def cell(self) -> _Cell | Fault:
        return self._quoted() if self._text.startswith('"', self.position) else self._bare()

    def _bare(self) -> _Cell:
        found = _BARE.match(self._text, self.position)
        value = found.group() if found else ""
        start = self.place()
        place = Place(start.file, start.line, start.column, start.line, start.column + max(1, len(value)))
        self.position += len(value)
        return _Cell(value.removesuffix("\r"), place)

    def _quoted(self) -> _Cell | Fault:
        place = self.place()
        found = _QUOTED.match(self._text, self.position)
        if found is None:
            return Fault("syntax", phrase("the quotation is never closed"), place)
        breaks = found.group().count("\n")
        if breaks:
            self._line += breaks
            self._begin = self._text.rfind("\n", found.start(), found.end()) + 1
        self.position = found.end()
        if self._text[self.position : self.position + 1] not in {"", ",", "\r", "\n"}:
            return Fault(
                "syntax",
                phrase("text follows the quotation"),
                self.place(),
                phrase("a comma or the end of the line"),
            )
        return _Cell(found.group()[1:-1].replace('""', '"'), place)
