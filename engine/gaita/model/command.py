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
    started: datetime | None = None
    """When the life of an adopted one began, as it is told; ``None``: ``since``."""
    entered: Mapping[str, datetime] = field(default_factory=dict[str, datetime])
    """When an adopted one entered states before, as it is told."""


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
class FireTimer:
    """Let one timer fire: the engine's own command."""

    deadline: int
    timer: int
    folding: tuple[int, ...] = ()
    """Earlier timers of the same deadline that are due as well and end with it, told in one notice."""


@dataclass(frozen=True, slots=True)
class Pause:
    """Stop the clock of an open deadline, for a reason."""

    deadline: str
    """Its rule, e.g. ``idea.decision``."""
    reason: str
    actor: str = "system"
    roles: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Resume:
    """Let the clock of a paused deadline run again."""

    deadline: str
    reason: str | None = None
    actor: str = "system"
    roles: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Extend:
    """Give an open deadline more time, for a reason."""

    deadline: str
    by: str
    """An amount of time, e.g. ``10 working days``."""
    reason: str
    actor: str = "system"
    roles: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Recount:
    """Count the open deadlines anew, because the calendar that they are counted by has changed."""

    calendar: str
    digest: str
    """The digest of the calendar as it is now."""
    actor: str = "system"


@dataclass(frozen=True, slots=True)
class Renumber:
    """Number timers anew that fired in a life which was put right, and wait again: the engine's own command.

    The number of a timer, and the id of what it tells, never come again.
    """

    timers: tuple[tuple[int, int], ...]
    """The numbers of deadlines, and the places of their moments."""


Asked: TypeAlias = Fire | SetData | Pause | Resume | Extend
"""What may be asked of an instance that exists, and may be refused."""
Command: TypeAlias = Start | Fire | SetData | Pause | Resume | Extend | Recount | Renumber | FireTimer


@dataclass(frozen=True, slots=True)
class Key:
    """An idempotency key: under it a command of one instance is carried out once, however often it comes."""

    text: str
    command: str
    """The digest of the command that came with it: another command may not use it again."""
