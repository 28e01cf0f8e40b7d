"""The faults of settings, each with its place in the file or the name of its variable."""

import os
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Final, cast

from pydantic import BaseModel
from pydantic_core import ErrorDetails

from gaita import ADMINISTRATORS, Fault, Place, Workflow, did_you_mean, found, listed, shown
from gaita.language.toml.document import Document
from gaita.phrase import phrase
from gaita.texts import Languages
from gaita_adapters.channels.settings import CHANNELS, written_path
from gaita_adapters.settings.calendars import DEFAULT, CalendarSettings
from gaita_adapters.settings.environment import NAMED, PREFIX, variable_of
from gaita_adapters.settings.people import DigestSettings, PersonSettings, unknown_names
from gaita_adapters.settings.schema import Settings, setting_names
from gaita_adapters.settings.secrets import address_without_secrets, holds_secret, where_it_stands

_EXPECTED: Final[Mapping[str, str]] = {
    "string_type": phrase("a text in quotes"),
    "int_type": phrase("a whole number"),
    "int_parsing": phrase("a whole number"),
    "int_from_float": phrase("a whole number"),
    "float_type": phrase("a number"),
    "float_parsing": phrase("a number"),
    "bool_type": phrase("true or false"),
    "bool_parsing": phrase("true or false"),
    "list_type": phrase("a list: [ … ]"),
    "tuple_type": phrase("a list: [ … ]"),
    "dict_type": phrase("a table: { … }"),
    "model_type": phrase("a table: { … }"),
    "date_type": phrase("a date without quotes, such as 2025-06-30"),
}
NAMED_BY = "GAITA_SETTINGS"
"""The variable that names the file."""


def file_fault(document: Document, detail: ErrorDetails) -> Fault:
    """Return what pydantic found in the file, with its place."""
    path = written_path(document.data, detail)
    name = ".".join(str(part) for part in path)
    if detail["type"] == "extra_forbidden":
        known = _known_keys(document.data, path[:-1])
        return Fault(
            "unknown-key",
            phrase("there is no setting `%(name)s`", name=name),
            document.places.key(path),
            expected=listed(known, most=20),
            hint=did_you_mean(str(path[-1]), known),
        )
    if detail["type"] == "missing":
        *table, key = path
        place = document.places.key(tuple(table)) if table else Place(document.name, 1, 1)
        return Fault(
            "setting",
            phrase("`%(table)s` has no `%(key)s`", table=".".join(map(str, table)), key=key),
            place,
            phrase("a value for it"),
        )
    return Fault(
        "setting",
        phrase("`%(name)s` is %(value)s", name=name, value=_found(detail, path)),
        document.places.value(path),
        expected_of(detail),
        where_it_stands(path) if _is_written_out(detail, path) else None,
    )


def _is_written_out(detail: ErrorDetails, path: Sequence[str | int]) -> bool:
    return holds_secret(path) and not isinstance(detail["input"], Mapping | None)


def _found(detail: ErrorDetails, path: Sequence[str | int]) -> str:
    """Return what stands there, in words; nothing of a secret."""
    value: object = detail["input"]
    if _is_written_out(detail, path):
        return phrase("a text that is not shown, for it may hold a secret")
    return found(address_without_secrets(value) if isinstance(value, str) else value)


def _known_keys(data: Mapping[str, object], table: Sequence[str | int]) -> list[str]:
    """Return the keys that a table of the file may have."""
    if not table:
        return list(dict.fromkeys(key.partition(".")[0] for key in (*setting_names(), *NAMED)))
    if holds_secret(table):
        return ["env", "file"]
    section = str(table[0])
    if section not in NAMED:
        return [key.removeprefix(f"{section}.") for key in setting_names() if key.startswith(f"{section}.")]
    models: dict[str, type[BaseModel]] = {
        "calendars": CalendarSettings,
        "people": PersonSettings,
        "digests": DigestSettings,
    }
    model = models.get(section)
    if section == "channels":
        channel = cast("dict[str, dict[str, object]]", data[section]).get(str(table[1]), {})
        model = CHANNELS.get(str(channel.get("kind")))
    if model is None or len(table) > 2:
        return []
    return [field.alias or name for name, field in model.model_fields.items()]


