"""Reading: how what an instance holds is handed to CEL, and how CEL's failures read."""

import re
from collections.abc import Callable
from typing import Any, TypeAlias

from google.protobuf.timestamp_pb2 import Timestamp

from gaita.clock import to_microseconds
from gaita.language.expressions.tree import Call, Constant, Node, Select, field_of
from gaita.model.value import ValueType, moment_of

Convert: TypeAlias = Callable[[Any], object]

_FAILURES = {
    "divide by zero": "a division by zero",
    "modulus by zero": "a division by zero",
    "Iteration budget exceeded": "it takes more steps than the engine allows",
    "integer overflow": "a whole number grows out of range",
}


def entry_of(node: Node) -> tuple[str, str, str] | None:
    """Return owner, field and key of ``data.scores.safety`` or ``data.scores["safety"]``."""
    match node:
        case Select(operand=operand, field=key):
            found = field_of(operand)
        case Call(function="_[_]", arguments=(operand, Constant(value=str() as key))):
            found = field_of(operand)
        case _:
            return None
    return (*found, key) if found else None


def converter(value_type: ValueType) -> Convert | None:
    """Return what turns a kept value into CEL's, where they differ; ``None`` where they are the same."""
    match value_type.kind:
        case "number":
            return float  # canonical JSON writes 3.0 as 3, and CEL does not mix the two
        case "moment":
            return _timestamp
        case "list" | "map" if value_type.item is not None:
            inner = converter(value_type.item)
            if inner is None:
                return None
            if value_type.kind == "list":
                return lambda items: [inner(item) for item in items]
            return lambda entries: {key: inner(item) for key, item in entries.items()}
        case _:
            return None


def _timestamp(text: str) -> Timestamp:
    # A datetime is not admitted inside a dict; protobuf's own timestamp is.
    seconds, microseconds = divmod(to_microseconds(moment_of(text)), 1_000_000)
    return Timestamp(seconds=seconds, nanos=microseconds * 1_000)


def failure(report: str) -> str:
    """Return CEL's report of an error in our words, where we have any."""
    known = next((words for sign, words in _FAILURES.items() if sign in report), None)
    return known or re.sub(r"^[A-Z_]+: | \[[A-Z_]+\]$", "", report)
