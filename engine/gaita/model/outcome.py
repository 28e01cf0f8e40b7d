"""An outcome: what a step returns. Accepted or refused, each with its explanation."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal, TypeAlias

from gaita.model.command import Command
from gaita.model.instance import Deadline, DeadlineEnding, Instance, TimerEnding, timer_number
from gaita.model.value import Value
from gaita.model.workflow import MessageKind
from gaita.title import Title

ClauseVerdict: TypeAlias = Literal["holds", "unmet", "unknown", "failed"]
CandidateVerdict: TypeAlias = Literal[
    "taken", "value", "no_previous", "not_done", "guard", "role", "preempted"
]
"""How a transition came out: taken, or what stood in its way. ``value``: a ``set`` gives nothing admitted;
``preempted``: one in another region leaves what it would leave."""
Ground: TypeAlias = Literal[
    "no_transition", "role", "guard", "no_previous", "not_done", "value", "final", "field_role",
    "no_deadline", "not_pausable", "not_extendable", "paused", "running", "overdue", "too_much", "horizon",
    "no_corrector", "upset", "too_late", "closed",
    "stuck",
]  # fmt: skip
"""Why a command is refused as a whole: the ground of the candidate that came nearest.

The second line is about deadlines: none of this name is open; it cannot be paused, or extended; its clock
stands, or runs, already; it is due already; more time is asked for than may be granted; the horizon leaves
no more. The third is about the past: nobody may correct it; later entries would be upset; it lies further
back than a late entry may; it was reported on already. The last is only explained, never recorded: a due
timer of the instance cannot be carried out, so that a command would raise ``StuckTimer``.
"""
AdjustmentKind: TypeAlias = Literal["paused", "resumed", "extended", "moved", "reopened"]


@dataclass(frozen=True, slots=True)
class ClauseResult:
    """How one clause of a guard came out, and what it read."""

    id: str
    check: str
    why: Title
    verdict: ClauseVerdict
    read: Mapping[str, Value]
    """The values of the names it reads, those that are set."""
    missing: tuple[str, ...] = ()
    """The names it needs that are not set yet."""
    error: str | None = None


@dataclass(frozen=True, slots=True)
class Candidate:
    """How one transition that the event could cause came out."""

    transition: int
    target: str | None
    by: tuple[str, ...]
    verdict: CandidateVerdict
    clauses: tuple[ClauseResult, ...] = ()
    """Every clause of its guard; for ``value``, the assignments that failed."""
    waits_for: tuple[str, ...] = ()
    """What its source still waits for until it is done, where it asks for that: states, regions."""


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why a command is accepted or refused.

    A deadline whose own event was refused is an accepted FireTimer (the timer has fired) whose explanation
    is that of the refusal.
    """

    state: str
    event: str | None
    ground: Ground | None
    """``None``: nothing stands in the way."""
    candidates: tuple[Candidate, ...] = ()
    """The transitions considered, in the order of selection, up to the one taken."""
    fields: Mapping[str, tuple[str, ...]] | None = None
    """For a refused SetData: each field that this actor may not change, with the roles that may."""
    elsewhere: tuple[str, ...] = ()
    """For ``no_transition``: the states that have a transition for this event."""
    deadline: str | None = None
    """For what was asked of a deadline: its rule."""
    by: tuple[str, ...] = ()
    """For what was asked of a deadline: the roles that may."""
    amounts: Mapping[str, str] | None = None
    """For ``too_much``: the amounts ``asked``, ``granted`` before, and ``at_most``."""
    incident: int | None = None
    """For ``stuck``: the open incident that says why; ``None``: the next sweep opens it."""

    @property
    def accepted(self) -> bool:
        """Whether the command would be, or was, accepted."""
        return self.ground is None


