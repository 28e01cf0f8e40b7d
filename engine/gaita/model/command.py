"""The commands: what may be asked of an instance."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeAlias

ENGINE = "engine"
"""The actor of whatever a deadline does by itself."""


@dataclass(frozen=True, slots=True)
class Start:
    """Begin an instance; in ``state`` and counted from ``since``, where it is adopted mid-life."""

    instance: str
    data: Mapping[str, object] = field(default_factory=dict[str, object])
    actor: str = "system"
    roles: frozenset[str] = frozenset()
    state: str | None = None
    since: datetime | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Fire:
    """Cause an event."""

    event: str
    payload: Mapping[str, object] = field(default_factory=dict[str, object])
    actor: str = "system"
    roles: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class SetData:
    """Change data directly; ``None`` clears a field."""

    values: Mapping[str, object]
    actor: str = "system"
    roles: frozenset[str] = frozenset()
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Due:
    """Let one timer fire: the engine's own command."""

    deadline: int
    timer: int


Command: TypeAlias = Start | Fire | SetData | Due
