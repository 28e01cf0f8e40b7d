"""Phrases in a language: what an error, a fault or a report says, to whoever reads it."""

from gaita.phrase import Phrase
from gaita.texts.language import Language


def translated(text: str, language: Language) -> str:
    """Return a text in a language, with all its parts; one that is no phrase is returned as it is."""
    if not isinstance(text, Phrase):
        return text
    if not text.template:
        return ""  # gettext answers the empty text with the head of its catalogue
    parts: dict[str, object] = {name: translated(part, language) for name, part in text.parts.items()}
    if text.plural is None:
        return language.gettext(text.template, **parts)
    return language.ngettext(text.template, text.plural, text.number, **parts)
