"""Values as typed on a command line: read by the type that the workflow declares for them."""

import re
from collections.abc import Iterable, Mapping
from datetime import date, datetime, time
from typing import Final, cast

from gaita import (
    Field,
    MalformedCommand,
    UnreadableJson,
    advice_on,
    day_from,
    effective_moment,
    moment_from,
    moment_on,
    read_json,
    shown,
)
from gaita.phrase import formed, joined, phrase

_OBJECT: Final = phrase('a JSON object such as {"users": 3}')
_WITH_TIME: Final = re.compile(r"\d[T ]+\d")


def read_pairs(
    what: str, pairs: Iterable[str], fields: Mapping[str, Field], *, clearing: bool = False
) -> dict[str, object]:
    """Return ``key=value`` pairs as values; with ``clearing``, ``key=`` gives ``None``.

    Raises ``MalformedCommand`` with every complaint. A key that is not declared is left to the engine,
    which knows the names that might have been meant.
    """
    values: dict[str, object] = {}
    complaints: list[str] = []
    for pair in pairs:
        key, equals, text = pair.partition("=")
        if not equals or not key:
            complaints.append(phrase("expected key=value, found %(pair)s", pair=shown(pair)))
        elif key in values:
            complaints.append(phrase("%(key)s: given twice", key=key))
        elif clearing and not text:
            values[key] = None
        elif key not in fields:
            values[key] = text
        else:
            try:
                values[key] = fields[key].type.read(text)
            except ValueError as error:
                complaints.append(formed("%(key)s: %(error)s", key=key, error=error))
    if complaints:
        raise MalformedCommand(what, complaints)
    return values


def read_object(what: str, text: str | None) -> dict[str, object]:
    """Return a JSON object; nothing for ``None``. Raises ``MalformedCommand``."""
    if text is None:
        return {}
    try:
        value = read_json(text)
    except UnreadableJson as error:
        raise MalformedCommand(what, [joined(": ", [_no_object(text), str(error)])]) from None
    if not isinstance(value, dict):
        raise MalformedCommand(what, [_no_object(text)])
    return cast("dict[str, object]", value)


def read_moment(what: str, text: str, zone: str) -> datetime:
    """Return a day (its beginning) or a moment; without a zone of its own it is in the workflow's.

    Raises ``MalformedCommand``.
    """
    found = read_day_or_moment(what, text, zone)
    return found if isinstance(found, datetime) else moment_on(found, time(), zone)


def read_on(text: str | None, zone: str) -> date | datetime | None:
    """Return the value of ``--on``: ``None``, where it was not given. Raises ``MalformedCommand``."""
    return None if text is None else read_day_or_moment("--on", text, zone)


def read_effective(what: str, text: str, zone: str, now: datetime) -> datetime:
    """Return a moment, or the last instant of a day; of today, the present. Raises ``MalformedCommand``."""
    return effective_moment(read_day_or_moment(what, text, zone), zone, now)


def read_day_or_moment(what: str, text: str, zone: str) -> date | datetime:
    """Return a day, or a moment; without a zone of its own it is in the workflow's.

    Raises ``MalformedCommand``.
    """
    named = day_from(text) or moment_from(text, zone)
    if named is None:
        advice = advice_on(text, "moment" if _WITH_TIME.search(text) else "date")
        complaint = phrase(
            "expected a day such as 2025-03-01 or a moment such as 2025-03-01T10:00, found %(text)s",
            text=shown(text),
        )
        raise MalformedCommand(what, [joined("; ", [complaint, advice] if advice else [complaint])])
    return named


def _no_object(text: str) -> str:
    return phrase("expected %(expected)s, found %(found)s", expected=_OBJECT, found=shown(text))
