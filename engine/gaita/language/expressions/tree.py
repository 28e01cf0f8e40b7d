"""The tree of a checked expression, decoded from the bytes of a CheckedExpr.

The bytes are protobuf, an Any around ``cel.expr.CheckedExpr``. Only the parts that the engine looks at
are decoded, from the wire format itself: a chain of operators nests more deeply than protobuf's own
reader goes.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeAlias


@dataclass(frozen=True, slots=True)
class Constant:
    """A literal."""

    offset: int
    """Where it stands in the source, in characters from 0; of an operator or a call, the sign itself."""
    value: object
    """A ``str``, ``int``, ``float``, ``bool``, ``bytes`` or ``None``."""


@dataclass(frozen=True, slots=True)
class Name:
    """A variable."""

    offset: int
    id: str


@dataclass(frozen=True, slots=True)
class Select:
    """``operand.field``, or where ``test`` is set ``has(operand.field)``."""

    offset: int
    operand: "Node"
    field: str
    test: bool


@dataclass(frozen=True, slots=True)
class Call:
    """A function or an operator (``_==_``, ``_[_]``, ``@in``); a method's target is its first argument."""

    offset: int
    function: str
    overloads: tuple[str, ...]
    arguments: tuple["Node", ...]


@dataclass(frozen=True, slots=True)
class Literal:
    """A list, a map, or a message where ``message`` names one, with everything that stands in it."""

    offset: int
    message: str
    parts: tuple["Node", ...]


@dataclass(frozen=True, slots=True)
class Comprehension:
    """What ``all``, ``exists``, ``exists_one``, ``map`` and ``filter`` become."""

    offset: int
    variables: tuple[str, ...]
    accumulator: str
    over: "Node"
    body: tuple["Node", ...]


Node: TypeAlias = Constant | Name | Select | Call | Literal | Comprehension


def parts_of(node: Node) -> tuple[Node, ...]:
    """Return the nodes directly inside ``node``."""
    match node:
        case Constant() | Name():
            return ()
        case Select():
            return (node.operand,)
        case Call():
            return node.arguments
        case Literal():
            return node.parts
        case Comprehension():
            return (node.over, *node.body)


def walk(node: Node) -> Iterator[Node]:
    """Yield ``node`` and everything inside it."""
    stack = [node]
    while stack:
        current = stack.pop()
        yield current
        stack.extend(reversed(parts_of(current)))


def field_of(node: Node) -> tuple[str, str] | None:
    """Return ``("data", "users")`` for ``data.users``; ``None`` for anything else."""
    if isinstance(node, Select) and isinstance(node.operand, Name) and node.operand.id in ("data", "event"):
        return node.operand.id, node.field
    return None


def decode(serialized: bytes) -> Node:
    """Return the tree inside the bytes of a serialized checked expression."""
    checked = _Message(_Message(serialized).bytes(2))
    references: dict[int, tuple[str, ...]] = {}
    for entry in checked.messages(2):
        overloads = _Message(entry.bytes(2)).all_bytes(3)
        references[entry.number(1)] = tuple(overload.decode() for overload in overloads)
    places = {entry.number(1): entry.number(2) for entry in _Message(checked.bytes(5)).messages(4)}
    return _Decoder(references, places).node(_Message(checked.bytes(4)))


@dataclass(frozen=True, slots=True)
class _Decoder:
    references: dict[int, tuple[str, ...]]
    places: dict[int, int]

    def node(self, expression: "_Message") -> Node:
        id_ = expression.number(2)
        offset = self.places.get(id_, 0)
        for field, content in expression.fields:
            inner = _Message(content if isinstance(content, bytes) else b"")
            match field:
                case 3:
                    return Constant(offset, _constant(inner))
                case 4:
                    return Name(offset, inner.text(1))
                case 5:
                    return Select(offset, self._one(inner, 1), inner.text(2), bool(inner.number(3)))
                case 6:
                    overloads = self.references.get(id_, ())
                    return Call(offset, inner.text(2), overloads, self._all(inner, 1) + self._all(inner, 3))
                case 7:
                    return Literal(offset, "", self._all(inner, 1))
                case 8:
                    entries = inner.messages(2)
                    parts = [node for entry in entries for node in self._all(entry, 3) + self._all(entry, 4)]
                    return Literal(offset, inner.text(1), tuple(parts))
                case 9:
                    return self._comprehension(offset, inner)
                case _:
                    pass
        return Constant(offset, None)

    def _comprehension(self, offset: int, inner: "_Message") -> Comprehension:
        return Comprehension(
            offset,
            tuple(name for name in (inner.text(1), inner.text(8)) if name),
            inner.text(3),
            self._one(inner, 2),
            tuple(node for part in (4, 5, 6, 7) for node in self._all(inner, part)),
        )

    def _one(self, message: "_Message", number: int) -> Node:
        return self.node(_Message(message.bytes(number)))

    def _all(self, message: "_Message", number: int) -> tuple[Node, ...]:
        return tuple(self.node(inner) for inner in message.messages(number))


def _constant(message: "_Message") -> object:
    for field, content in message.fields:
        match field, content:
            case 2, int():
                return bool(content)
            case 3, int():
                return content - 2**64 if content >= 2**63 else content
            case 4, int():
                return content
            case 5, bytes():
                return struct.unpack("<d", content)[0]
            case 6, bytes():
                return content.decode()
            case 7, bytes():
                return content
            case _:
                pass
    return None


class _Message:
    """The fields of one protobuf message, by number, as they stand in its bytes."""

    def __init__(self, content: bytes) -> None:
        self.fields: list[tuple[int, int | bytes]] = []
        position = 0
        while position < len(content):
            key, position = _varint(content, position)
            value: int | bytes
            match key & 7:
                case 0:
                    value, position = _varint(content, position)
                case 1:
                    value, position = content[position : position + 8], position + 8
                case 2:
                    length, position = _varint(content, position)
                    value, position = content[position : position + length], position + length
                case 5:
                    value, position = content[position : position + 4], position + 4
                case _:
                    raise ValueError(f"protobuf's wire type {key & 7} is not used in a checked expression")
            self.fields.append((key >> 3, value))

    def number(self, wanted: int) -> int:
        return next((value for field, value in self.fields if field == wanted and isinstance(value, int)), 0)

    def all_bytes(self, wanted: int) -> list[bytes]:
        return [value for field, value in self.fields if field == wanted and isinstance(value, bytes)]

    def bytes(self, wanted: int) -> bytes:
        return next(iter(self.all_bytes(wanted)), b"")

    def text(self, wanted: int) -> str:
        return self.bytes(wanted).decode()

    def messages(self, wanted: int) -> "list[_Message]":
        return [_Message(value) for value in self.all_bytes(wanted)]


def _varint(content: bytes, position: int) -> tuple[int, int]:
    result = shift = 0
    while True:
        byte = content[position]
        position += 1
        result |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:
            return result, position
