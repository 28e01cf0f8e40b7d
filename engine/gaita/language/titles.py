"""Titles: what people read. Where the file gives none, the name itself, made readable."""

from collections.abc import Mapping

from gaita.title import SOURCE_LANGUAGE, Title


def title_of(declared: "str | Mapping[str, str] | None", identifier: str) -> Title:
    """Return the declared title by language; without one, ``lab_test`` reads ``Lab test``."""
    if declared is None:
        return {SOURCE_LANGUAGE: identifier.replace("_", " ").capitalize()}
    if isinstance(declared, str):
        return {SOURCE_LANGUAGE: declared}
    return dict(declared)


def names_of(one_or_more: "str | list[str] | None") -> list[str]:
    """Return the names that a key gives as one text or as a list of them."""
    if one_or_more is None:
        return []
    return [one_or_more] if isinstance(one_or_more, str) else one_or_more
