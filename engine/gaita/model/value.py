"""The values that data fields hold, and the types that say which of them are admitted.

Inside the engine every value is plain JSON: a date is the string ``2025-03-01``, a month ``2025-03``, a
moment ``2025-03-01T10:00:00Z``. So what a guard reads, what a record keeps and what the database holds
are one and the same, and dates compare as text.
"""

import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Literal, TypeAlias, cast

from gaita.clock import as_utc
from gaita.fault import found, listed, numeral
from gaita.phrase import joined, phrase
from gaita.title import Title
from gaita.written_json import UnreadableJson, read_json
from gaita.written_time import EXAMPLES, Wanted, advice_on, day_from, moment_from, month_from

Value: TypeAlias = str | int | float | bool | list["Value"] | dict[str, "Value"]
Data: TypeAlias = Mapping[str, Value]

Kind: TypeAlias = Literal[
    "string", "integer", "number", "boolean", "choice", "date", "month", "moment", "list", "map"
]

_BOOLEANS = {"true": True, "yes": True, "false": False, "no": False}

LARGEST_INTEGER = 2**53 - 1
"""RFC 8785 (and every JSON reader) is exact up to here."""
LONGEST_STRING = 10_000
MOST_ITEMS = 1_000


@dataclass(frozen=True, slots=True)
class ValueType:
    """Which values are admitted.

    ``choices`` belongs to ``choice``; ``item`` to ``list`` and ``map`` (a map's keys are strings); the
    bounds belong to ``integer`` and ``number``, and both are admitted themselves.
    """

    kind: Kind
    choices: tuple[str, ...] = ()
    item: "ValueType | None" = None
    minimum: float | None = None
    maximum: float | None = None

    def admit(self, value: object) -> Value:
        """Return ``value`` in the form in which the engine keeps it.

        ``date`` and aware ``datetime`` objects become text, a whole number given for a ``number`` becomes
        a float. Raises ``ValueError`` with a sentence saying what was expected and what was found.
        """
        match self.kind:
            case "string":
                return self._admit_string(value)
            case "choice":
                if not isinstance(value, str) or value not in self.choices:
                    raise self._unlike(value, phrase("one of %(choices)s", choices=listed(self.choices, 12)))
                return value
            case "boolean":
                if not isinstance(value, bool):
                    raise self._unlike(value, phrase("true or false"))
                return value
            case "integer" | "number":
                return self._admit_number(value)
            case "date" | "month" | "moment":
                return self._admit_time(value, self.kind)
            case "list":
                return self._admit_list(value)
            case "map":
                return self._admit_map(value)

    def read(self, text: str) -> object:
        """Return what a typed text stands for: a cell of a spreadsheet, an argument of the command line.

        ``true`` and ``yes`` are true; a list may be written ``a, b`` or as JSON, a map as JSON. Whether the
        value is admitted, ``admit`` says. Raises ``ValueError`` with what was expected and found.
        """
        match self.kind:
            case "integer" | "number":
                try:
                    return int(text) if self.kind == "integer" else float(text)
                except ValueError:
                    wanted = phrase("a whole number") if self.kind == "integer" else phrase("a number")
                    hint = (
                        phrase("; write a point, as in 2.5") if re.fullmatch(r"\s*-?\d+,\d+\s*", text) else ""
                    )
                    raise ValueError(
                        phrase(
                            "expected %(wanted)s, found %(found)s%(hint)s",
                            wanted=wanted,
                            found=found(text),
                            hint=hint,
                        )
                    ) from None
            case "boolean":
                if text.casefold() not in _BOOLEANS:
                    raise self._unlike(text, phrase("true or false"))
                return _BOOLEANS[text.casefold()]
            case "list" if not text.startswith("["):
                item = cast("ValueType", self.item)
                return [item.read(part.strip()) for part in text.split(",")] if text else []
            case "list" | "map":
                try:
                    return read_json(text)
                except UnreadableJson as error:
                    raise self._unlike(text, "JSON", str(error)) from None
            case _:
                return text

    def _admit_string(self, value: object) -> str:
        if not isinstance(value, str):
            raise self._unlike(value, phrase("a text"))
        if len(value) > LONGEST_STRING:
            message = phrase(
                "expected at most %(most)s characters, found %(number)s",
                most=LONGEST_STRING,
                number=len(value),
            )
            raise ValueError(message)
        if any("\ud800" <= character <= "\udfff" for character in value):
            raise self._unlike(value, phrase("text that UTF-8 can hold"))
        return value

    def _admit_number(self, value: object) -> int | float:
        whole = self.kind == "integer"
        if isinstance(value, bool) or not isinstance(value, int if whole else (int, float)):
            raise self._unlike(value, phrase("a whole number") if whole else phrase("a number"))
        # A negative zero is the same number, and canonical JSON knows only the other.
        number = value if whole else float(value) + 0.0
        if not -LARGEST_INTEGER <= number <= LARGEST_INTEGER:  # a NaN fails here too
            raise self._unlike(
                value,
                phrase(
                    "a number between -%(most)s and %(most)s",
                    most=LARGEST_INTEGER,
                ),
            )
        if self.minimum is not None and number < self.minimum:
            raise self._unlike(value, phrase("at least %(minimum)s", minimum=numeral(self.minimum)))
        if self.maximum is not None and number > self.maximum:
            raise self._unlike(value, phrase("at most %(most)s", most=numeral(self.maximum)))
        return number

    def _admit_time(self, value: object, kind: Wanted) -> str:
        expected = phrase("%(kind)s such as %(example)s", kind=kind_phrase(kind), example=EXAMPLES[kind])
        if isinstance(value, str):
            if kind == "moment":
                moment = moment_from(value)
                kept = None if moment is None else moment_text(moment)
            elif kind == "date":
                day = day_from(value)
                kept = None if day is None else day.isoformat()
            else:
                kept = month_from(value)
            if kept is None:
                raise self._unlike(value, expected, advice_on(value, kind))
            return kept
        if isinstance(value, datetime):
            if kind == "moment":
                if value.tzinfo is None:
                    raise self._unlike(value, expected, phrase("it names no time zone"))
                with suppress(OverflowError):
                    return moment_text(as_utc(value))
        elif isinstance(value, date) and kind == "date":
            return value.isoformat()
        raise self._unlike(value, expected)

    def _admit_list(self, value: object) -> list[Value]:
        if not isinstance(value, list | tuple):
            raise self._unlike(value, phrase("a list"))
        items = cast("list[object]", value)
        self._bound(len(items))
        item = cast("ValueType", self.item)
        return [item.admit(each) for each in items]

    def _admit_map(self, value: object) -> dict[str, Value]:
        if not isinstance(value, Mapping):
            raise self._unlike(value, phrase("a map from names to values"))
        entries = cast("Mapping[object, object]", value)
        self._bound(len(entries))
        item = cast("ValueType", self.item)
        return {self._admit_string(key): item.admit(each) for key, each in entries.items()}

    def _bound(self, found: int) -> None:
        if found > MOST_ITEMS:
            message = phrase("expected at most %(most)s items, found %(found)s", most=MOST_ITEMS, found=found)
            raise ValueError(message)

    def _unlike(self, value: object, expected: str, advice: str | None = None) -> ValueError:
        said = phrase("expected %(expected)s, found %(found)s", expected=expected, found=found(value))
        return ValueError(said if advice is None else joined("; ", [said, advice]))


