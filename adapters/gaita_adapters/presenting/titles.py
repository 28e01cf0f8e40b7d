"""Titles: what people call states, deadlines, events, roles and fields, on one line."""

import json
import re
import unicodedata
from collections.abc import Iterable
from datetime import datetime
from typing import Final, Literal
from zoneinfo import ZoneInfo

from gaita import Title, Workflow, due_day_text
from gaita.texts import Language

LONGEST_TEXT: Final = 300
"""Characters of one title or value; what is longer is cut."""

_NO_BREAK: Final = "\u00a0"
_SPACES: Final = re.compile(r"[^\S\u00a0]+")


def titled(title: Title | None, language: Language, otherwise: str) -> str:
    """Return a title on one line: in ``language``, in another where it has none, or ``otherwise``."""
    return one_line(language.title(title)) or one_line(otherwise)


def state_title(workflow: Workflow, state: str, language: Language) -> str:
    """Return what people call a state."""
    found = workflow.states.get(state)
    return titled(found.title if found else None, language, state)


def rule_title(workflow: Workflow, rule: str, language: Language) -> str:
    """Return what people call a deadline."""
    found = workflow.rules.get(rule)
    return titled(found.title if found else None, language, rule)


def event_title(workflow: Workflow, event: str, language: Language) -> str:
    """Return what people call an event."""
    found = workflow.events.get(event)
    return titled(found.title if found else None, language, event)


def field_title(workflow: Workflow, field: str, language: Language) -> str:
    """Return what people call a data field."""
    found = workflow.fields.get(field)
    return titled(found.title if found else None, language, field)


def role_title(workflow: Workflow, role: str, language: Language) -> str:
    """Return what people call a role."""
    found = workflow.roles.get(role)
    return titled(found.title if found else None, language, role)


def role_titles(
    workflow: Workflow, roles: Iterable[str], language: Language, style: Literal["and", "or"] = "or"
) -> str:
    """Return what people call roles: ``Head of the laboratory or State Chancellery``."""
    return language.listed([role_title(workflow, role, language) for role in roles], style)


def one_line(text: str, most: int = LONGEST_TEXT) -> str:
    """Return ``text`` on one line, without what cannot be seen, and cut where it is too long."""
    seen = "".join(
        character
        for character in _SPACES.sub(" ", text[: most * 4])
        if character.isspace() or unicodedata.category(character) not in {"Cc", "Cf", "Co", "Cs"}
    )
    seen = seen.strip()
    return seen if len(seen) <= most and len(text) <= most * 4 else seen[: most - 1].rstrip() + "…"


def json_text(value: object) -> str:
    """Return a value as it would be typed."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def named_event(workflow: Workflow, event: str | None, language: Language) -> str:
    """Return an event by id and title: ``report_test (Report a test)``."""
    if event is None:
        return "the change"
    title = event_title(workflow, event, language)
    return event if title == event else f"{event} ({title})"


def named_roles(workflow: Workflow, roles: Iterable[str], language: Language) -> str:
    """Return roles by id and title: ``lab_lead (Head of the laboratory)``."""
    return " or ".join(
        f"{role} ({role_title(workflow, role, language)})" if role in workflow.roles else role
        for role in roles
    )


def local_text(moment: datetime, zone: str) -> str:
    """Return a moment as a clock in ``zone`` shows it."""
    return moment.astimezone(ZoneInfo(zone)).strftime("%Y-%m-%d %H:%M")


def due_of(text: str, zone: str) -> str:
    """Return a stored moment as the day it means."""
    return due_day_text(datetime.fromisoformat(text), zone)
