"""A language that people read: its texts, and how it writes numbers and lists."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from gettext import NullTranslations
from typing import Final, Literal

from babel import Locale
from babel.lists import format_list
from babel.numbers import format_decimal

from gaita.title import Title, title_text

_LARGEST_WRITTEN_OUT: Final = 1e15
_FIVE_DIGITS: Final = 10_000


@dataclass(frozen=True, slots=True)
class Language:
    """The texts of one language, by gettext, and its ways of writing, by CLDR.

    A text is looked up by its English; one that has no translation is English. Its parts are named:
    ``language.gettext("Due: %(due)s", due=day)``. ``ngettext`` chooses by ``number``, which the text shows as
    ``%(number)s``; ``pgettext`` and ``npgettext`` take a context, where one English text has several
    translations.
    """

    code: str
    """As in ISO 639, e.g. ``lv``; with a territory ``pt_BR``."""
    locale: Locale = field(repr=False)
    texts: NullTranslations = field(repr=False, compare=False)

    def gettext(self, message: str, /, **parts: object) -> str:
        """Return a text."""
        return _filled(self.texts.gettext(message), message, parts)

    def ngettext(self, singular: str, plural: str, number: int, /, **parts: object) -> str:
        """Return a text that speaks of a number of something."""
        found = self.texts.ngettext(singular, plural, number)
        parts["number"] = self.number(number)
        return _filled(found, singular if number == 1 else plural, parts)

    def pgettext(self, context: str, message: str, /, **parts: object) -> str:
        """Return a text of which there are several, told apart by their context."""
        return _filled(self.texts.pgettext(context, message), message, parts)

    def npgettext(self, context: str, singular: str, plural: str, number: int, /, **parts: object) -> str:
        """Return a text that speaks of a number of something, told apart by its context."""
        found = self.texts.npgettext(context, singular, plural, number)
        parts["number"] = self.number(number)
        return _filled(found, singular if number == 1 else plural, parts)

    def title(self, title: Title | None, otherwise: str = "") -> str:
        """Return a title in this language, or the next best: see ``title_text``."""
        return title_text(title, self.code, otherwise)

    def quoted(self, text: str) -> str:
        """Return ``text`` in quotation marks."""
        return self.gettext("“%(text)s”", text=text)

    def listed(self, items: Sequence[str], style: Literal["and", "or"] = "and") -> str:
        """Return items as ``a, b and c``, or ``a, b or c``; nothing for none."""
        return format_list(items, "standard" if style == "and" else "or", self.locale)

    def number(self, number: float) -> str:
        """Return a number, to ten significant digits: ``48 000``, ``3,5``."""
        digits: float | Decimal = number
        if isinstance(number, float):
            text = f"{number:.10g}"
            if "n" in text or abs(number) >= _LARGEST_WRITTEN_OUT:  # inf and nan among them
                return text
            digits = Decimal(text)
        # CLDR knows whether a language groups four digits; Babel does not, so the catalogue says it.
        grouped = (
            abs(number) >= _FIVE_DIGITS or not self.pgettext("four digits, as written", "1,000").isdigit()
        )
        written = format_decimal(
            digits, locale=self.locale, decimal_quantization=False, group_separator=grouped
        )
        return written.replace("-", "\N{MINUS SIGN}")


def gettext_noop(message: str) -> str:
    """Return ``message``, which is translated where it is shown: the name marks it for the catalogues."""
    return message


def ngettext_noop(singular: str, plural: str) -> tuple[str, str]:
    """Return a text in the singular and the plural, marked like ``gettext_noop``."""
    return singular, plural


def npgettext_noop(context: str, singular: str, plural: str) -> tuple[str, str]:
    """Return a text in the singular and the plural, marked with its context like ``gettext_noop``."""
    del context  # it is given again where the text is shown
    return singular, plural


def _filled(text: str, source: str, parts: Mapping[str, object]) -> str:
    """Return ``text`` with its parts filled in; ``source`` where it names a part that there is not."""
    if not parts:
        return text
    try:
        return text % parts
    except (KeyError, ValueError, TypeError):
        return source % parts