def environment_fault(detail: ErrorDetails) -> Fault:
    """Return what pydantic found in the environment, with the variable's name."""
    variable = variable_of(".".join(str(part) for part in detail["loc"]))
    if detail["type"] == "extra_forbidden":
        return Fault(
            "unknown-key", phrase("the environment variable %(variable)s sets nothing", variable=variable)
        )
    return Fault(
        "setting",
        phrase("%(variable)s is %(value)s", variable=variable, value=_found(detail, detail["loc"])),
        expected=expected_of(detail),
    )


def expected_of(detail: ErrorDetails) -> str:
    """Return in our words what pydantic expected."""
    ours = detail.get("ctx", {}).get("error")
    if isinstance(ours, ValueError):
        return str(ours)
    if detail["type"] in _EXPECTED:
        return _EXPECTED[detail["type"]]
    match detail["type"], detail.get("ctx", {}):
        case "literal_error", {"expected": choices}:
            return listed(re.findall(r"'[^']*'", choices), most=20)
        case "greater_than", {"gt": bound}:
            return phrase("more than %(bound)s", bound=bound)
        case "greater_than_equal", {"ge": bound}:
            return phrase("%(bound)s or more", bound=bound)
        case "less_than_equal", {"le": bound}:
            return phrase("%(bound)s or less", bound=bound)
        case _:
            pass
    told = detail["msg"].removeprefix("Value error, ")
    return told.removeprefix("Input should be ").removeprefix("a valid ")


def people_faults(settings: Settings, document: Document | None) -> Iterable[Fault]:
    """Tell of every name that stands for nothing here; of what the environment says, without a place."""
    for path, told in unknown_names(settings.people, settings.roles):
        place = place_of(document, path)
        yield Fault("setting", told, place, hint=phrase("declare the person under [people.NAME]"))
    administrators = settings.administrators
    for path, told in unknown_names(settings.people, {ADMINISTRATORS: administrators.people}):
        place = place_of(document, ("administrators", "people", path[-1]))
        if path[0] == "roles":
            yield Fault("setting", told, place, hint=phrase("declare the person under [people.NAME]"))
    for number, role in enumerate(administrators.roles):
        if role not in settings.roles:
            place = place_of(document, ("administrators", "roles", number))
            near = did_you_mean(role, settings.roles) or phrase("declare who bears it under [roles]")
            yield Fault(
                "setting", phrase("nobody is said to bear the role `%(role)s`", role=role), place, hint=near
            )
    if administrators.plan is not None and ADMINISTRATORS in settings.roles:
        twice = place_of(document, ("roles", ADMINISTRATORS), key=True)
        hint = phrase("say it under [administrators] only")
        yield Fault("setting", phrase("who the administrators are is said twice"), twice, hint=hint)
    calendars = {DEFAULT, *settings.calendars}
    for role, each in settings.digests.items():
        if each.calendar not in calendars:
            place = place_of(document, ("digests", role, "calendar"))
            told = phrase("there is no calendar `%(calendar)s`", calendar=each.calendar)
            meant = did_you_mean(each.calendar, calendars)
            yield Fault("setting", told, place, listed(sorted(calendars)), meant)


def language_faults(
    data: Mapping[str, object], document: Document | None, languages: Languages
) -> Iterable[Fault]:
    """Tell of every language that there are no texts in, and of a folder of languages that is not there.

    ``data`` is what the settings say, faulty or not.
    """
    if languages.folder is not None and not languages.folder.is_dir():
        place = place_of(document, ("notices", "locale"))
        yield from (replace(fault, place=place) for fault in languages.faults())
    people = [("people", key, "language") for key in table_of(data, "people")]
    for path in (("language",), *people):
        table = data if len(path) == 1 else table_of(table_of(data, path[0]), path[1])
        code = table.get("language")
        if not isinstance(code, str) or code in languages:
            continue
        name, known = ".".join(path), listed(languages.codes, most=40)
        if (variable := variable_of(name)) in {each.upper() for each in os.environ}:
            told = phrase("%(variable)s is %(value)s", variable=variable, value=found(code))
            yield Fault("setting", told, expected=known)
        else:
            told = phrase("`%(name)s` is %(value)s", name=name, value=found(code))
            yield Fault("setting", told, place_of(document, path), known)


def table_of(data: Mapping[str, object], name: str) -> Mapping[str, object]:
    """Return a table of the settings; an empty one, where none is there."""
    found = data.get(name)
    return cast("Mapping[str, object]", found) if isinstance(found, dict) else {}


