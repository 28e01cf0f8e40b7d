"""Lints: what CEL would accept, and the engine does not; what can only be a slip of the pen."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from gaita.fault import did_you_mean
from gaita.language.expressions.faults import ExpressionFault, place
from gaita.language.expressions.tree import (
    Call,
    Comprehension,
    Constant,
    Literal,
    Name,
    Node,
    Select,
    field_of,
    parts_of,
    walk,
)
from gaita.language.expressions.types import Types
from gaita.model.value import ValueType
from gaita.phrase import phrase

LONGEST_SOURCE = 2_000
DEEPEST_BRACKETS = 24
"""CEL itself gives up at 32, without saying where."""
DEEPEST_COMPREHENSIONS = 2

_RESERVED = ("data", "event", "now", "today")
_COMPARISONS = ("_==_", "_!=_", "_<_", "_<=_", "_>_", "_>=_")
_JOINS = ("add_string", "add_list", "add_bytes")
_DAY = ValueType("date")
# Texts and comments are skipped whole: a bracket inside them opens nothing.
_BRACKETS = re.compile(
    r'"""[\s\S]*?"""|\'\'\'[\s\S]*?\'\'\'|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'|//[^\n]*|[()\[\]{}]'
)


def scan(source: str) -> ExpressionFault | None:
    """Return what forbids even compiling ``source``, if anything does."""
    if len(source) > LONGEST_SOURCE:
        line, column = place(source, LONGEST_SOURCE)
        message = phrase("the expression has %(number)s characters", number=len(source))
        return ExpressionFault(
            message,
            line,
            column,
            expected=phrase("at most %(most)s", most=LONGEST_SOURCE),
            hint=phrase("split it into several clauses"),
        )
    if broken := re.search("[\ud800-\udfff]", source):
        return ExpressionFault(
            phrase("half of a character"),
            *place(source, broken.start()),
            expected=phrase("text that UTF-8 can hold"),
        )
    depth = 0
    for match in _BRACKETS.finditer(source):
        if match[0] in "([{":
            depth += 1
        elif match[0] in ")]}":
            depth -= 1
        if depth > DEEPEST_BRACKETS:
            line, column = place(source, match.start())
            expected = phrase("at most %(most)s inside one another", most=DEEPEST_BRACKETS)
            return ExpressionFault(phrase("too many open brackets"), line, column, expected=expected)
    return None


@dataclass(frozen=True, slots=True)
class Lint:
    """The lints of one expression, which CEL has accepted."""

    source: str
    types: Mapping[str, Types]
    """The types of the fields of ``data`` and, where there is one, of ``event``."""

    def faults(self, tree: Node) -> Iterator[ExpressionFault]:
        """Yield everything that the lints find in ``tree``."""
        yield from self._whole(tree)
        yield from self._comprehensions(tree, ())
        for node in walk(tree):
            match node:
                case Call(function=function, arguments=(left, right)) if function in _COMPARISONS:
                    yield from self._compared(left, right)
                case Call(function="@in", arguments=(left, right)):
                    yield from self._member(left, right)
                case Literal(message=message) if message:
                    yield self._fault(
                        node.offset, phrase("no `%(message)s` can be made here", message=message)
                    )
                case _:
                    pass

    def results(self, tree: Node, expected: ValueType) -> Iterator[ExpressionFault]:
        """Yield the literals that ``tree`` may give as its value, and that ``expected`` does not admit."""
        match tree:
            case Constant():
                yield from self._judge(tree, expected)
            case Call(function="_?_:_", arguments=(_, first, second)):
                yield from self.results(first, expected)
                yield from self.results(second, expected)
            case _:
                pass

    def _whole(self, tree: Node) -> Iterator[ExpressionFault]:
        for node in walk(tree):
            if isinstance(node, Select):
                continue
            for part in (node, *parts_of(node)) if node is tree else parts_of(node):
                if isinstance(part, Name) and part.id in ("data", "event"):
                    yield self._fault(
                        part.offset,
                        phrase("`%(id)s` is no value by itself", id=part.id),
                        expected=phrase("one field, `%(id)s.…`", id=part.id),
                    )

    def _comprehensions(self, node: Node, accumulators: tuple[str, ...]) -> Iterator[ExpressionFault]:
        match node:
            case Comprehension():
                yield from self._comprehensions(node.over, accumulators)
                yield from self._bound(node, len(accumulators) + 1)
                for part in node.body:
                    yield from self._comprehensions(part, (*accumulators, node.accumulator))
            case _:
                if accumulators and isinstance(node, Call) and set(node.overloads) & set(_JOINS):
                    first = node.arguments[0]
                    # `map` and `filter` themselves join each item to what they gather.
                    if not (isinstance(first, Name) and first.id in accumulators):
                        yield self._fault(
                            node.offset,
                            phrase("`+` may not join texts or lists inside all, exists, map or filter"),
                            hint=phrase("compare the parts instead"),
                        )
                for part in parts_of(node):
                    yield from self._comprehensions(part, accumulators)

    def _bound(self, node: Comprehension, depth: int) -> Iterator[ExpressionFault]:
        if depth == DEEPEST_COMPREHENSIONS + 1:
            yield self._fault(
                node.offset,
                phrase("all, exists, map and filter are nested too deeply"),
                expected=phrase(
                    "at most %(most)s inside one another",
                    most=DEEPEST_COMPREHENSIONS,
                ),
            )
        for variable in node.variables:
            if variable in _RESERVED:
                hint = phrase("call the item something else than `%(variable)s`", variable=variable)
                yield self._fault(
                    node.offset, phrase("`%(variable)s` already has a meaning", variable=variable), hint=hint
                )

    def _type_of(self, node: Node) -> ValueType | None:
        if isinstance(node, Name) and node.id == "today":
            return _DAY
        found = field_of(node)
        return self.types.get(found[0], {}).get(found[1]) if found else None

    def _compared(self, left: Node, right: Node) -> Iterator[ExpressionFault]:
        first, second = self._type_of(left), self._type_of(right)
        if first is not None and isinstance(right, Constant):
            yield from self._judge_text(right, first)
        elif second is not None and isinstance(left, Constant):
            yield from self._judge_text(left, second)
        elif first is not None and second is not None and {first.kind, second.kind} == {"date", "month"}:
            yield self._fault(
                max(left.offset, right.offset),
                phrase("a date cannot be compared with a month"),
                hint=phrase("a month means its end: use a deadline, which knows that"),
            )

    def _member(self, left: Node, right: Node) -> Iterator[ExpressionFault]:
        wanted, within = self._type_of(left), self._type_of(right)
        if wanted is not None and isinstance(right, Literal):
            for part in right.parts:
                if isinstance(part, Constant):
                    yield from self._judge_text(part, wanted)
        elif within is not None and within.kind == "list" and within.item and isinstance(left, Constant):
            yield from self._judge_text(left, within.item)

    def _judge_text(self, constant: Constant, expected: ValueType) -> Iterator[ExpressionFault]:
        if expected.kind in ("choice", "date", "month") and isinstance(constant.value, str):
            yield from self._judge(constant, expected)

    def _judge(self, constant: Constant, expected: ValueType) -> Iterator[ExpressionFault]:
        if expected.kind == "choice" and not expected.choices:
            return  # that it has none is a fault of its own
        try:
            expected.admit(constant.value)
        except ValueError as error:
            hint = None
            if expected.kind == "choice":
                hint = did_you_mean(str(constant.value), expected.choices, '"{}"'.format)
            yield self._fault(constant.offset, str(error), hint=hint)

    def _fault(
        self, offset: int, message: str, *, expected: str | None = None, hint: str | None = None
    ) -> ExpressionFault:
        line, column = place(self.source, offset)
        return ExpressionFault(message, line, column, expected=expected, hint=hint)
