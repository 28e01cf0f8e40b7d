"""A title: a text for people, in one language or several, and which of them is shown."""

from collections.abc import Mapping
from typing import Final, TypeAlias

Title: TypeAlias = Mapping[str, str]
"""By language code, e.g. ``{"lv": "Ideja", "en": "Idea"}``."""

SOURCE_LANGUAGE: Final = "en"
"""The language that is shown where there is nothing in the language asked for."""


def title_text(title: Title | None, language: str, otherwise: str = "") -> str:
    """Return the title in ``language``; else in English, else in the first language that it has.

    ``language`` is a code such as ``lv`` or ``lv_LV``. ``otherwise`` is returned where there is no title.
    """
    if not title:
        return otherwise
    wanted = (language, language.replace("-", "_").partition("_")[0], SOURCE_LANGUAGE)
    return next((title[each] for each in (*wanted, *title) if title.get(each)), otherwise)
