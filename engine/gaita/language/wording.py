"""The texts of a file: characters that nobody sees, and titles in languages that nobody is shown."""

import re
from collections.abc import Collection, Iterator, Mapping
from typing import Final, cast

from pydantic import BaseModel

from gaita.fault import listed, shown
from gaita.language.report import Report
from gaita.language.shape import DocumentShape
from gaita.language.toml.document import Document
from gaita.language.toml.places import Path
from gaita.phrase import phrase
from gaita.visible import visible

_EXPRESSIONS: Final = frozenset({"guard", "check", "set"})
"""What may run over several lines: nobody reads it but the engine."""
_LAYOUT: Final = re.compile(r"[\t\n]")
_MAY_HIDE: Final = re.compile(r"\\|\"\"\"|'''")
"""What a TOML file must have for a text in it to hold a line break, or a character by its code."""


def check_characters(document: Document, report: Report) -> None:
    """Report each text, and name of a choice, that holds what steers a terminal, hides or breaks a line."""
    if not _MAY_HIDE.search(document.text) and visible(document.text) == document.text:
        return
    for path, text, is_key in _texts((), document.data):
        hidden = next((each for each in text if visible(each) != each), None)
        if hidden is not None:
            what = phrase("the character %(character)s, which cannot be seen", character=shown(hidden))
        elif _LAYOUT.search(text) and _EXPRESSIONS.isdisjoint(path):
            what = phrase("a line break") if "\n" in text else phrase("a tab")
        else:
            continue
        message = phrase("this text holds %(what)s", what=what)
        expected = phrase("text on one line, of characters that can be seen")
        report.add("characters", path, message, expected=expected, key=is_key, newer=True)


def _texts(path: Path, value: object) -> Iterator[tuple[Path, str, bool]]:
    """Yield every text with its place, and the names of choices, which are the keys of their table."""
    match value:
        case str():
            yield path, value, False
        case dict():
            for key, each in cast("Mapping[str, object]", value).items():
                if path[-1:] == ("of",):
                    yield (*path, key), key, True
                yield from _texts((*path, key), each)
        case list():
            for number, each in enumerate(cast("list[object]", value)):
                yield from _texts((*path, number), each)
        case _:
            return


def check_languages(shape: DocumentShape, report: Report, known: Collection[str]) -> None:
    """Warn of titles in a language that is none of those ``known``: nobody is ever shown one."""
    for path, title in _titles((), shape):
        for language in title:
            if language.partition("-")[0] not in known:
                message = phrase(
                    "there are no texts in the language %(language)s: nobody is shown this one",
                    language=shown(language),
                )
                place = (*path, language)
                expected = listed(known)
                report.add(
                    "unknown-language", place, message, expected=expected, severity="warning", key=True
                )


def _titles(path: Path, table: BaseModel) -> Iterator[tuple[Path, Mapping[str, str]]]:
    """Yield each text that a table gives by language, with its place."""
    for name, field in type(table).model_fields.items():
        value: object = getattr(table, name)
        here = (*path, field.alias or name)
        match name, value:
            case (("title" | "why"), dict()):
                yield here, cast("Mapping[str, str]", value)
            case "of", dict():
                for choice, title in cast("Mapping[str, object]", value).items():
                    if isinstance(title, dict):
                        yield (*here, choice), cast("Mapping[str, str]", title)
            case _, BaseModel():
                yield from _titles(here, value)
            case _, dict() | list():
                entries = cast("Mapping[str, object] | list[object]", value)
                pairs = entries.items() if isinstance(entries, Mapping) else enumerate(entries)
                for key, each in pairs:
                    if isinstance(each, BaseModel):
                        yield from _titles((*here, key), each)
            case _:
                pass
