"""How values become columns, and columns values."""

import json
import unicodedata
from collections.abc import Iterable, Mapping
from datetime import datetime

from gaita.clock import from_microseconds
from gaita.model.value import Value

_COMPACT = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))


def encode(value: object) -> str:
    """Return compact JSON text."""
    return _COMPACT.encode(value)


def decode(text: str) -> dict[str, Value]:
    """Return the object that ``encode`` wrote."""
    decoded: dict[str, Value] = json.loads(text)
    return decoded


def optional_moment(micros: int | None) -> datetime | None:
    """Return an instant, or nothing for nothing."""
    return None if micros is None else from_microseconds(micros)


def fold(text: str) -> str:
    """Return ``text`` for searching: without case and diacritics, so that ``adazi`` finds ``Ādaži``.

    Databases differ here (SQLite's LIKE folds ASCII only), so it is done before they see it.
    """
    decomposed = unicodedata.normalize("NFKD", text).casefold()
    bare = "".join(character for character in decomposed if not unicodedata.combining(character))
    return unicodedata.normalize("NFKC", bare)


def searchable(identity: str, data: Mapping[str, Value], personal: Iterable[str]) -> str:
    """Return the folded text that a search looks through: the id and every string that is not personal."""
    hidden = frozenset(personal)
    words = [identity]
    words.extend(value for field, value in data.items() if isinstance(value, str) and field not in hidden)
    text = "\n".join(words)
    return text.lower() if text.isascii() else fold(text)
