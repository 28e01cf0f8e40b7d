"""The report: every fault found in one file, each with a stable code, gathered in the order of the file."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final, Literal, TypeAlias

from gaita.fault import Fault, Place, Severity, did_you_mean, listed, shown
from gaita.language.toml.places import Path, Places
from gaita.phrase import Phrase, phrase, plural_phrase

MOST_FAULTS: Final = 200
"""So many are told one by one; nobody mends more in one go, and a hostile file may have a million."""

_MOST_COMPARISONS: Final = 20_000
"""Of names with one another, while looking for what was meant: a bound on time (half a second)."""

MEANINGS: Final[Mapping[str, str]] = MappingProxyType(
    {
        # the file
        "file-size": "The file is larger than a workflow can be.",
        "encoding": "A byte is not UTF-8.",
        "nesting": "Lists, tables or keys lie too deep in one another.",
        "syntax": "The text is not TOML.",
        "number": "A number is too large to be kept exactly, or is none.",
        "too-many": "There are more faults, states or moves than can be dealt with.",
        # its shape
        "unknown-key": "A table has a key that the language does not know.",
        "missing-key": "A table lacks a key that it must have.",
        "wrong-type": "A value is of another type than its key asks for.",
        "wrong-value": "A value is of the right type, but not one of those that its key admits.",
        "bad-name": "A name is not made of small letters, digits and underscores.",
        "reserved-name": "A name has a meaning of its own in the language.",
        "characters": "A text holds a character that cannot be seen, or a line break.",
        "unknown-language": "A title is in a language that there are no texts in.",
        # names
        "unknown-state": "A state is named that is not declared.",
        "ambiguous-state": "Several states have this name: the whole path tells them apart.",
        "unknown-event": "An event is named that is not declared.",
        "unknown-role": "A role is named that is not declared.",
        "unknown-field": "A data field is named that is not declared.",
        "unknown-zone": "There is no time zone of this name.",
        "duplicate": "The same thing stands twice in one list.",
        # data
        "field": "What is said of a field does not suit its type.",
        "default": "A default is not a value that the field admits.",
        # states and transitions
        "initial": "The initial state of a workflow or a compound state is missing or unfit.",
        "final": "A final state has something that only a state in mid-life has.",
        "regions": "What is said of states side by side, or of when they are done, does not fit together.",
        "language": "Something is used that a later version of the language brought.",
        "verdict": "A state that is not final has a verdict, or a word near one that has a meaning.",
        "unreachable": "No way leads to a state from the initial one.",
        "no-way-out": "A state is not final, and no transition leads out of it.",
        "guard": "A condition cannot be read, or its types do not fit.",
        "set": "An expression that sets a field cannot be read, or its type does not fit.",
        "automatic": "A transition without an event has what needs one.",
        "endless": "Transitions without an event lead round in a circle.",
        "overlap": "A transition is never taken: an earlier one is always chosen before it.",
        "unused-event": "An event is declared that no transition has.",
        # deadlines
        "amount": "An amount of time cannot be read.",
        "no-calendar": "Working time is counted, and no calendar is named.",
        "unknown-calendar": "A calendar is named that there is none of.",
        "beyond-calendar": "Working time may run past the last day that the calendar knows.",
        "anchor": "A deadline cannot be counted from what it names.",
        "recurrence": "A deadline comes round too often, or escalates what nothing can meet.",
        "pause": "The clock of a deadline cannot stand there, or at all.",
        "extend": "How much more time may be granted, and by whom, is not said as a whole.",
        "horizon": "What is said of the end of the programme does not suit it.",
        "due": "A deadline does not say, or says twice, when it is due.",
        "beyond-horizon": "A date lies after the workflow's horizon.",
        "rung": "A rung of an escalation neither tells anyone nor fires an event.",
        "order": "Reminders or rungs are not in the order of time.",
        "nobody-hears": "A reminder does not say who hears of it, and nothing else does.",
        "never-set": "A condition reads a field to which nothing gives a value.",
        "unheard": "Nobody hears of a deadline, and nothing happens when it is due.",
        "circle": "A deadline fires an event that enters its state again, where it is due at once.",
        "past": "The last day of the workflow is past.",
        "calendar-ends": "The calendar ends before deadlines of the workflow may.",
        "fired-event": "A deadline fires an event that cannot happen then.",
    }
)
"""Every code with its meaning."""


NamedKind: TypeAlias = Literal["state", "event", "role", "field", "deadline"]
"""What a file declares under a name."""
_UNKNOWN: Final[Mapping[NamedKind, Phrase]] = {
    "state": phrase("there is no state %(name)s"),
    "event": phrase("there is no event %(name)s"),
    "role": phrase("there is no role %(name)s"),
    "field": phrase("there is no field %(name)s"),
    "deadline": phrase("there is no deadline %(name)s"),
}
_NONE_DECLARED: Final[Mapping[NamedKind, Phrase]] = {
    "state": phrase("one that is declared: the file has no state yet"),
    "event": phrase("one that is declared: the file has no event yet"),
    "role": phrase("one that is declared: the file has no role yet"),
    "field": phrase("one that is declared: the file has no field yet"),
    "deadline": phrase("one that is declared: the file has no deadline yet"),
}


@dataclass(frozen=True, slots=True)
class Lost:
    """What could not be read of a file, so that nothing is said to be missing that merely was not read."""

    names: frozenset[str] = frozenset()
    """The keys and names of all that was taken out because it did not fit."""
    everything: bool = False
    """Whether whole lines were left out for their syntax: then anything may have stood there."""

    def has(self, *names: str) -> bool:
        """Whether something of one of these names may have been lost."""
        return self.everything or not self.names.isdisjoint(names)

    @property
    def nothing(self) -> bool:
        """Whether all of the file was read."""
        return not self.everything and not self.names


class Report:
    """Gathers faults. Asks for a place only when there is one to tell of."""

    __slots__ = ("_comparisons", "_deployed", "_errors", "_places", "faults", "left_out", "warnings_left_out")

    def __init__(self, places: Places, faults: Iterable[Fault] = (), *, deployed: bool = False) -> None:
        """Begin with ``faults`` known already; of a ``deployed`` workflow, newer faults are let pass."""
        self._deployed = deployed
        self._places = places
        self.faults = list(faults)
        self._errors = sum(fault.severity == "error" for fault in self.faults)
        self.left_out = 0
        self.warnings_left_out = 0
        self._comparisons = 0

    @property
    def is_full(self) -> bool:
        """Whether further errors are only counted. Warnings have a bound of their own, and hide no error."""
        return self._errors >= MOST_FAULTS

    def add(
        self,
        code: str,
        path: Path,
        message: str,
        *,
        expected: str | None = None,
        hint: str | None = None,
        severity: Severity = "error",
        key: bool = False,
        newer: bool = False,
    ) -> None:
        """Add a fault at the value at ``path`` (with ``key``, at its key).

        ``newer``: an earlier release accepted such a file, and it may be deployed.
        """
        if newer and self._deployed:
            return
        if severity == "warning" and len(self.faults) - self._errors >= MOST_FAULTS:
            self.warnings_left_out += 1
        elif severity == "error" and self.is_full:
            self.left_out += 1
        else:
            place = self._places.key(path) if key else self._places.value(path)
            self._add(Fault(code, message, place, expected, hint, severity))

    def add_inside(
        self,
        code: str,
        path: Path,
        message: str,
        *,
        line: int,
        column: int,
        expected: str | None = None,
        hint: str | None = None,
    ) -> None:
        """Add a fault at a line and column (from 1) of what the string at ``path`` says."""
        if not self.is_full:
            self._add(Fault(code, message, self._places.inside(path, line, column), expected, hint))
        else:
            self.left_out += 1

    def later(self, path: Path) -> None:
        """Add that the key at ``path`` came with a later version of the language than the file names."""
        message = phrase("%(key)s asks for language = 2", key=shown(str(path[-1])))
        self.add("language", path, message, hint=phrase("write language = 2 in the first line"), key=True)

    def unknown(
        self,
        kind: NamedKind,
        path: Path,
        name: str,
        names: Iterable[str],
        *,
        key: bool = False,
        also: Sequence[str] = (),
    ) -> None:
        """Add that ``name`` is none of the declared ``names`` of a kind: state, event, role, field.

        ``also``: words of the language that might have been meant there.
        """
        if self.is_full:
            self.left_out += 1
            return
        declared = list(names)
        self._comparisons += len(declared)
        hint = did_you_mean(name, [*also, *declared]) if self._comparisons <= _MOST_COMPARISONS else None
        self.add(
            f"unknown-{kind}",
            path,
            _UNKNOWN[kind].filled(name=shown(name)),
            expected=listed(declared) if declared else _NONE_DECLARED[kind],
            hint=hint,
            key=key,
        )

    def finished(self) -> tuple[Fault, ...]:
        """Return all faults in the order of the file; the last says how many more there are."""
        ordered = sorted(self.faults, key=_position)
        if self.left_out:
            message = plural_phrase(
                "there is %(number)s more fault, not listed here",
                "there are %(number)s more faults, not listed here",
                self.left_out,
            )
            ordered.append(
                Fault("too-many", message, Place(self._places.name, 1, 1), hint=phrase("mend these first"))
            )
        elif self.warnings_left_out:
            message = plural_phrase(
                "there is %(number)s more warning, not listed here",
                "there are %(number)s more warnings, not listed here",
                self.warnings_left_out,
            )
            ordered.append(Fault("too-many", message, Place(self._places.name, 1, 1), severity="warning"))
        return tuple(ordered)

    def _add(self, fault: Fault) -> None:
        if fault.code not in MEANINGS:
            raise KeyError(fault.code)  # ours to mend, not the operator's
        self.faults.append(fault)
        self._errors += fault.severity == "error"


def _position(fault: Fault) -> tuple[int, int]:
    return (fault.place.line, fault.place.column) if fault.place else (0, 0)
