"""Values in words, and how a due moment came about as a sentence."""

from gaita import Explained
from gaita.texts import Language, field_words, value_words, words

__all__ = ["field_words", "value_words", "why_words"]


def why_words(explained: Explained | None, language: Language) -> str | None:
    """Return how a due moment came about as a sentence, its days written as in a letter."""
    if explained is None:
        return None
    told = words(explained, language, brief=False)
    told = told[0].upper() + told[1:]
    return told if told.endswith(".") else f"{told}."
