"""Values in words: choices by their titles, days and numbers as the language writes them."""

import re
from collections.abc import Mapping
from datetime import date
from typing import Final, cast

from gaita.model.value import Field, moment_of
from gaita.texts.dates import day_words, moment_words, month_words
from gaita.texts.language import Language
from gaita.texts.titles import one_line, titled
from gaita.title import Title

_MOST_ITEMS: Final = 20
_TIMES: Final = re.compile(r"[0-9]{4}-[0-9]{2}(?P<day>-[0-9]{2}(?P<time>T[0-9:.]+Z)?)?")


def field_words(field: Field, value: object, zone: str, language: Language) -> str:
    """Return the value of a field for people, on one line and of bounded length."""
    return value_words(value, zone, language, field.choice_titles)


def value_words(
    value: object, zone: str, language: Language, choices: Mapping[str, Title] | None = None
) -> str:
    """Return a value for people, on one line and of bounded length; ``choices`` have titles of their own."""
    match value:
        case bool():
            return language.gettext("yes") if value else language.gettext("no")
        case int() | float():
            return language.number(value)
        case list():
            items = cast("list[object]", value)[:_MOST_ITEMS]
            return one_line(", ".join(value_words(each, zone, language, choices) for each in items))
        case dict():
            pairs = list(cast("dict[str, object]", value).items())[:_MOST_ITEMS]
            return one_line(
                ", ".join(f"{key}: {value_words(each, zone, language, choices)}" for key, each in pairs)
            )
        case _:
            text = str(value)
            if choices and text in choices:
                return titled(choices[text], language, text)
            return _text_words(text, zone, language)


def _text_words(text: str, zone: str, language: Language) -> str:
    """Return text on one line; what is a day, a month or a moment as people write it."""
    shape = _TIMES.fullmatch(text)
    try:
        if shape and shape["time"]:
            return moment_words(moment_of(text), zone, language)
        if shape and shape["day"]:
            return day_words(date.fromisoformat(text), language)
        if shape:
            return month_words(date.fromisoformat(f"{text}-01"), language)
    except (ValueError, OverflowError):
        pass  # it only looks like one
    return one_line(text) or language.gettext("empty")