def kind_phrase(kind: Kind) -> str:
    """Return what a value of a kind is called in a message: ``a date``."""
    return _KINDS[kind]


_KINDS: Mapping[Kind, str] = {
    "string": phrase("a text"),
    "integer": phrase("a whole number"),
    "number": phrase("a number"),
    "boolean": phrase("true or false"),
    "choice": phrase("a choice"),
    "date": phrase("a date"),
    "month": phrase("a month"),
    "moment": phrase("a moment"),
    "list": phrase("a list"),
    "map": phrase("a map"),
}


def moment_text(moment: datetime) -> str:
    """Return an aware UTC instant as RFC 3339 text ending in ``Z``; microseconds only where it has any."""
    return moment.isoformat().replace("+00:00", "Z")


def moment_of(text: str) -> datetime:
    """Return the UTC instant that ``moment_text`` wrote."""
    return datetime.fromisoformat(text)


@dataclass(frozen=True, slots=True)
class Field:
    """A typed place for a value, in an instance's data or in an event's payload."""

    id: str
    type: ValueType
    title: Title
    personal: bool = False
    """Whether it is about a person (and is to be kept out of logs and messages)."""
    by: tuple[str, ...] = ()
    """The roles that may change it directly; empty: it changes only through transitions."""
    default: Value | None = None
    optional: bool = False
    """For a payload's field: whether an event may leave it out."""
    choice_titles: Mapping[str, Title] = field(default_factory=dict[str, Title])
    """What people read for each choice (of a list or a map: of its items), where the file gives a title."""
