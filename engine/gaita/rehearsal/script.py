"""The script of a rehearsal: a file of dated commands, as JSON Lines or as CSV.

A line of JSON Lines is one object; a row of CSV has the same names as its columns, the values of ``data``
and ``payload`` in columns of their own (``data.budget_eur``, ``payload.users``), roles separated by spaces,
and an empty cell for what is left out. Every name:

- ``at``: when, a day (its beginning, in the workflow's zone) or a moment with its offset;
- ``command``: ``start``, ``adopt``, ``fire``, ``set``, ``pause``, ``resume`` or ``extend``; ``undo``,
  ``amend`` or ``insert`` for a correction; ``instance``: the id of the case;
- ``event`` and ``payload`` for ``fire``, ``insert`` and ``amend``; ``data`` for ``start``, ``adopt``, ``set``
  and ``amend``;
- ``state``, ``since`` and ``reason`` for ``adopt``; ``reason`` for all but ``start`` and ``fire``;
- ``unparseable`` for ``set``: true where the source foretells something without a point in time ("TBC"): the
  field becomes ``null``, and the reason says what was written;
- ``deadline`` for ``pause``, ``resume`` and ``extend``, ``by`` (an amount of time) for ``extend``;
- ``on``: when it took effect, a day (its last instant) or a moment, where that was before ``at``: for what is
  entered late, for ``insert``, and for ``amend``, which lets an entry take effect then;
- ``entry`` for ``undo`` and ``amend``: the entry's id, its number in the history of the case;
- ``actor``, ``roles``: who asks, and what they are;
- ``expect``: ``accepted`` or ``refused``, what is known to have come out.

Lines need not be in order: they are carried out by their moments, equal ones in the order of the file.
In JSON Lines ``null`` clears a field of data. Empty lines, and those that begin with ``#``, say nothing.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time
from itertools import islice
from typing import Literal, TypeAlias, cast

from gaita.calendar import UnreadableAmount, moment_on, parse_amount
from gaita.encoding import text_of
from gaita.errors import FaultyFile
from gaita.fault import Fault, Place, did_you_mean, hint_for, listed, shown
from gaita.model.value import Field, kind_phrase
from gaita.model.workflow import Workflow
from gaita.phrase import Phrase, formed, phrase
from gaita.rehearsal.script_rows import Row, csv_rows, json_rows
from gaita.written_time import advice_on, day_from, moment_from

MOST_BYTES = 64 * 1024 * 1024
MOST_LINES = 250_000
MOST_FAULTS = 100

Verb: TypeAlias = Literal[
    "start", "adopt", "fire", "set", "pause", "resume", "extend", "undo", "amend", "insert"
]
Answer: TypeAlias = Literal["accepted", "refused"]

_TAKES: Mapping[str, tuple[str, ...]] = {
    "start": ("data",),
    "adopt": ("data", "state", "since", "reason"),
    "fire": ("event", "payload", "on"),
    "set": ("data", "reason", "unparseable", "on"),
    "pause": ("deadline", "reason", "on"),
    "resume": ("deadline", "reason", "on"),
    "extend": ("deadline", "by", "reason", "on"),
    "undo": ("entry", "reason"),
    "amend": ("entry", "event", "payload", "data", "on", "reason"),
    "insert": ("event", "payload", "on", "reason"),
}
_NEEDS: Mapping[str, tuple[str, ...]] = {
    "start": (),
    "adopt": ("reason",),
    "fire": ("event",),
    "set": ("data",),
    "pause": ("deadline", "reason"),
    "resume": ("deadline",),
    "extend": ("deadline", "by", "reason"),
    "undo": ("entry", "reason"),
    "amend": ("entry", "reason"),
    "insert": ("event", "on", "reason"),
}
_NOT_DECLARED: Mapping[str, Phrase] = {
    "event": phrase("the workflow %(id)s has no event %(value)s"),
    "state": phrase("the workflow %(id)s has no state %(value)s"),
    "deadline": phrase("the workflow %(id)s has no deadline %(value)s"),
}
_ALWAYS = ("at", "command", "instance", "actor", "roles", "expect")
_NAMES = (
    *_ALWAYS, "event", "payload", "data", "state", "since", "reason", "deadline", "by", "unparseable", "on",
    "entry",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Line:
    """One dated command, and where it stands."""

    place: Place
    at: datetime
    command: Verb
    instance: str
    event: str | None = None
    payload: Mapping[str, object] = field(default_factory=dict[str, object])
    data: Mapping[str, object] = field(default_factory=dict[str, object])
    state: str | None = None
    since: datetime | None = None
    reason: str | None = None
    deadline: str | None = None
    by: str | None = None
    actor: str = "system"
    roles: tuple[str, ...] = ()
    expect: Answer | None = None
    unparseable: bool = False
    """Whether what was forecast named no point in time; otherwise ``null`` takes a forecast back."""
    on: date | datetime | None = None
    """When it took effect: a day means its last instant; ``None``: at ``at``."""
    entry: str | None = None
    """The entry that a correction takes back or amends."""


@dataclass(frozen=True, slots=True)
class Script:
    """Every command of a file, by moment; equal moments in the order of the file."""

    name: str
    lines: tuple[Line, ...]


def read_script(source: bytes | str, name: str, workflow: Workflow) -> Script:
    """Return the script in ``source``, the content of the file called ``name``.

    A name that ends in ``.csv`` is read as CSV, any other as JSON Lines. Raises ``FaultyFile`` with every
    fault: of form, and of what does not fit ``workflow``.
    """
    reader = _Reader(name, workflow)
    return reader.read(source.encode("utf-8", "surrogatepass") if isinstance(source, str) else source)


class _Reader:
    def __init__(self, name: str, workflow: Workflow) -> None:
        self._name = name
        self._workflow = workflow
        self._faults: list[Fault] = []

    def read(self, source: bytes) -> Script:
        if len(source) > MOST_BYTES:
            self._fail(
                "size",
                None,
                phrase("the file has %(number)s bytes", number=len(source)),
                phrase("at most %(most)s", most=MOST_BYTES),
            )
        text = text_of(source, self._name)
        if isinstance(text, Fault):
            raise FaultyFile(self._name, [text])
        if (count := source.count(b"\n")) > MOST_LINES:
            place = Place(self._name, MOST_LINES + 1, 1)
            self._fail(
                "size",
                place,
                phrase("the file has %(number)s lines", number=count),
                phrase("at most %(most)s", most=MOST_LINES),
            )
        is_csv = self._name.lower().endswith(".csv")
        rows = csv_rows(text, self._name, _NAMES) if is_csv else json_rows(text, self._name)
        lines: list[Line] = []
        for row in rows:
            line = self._line(row)
            if line is not None:
                lines.append(line)
            if len(self._faults) >= MOST_FAULTS:
                break
        if self._faults:
            raise FaultyFile(self._name, self._faults)
        if not lines:
            expected = phrase('a line such as {"at": "2022-05-10", "command": "start", "instance": "first"}')
            self._fail("empty", Place(self._name, 1, 1), phrase("the file holds no command"), expected)
        return Script(self._name, tuple(sorted(lines, key=lambda line: line.at)))

    def _fail(self, code: str, place: Place | None, message: str, expected: str) -> None:
        raise FaultyFile(self._name, [*self._faults, Fault(code, message, place, expected)])

    def _add(
        self,
        code: str,
        place: Place,
        message: str,
        *,
        expected: str | None = None,
        hint: str | None = None,
    ) -> None:
        self._faults.append(Fault(code, message, place, expected, hint))

    def _line(self, row: Row | Fault) -> Line | None:
        if isinstance(row, Fault):
            self._faults.append(row)
            return None
        before = len(self._faults)
        for name in islice((each for each in row.values if each not in _NAMES), MOST_FAULTS):
            hint = did_you_mean(name, _NAMES)
            self._add(
                "unknown", row.place_of(name), phrase("%(name)s is unknown", name=shown(name)), hint=hint
            )
        command = self._one_of(row, "command", tuple(_TAKES))
        at = self._moment(row, "at", needed=True)
        instance = self._text(row, "instance", needed=True)
        expect = self._one_of(row, "expect", ("accepted", "refused"), needed=False)
        actor = self._text(row, "actor")
        roles = self._roles(row)
        if command is not None:
            self._check_fit(row, command)
        event = self._known(row, "event", self._workflow.events)
        state = self._known(row, "state", self._workflow.states)
        payload: dict[str, object] = {}
        if event is not None:
            payload = self._values(row, "payload", self._workflow.events[event].payload)
            if len(self._faults) == before and command != "amend":
                self._check_complete(row, event, payload)
        data = self._values(row, "data", self._workflow.fields)
        since = self._moment(row, "since")
        reason = self._text(row, "reason")
        deadline = self._known(row, "deadline", self._workflow.rules)
        by = self._amount(row)
        unparseable = self._truth(row, "unparseable")
        on = self._day_or_moment(row, "on")
        entry = self._text(row, "entry")
        if len(self._faults) > before or command is None or at is None or instance is None:
            return None
        return Line(
            row.place,
            at,
            cast("Verb", command),
            instance,
            event,
            payload,
            data,
            state,
            since,
            reason,
            deadline,
            by,
            actor or "system",
            roles,
            cast("Answer | None", expect),
            unparseable,
            on,
            entry,
        )

    def _check_fit(self, row: Row, command: str) -> None:
        allowed = (*_ALWAYS, *_TAKES[command])
        for name in row.values:
            if name in _NAMES and name not in allowed:
                message = phrase(
                    "the command %(command)s takes no %(name)s", command=command, name=shown(name)
                )
                self._add("unfit", row.place_of(name), message, expected=listed(_TAKES[command]))
        for name in _NEEDS[command]:
            if name not in row.values:
                self._add(
                    "missing",
                    row.place,
                    phrase("the command %(command)s needs %(name)s", command=command, name=shown(name)),
                )
        if command == "adopt" and "state" not in row.values and "since" not in row.values:
            self._add("missing", row.place, phrase("the command adopt needs `state` or `since`"))

    def _check_complete(self, row: Row, event: str, payload: Mapping[str, object]) -> None:
        for declared in self._workflow.events[event].payload.values():
            if payload.get(declared.id) is None and not declared.optional:
                message = phrase("the event %(event)s must carry %(id)s", event=event, id=shown(declared.id))
                self._add("missing", row.place, message, expected=kind_phrase(declared.type.kind))

    def _text(self, row: Row, name: str, *, needed: bool = False) -> str | None:
        value = row.values.get(name)
        if value is None:
            if needed:
                self._add("missing", row.place, phrase("%(name)s is missing", name=shown(name)))
            return None
        if not isinstance(value, str) or not value:
            self._add(
                "type",
                row.place_of(name),
                phrase("%(name)s is no text", name=shown(name)),
                expected=phrase("a text"),
            )
            return None
        return value

    def _truth(self, row: Row, name: str) -> bool:
        value = row.values.get(name)
        if row.is_text and isinstance(value, str):
            value = {"true": True, "false": False}.get(value.lower(), value)
        if not isinstance(value, bool | None):
            self._add(
                "type",
                row.place_of(name),
                phrase("%(value)s is neither", value=shown(str(value))),
                expected=phrase("true or false"),
            )
        return value is True

    def _one_of(self, row: Row, name: str, known: Sequence[str], *, needed: bool = True) -> str | None:
        value = self._text(row, name, needed=needed)
        if value is not None and value not in known:
            hint = did_you_mean(value, known)
            self._add("unknown", row.place_of(name), f"{shown(value)}", expected=listed(known), hint=hint)
            return None
        return value

    def _known(
        self, row: Row, name: Literal["event", "state", "deadline"], known: Mapping[str, object]
    ) -> str | None:
        value = self._text(row, name)
        if value is not None and value not in known:
            message = _NOT_DECLARED[name].filled(id=self._workflow.id, value=shown(value))
            hint = hint_for(value, known)
            self._add("unknown", row.place_of(name), message, hint=hint)
            return None
        return value

    def _roles(self, row: Row) -> tuple[str, ...]:
        value = row.values.get("roles")
        names: list[object] = (
            [*value.split()] if isinstance(value, str) else cast("list[object]", value or [])
        )
        place = row.place_of("roles")
        if not isinstance(value, str | list | None):
            self._add("type", place, phrase("`roles` is no list"), expected=phrase("a list of roles"))
            return ()
        for name in names[:MOST_FAULTS]:
            if not isinstance(name, str) or name not in self._workflow.roles:
                hint = hint_for(str(name), self._workflow.roles)
                message = phrase(
                    "the workflow %(id)s has no role %(name)s", id=self._workflow.id, name=shown(str(name))
                )
                self._add("unknown", place, message, hint=hint)
        return tuple(str(name) for name in names)

    def _moment(self, row: Row, name: str, *, needed: bool = False) -> datetime | None:
        found = self._day_or_moment(row, name, needed=needed)
        if found is None or isinstance(found, datetime):
            return found
        return moment_on(found, time(), self._workflow.zone)

    def _day_or_moment(self, row: Row, name: str, *, needed: bool = False) -> date | datetime | None:
        text = self._text(row, name, needed=needed)
        if text is None:
            return None
        day = day_from(text)
        if day is not None:
            return day
        moment = moment_from(text)
        if moment is None:
            expected = phrase("a day such as 2022-05-10, or a moment such as 2022-05-10T10:00:00Z")
            hint = advice_on(text, "moment" if re.search(r"\d[T ]\d", text) else "date")
            message = phrase("%(text)s is no moment", text=shown(text))
            self._add("moment", row.place_of(name), message, expected=expected, hint=hint)
        return moment

    def _amount(self, row: Row) -> str | None:
        text = self._text(row, "by")
        if text is not None:
            try:
                parse_amount(text)
            except UnreadableAmount as error:
                self._add("amount", row.place_of("by"), error.what, hint=error.advice)
        return text

    def _values(self, row: Row, name: str, fields: Mapping[str, Field]) -> dict[str, object]:
        given = row.values.get(name)
        if given is None:
            return {}
        if not isinstance(given, dict):
            self._add(
                "type",
                row.place_of(name),
                phrase("%(name)s is no object", name=shown(name)),
                expected=phrase("an object"),
            )
            return {}
        values: dict[str, object] = {}
        for key, value in cast("dict[str, object]", given).items():
            if len(self._faults) >= MOST_FAULTS:
                break
            place = row.place_of(f"{name}.{key}")
            declared = fields.get(key)
            if declared is None:
                hint = hint_for(key, fields)
                self._add(
                    "unknown",
                    place,
                    phrase("%(name)s has no field %(key)s", name=name, key=shown(key)),
                    hint=hint,
                )
                continue
            try:
                typed = declared.type.read(str(value)) if row.is_text else value
                values[key] = None if typed is None else declared.type.admit(typed)
            except ValueError as error:
                self._add(
                    "value", place, formed("%(name)s.%(key)s: %(error)s", name=name, key=key, error=error)
                )
        return values
