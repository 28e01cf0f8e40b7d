"""Fields: the typed values of the data and of payloads, and the roles and events that go with them."""

from collections.abc import Mapping
from typing import Final, TypeAlias, cast

from gaita.fault import did_you_mean, listed, shown
from gaita.language.report import Lost, Report
from gaita.language.shape import DataFieldShape, DocumentShape, FieldShape, PayloadFieldShape
from gaita.language.titles import names_of, title_of
from gaita.language.toml.places import Path
from gaita.model.command import ENGINE
from gaita.model.value import LARGEST_INTEGER, Field, Kind, Value, ValueType
from gaita.model.workflow import PREVIOUS, Event, Role

Fields: TypeAlias = Mapping[str, Field]

ANY: Final = "any"
"""The source that means: every state that is not final."""

_SCALARS: Final = ("string", "integer", "number", "boolean")
# The guard language reads these as words of its own: `data.in` is no name there.
_WORDS_OF_GUARDS: Final = frozenset(
    {"as", "break", "const", "continue", "else", "false", "for", "function", "if", "import", "in", "let"}
    | {"loop", "namespace", "null", "package", "return", "true", "var", "void", "while"}
)


def roles_of(shape: DocumentShape, report: Report, lost: Lost) -> dict[str, Role]:
    """Return the declared roles."""
    for name in shape.roles:
        if name in {ENGINE, ANY}:
            message = f"no role can be called {shown(name)}"
            expected = "another name" + (": the engine itself acts under this one" if name == ENGINE else "")
            report.add("reserved-name", ("roles", name), message, expected=expected, key=True)
    return {
        name: Role(name, title_of(role.title, name), _contact(name, role.contact, shape, report, lost))
        for name, role in shape.roles.items()
    }


def _contact(role: str, contact: str | None, shape: DocumentShape, report: Report, lost: Lost) -> str | None:
    """Return the data field that says who bears a role."""
    if contact is None:
        return None
    path: Path = ("roles", role, "contact")
    name = contact.removeprefix("data.")
    if name not in shape.data:
        if not lost.has(name):
            report.unknown("field", path, name, shape.data)
    elif (kind := shape.data[name].type) != "string":
        message = f"{shown(contact)} is of the type {kind}"
        report.add("field", path, message, expected="a field of the type string: a name or an e-mail address")
    elif name == contact:
        report.add("field", path, f"{shown(contact)} names no field", hint=f'did you mean "data.{contact}"?')
    return name


def data_of(shape: DocumentShape, report: Report, lost: Lost) -> dict[str, Field]:
    """Return the declared data fields; what is wrong with one is reported, and the rest of it kept."""
    fields: dict[str, Field] = {}
    for name, declared in shape.data.items():
        path: Path = ("data", name)
        kind = _type_of(declared, path, report, lost)
        by = checked_roles(names_of(declared.by), (*path, "by"), shape, report, lost=lost)
        fields[name] = Field(
            name,
            kind,
            title_of(declared.title, name),
            personal=declared.personal,
            by=by,
            default=_default_of(declared, kind, path, report),
        )
        _refuse_words_of_guards(name, path, report)
    return fields


def events_of(shape: DocumentShape, report: Report, lost: Lost) -> dict[str, Event]:
    """Return the declared events with their payloads."""
    events: dict[str, Event] = {}
    for name, declared in shape.events.items():
        payload: dict[str, Field] = {}
        for field_name, field in declared.payload.items():
            path: Path = ("events", name, "payload", field_name)
            payload[field_name] = _payload_field(field_name, field, path, report, lost)
        events[name] = Event(name, title_of(declared.title, name), payload)
    return events


def checked_roles(
    names: list[str], path: Path, shape: DocumentShape, report: Report, *, lost: Lost
) -> tuple[str, ...]:
    """Return the roles named at ``path``, once each; report those that are not declared or stand twice.

    Of a role that was declared, but lost, there is nothing to say.
    """
    kept: dict[str, None] = {}
    for number, name in enumerate(names):
        place = (*path, number)  # a single role given as a text has the place of the text
        if name in kept:
            report.add("duplicate", place, f"the role {shown(name)} stands twice", expected="each role once")
        elif name in shape.roles:
            kept[name] = None
        elif not lost.has(name):
            report.unknown("role", place, name, shape.roles)
    return tuple(kept)


