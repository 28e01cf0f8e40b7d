"""A text for people that can still be translated: it remembers its template, and what was put into it.

The bottom layer, which knows no language: ``gaita.texts.translated`` says a phrase in one.
"""

from collections.abc import Iterable, Mapping
from typing import Any, Final, Self


class Phrase(str):
    """An English text, made from a template with named parts: ``no field is called %(name)s``.

    It is a ``str`` like every other, so that whoever knows no languages reads, logs and stores English.
    A part may be a phrase itself.
    """

    __slots__ = ("number", "parts", "plural", "template")

    template: str
    """The text to translate: the ``msgid`` of the catalogues."""
    plural: str | None
    number: int
    parts: Mapping[str, str]

    def __new__(
        cls, template: str, parts: Mapping[str, str], plural: str | None = None, number: int = 1
    ) -> Self:
        """Make a phrase; with ``plural``, ``number`` chooses between it and the template."""
        chosen = template if plural is None or number == 1 else plural
        made = super().__new__(cls, chosen % parts if parts else chosen)
        made.template = template
        made.plural = plural
        made.number = number
        made.parts = parts
        return made

    def __str__(self) -> str:
        """Return the phrase itself: what an error says, ``str(error)``, can be translated as well."""
        return self

    def filled(self, **parts: object) -> "Phrase":
        """Return the phrase with its parts filled in, where it was written down without them."""
        return Phrase(self.template, _texts(parts), self.plural, self.number)

    def __reduce__(self) -> tuple[Any, ...]:
        """Return how to make the phrase again: an error that carries it is pickled with it."""
        return (Phrase, (self.template, dict(self.parts), self.plural, self.number))


_NO_PARTS: Final[Mapping[str, str]] = {}


def phrase(template: str, /, **parts: object) -> Phrase:
    """Return a text that can be translated: the name marks the template for the catalogues.

    A part is named in the template as ``%(name)s``; an error as a part is what it says. A template with parts
    writes ``%`` as ``%%``.
    """
    return Phrase(template, _texts(parts) if parts else _NO_PARTS)


def plural_phrase(singular: str, plural: str, number: int, /, **parts: object) -> Phrase:
    """Return a text that speaks of a number of something, which it shows as ``%(number)s``."""
    return Phrase(singular, {**_texts(parts), "number": str(number)}, plural, number)


def formed(template: str, /, **parts: object) -> Phrase:
    """Return parts in an order, such as ``%(name)s: %(complaint)s``: no word of it is to be translated."""
    return Phrase(template, _texts(parts))


def joined(separator: str, texts: Iterable[str]) -> str:
    """Return texts with a separator between them, each still to be translated."""
    every = list(texts)
    if not every:
        return ""
    between = separator.replace("%", "%%")
    names = [f"part{number}" for number in range(len(every))]
    return Phrase(between.join(f"%({name})s" for name in names), dict(zip(names, every, strict=True)))


def _texts(parts: Mapping[str, object]) -> dict[str, str]:
    return {name: str(part) for name, part in parts.items()}
