"""Titles as the command line shows them: with the ids that an operator types."""

import json
from collections.abc import Iterable
from datetime import datetime
from zoneinfo import ZoneInfo

from gaita import Workflow, due_day_text
from gaita.texts import (
    LONGEST_TEXT,
    Language,
    event_title,
    field_title,
    one_line,
    role_title,
    role_titles,
    rule_title,
    state_title,
    titled,
)

__all__ = [
    "LONGEST_TEXT",
    "due_of",
    "event_title",
    "field_title",
    "json_text",
    "local_text",
    "named_event",
    "named_roles",
    "one_line",
    "role_title",
    "role_titles",
    "rule_title",
    "state_title",
    "titled",
]


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
