"""Fitting a document to the shape of a workflow: every key that is unknown, missing or of a wrong type.

What does not fit is taken out and the rest is fitted again, so that one mistyped key does not hide what
else is wrong in the file.
"""

import copy
import math
import types
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Final, Union, cast, get_args, get_origin

from pydantic import BaseModel, Tag, ValidationError
from pydantic_core import ErrorDetails

from gaita.fault import closest, did_you_mean, found, listed, shown
from gaita.language.report import MOST_FAULTS, Lost, Report
from gaita.language.shape import DATE, LANGUAGE_TAG, LIST, NOT_BLANK, TABLE, TEXT, DocumentShape
from gaita.language.toml.document import Document
from gaita.language.toml.places import Path
from gaita.model.value import LARGEST_INTEGER
from gaita.phrase import joined, phrase

_TAGS: Final = frozenset({TEXT, LIST, TABLE, DATE})
_ROUNDS: Final = 4
MOST_TRANSITIONS: Final = 5_000
_LATER: Final = phrase("this comes with a later release: leave it out for now")
_OF_LATER_RELEASES: Final = frozenset(
    {"limits", "gate", "gates", "approvals", "criteria", "deliverables"}
    | {"decisions", "repeat", "working_days"}
)
_EXPECTED: Final[Mapping[str, str]] = {
    "string_type": phrase("a text in quotes"),
    "int_type": phrase("a whole number"),
    "float_type": phrase("a number"),
    "bool_type": phrase("true or false"),
    "list_type": phrase("a list: [ … ]"),
    "dict_type": phrase("a table: { … }"),
    "model_type": phrase("a table: { … }"),
    "date_type": phrase("a date without quotes, such as 2025-06-30"),
}
_AMOUNTS: Final = frozenset({"within", "every", "before", "after", "remind", "extend_at_most"})
_DECLARING: Final = frozenset({"data", "roles", "states", "events"})
_IDENTIFIER_RULE: Final = phrase("a small letter, then small letters, digits or _, 64 at most")


@dataclass(frozen=True, slots=True)
class Fitted:
    """What fits of a document.

    ``lost`` is what does not; ``numbers`` gives each transition that is left its index in the file.
    """

    shape: DocumentShape
    lost: Lost
    numbers: Sequence[int]


def fitted(document: Document, report: Report) -> Fitted | None:
    """Return what fits; ``None`` where too little is left to go on with.

    Where lines were left out for their syntax, missing keys are not faults: they may stand in one of those.
    """
    data: dict[str, Any] = document.data
    transitions = data.get("transitions")
    numbers = list(range(len(cast("list[object]", transitions)) if isinstance(transitions, list) else 0))
    if len(numbers) > MOST_TRANSITIONS:  # told before a fault for each of them is made
        message = phrase("there are %(number)s transitions", number=len(numbers))
        report.add(
            "too-many",
            ("transitions",),
            message,
            expected=phrase("at most %(most)s", most=MOST_TRANSITIONS),
        )
        return None
    lost: set[str] = set()
    everything = not document.whole
    for round_ in range(_ROUNDS):
        try:
            shape = DocumentShape.model_validate(data)
            return Fitted(shape, Lost(frozenset(lost), everything=everything), numbers)
        except ValidationError as error:
            details = error.errors(include_url=False)
        if round_ == 0:
            data = copy.deepcopy(data)
            meant_keys = {
                (*_plain(each)[:-1], meant) for each in details[:MOST_FAULTS] if (meant := _meant(each))
            }
            for number, detail in enumerate(details):
                if detail["type"] == "missing" and _plain(detail) in meant_keys:
                    continue  # it is there, mistyped
                if number < MOST_FAULTS:
                    _tell(report, detail, _plain(detail), whole=document.whole)
                else:
                    report.left_out += 1
        culprits = {_culprit(detail): detail["type"] for detail in details}
        lost |= {str(path[-1]) for path, kind in culprits.items() if path and kind != "extra_forbidden"}
        lost |= {name.lower() for name in lost}
        lost |= {meant for detail in details[:MOST_FAULTS] if (meant := _meant(detail)) is not None}
        lost |= {name for path in culprits for name in _names_in(data, path)}
        # Of a whole table that cannot be read nothing is known: what it may have declared is not unknown.
        everything = everything or any(len(path) == 1 and path[0] in _DECLARING for path in culprits)
        _take_out(data, culprits.keys(), numbers)
        _stand_in(data)
    return None


def _meant(detail: ErrorDetails) -> str | None:
    """Return the key that was probably meant by an unknown one: what it says is lost as well."""
    if detail["type"] != "extra_forbidden":
        return None
    return closest(str(detail["loc"][-1]), _keys_around(detail["loc"]))


