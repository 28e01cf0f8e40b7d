"""Texts for people: a gettext catalogue for each language, and CLDR's ways of writing days and numbers."""

from gaita.texts.amounts import amount_words, elapsed_words, span_words
from gaita.texts.dates import (
    between_words,
    day_due,
    day_words,
    due_cell_words,
    due_words,
    moment_cell,
    moment_words,
    month_words,
    weekday_moment_words,
    weekday_words,
)
from gaita.texts.due_moment import words
from gaita.texts.language import Language, gettext_noop, ngettext_noop, npgettext_noop
from gaita.texts.languages import Languages, language_of, our_languages
from gaita.texts.units import Beside, Unit, counted

__all__ = [
    "Beside",
    "Language",
    "Languages",
    "Unit",
    "amount_words",
    "between_words",
    "counted",
    "day_due",
    "day_words",
    "due_cell_words",
    "due_words",
    "elapsed_words",
    "gettext_noop",
    "language_of",
    "moment_cell",
    "moment_words",
    "month_words",
    "ngettext_noop",
    "npgettext_noop",
    "our_languages",
    "span_words",
    "weekday_moment_words",
    "weekday_words",
    "words",
]