@dataclass(frozen=True, slots=True)
class Move:
    """One transition carried out."""

    transition: int
    """Its number in the file; 0 for the start of the instance."""
    source: str | None
    target: str
    internal: bool = False
    exited: tuple[str, ...] = ()
    """The states that were left, the innermost first."""
    entered: tuple[str, ...] = ()
    """The states that were entered, the outermost first."""
    evidence: Mapping[str, Value] | None = None
    """What its guard read: on that, it was decided. ``None``: it has no guard."""


@dataclass(frozen=True, slots=True)
class DeadlineEnd:
    """A deadline that came to its end."""

    deadline: Deadline
    ending: DeadlineEnding
    late: timedelta
    """How long after it was due; zero unless missed."""


@dataclass(frozen=True, slots=True)
class TimerEnd:
    """A timer that came to its end."""

    deadline: int
    index: int
    due: datetime | None
    """``None``: it was paused or provisional, and had no moment."""
    ending: TimerEnding
    late: timedelta
    """How long after its moment it fired; zero unless fired."""
    again: int = 0
    """In which renewal of its deadline's timers it was set."""

    @property
    def number(self) -> int:
        """What tells it from every other timer of its deadline."""
        return timer_number(self.index, self.again)


@dataclass(frozen=True, slots=True)
class Adjustment:
    """A deadline whose clock was stopped or let run, that was given more time, moved, or is open again."""

    kind: AdjustmentKind
    before: Deadline
    after: Deadline


@dataclass(frozen=True, slots=True)
class Message:
    """Something to be delivered outside. ``id`` is its idempotency key."""

    id: str
    kind: MessageKind
    to: str
    """A role."""
    instance: str
    """Empty, as all that is of one deadline, where the message is a digest."""
    workflow: str
    """``ID@VERSION``."""
    state: str
    rule: str
    deadline: int
    timer: int
    """The place of its moment among the rule's moments."""
    due: datetime
    """When the deadline is, or was, due."""
    at: datetime
    """When it was written."""
    folded: tuple[int, ...] = ()
    """Earlier moments of the same deadline, missed in an outage, that this message reports as well."""
    words: str | None = None
    """What whoever put a case right says of it, where the message reports that."""


@dataclass(frozen=True, slots=True)
class Trouble:
    """What the engine could not do, for an operator to see: it becomes an incident."""

    code: str
    message: str


@dataclass(frozen=True, slots=True)
class Accepted:
    """The command was carried out: everything that changed."""

    command: Command
    at: datetime
    before: Instance | None
    after: Instance
    explanation: Explanation
    moves: tuple[Move, ...] = ()
    changed: Mapping[str, Value | None] = field(default_factory=dict[str, Value | None])
    """The data fields that changed, with their new values; ``None``: cleared."""
    armed: tuple[Deadline, ...] = ()
    ended: tuple[DeadlineEnd, ...] = ()
    adjusted: tuple[Adjustment, ...] = ()
    timers: tuple[TimerEnd, ...] = ()
    messages: tuple[Message, ...] = ()
    trouble: Trouble | None = None
    calendar: str | None = None
    """The digest of the calendar in force, where the workflow counts working time."""
    settled: tuple[int, ...] = ()
    """The deadlines by an anchor, just ended or before, that its event has met."""
    payload: Mapping[str, Value | None] = field(default_factory=dict[str, Value | None])
    """What came with the command, in the engine's form: an event's payload, or the data asked for."""


@dataclass(frozen=True, slots=True)
class Refused:
    """The command was not carried out: nothing changed but the history."""

    command: Command
    at: datetime
    before: Instance
    after: Instance
    explanation: Explanation
    recorded: bool = True
    """False where the latest record is an equal refusal, to which nothing is added."""
    trouble: Trouble | None = None
    calendar: str | None = None
    """The digest of the calendar in force, where the workflow counts working time."""
    payload: Mapping[str, Value | None] = field(default_factory=dict[str, Value | None])
    """What came with the command, as in ``Accepted``."""


Outcome: TypeAlias = Accepted | Refused