def _payload_field(name: str, declared: PayloadFieldShape, path: Path, report: Report, lost: Lost) -> Field:
    _refuse_words_of_guards(name, path, report)
    return Field(
        name,
        _type_of(declared, path, report, lost),
        title_of(declared.title, name),
        personal=declared.personal,
        optional=declared.optional,
    )


def _refuse_words_of_guards(name: str, path: Path, report: Report) -> None:
    if name in _WORDS_OF_GUARDS or name == PREVIOUS:
        message = f"no field can be called {shown(name)}"
        report.add(
            "reserved-name", path, message, expected="a name that is no word of the language", key=True
        )


def _type_of(declared: FieldShape, path: Path, report: Report, lost: Lost) -> ValueType:
    kind = cast("Kind", declared.type)
    takes_of, takes_bounds = kind in {"choice", "list", "map"}, kind in {"integer", "number"}
    if declared.of is not None and not takes_of:
        message = f"`of` does not go with the type {kind}"
        report.add("field", (*path, "of"), message, expected="`of` with choice, list or map only", key=True)
    if declared.of is None and takes_of and not lost.has("of"):
        expected = 'of = ["one", "two"]' if kind == "choice" else 'of = "string", or a list of choices'
        report.add("field", path, f"a {kind} does not say of what", expected=expected)
    for bound in ("min", "max"):
        value = declared.min if bound == "min" else declared.max
        if value is None:
            continue
        if not takes_bounds:
            message = f"`{bound}` does not go with the type {kind}"
            report.add(
                "field", (*path, bound), message, expected="bounds of integers and numbers only", key=True
            )
        elif kind == "integer" and value != int(value):
            message = f"`{bound}` of an integer is {value:g}"
            report.add("field", (*path, bound), message, expected="a whole number")
    if declared.min is not None and declared.max is not None and declared.min > declared.max:
        message = f"`min` is {declared.min:g}, more than `max`, which is {declared.max:g}"
        report.add("field", (*path, "min"), message, expected="the smaller of the two")
    choices, item = _choices_and_item(declared, kind, path, report)
    bounds = (declared.min, declared.max) if takes_bounds else (None, None)
    return ValueType(kind, choices, item, *bounds)


def _choices_and_item(
    declared: FieldShape, kind: Kind, path: Path, report: Report
) -> tuple[tuple[str, ...], ValueType | None]:
    of = declared.of
    choices: tuple[str, ...] = ()
    if isinstance(of, list):
        known: set[str] = set()
        for number, choice in enumerate(of):
            if choice in known:
                message = f"the choice {shown(choice)} stands twice"
                report.add("duplicate", (*path, "of", number), message, expected="each choice once")
            known.add(choice)
        choices = tuple(dict.fromkeys(of))
    if kind == "choice":
        if isinstance(of, str):
            report.add(
                "field", (*path, "of"), "the choices are a single text", expected='of = ["one", "two"]'
            )
            choices = (of,)
        return choices, None
    if kind not in {"list", "map"}:
        return (), None
    if choices:
        return (), ValueType("choice", choices)
    admitted = _SCALARS if kind == "map" else _SCALARS[:1]
    if isinstance(of, str) and of not in admitted:
        expected = listed([f'"{each}"' for each in admitted]) + ", or a list of choices"
        message = f"the items of a {kind} are {shown(of)}"
        report.add("field", (*path, "of"), message, expected=expected, hint=did_you_mean(of, admitted))
    return (), ValueType(cast("Kind", of if isinstance(of, str) and of in admitted else "string"))


def _default_of(declared: DataFieldShape, kind: ValueType, path: Path, report: Report) -> Value | None:
    value = declared.default
    if value is None or (isinstance(value, int | float) and not abs(value) <= LARGEST_INTEGER):
        return None  # of a number that cannot be kept there is a fault already
    try:
        return kind.admit(value)
    except ValueError as error:
        report.add("default", (*path, "default"), f"this default is not admitted: {error}")
        return None