def _names_in(data: dict[str, Any], path: Path) -> list[str]:
    """Return the names that a table at the top declares, where the whole of it is taken out."""
    found = data.get(str(path[0])) if len(path) == 1 else None
    return [str(name) for name in cast("dict[str, Any]", found)] if isinstance(found, dict) else []


def _plain(detail: ErrorDetails) -> Path:
    """Return the path in the file of what pydantic complains of."""
    return tuple(step for step in detail["loc"] if step not in _TAGS and step != "[key]")


def _culprit(detail: ErrorDetails) -> Path:
    """Return the path of what has to go: a table that lacks a key, and a list with a faulty entry.

    Transitions go one by one; in any other list the places of the entries behind would shift.
    """
    path = _plain(detail)
    path = path[:-1] if detail["type"] == "missing" else path
    beyond = 2 if path[:1] == ("transitions",) else 0
    entry = next((at for at, step in enumerate(path) if at >= beyond and isinstance(step, int)), None)
    return path if entry is None else path[:entry]


def _take_out(data: dict[str, Any], culprits: Collection[Path], numbers: list[int]) -> None:
    whole = {path[1] for path in culprits if path[:1] == ("transitions",) and len(path) == 2}
    for path in culprits:
        holder: Any = data
        for step in path[:-1]:
            try:
                holder = holder[step]
            except (KeyError, IndexError, TypeError):
                break
        else:
            if path and isinstance(holder, dict):
                cast("dict[object, object]", holder).pop(path[-1], None)
    transitions = data.get("transitions")
    if whole and isinstance(transitions, list):
        kept = [at for at in range(len(cast("list[object]", transitions))) if at not in whole]
        data["transitions"] = [transitions[at] for at in kept]
        numbers[:] = [numbers[at] for at in kept]


def _stand_in(data: dict[str, Any]) -> None:
    """Put something in place of what a file must have at its top, so that the rest can be looked at."""
    language: object = data.get("language")
    data["language"] = language if type(language) is int and 1 <= language <= 2 else 2
    workflow = data.get("workflow")
    given = cast("dict[str, Any]", workflow) if isinstance(workflow, dict) else {}
    data["workflow"] = {"id": "unnamed", "initial": "", "time_zone": "UTC", **given}


def _tell(report: Report, detail: ErrorDetails, path: Path, *, whole: bool) -> None:
    kind, raw, value = detail["type"], detail["loc"], detail["input"]
    context = cast("Mapping[str, Any]", detail.get("ctx", {}))
    name = str(path[-1]) if path else ""
    if kind == "missing":
        if whole:
            description = _described(raw)
            report.add(
                "missing-key",
                path[:-1],
                phrase("%(where)s lacks %(name)s", where=_where(path[:-1]), name=shown(name)),
                expected=description,
            )
    elif kind == "extra_forbidden":
        _tell_unknown(report, path, name, _keys_around(raw))
    elif kind == "string_pattern_mismatch":
        _tell_pattern(report, detail, path, context["pattern"])
    elif kind in {"too_short", "string_too_short"}:
        if path or whole:
            what = shown(name) if isinstance(path[-1], str) else phrase("an entry of this list")
            wanted = _described(raw) if kind == "string_too_short" else phrase("at least one entry")
            report.add("wrong-value", path, phrase("%(what)s is empty", what=what), expected=wanted)
    elif kind in {"greater_than_equal", "less_than_equal"}:
        language = phrase("1 or 2, the versions of the language that this release reads")
        report.add(
            "wrong-value",
            path,
            phrase("%(name)s is %(found)s", name=shown(name), found=found(value)),
            expected=language,
        )
    else:
        expected = str(_EXPECTED.get(kind, "")) or context.get("expected_tags", "").replace("'", "").replace(
            "*", ""
        )
        what = shown(name) if isinstance(path[-1], str) else phrase("an entry of this list")
        expected = _either(expected.split(", ")) if kind == "union_tag_invalid" else expected
        hint = _hint(kind, path, value)
        report.add(
            "wrong-type",
            path,
            phrase("%(what)s is %(found)s", what=what, found=found(value)),
            expected=expected,
            hint=hint,
        )


def _tell_pattern(report: Report, detail: ErrorDetails, path: Path, pattern: str) -> None:
    raw, value = detail["loc"], detail["input"]
    name = str(path[-1]) if path else ""
    choices = pattern.strip("^$()").split("|")
    if raw[-1] == "[key]":
        in_titles = pattern == LANGUAGE_TAG
        rule = phrase("the code of a language, such as lv or en") if in_titles else _IDENTIFIER_RULE
        message = phrase("%(name)s is not a name", name=shown(name))
        report.add("bad-name", path, message, expected=rule, key=True)
    elif pattern == NOT_BLANK:
        what = shown(name) if isinstance(path[-1], str) else phrase("an entry of this list")
        message = phrase("%(what)s holds nothing but blanks", what=what)
        report.add("wrong-value", path, message, expected=_described(raw))
    elif len(choices) == 1:
        message = phrase("%(value)s is not a name", value=shown(value))
        report.add("bad-name", path, message, expected=_IDENTIFIER_RULE)
    else:
        hint = did_you_mean(value, choices)
        message = phrase("%(name)s is %(found)s", name=shown(name), found=found(value))
        report.add("wrong-value", path, message, expected=listed(choices, 10), hint=hint)


