"""An instance: one case moving through one version of a workflow, with its data and its open deadlines."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, TypeAlias

from gaita.model.value import Data

TimerEnding: TypeAlias = Literal["fired", "cancelled", "superseded"]
DeadlineEnding: TypeAlias = Literal["met", "missed", "superseded", "withdrawn"]


@dataclass(frozen=True, slots=True)
class Timer:
    """One moment of an armed deadline that has not come to its end yet."""

    index: int
    """Its place in the rule's moments."""
    due: datetime


@dataclass(frozen=True, slots=True)
class Deadline:
    """An armed deadline."""

    number: int
    """The how-manieth this instance has armed, from 1."""
    rule: str
    armed_at: datetime
    since: datetime
    """The moment it counts from: its scope's entry."""
    due: datetime
    clipped: bool
    """Whether it ran past the horizon and was cut back to it."""
    timers: tuple[Timer, ...]
    """Those still open, in the order of the rule's moments."""


@dataclass(frozen=True, slots=True)
class Instance:
    """One case, as it stands after its last accepted command."""

    id: str
    workflow: str
    workflow_version: int
    state: str
    """The active leaf."""
    data: Data
    since: datetime
    """When the active leaf was entered."""
    started_at: datetime
    memory: Mapping[str, str]
    """For a leaf that has a way back to ``previous``: the leaf it was last entered from."""
    deadlines: tuple[Deadline, ...]
    """The open ones, in the order they were armed."""
    armed: int
    """How many deadlines were ever armed."""
    version: int
    """How many commands were accepted; a refusal does not count."""
    refusal: str | None
    """The digest of the latest refusal, while nothing was accepted since."""
    sequence: int
    """The number of its last record, from 1."""
