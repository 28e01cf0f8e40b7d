"""Values as typed on a command line: read by the type that the workflow declares for them."""

import json
from collections.abc import Iterable, Mapping
from datetime import date, datetime, time
from typing import cast
from zoneinfo import ZoneInfo

from gaita import Field, MalformedCommand


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
            complaints.append(f"expected key=value, found {pair!r}")
        elif key in values:
            complaints.append(f"{key}: given twice")
        elif clearing and not text:
            values[key] = None
        elif key not in fields:
            values[key] = text
        else:
            try:
                values[key] = fields[key].type.read(text)
            except ValueError as error:
                complaints.append(f"{key}: {error}")
    if complaints:
        raise MalformedCommand(what, complaints)
    return values


def read_object(what: str, text: str | None) -> dict[str, object]:
    """Return a JSON object; nothing for ``None``. Raises ``MalformedCommand``."""
    if text is None:
        return {}
    try:
        value = _json(text)
    except ValueError as error:
        raise MalformedCommand(what, [str(error)]) from None
    if not isinstance(value, dict):
        raise MalformedCommand(what, [f'expected a JSON object such as {{"users": 3}}, found {text[:60]!r}'])
    return cast("dict[str, object]", value)


def read_moment(what: str, text: str, zone: str) -> datetime:
    """Return a day (its beginning) or a moment; without a zone of its own it is in the workflow's."""
    found = read_day_or_moment(what, text, zone)
    return found if isinstance(found, datetime) else datetime.combine(found, time(), ZoneInfo(zone))


def read_day_or_moment(what: str, text: str, zone: str) -> date | datetime:
    """Return a day, or a moment; without a zone of its own it is in the workflow's."""
    try:
        if len(text) == len("2025-03-01"):
            return date.fromisoformat(text)
        moment = datetime.fromisoformat(text)
    except ValueError:
        complaint = f"expected a day such as 2025-03-01 or a moment such as 2025-03-01T10:00, found {text!r}"
        raise MalformedCommand(what, [complaint]) from None
    return moment if moment.tzinfo else moment.replace(tzinfo=ZoneInfo(zone))


def _json(text: str) -> object:
    try:
        value: object = json.loads(text)
    except (ValueError, RecursionError) as error:
        message = f"expected JSON, found {text[:60]!r} ({error})"
        raise ValueError(message) from None
    return value
