"""Fields: the typed values of the data and of payloads, and the roles and events that go with them."""

from collections.abc import Mapping
from typing import Final, TypeAlias

from gaita.fault import did_you_mean, shown
from gaita.language.field_types import FieldTypes
from gaita.language.report import Lost, Report
from gaita.language.shape import DocumentShape, PayloadFieldShape
from gaita.language.titles import names_of, title_of
from gaita.language.toml.places import Path
from gaita.model.command import ENGINE
from gaita.model.value import Field
from gaita.model.workflow import PREVIOUS, Event, Role
from gaita.phrase import phrase

Fields: TypeAlias = Mapping[str, Field]

ANY: Final = "any"
"""The source that means: every state that is not final."""

# The guard language reads these as words of its own: `data.in` is no name there.
_WORDS_OF_GUARDS: Final = frozenset(
    {"as", "break", "const", "continue", "else", "false", "for", "function", "if", "import", "in", "let"}
    | {"loop", "namespace", "null", "package", "return", "true", "var", "void", "while"}
)


def roles_of(shape: DocumentShape, report: Report, lost: Lost) -> dict[str, Role]:
    """Return the declared roles."""
    for name in shape.roles:
        if name in {ENGINE, ANY}:
            message = phrase("no role can be called %(name)s", name=shown(name))
            expected = phrase("another name") + (
                phrase(": the engine itself acts under this one") if name == ENGINE else ""
            )
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
        message = phrase("%(contact)s is of the type %(kind)s", contact=shown(contact), kind=kind)
        report.add(
            "field", path, message, expected=phrase("a field of the type string: a name or an e-mail address")
        )
    elif name == contact:
        report.add(
            "field",
            path,
            phrase("%(contact)s names no field", contact=shown(contact)),
            hint=did_you_mean(name, [name], '"data.{}"'.format),
        )
    return name


def data_of(shape: DocumentShape, report: Report, lost: Lost) -> dict[str, Field]:
    """Return the declared data fields; what is wrong with one is reported, and the rest of it kept."""
    fields: dict[str, Field] = {}
    types = FieldTypes(shape.data, report, lost)
    for name, declared in shape.data.items():
        path: Path = ("data", name)
        kind, titles = types.read(declared, path)
        by = checked_roles(names_of(declared.by), (*path, "by"), shape, report, lost=lost)
        fields[name] = Field(
            name,
            kind,
            title_of(declared.title, name),
            personal=declared.personal,
            by=by,
            default=types.default(declared, kind, path),
            choice_titles=titles,
        )
        _refuse_words_of_guards(name, path, report)
    return fields


def events_of(shape: DocumentShape, report: Report, lost: Lost) -> dict[str, Event]:
    """Return the declared events with their payloads."""
    events: dict[str, Event] = {}
    types = FieldTypes(shape.data, report, lost)
    for name, declared in shape.events.items():
        payload: dict[str, Field] = {}
        for field_name, field in declared.payload.items():
            path: Path = ("events", name, "payload", field_name)
            payload[field_name] = _payload_field(field_name, field, path, types)
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
            report.add(
                "duplicate",
                place,
                phrase("the role %(name)s stands twice", name=shown(name)),
                expected=phrase("each role once"),
            )
        elif name in shape.roles:
            kept[name] = None
        elif not lost.has(name):
            report.unknown("role", place, name, shape.roles)
    return tuple(kept)


def _payload_field(name: str, declared: PayloadFieldShape, path: Path, types: FieldTypes) -> Field:
    _refuse_words_of_guards(name, path, types.report)
    kind, titles = types.read(declared, path)
    return Field(
        name,
        kind,
        title_of(declared.title, name),
        personal=declared.personal,
        optional=declared.optional,
        choice_titles=titles,
    )


def _refuse_words_of_guards(name: str, path: Path, report: Report) -> None:
    if name in _WORDS_OF_GUARDS or name == PREVIOUS:
        message = phrase("no field can be called %(name)s", name=shown(name))
        report.add(
            "reserved-name",
            path,
            message,
            expected=phrase("a name that is no word of the language"),
            key=True,
        )