def name_faults(
    settings: Settings, document: Document | None, workflows: Iterable[Workflow]
) -> Iterable[Fault]:
    """Tell of every role that the settings name and no deployed workflow knows.

    Where people are named at all, a role that is to hear of a deadline and that nobody bears is a warning.
    """
    known: dict[str, None] = {}
    latest: dict[str, Workflow] = {}
    for workflow in workflows:
        latest[workflow.id] = workflow
        known.update(
            dict.fromkeys(name for role in workflow.roles for name in (role, f"{workflow.id}.{role}"))
        )
    plain = [name for name in known if "." not in name]
    told: list[tuple[tuple[str | int, ...], str, Iterable[str]]] = [
        *((("roles", role), role, [*known, *settings.administrators.roles]) for role in settings.roles),
        *((("digests", role), role, plain) for role in settings.digests),
        *(
            (("channels", name, "roles", number), role, [*known, ADMINISTRATORS])
            for name, channel in settings.channels.items()
            for number, role in enumerate(channel.roles or ())
        ),
    ]
    for path, role, names in told:
        if role not in set(names):
            hint = did_you_mean(role, names)
            place = place_of(document, path, key=path[0] != "channels")
            where = path[0] if path[0] != "channels" else f"channels.{path[1]}"
            yield Fault(
                "unknown-role",
                phrase(
                    "[%(where)s] names the role %(role)s, which no deployed workflow knows",
                    where=where,
                    role=shown(role),
                ),
                place,
                expected=None if hint else listed(plain) or phrase("a workflow that is deployed"),
                hint=hint,
            )

    if settings.people or settings.roles:
        yield from _unborne(settings, latest.values())
        if settings.administrators.plan is None:
            message = phrase(
                "nobody is told about incidents (what the engine could not do), notices that were given up, "
                "and calendars that end: the settings name no administrators"
            )
            hint = phrase(
                'write people = ["NAME"] under [administrators], a key of [people] or an e-mail address'
            )
            yield Fault("no-administrators", message, None, hint=hint, severity="warning")


def _unborne(settings: Settings, workflows: Iterable[Workflow]) -> Iterable[Fault]:
    for workflow in workflows:
        hearing = dict.fromkeys(
            role for rule in workflow.rules.values() for moment in rule.moments for role in moment.to
        )
        for role in hearing:
            borne = settings.roles.get(f"{workflow.id}.{role}", settings.roles.get(role))
            if not borne and workflow.roles[role].contact is None:
                told = phrase(
                    "nobody bears the role %(role)s, which hears of deadlines of %(id)s",
                    role=shown(role),
                    id=workflow.id,
                )
                hint = phrase(
                    'name somebody for it: write %(role)s = ["NAME"] under [roles], NAME a key of [people]',
                    role=role,
                )
                yield Fault("unborne-role", told, None, hint=hint, severity="warning")


def place_of(document: Document | None, path: Sequence[str | int], *, key: bool = False) -> Place | None:
    """Return where the file says what stands at ``path``; ``None`` where the environment does."""
    if document is None or not _holds(document.data, path):
        return None
    return document.places.key(tuple(path)) if key else document.places.value(tuple(path))


def _holds(data: object, path: Sequence[str | int]) -> bool:
    """Whether there is something in the file's data at ``path``."""
    for part in path:
        if isinstance(data, dict) and part in data:
            data = cast("dict[str | int, object]", data)[part]
        elif isinstance(data, list) and isinstance(part, int) and part < len(cast("list[object]", data)):
            data = cast("list[object]", data)[part]
        else:
            return False
    return True


def unknown_variables() -> Iterable[Fault]:
    """Tell of variables that look like a setting, and are none."""
    known = {variable_of(name) for name in setting_names()} | {NAMED_BY}
    known |= {PREFIX + name.upper() for name in Settings.model_fields}
    named = tuple(f"{PREFIX}{name.upper()}__" for name in NAMED)
    for variable in sorted(os.environ):
        upper = variable.upper()
        if upper.startswith(PREFIX) and upper not in known and not upper.startswith(named):
            yield Fault(
                "unknown-key",
                phrase("the environment variable %(variable)s sets nothing", variable=variable),
                expected=listed(sorted(known), most=20),
                hint=did_you_mean(variable, known),
            )
