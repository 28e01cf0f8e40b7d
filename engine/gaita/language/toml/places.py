"""Places: where each key and each value of a TOML document stands.

The reader of TOML says what a document holds, but not where. A syntax tree gives the places; it is only
ever asked about text that the reader has accepted, because it is the more lenient of the two.
"""

import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeAlias

import tree_sitter_toml
from tree_sitter import Language, Node, Parser

from gaita.fault import Place
from gaita.language.toml.literals import decoded

Path: TypeAlias = tuple[str | int, ...]
"""The way to a value: table keys and list indexes (from 0)."""

Span: TypeAlias = tuple[int, int]
"""A stretch of the file, in bytes, its end exclusive."""

_LANGUAGE = Language(tree_sitter_toml.language())
_PUNCTUATION = frozenset({"[", "]", ",", "{", "}", "comment"})


@dataclass(frozen=True, slots=True)
class _Index:
    """The spans of all keys and values, and the offsets at which lines begin."""

    keys: dict[Path, Span]
    values: dict[Path, Span]
    lines: list[int]


class Places:
    """Where things stand in one document. The index is made when it is first asked: only faults need it."""

    __slots__ = ("_index", "_source", "name")

    def __init__(self, name: str, text: str) -> None:
        """Remember ``text`` (valid TOML, lines ending in a newline only) under the file's ``name``."""
        self.name = name
        self._source = text.encode()
        self._index: _Index | None = None

    def key(self, path: Path) -> Place:
        """Return where the last key of ``path`` stands; where it has none, the nearest thing around it."""
        spans = self._indexed()
        return self._place(spans.keys.get(path) or self._nearest(path))

    def value(self, path: Path) -> Place:
        """Return where the value at ``path`` stands; for a table its header, for none the nearest around."""
        return self._place(self._nearest(path))

    def inside(self, path: Path, line: int, column: int) -> Place:
        """Return where a character of the string at ``path`` stands in the file.

        ``line`` and ``column`` count from 1 within what the string says: quotes, escapes and folded
        lines of the literal are accounted for. Where ``path`` holds no string, its own place.
        """
        start, end = self._nearest(path)
        literal = self._source[start:end].decode()
        if literal[:1] not in {'"', "'"}:
            return self._place((start, end))
        text, offsets = decoded(literal)
        begin = 0
        for _ in range(line - 1):
            begin = text.find("\n", begin) + 1
        at = max(0, min(begin + column - 1, len(text)))
        until = min(at + 1, len(text))
        first = start + len(literal[: offsets[at]].encode())
        last = start + len(literal[: offsets[until]].encode())
        return self._place((first, max(first + 1, last)))

    def _nearest(self, path: Path) -> Span:
        spans = self._indexed()
        for length in range(len(path), 0, -1):
            span = spans.values.get(path[:length]) or spans.keys.get(path[:length])
            if span:
                return span
        return (0, 0)

    def _place(self, span: Span) -> Place:
        line, column = self._position(span[0])
        end_line, end_column = self._position(span[1])
        return Place(self.name, line, column, end_line, end_column)

    def _position(self, offset: int) -> tuple[int, int]:
        lines = self._indexed().lines
        row = bisect_right(lines, offset)
        column = len(self._source[lines[row - 1] : offset].decode(errors="ignore")) + 1
        return row, column

    def _indexed(self) -> _Index:
        if self._index is None:
            self._index = _indexed(self._source)
        return self._index


def _indexed(source: bytes) -> _Index:
    index = _Index({}, {}, [0, *(newline.end() for newline in re.finditer(rb"\n", source))])
    arrays: dict[Path, int] = {}
    for node in Parser(_LANGUAGE).parse(source).root_node.children:
        match node.type:
            case "pair":
                _pairs(index, source, [(node, ())])
            case "table" | "table_array_element":
                header = _header(index, source, node, arrays)
                pairs = [(child, header) for child in node.children if child.type == "pair"]
                _pairs(index, source, pairs)
            case _:
                pass
    return index


def _header(index: _Index, source: bytes, table: Node, arrays: dict[Path, int]) -> Path:
    """Index the header of a table and return the path that it opens."""
    key = table.children[1]
    parts = list(_parts(source, key))
    path: Path = ()
    for number, (part, span) in enumerate(parts, 1):
        path = (*path, part)
        last = number == len(parts)
        if last and table.type == "table_array_element":
            index.keys.setdefault(path, span)
            index.values.setdefault(path, span)
            arrays[path] = arrays.get(path, -1) + 1
            path = (*path, arrays[path])
        elif not last and path in arrays:
            path = (*path, arrays[path])  # a table inside an array of tables belongs to its latest element
            continue
        if last:
            index.keys[path] = span
            index.values[path] = (key.start_byte, key.end_byte)
        else:
            index.keys.setdefault(path, span)
    return path


def _pairs(index: _Index, source: bytes, pairs: list[tuple[Node, Path]]) -> None:
    """Index pairs and everything inside them, without recursion: the nesting is the writer's choice."""
    work: list[tuple[Node, Path]] = pairs[::-1]
    while work:
        node, path = work.pop()
        kind = node.type
        if kind == "pair":
            key, _, value = node.children[:3]  # a comment may follow
            for part, span in _parts(source, key):
                path = (*path, part)
                index.keys.setdefault(path, span)
            work.append((value, path))
            continue
        index.values[path] = (node.start_byte, node.end_byte)
        if kind in {"inline_table", "array"}:
            inner = [child for child in node.children if child.type not in _PUNCTUATION]
            if kind == "array":
                work += [(child, (*path, number)) for number, child in reversed(list(enumerate(inner)))]
            else:
                work += [(child, path) for child in reversed(inner)]


def _parts(source: bytes, key: Node) -> Iterator[tuple[str, Span]]:
    """Yield the parts of a key, in order: ``a."b c".d`` has three."""
    found: list[Node] = []
    work = [key]
    while work:
        node = work.pop()
        if node.type == "dotted_key":
            work += node.children
        elif node.type != ".":
            found.append(node)
    for node in reversed(found):
        span = (node.start_byte, node.end_byte)
        text = source[slice(*span)].decode()
        yield (text if node.type == "bare_key" else decoded(text)[0]), span
