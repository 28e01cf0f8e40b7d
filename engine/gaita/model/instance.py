"""An instance: one case moving through one version of a workflow, with its data and its open deadlines."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, TypeAlias

from gaita.model.state_tree import leaves_of
from gaita.model.value import Data

TimerEnding: TypeAlias = Literal["fired", "cancelled", "superseded"]
TurnKind: TypeAlias = Literal["stopped", "resumed", "extended"]
TurnGround: TypeAlias = Literal["state", "command"]
DeadlineEnding: TypeAlias = Literal["met", "missed", "superseded", "withdrawn", "annulled"]
_RUNNING: frozenset[TurnGround] = frozenset()


TIMERS_OF_ONE_RENEWAL = 10_000
"""More than the moments that a rule can have."""


def timer_number(index: int, again: int) -> int:
    """Return the number of a timer: its place in the rule's moments, until timers were set anew."""
    return again * TIMERS_OF_ONE_RENEWAL + index


def is_overdue(due: datetime, now: datetime, *, paused_at: datetime | None, provisional: bool) -> bool:
    """Whether an open deadline was due at ``now``, or when its clock was stopped.

    One that is provisional never is: nobody knows yet when it is due. The store says the same in SQL.
    """
    return not provisional and due <= (paused_at or now)


@dataclass(frozen=True, slots=True)
class Timer:
    """One moment of an armed deadline that has not ended yet."""

    index: int
    """Its place in the rule's moments."""
    due: datetime | None
    """``None`` while the deadline is paused or provisional: it cannot fire then."""
    again: int = 0
    """In which renewal of its deadline's timers it was set; 0: when the deadline was armed."""

    @property
    def number(self) -> int:
        """What tells it from every other timer of its deadline, also from earlier ones of the same moment."""
        return timer_number(self.index, self.again)


@dataclass(frozen=True, slots=True)
class Turn:
    """What happened to a deadline's clock: it was stopped, it was let run again, or time was granted."""

    kind: TurnKind
    at: datetime
    by: TurnGround = "command"
    """Whether a state that it pauses in did it, or somebody's command."""
    amount: str | None = None
    """The amount of time that was granted."""


@dataclass(frozen=True, slots=True)
class Deadline:
    """An armed deadline."""

    number: int
    """Its number among those that this instance has armed, from 1."""
    rule: str
    armed_at: datetime
    since: datetime
    """The moment it counts from: its scope's entry, or another anchor."""
    due: datetime
    """When it is due; while it is paused, when it would have been."""
    clipped: bool
    """Whether it ran past the horizon and was cut back to it."""
    timers: tuple[Timer, ...]
    """Those still open, in the order of the rule's moments."""
    occurrence: int = 1
    """For a recurring one: which occurrence it is, from 1."""
    course: tuple[Turn, ...] = ()
    """What happened to its clock, in order."""
    provisional: bool = False
    """Whether it runs past the last day that the calendar knows: its due moment is not certain yet."""
    renewals: int = 0
    """How often timers of it were set anew."""

    @property
    def is_paused(self) -> bool:
        """Whether its clock stands."""
        return bool(self.paused_by)

    @property
    def is_held(self) -> bool:
        """Whether it, or a moment of it, runs past what the calendar knows, so that it cannot fire."""
        return self.provisional or (not self.is_paused and any(timer.due is None for timer in self.timers))

    def is_overdue(self, now: datetime) -> bool:
        """Whether it was due at ``now``, or when its clock was stopped."""
        return is_overdue(self.due, now, paused_at=self.paused_at, provisional=self.provisional)

    @property
    def paused_by(self) -> frozenset[TurnGround]:
        """On what grounds its clock stands; empty: it runs."""
        if not self.course:
            return _RUNNING
        grounds: set[TurnGround] = set()
        for turn in self.course:
            if turn.kind == "stopped":
                grounds.add(turn.by)
            elif turn.kind == "resumed":
                grounds.discard(turn.by)
        return frozenset(grounds)

    @property
    def paused_at(self) -> datetime | None:
        """Since when its clock stands; ``None``: it runs."""
        grounds: set[TurnGround] = set()
        since: datetime | None = None
        for turn in self.course:
            if turn.kind == "stopped":
                since = turn.at if not grounds else since
                grounds.add(turn.by)
            elif turn.kind == "resumed":
                grounds.discard(turn.by)
        return since if grounds else None


@dataclass(frozen=True, slots=True)
class Stay:
    """A time that a case spent in a state in which clocks stand."""

    state: str
    since: datetime
    until: datetime | None
    """``None``: it is there."""


@dataclass(frozen=True, slots=True)
class Remembered:
    """A deadline by an anchor that has ended, for when its scope is entered again with the same anchor."""

    deadline: Deadline
    """As it ended, but for its timers."""
    ending: DeadlineEnding
    waiting: tuple[int, ...]
    """The places of the moments that had not come yet."""
    settled: bool
    """Whether it was met by its event, or was missed: it is not made again."""


@dataclass(frozen=True, slots=True)
class Instance:
    """One case, as it stands after its last accepted command."""

    id: str
    workflow: str
    workflow_version: int
    state: str
    """Where it is: the active leaf; with regions, all active leaves (see ``configuration``)."""
    data: Data
    since: datetime
    """When it came there: with regions, when any of them was last moved on."""
    started_at: datetime
    """When its life began; for an adopted one, as far back as is known."""
    memory: Mapping[str, str]
    """Places: for a leaf that has a way back to ``previous``, where it was last entered from; for a state
    that is entered with its history, what was active inside when it was last left."""
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
    entered: Mapping[str, tuple[datetime, datetime]]
    """First and last entries: of states that deadlines elsewhere count from, of leaves in regions."""
    stays: tuple[Stay, ...] = ()
    """The stays in states in which clocks of deadlines by an anchor stand, in order."""
    remembered: tuple[Remembered, ...] = ()
    """Deadlines by an anchor that have ended, the latest last: see ``remembering``."""
    corrected: int = 0
    """How often it was put right: by late entries, and by corrections."""

    @property
    def configuration(self) -> tuple[str, ...]:
        """The active leaves, in the order of the file."""
        return leaves_of(self.state)

    def since_in(self, leaf: str) -> datetime:
        """Return when an active leaf was entered."""
        entries = self.entered.get(leaf)
        return self.since if entries is None or self.state == leaf else entries[1]
