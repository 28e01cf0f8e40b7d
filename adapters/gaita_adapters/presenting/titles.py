"""Titles: what people call states, deadlines, roles and events, and how they read a moment."""

import json
from collections.abc import Iterable
from datetime import datetime
from zoneinfo import ZoneInfo

from gaita import Workflow, due_day_text, title_text


def state_title(workflow: Workflow, state: str, language: str) -> str:
    """Return what people call a state."""
    found = workflow.states.get(state)
    return title_text(found.title if found else None, language, state)


def rule_title(workflow: Workflow, rule: str, language: str) -> str:
    """Return what people call a deadline."""
    found = workflow.rules.get(rule)
    return title_text(found.title if found else None, language, rule)


def role_titles(workflow: Workflow, roles: Iterable[str], language: str) -> str:
    """Return roles by id and title: ``lab_lead (Head of the laboratory)``."""
    return " or ".join(
        f"{role} ({title_text(workflow.roles[role].title, language, role)})"
        if role in workflow.roles
        else role
        for role in roles
    )


def event_title(workflow: Workflow, event: str | None, language: str) -> str:
    """Return an event by id and title."""
    if event is None:
        return "the change"
    found = workflow.events.get(event)
    title = title_text(found.title if found else None, language, event)
    return event if title == event else f"{event} ({title})"


def local_text(moment: datetime, zone: str) -> str:
    """Return a moment as a clock in ``zone`` shows it."""
    return moment.astimezone(ZoneInfo(zone)).strftime("%Y-%m-%d %H:%M")


def value_text(value: object) -> str:
    """Return a value as it would be typed."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def due_of(text: str, zone: str) -> str:
    """Return a stored moment as the day it means."""
    return due_day_text(datetime.fromisoformat(text), zone)