def _hint(kind: str, path: Path, value: object) -> str | None:
    """Return what to write for a value of a wrong type, where that can be told."""
    if kind in {"date_type", "bool_type"} and isinstance(value, str):
        return phrase("take the quotes away")
    if isinstance(value, int | float) and not isinstance(value, bool) and _AMOUNTS.intersection(path[-2:]):
        number = min(999, math.ceil(abs(value))) if 1 < abs(value) < LARGEST_INTEGER else 2
        return phrase(
            'write the number with its unit, such as "%(number)s days" or "%(number)s working days"',
            number=number,
        )
    headed = all(isinstance(step, str) for step in path)
    if kind == "list_type" and isinstance(value, dict) and path == ("transitions",):
        return phrase("write [[transitions]], in double brackets, before each")
    if kind in {"model_type", "dict_type"} and isinstance(value, list) and headed:
        name = ".".join(map(str, path))
        return (
            phrase("write [%(name)s.NAME] for each", name=name)
            if name in _DECLARING
            else phrase("write [%(name)s], in single brackets", name=name)
        )
    return None


def _tell_unknown(report: Report, path: Path, name: str, known: list[str]) -> None:
    hint = _LATER if name in _OF_LATER_RELEASES else did_you_mean(name, known)
    message = phrase("%(where)s has no key %(name)s", where=_where(path[:-1]), name=shown(name))
    report.add("unknown-key", path, message, expected=listed(known, 12), hint=hint, key=True)


def _where(path: Path) -> str:
    """Return what a table is called in a message: ``[states.idea]``."""
    if not path:
        return phrase("the file")
    words = [str(step + 1) if isinstance(step, int) else step for step in path]
    if isinstance(path[-1], int) and len(path) > 1:
        return phrase("%(list)s number %(number)s", list=words[-2], number=words[-1])
    return shown(".".join(words))


def _keys_around(location: tuple[int | str, ...]) -> list[str]:
    """Return the keys that the table around the last step may have."""
    model = _model_around(location)
    return [field.alias or name for name, field in model.model_fields.items()] if model else []


def _described(location: tuple[int | str, ...]) -> str | None:
    model = _model_around(location)
    fields = model.model_fields if model else {}
    for name, field in fields.items():
        if location[-1] in {name, field.alias} and field.description:
            return field.description[0].lower() + field.description[1:].rstrip(".")
    return None


def _model_around(location: tuple[int | str, ...]) -> type[BaseModel] | None:
    """Return the model of the table that holds the last step of a pydantic location."""
    annotation: object = DocumentShape
    for step in location[:-1]:
        annotation = _into(annotation, step)
    annotation = _bare(annotation)
    return annotation if isinstance(annotation, type) and issubclass(annotation, BaseModel) else None


def _into(annotation: object, step: int | str) -> object:
    annotation = _bare(annotation)
    if get_origin(annotation) in {Union, types.UnionType}:
        return next((arm for arm in get_args(annotation) if _is_tagged(arm, step)), None)
    if get_origin(annotation) is dict:
        return get_args(annotation)[1]
    if get_origin(annotation) is list:
        return get_args(annotation)[0]
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        for name, field in annotation.model_fields.items():
            if step in {name, field.alias}:
                return field.annotation
    return None


def _bare(annotation: object) -> object:
    """Return an annotation without its metadata, and without the ``None`` that stands for a missing key."""
    while True:
        if get_origin(annotation) is Annotated:
            annotation = get_args(annotation)[0]
            continue
        arms = get_args(annotation) if get_origin(annotation) in {Union, types.UnionType} else ()
        if type(None) not in arms:
            return annotation
        others = [arm for arm in arms if arm is not type(None)]
        if len(others) > 1:
            return Union[tuple(others)]  # noqa: UP007 - its arms are known only here
        annotation = others[0]


def _is_tagged(arm: object, step: int | str) -> bool:
    return any(isinstance(each, Tag) and each.tag == step for each in get_args(arm)[1:])


_TAGGED: Final[Mapping[str, str]] = {
    "a text": phrase("a text"),
    "a list": phrase("a list"),
    "a table": phrase("a table"),
    "a date": phrase("a date"),
    "a moment": phrase("a moment"),
}


def _either(tags: Sequence[str]) -> str:
    """Return the kinds of value that may stand somewhere: ``a text or a table``."""
    *names, last = [_TAGGED.get(tag, tag) for tag in tags]
    return phrase("%(names)s or %(last)s", names=joined(", ", names), last=last) if names else last
