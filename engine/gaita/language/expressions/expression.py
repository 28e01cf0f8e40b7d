"""Expressions: the guard language, which is CEL. The only module that knows the library behind it.

An expression is checked where every field has its type, and run where ``data`` and ``event`` are plain
dicts: there an unset field is an error that can be told from a value. Compiled expressions may be
evaluated from many threads at once.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, TypeAlias

from cel_expr_python import cel

from gaita.clock import EPOCH
from gaita.language.expressions.faults import ExpressionFault, ExpressionFaults, Names, complaints, place
from gaita.language.expressions.in_state import VARIABLE, StateNames, state_asked, with_entries
from gaita.language.expressions.lint import Lint, scan
from gaita.language.expressions.tree import Call, Constant, Name, Node, Select, decode, field_of, walk
from gaita.language.expressions.types import DATA, EVENT, Types, fits, in_words, pool_of, type_name
from gaita.language.expressions.values import converter, entry_of, failure
from gaita.model.value import Field, Value, ValueType
from gaita.model.workflow import Expression, Failed, Unknown
from gaita.phrase import phrase

__all__ = ["ExpressionFault", "ExpressionFaults", "Scope"]

_Fields: TypeAlias = Mapping[str, Field]

_WHERE: Mapping[str, cel.Type] = {VARIABLE: cel.Type.Map(cel.Type.STRING, cel.Type.BOOL)}

_NOT_FOUND = re.compile(r'Key not found in map : "(.*)"', re.DOTALL)
# Arguments that are written out are tried when the workflow is read; `today` lends its type, a text.
_PROBES = {
    "matches": "''.matches(today)",
    "timestamp": "timestamp(today) == now",
    "duration": "duration(today) == now - now",
    **{
        f"get{part}": "now.getHours(today) > 0"
        for part in ("Date", "Hours", "Minutes", "Seconds", "FullYear", "Month")
    },
    **{f"getDayOf{part}": "now.getHours(today) > 0" for part in ("Week", "Month", "Year")},
}


class Scope:
    """Compiles the expressions of one workflow: knows its fields and their types."""

    def __init__(self, data: _Fields, zone: str, states: StateNames | None = None) -> None:
        """Take the data fields, the zone (an IANA name) whose days ``today`` speaks of, and the states."""
        self._states = states or {}
        self._data: Types = {name: field.type for name, field in data.items()}
        self._zone = zone
        self._typed: dict[tuple[object, bool], cel.Env] = {}
        self._checked: dict[tuple[str, object], _Checked] = {}

    def guard(self, source: str, payload: _Fields | None, *, now: bool = True) -> Expression:
        """Return the compiled condition; ``payload`` is the event's, ``None`` where there is no event.

        Where ``now`` is false neither ``now`` nor ``today`` may be read. Raises ``ExpressionFaults``.
        """
        checked = self._check(source, payload, now=now)
        if checked.gives != "BOOL":
            found = in_words(checked.gives)
            hint = (
                phrase("compare it with something, e.g. `… >= 1`")
                if checked.gives != "DYN"
                else phrase("write `… == true`")
            )
            raise _at(
                source,
                phrase("a condition must be true or false, this is %(found)s", found=found),
                phrase("true or false"),
                hint,
            )
        return self._compiled(source, [checked.tree], payload, None)

    def value(
        self, source: str, expected: ValueType, payload: _Fields | None, *, now: bool = True
    ) -> Expression:
        """Return the compiled expression, whose value ``expected`` is to admit.

        A whole number may stand for a number. Raises ``ExpressionFaults``.
        """
        checked = self._check(source, payload, now=now)
        dated = expected.kind in ("date", "month")
        wanted = (
            (phrase("a date") if expected.kind == "date" else phrase("a month"))
            if dated
            else in_words(type_name(expected))
        )
        if not fits(checked.gives, expected):
            hint = None
            if checked.gives == "TIMESTAMP" and expected.kind == "date":
                hint = phrase("`today` is the day in %(zone)s", zone=self._zone)
            elif checked.gives == "DOUBLE" and expected.kind == "integer":
                hint = phrase("cut it to a whole number with int(…)")
            raise _at(source, phrase("this gives %(gives)s", gives=in_words(checked.gives)), wanted, hint)
        if faults := [*Lint(source, self._types(payload)).results(checked.tree, expected)]:
            raise ExpressionFaults(faults)
        return self._compiled(source, [checked.tree], payload, expected)

    def all_of(self, sources: Sequence[str], payload: _Fields | None, *, now: bool = True) -> Expression:
        """Return the conjunction of conditions, as one expression. Raises ``ExpressionFaults``."""
        if len(sources) == 1:
            return self.guard(sources[0], payload, now=now)
        # The line's end keeps a comment at the end of one from hiding what follows.
        joined = " && ".join(f"({source}\n)" for source in sources) or "true"
        trees = [self._check(source, payload, now=now).tree for source in sources]
        try:
            return self._compiled(joined, trees, payload, None)
        except ExpressionFaults:  # together they are too deep or too long for CEL
            parts = tuple(self.guard(source, payload, now=now) for source in sources)
            return _Together(joined, parts, tuple(sorted({name for part in parts for name in part.reads})))

    @cached_property
    def _untyped(self) -> cel.Env:
        names = cel.Type.Map(cel.Type.STRING, cel.Type.DYN)
        variables = {"data": names, "event": names, "now": cel.Type.TIMESTAMP, "today": cel.Type.STRING}
        return cel.NewEnv(variables={**variables, **_WHERE})

    @cached_property
    def _probes(self) -> Mapping[str, cel.Expression]:
        compiled = {source: self._untyped.compile(source) for source in set(_PROBES.values())}
        return {function: compiled[source] for function, source in _PROBES.items()}

    def _types(self, payload: _Fields | None) -> Mapping[str, Types]:
        if payload is None:
            return {"data": self._data}
        return {"data": self._data, "event": {name: field.type for name, field in payload.items()}}

    def _environment(self, payload: _Fields | None, *, now: bool) -> cel.Env:
        event = self._types(payload).get("event")
        key = (None if event is None else tuple(event.items()), now)
        if key not in self._typed:
            variables = {"data": cel.Type(DATA), **_WHERE}
            if event is not None:
                variables["event"] = cel.Type(EVENT)
            if now:
                variables |= {"now": cel.Type.TIMESTAMP, "today": cel.Type.STRING}
            self._typed[key] = cel.NewEnv(pool_of(self._data, event), variables=variables)
        return self._typed[key]

    def _check(self, source: str, payload: _Fields | None, *, now: bool) -> "_Checked":
        environment = self._environment(payload, now=now)
        key = (source, environment)
        if key in self._checked:
            return self._checked[key]
        if fault := scan(source):
            raise ExpressionFaults([fault])
        names = Names(self._data, self._types(payload).get("event"), now, self._zone)
        try:
            expression = environment.compile(with_entries(source, self._states))
        except (RuntimeError, ValueError) as error:
            raise ExpressionFaults([*complaints(source, str(error), names)]) from None
        tree = decode(expression.serialize())
        if faults := [*Lint(source, self._types(payload)).faults(tree), *self._probed(source, tree)]:
            raise ExpressionFaults(faults)
        checked = self._checked[key] = _Checked(tree, expression.return_type().name())
        return checked

    def _probed(self, source: str, tree: Node) -> Iterable[ExpressionFault]:
        for node in walk(tree):
            if not isinstance(node, Call) or node.function not in self._probes:
                continue
            last = node.arguments[-1]
            if isinstance(last, Constant) and isinstance(last.value, str):
                result = self._probes[node.function].eval(None, {"today": last.value, "now": EPOCH})
                if result.type() == cel.Type.ERROR:
                    message = phrase(
                        "%(function)s cannot use this: %(failure)s",
                        function=node.function,
                        failure=failure(str(result.value())),
                    )
                    yield ExpressionFault(message, *place(source, last.offset))

    def _compiled(
        self, source: str, trees: Sequence[Node], payload: _Fields | None, expected: ValueType | None
    ) -> Expression:
        try:
            program = self._untyped.compile(with_entries(source, self._states))
        except (RuntimeError, ValueError) as error:
            names = Names(self._data, self._types(payload).get("event"), now=True, zone=self._zone)
            raise ExpressionFaults([*complaints(source, str(error), names)]) from None
        return _Compiled(source, program, trees, self._types(payload), expected, self._states)


@dataclass(frozen=True, slots=True)
class _Checked:
    tree: Node
    gives: str
    """CEL's name of the result's type."""


class _Compiled:
    """A compiled expression. Made for speed: it hands over what the expression reads, and no more."""

    __slots__ = (
        "_convert", "_data", "_entries", "_event", "_expected", "_needed", "_now", "_program", "_states",
        "_today", "_truth", "reads", "source",
    )  # fmt: skip

    def __init__(
        self,
        source: str,
        program: cel.Expression,
        trees: Sequence[Node],
        types: Mapping[str, Types],
        expected: ValueType | None,
        states: StateNames,
    ) -> None:
        nodes = [node for tree in trees for node in walk(tree)]
        fields = {
            (found, node.test) for node in nodes if isinstance(node, Select) and (found := field_of(node))
        }
        read = {found for found, _ in fields}
        variables = {node.id for node in nodes if isinstance(node, Name)} & {"now", "today"}
        asked = {name for node in nodes if (name := state_asked(node)) is not None}
        self._states = tuple((name, states[name][0]) for name in sorted(asked))
        places = {f"{VARIABLE}.{state}" for _, state in self._states}
        self.source = source
        self.reads: tuple[str, ...] = tuple(
            sorted({f"{owner}.{name}" for owner, name in read} | variables | places)
        )
        self._program = program
        self._data = tuple(sorted(name for owner, name in read if owner == "data"))
        self._event = tuple(sorted(name for owner, name in read if owner == "event"))
        self._now = "now" in variables
        self._today = "today" in variables
        # What has(…) asks after may be missing, and the expression still have a value.
        self._needed = {found for found, _ in fields} - {found for found, test in fields if test}
        self._entries = {entry for node in nodes if (entry := entry_of(node))}
        self._convert = tuple(
            (owner, name, convert)
            for owner, name in sorted(read)
            if (convert := converter(types[owner][name])) is not None
        )
        self._expected = expected
        self._truth = expected is None or expected.kind == "boolean"

    def evaluate(self, names: Mapping[str, object]) -> Value | Unknown | Failed:
        """Return its value, ``Unknown`` where it reads what is not set, or ``Failed``. Never raises."""
        try:
            result = self._program.eval(None, self._activation(names))
            value = result.value()
            if self._truth and (value is True or value is False):
                return value
            if result.type() == cel.Type.ERROR:
                return self._trouble(str(value), names)
            if self._expected is None:
                return Failed(phrase("it is neither true nor false: %(value)s", value=repr(value)))
            return self._expected.admit(result.plain_value())
        except Exception as error:  # noqa: BLE001 - an exhausted budget is raised; nothing may escape
            return Failed(failure(str(error)))

    def _activation(self, names: Mapping[str, object]) -> dict[str, object]:
        activation: dict[str, Any] = {}
        if self._data:
            data: Any = names["data"]
            activation["data"] = {name: value for name in self._data if (value := data.get(name)) is not None}
        if self._event:
            event: Any = names["event"]
            activation["event"] = {
                name: value for name in self._event if (value := event.get(name)) is not None
            }
        if self._now:
            activation["now"] = names["now"]
        if self._today:
            activation["today"] = names["today"]
        if self._states:
            active: Any = names[VARIABLE]
            activation[VARIABLE] = {name: active[state] for name, state in self._states}
        for owner, name, convert in self._convert:
            if name in activation[owner]:
                activation[owner][name] = convert(activation[owner][name])
        return activation

    def _trouble(self, report: str, names: Mapping[str, object]) -> Unknown | Failed:
        match = _NOT_FOUND.search(report)
        if match is None:
            return Failed(failure(report))
        owners: dict[str, Any] = {"data": names.get("data") or {}, "event": names.get("event") or {}}
        read = {("data", name) for name in self._data} | {("event", name) for name in self._event}
        unset = {(owner, name) for owner, name in read if owners[owner].get(name) is None}
        if culprits := {found for found in unset if found[1] == match[1]}:
            missing = (unset & self._needed) | culprits
            return Unknown(tuple(sorted(f"{owner}.{name}" for owner, name in missing)))
        # An entry of a map that nobody has set yet is unknown in the same way.
        entries = [
            f"{owner}.{name}.{key}"
            for owner, name, key in sorted(self._entries)
            if key == match[1] and (owner, name) not in unset and key not in owners[owner][name]
        ]
        return (
            Unknown(tuple(entries))
            if entries
            else Failed(phrase('a map has no entry "%(name)s"', name=match[1]))
        )


@dataclass(frozen=True, slots=True)
class _Together:
    """A conjunction that CEL cannot hold as one expression."""

    source: str
    parts: tuple[Expression, ...]
    reads: tuple[str, ...]

    def evaluate(self, names: Mapping[str, object]) -> Value | Unknown | Failed:
        """Return false where any part is false, else the first part that is not true, else true."""
        results = [part.evaluate(names) for part in self.parts]
        if any(result is False for result in results):
            return False
        return next((result for result in results if result is not True), True)


def _at(source: str, message: str, expected: str, hint: str | None) -> ExpressionFaults:
    start = len(source) - len(source.lstrip())
    return ExpressionFaults([ExpressionFault(message, *place(source, start), expected=expected, hint=hint)])
