"""Units of time in words, which agree with their number, and with what stands beside them."""

from collections.abc import Mapping
from typing import Final, Literal, TypeAlias

from gaita.texts.language import Language, ngettext_noop, npgettext_noop
from gaita.texts.languages import language_of

Unit: TypeAlias = Literal[
    "year", "month", "week", "day", "hour", "minute", "second",
    "working day", "working hour", "working minute", "working second",
]  # fmt: skip
Beside: TypeAlias = Literal["", "before", "after", "by", "within"]
"""What an amount stands beside, by which many languages inflect it: nothing (``it takes 3 days``), or
``3 days before the end``, ``after 3 days``, ``longer by 3 days``, ``within 3 days``."""


def counted(number: int, unit: Unit, language: str | Language, beside: Beside = "") -> str:
    """Return a number with its unit, e.g. ``2 days``."""
    spoken = language_of(language)
    if not beside:
        return spoken.ngettext(*_PLAIN[unit], number)
    return spoken.npgettext(beside, *_BESIDE[beside][unit], number)


_Words: TypeAlias = Mapping[Unit, tuple[str, str]]

_PLAIN: Final[_Words] = {
    "year": ngettext_noop("%(number)s year", "%(number)s years"),
    "month": ngettext_noop("%(number)s month", "%(number)s months"),
    "week": ngettext_noop("%(number)s week", "%(number)s weeks"),
    "day": ngettext_noop("%(number)s day", "%(number)s days"),
    "hour": ngettext_noop("%(number)s hour", "%(number)s hours"),
    "minute": ngettext_noop("%(number)s minute", "%(number)s minutes"),
    "second": ngettext_noop("%(number)s second", "%(number)s seconds"),
    "working day": ngettext_noop("%(number)s working day", "%(number)s working days"),
    "working hour": ngettext_noop("%(number)s working hour", "%(number)s working hours"),
    "working minute": ngettext_noop("%(number)s working minute", "%(number)s working minutes"),
    "working second": ngettext_noop("%(number)s working second", "%(number)s working seconds"),
}
_BESIDE: Final[Mapping[Beside, _Words]] = {
    "before": {
        "year": npgettext_noop("before", "%(number)s year", "%(number)s years"),
        "month": npgettext_noop("before", "%(number)s month", "%(number)s months"),
        "week": npgettext_noop("before", "%(number)s week", "%(number)s weeks"),
        "day": npgettext_noop("before", "%(number)s day", "%(number)s days"),
        "hour": npgettext_noop("before", "%(number)s hour", "%(number)s hours"),
        "minute": npgettext_noop("before", "%(number)s minute", "%(number)s minutes"),
        "second": npgettext_noop("before", "%(number)s second", "%(number)s seconds"),
        "working day": npgettext_noop("before", "%(number)s working day", "%(number)s working days"),
        "working hour": npgettext_noop("before", "%(number)s working hour", "%(number)s working hours"),
        "working minute": npgettext_noop("before", "%(number)s working minute", "%(number)s working minutes"),
        "working second": npgettext_noop("before", "%(number)s working second", "%(number)s working seconds"),
    },
    "after": {
        "year": npgettext_noop("after", "%(number)s year", "%(number)s years"),
        "month": npgettext_noop("after", "%(number)s month", "%(number)s months"),
        "week": npgettext_noop("after", "%(number)s week", "%(number)s weeks"),
        "day": npgettext_noop("after", "%(number)s day", "%(number)s days"),
        "hour": npgettext_noop("after", "%(number)s hour", "%(number)s hours"),
        "minute": npgettext_noop("after", "%(number)s minute", "%(number)s minutes"),
        "second": npgettext_noop("after", "%(number)s second", "%(number)s seconds"),
        "working day": npgettext_noop("after", "%(number)s working day", "%(number)s working days"),
        "working hour": npgettext_noop("after", "%(number)s working hour", "%(number)s working hours"),
        "working minute": npgettext_noop("after", "%(number)s working minute", "%(number)s working minutes"),
        "working second": npgettext_noop("after", "%(number)s working second", "%(number)s working seconds"),
    },
    "by": {
        "year": npgettext_noop("by", "%(number)s year", "%(number)s years"),
        "month": npgettext_noop("by", "%(number)s month", "%(number)s months"),
        "week": npgettext_noop("by", "%(number)s week", "%(number)s weeks"),
        "day": npgettext_noop("by", "%(number)s day", "%(number)s days"),
        "hour": npgettext_noop("by", "%(number)s hour", "%(number)s hours"),
        "minute": npgettext_noop("by", "%(number)s minute", "%(number)s minutes"),
        "second": npgettext_noop("by", "%(number)s second", "%(number)s seconds"),
        "working day": npgettext_noop("by", "%(number)s working day", "%(number)s working days"),
        "working hour": npgettext_noop("by", "%(number)s working hour", "%(number)s working hours"),
        "working minute": npgettext_noop("by", "%(number)s working minute", "%(number)s working minutes"),
        "working second": npgettext_noop("by", "%(number)s working second", "%(number)s working seconds"),
    },
    "within": {
        "year": npgettext_noop("within", "%(number)s year", "%(number)s years"),
        "month": npgettext_noop("within", "%(number)s month", "%(number)s months"),
        "week": npgettext_noop("within", "%(number)s week", "%(number)s weeks"),
        "day": npgettext_noop("within", "%(number)s day", "%(number)s days"),
        "hour": npgettext_noop("within", "%(number)s hour", "%(number)s hours"),
        "minute": npgettext_noop("within", "%(number)s minute", "%(number)s minutes"),
        "second": npgettext_noop("within", "%(number)s second", "%(number)s seconds"),
        "working day": npgettext_noop("within", "%(number)s working day", "%(number)s working days"),
        "working hour": npgettext_noop("within", "%(number)s working hour", "%(number)s working hours"),
        "working minute": npgettext_noop("within", "%(number)s working minute", "%(number)s working minutes"),
        "working second": npgettext_noop("within", "%(number)s working second", "%(number)s working seconds"),
    },
}
