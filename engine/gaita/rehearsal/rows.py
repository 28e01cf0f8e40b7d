"""The rows of a script as they stand in its file, each value with its place; not yet understood."""

import json
import re
from collections.abc import Generator, Iterator
from dataclasses import dataclass
from typing import cast

from gaita.fault import Fault, Place, shown

LONGEST_LINE = 1_000_000
MOST_COLUMNS = 1_000


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
            message = f"the line has {len(line)} characters"
            yield Fault("size", message, place, f"at most {LONGEST_LINE}")
            continue
        twice: list[str] = []
        try:
            found: object = json.loads(line, object_pairs_hook=lambda pairs: _object(pairs, twice))  # noqa: B023
        except json.JSONDecodeError as error:
            yield Fault("syntax", f"the line is no JSON: {error.msg}", Place(name, number, error.colno))
            continue
        except (RecursionError, ValueError) as error:
            message = f"the line cannot be read: {'it is nested too deep' if isinstance(error, RecursionError) else error}"
            yield Fault("syntax", message, place)
            continue
        if not isinstance(found, dict):
            yield Fault("type", "the line is no object", place, 'an object such as {"at": …}')
            continue
        row = Row(place, cast("dict[str, object]", found), {}, line, is_text=False)
        if twice:
            yield Fault("duplicate", f"{shown(twice[0])} stands twice", row.place_of(twice[0]))
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


def csv_rows(text: str, name: str) -> Generator[Row | Fault, None, None]:
    """Yield a row for each record of CSV behind its head, or the fault that it is."""
    head: list[_Cell] | None = None
    for record in _records(text, name):
        if isinstance(record, Fault):
            yield record
            return
        if head is None:
            head = record
            names = [cell.text.strip() for cell in head]
            for cell in head:
                if names.count(cell.text.strip()) > 1:
                    yield Fault("duplicate", f"the column {shown(cell.text)} stands twice", cell.place)
                    return
            continue
        if len(record) > len(head):
            message = f"the row has {len(record)} cells"
            yield Fault("cells", message, record[len(head)].place, f"at most {len(head)}, as the head has")
            continue
        yield _row(head, record)


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
    cells: list[_Cell] = []
    position, line, begin = 0, 1, 0
    size = len(text)
    while position < size:
        if not cells and text[position] in "#\r\n":
            end = text.find("\n", position)
            position = begin = size if end < 0 else end + 1
            line += 1
            continue
        column = position - begin + 1
        if text[position] == '"':
            place = Place(name, line, column)
            parts: list[str] = []
            start = position + 1
            while True:
                end = text.find('"', start)
                if end < 0:
                    yield Fault("syntax", "the quotation is never closed", place)
                    return
                parts.append(text[start:end])
                if text[end + 1 : end + 2] != '"':
                    break
                parts.append('"')
                start = end + 2
            value = "".join(parts)
            breaks = text.count("\n", position, end)
            if breaks:
                line, begin = line + breaks, text.rfind("\n", position, end) + 1
            position = end + 1
            if position < size and text[position] not in ",\r\n":
                yield Fault("syntax", "text follows a quotation", Place(name, line, position - begin + 1))
                return
        else:
            end = position
            while end < size and text[end] not in ",\n":
                end += 1
            value = text[position:end].removesuffix("\r")
            place = Place(name, line, column, line, column + max(1, len(value)))
            position = end
        cells.append(_Cell(value, place))
        if len(cells) > MOST_COLUMNS or len(value) > LONGEST_LINE:
            yield Fault("size", "the row is too long", place, f"at most {MOST_COLUMNS} cells")
            return
        if text.startswith("\r\n", position):
            position += 1
        if position >= size or text[position] == "\n":
            yield cells
            cells = []
            position, line, begin = position + 1, line + 1, position + 1
        elif text[position] == "\r":
            yield Fault("syntax", "a line ends in a lone carriage return", place)
            return
        else:
            position += 1
            if position >= size or text[position] == "\n":
                cells.append(_Cell("", Place(name, line, position - begin + 1)))
                if position >= size:
                    break
                yield cells
                cells = []
                position, line, begin = position + 1, line + 1, position + 1
    if cells:
        yield cells
