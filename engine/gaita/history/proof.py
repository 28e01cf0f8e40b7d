"""Proof: whether a history is as it was sealed, and whether what is stored is what it leads to."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from gaita.clock import from_microseconds
from gaita.history.record import GENESIS, Record, seal
from gaita.model.value import moment_text

_MOMENTS = frozenset({"since", "started_at", "due", "armed_at", "paused_at", "ended_at", "at", "used_at"})
_OBJECTS = frozenset({"data", "memory", "entered", "course", "stays", "remembered"})
_LONGEST_SHOWN = 60


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is stored, and is not what the histories lead to."""

    table: str
    """Its name without the prefix, e.g. ``deadlines``."""
    where: str
    """Which row, in words: ``instance P-1, deadline 2``."""
    what: str
    """What is wrong with it."""
    instance: str | None = None
    record: int | None = None
    column: str | None = None
    """``None``: the row as a whole."""

    def __str__(self) -> str:
        """Say it in one line."""
        return f"{self.where}: {self.what}"


def chain_findings(instance: str, records: Sequence[Record]) -> list[Finding]:
    """Return what is wrong with the chain of one history: what was altered, removed or moved."""
    found: list[Finding] = []

    def add(record: Record, what: str) -> None:
        where = f"instance {instance}, record {record.sequence}"
        found.append(Finding("records", where, what, instance, record.sequence))

    previous, expected = GENESIS, 1
    for record in records:
        if type(record.sequence) is not int:  # SQLite keeps whatever is written into a column
            add(record, "was altered; its number is no whole number")
            continue
        if record.sequence != expected:
            gap = f"{expected}" if record.sequence == expected + 1 else f"{expected} to {record.sequence - 1}"
            add(record, f"record {gap} before it is missing")
        elif record.previous != previous:
            add(record, "does not follow the record before it (it was moved, or that one replaced)")
        if seal(record.text) != record.hash:
            add(record, "was altered; its content no longer has the hash it was sealed with")
        if record.body.get("sequence") != record.sequence or record.body.get("instance") != instance:
            add(record, "was moved; it says of itself that it is another record")
        previous, expected = record.hash, record.sequence + 1
    return found


def differences(
    table: str,
    where: str,
    instance: str | None,
    expected: Mapping[str, Any] | None,
    stored: Mapping[str, Any] | None,
) -> Iterator[Finding]:
    """Yield where a stored row is not the row that the history leads to, one column after the other.

    ``None``: there is no such row. Columns that ``expected`` leaves out are not looked at.
    """
    if expected is None:
        yield Finding(table, where, "is stored, but no record reports it", instance)
    elif stored is None:
        yield Finding(table, where, "was removed; the history reports it", instance)
    else:
        for column, value in expected.items():
            if not _same(column, value, stored[column]):
                what = _difference(column, value, stored[column])
                yield Finding(table, where, what, instance, column=column)


def _same(column: str, expected: object, stored: object) -> bool:
    if expected == stored:
        return not isinstance(stored, float)
    if column in _OBJECTS:
        return isinstance(stored, str) and _parsed(expected) == _parsed(stored) and _is_compact(stored)
    if column == "folded":  # the words that a search looks through: in any order
        return _lines(expected) == _lines(stored)
    return False


def _parsed(text: object) -> str | None:
    """Return JSON in one form for one meaning; ``None`` where it is no JSON."""
    try:
        return json.dumps(json.loads(str(text)), sort_keys=True)
    except (ValueError, RecursionError):
        return None


def _is_compact(text: str) -> bool:
    """Whether JSON is written as the engine writes it, but for the order of its names."""
    return json.dumps(json.loads(text), ensure_ascii=False, separators=(",", ":")) == text


def _lines(text: object) -> Sequence[str]:
    return sorted(text.split("\n")) if isinstance(text, str) else ()


def _difference(column: str, expected: object, stored: object) -> str:
    if column == "data":  # it may be personal: only the names of the fields are told
        if _parsed(expected) == _parsed(stored):
            return "its data was written anew: it means the same, but the engine writes it otherwise"
        return f"its data is not what its history leads to{_fields(expected, stored)}"
    if column == "folded":
        return "its folded text is not what its history leads to"
    return f"its {column} is {shown(column, stored)}, but its history leads to {shown(column, expected)}"


def _fields(expected: object, stored: object) -> str:
    try:
        before, after = json.loads(str(expected)), json.loads(str(stored))
        names = [name for name in {**before, **after} if before.get(name) != after.get(name)]
    except (AttributeError, TypeError, ValueError, RecursionError):
        return "; it cannot be read"
    return f": {', '.join(map(repr, names))}" if names else ""


def shown(column: str, value: object) -> str:
    """Return a stored value for a sentence: an instant as text, the rest as Python writes it."""
    if isinstance(value, int) and column in _MOMENTS:
        try:
            return moment_text(from_microseconds(value))
        except (OverflowError, ValueError):
            return str(value)
    text = ascii(value) if isinstance(value, bytes) else repr(value)
    return text if len(text) <= _LONGEST_SHOWN else f"{text[:_LONGEST_SHOWN]}…"
