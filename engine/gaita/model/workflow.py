"""A workflow: a declared lifecycle, checked and ready to run. Immutable once deployed."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Literal, Protocol, TypeAlias

from gaita.model.amount import Amount
from gaita.model.value import Data, Field, Title, Value

PREVIOUS = "previous"
"""The target that means: the state from which this one was entered."""


@dataclass(frozen=True, slots=True)
class Unknown:
    """What an expression gives when a value that it reads is not set yet."""

    missing: tuple[str, ...]
    """The names that are not set, e.g. ``data.users_tested``."""


@dataclass(frozen=True, slots=True)
class Failed:
    """What an expression gives when it cannot be computed (a division by zero, a budget exhausted)."""

    error: str


class Expression(Protocol):
    """A compiled expression of the guard language."""

    @property
    def source(self) -> str:
        """The text as the operator wrote it."""
        ...

    @property
    def reads(self) -> tuple[str, ...]:
        """The names it reads, sorted: ``data.budget_eur``, ``event.users``, ``now``, ``today``."""
        ...

    def evaluate(self, names: Mapping[str, object]) -> Value | Unknown | Failed:
        """Return its value; ``names`` has ``data``, ``event``, ``now`` and ``today``. Never raises."""
        ...


@dataclass(frozen=True, slots=True)
class Clause:
    """One condition of a guard, with its reason in words."""

    id: str
    check: Expression
    why: Title


@dataclass(frozen=True, slots=True)
class Guard:
    """Conditions of which every one must hold.

    ``all`` is their conjunction compiled as one expression: where it is true, no clause needs a look.
    """

    clauses: tuple[Clause, ...]
    all: Expression


@dataclass(frozen=True, slots=True)
class Role:
    """What an actor may be: named in transitions, fields and escalations."""

    id: str
    title: Title


@dataclass(frozen=True, slots=True)
class State:
    """A named stage. ``id`` is its whole path: ``pilot/preparing`` lies inside ``pilot``."""

    id: str
    title: Title
    parent: str | None = None
    initial: str | None = None
    """The whole path of the state entered first inside this one; ``None`` for a leaf."""
    final: bool = False
    verdict: str | None = None
    """How the life ended, for a final state: an operator's own word, e.g. ``closed``."""

    @property
    def is_leaf(self) -> bool:
        """Whether an instance can be in exactly this state."""
        return self.initial is None


@dataclass(frozen=True, slots=True)
class Event:
    """What a Fire names, and the payload that it carries."""

    id: str
    title: Title
    payload: Mapping[str, Field]


@dataclass(frozen=True, slots=True)
class Transition:
    """A declared move. ``number`` is its place in the file, from 1."""

    number: int
    event: str | None
    """``None``: automatic."""
    sources: tuple[str, ...] | None
    """``None``: any state that is not final."""
    target: str | None
    """A state, ``PREVIOUS``, or ``None``: internal, no state is left."""
    by: tuple[str, ...] = ()
    """The roles that may cause it; empty: anyone."""
    guard: Guard | None = None
    set: tuple[tuple[str, Expression], ...] = ()
    title: Title | None = None


MomentKind: TypeAlias = Literal["reminder", "due", "rung"]


@dataclass(frozen=True, slots=True)
class Moment:
    """One moment of a declared deadline: a reminder before it, the due moment itself, a rung after it."""

    kind: MomentKind
    offset: Amount
    """How long before (a reminder) or after (a rung) the due moment; zero for the due moment."""
    to: tuple[str, ...] = ()
    """The roles that hear of it."""
    fire: str | None = None
    """The event that it fires, as the actor ``engine``."""


@dataclass(frozen=True, slots=True)
class Within:
    """Due an amount of time after the scope was entered."""

    amount: Amount


@dataclass(frozen=True, slots=True)
class AtDate:
    """Due at the end of a day, in the workflow's zone."""

    day: date


@dataclass(frozen=True, slots=True)
class AtHorizon:
    """Due at the end of the workflow's horizon."""


@dataclass(frozen=True, slots=True)
class AtField:
    """Due at what a data field says: the end of its day or month, or its moment. Unset: not armed."""

    field: str


Due: TypeAlias = Within | AtDate | AtHorizon | AtField


@dataclass(frozen=True, slots=True)
class Rule:
    """A declared deadline: the promise that a scope is left before it is due.

    ``scope`` holds the states (leaf or compound) that it lasts through: armed when the first of them is
    entered, ended when the last is left. ``moments`` stand in the order reminders, due, rungs; a timer's
    index is a place in it.
    """

    id: str
    """``STATE.NAME``, e.g. ``idea.decision``."""
    title: Title
    scope: tuple[str, ...]
    due: Due
    moments: tuple[Moment, ...]


@dataclass(frozen=True, slots=True)
class Workflow:
    """A lifecycle as declared, and the tables that serve the step.

    ``version`` is 0 until it is deployed. ``source`` is the TOML text, ``digest`` the SHA-256 of its
    canonical content (comments and layout left out).
    """

    id: str
    version: int
    title: Title
    initial: str
    zone: str
    horizon: date | None
    past_timers: Literal["skip", "fire"]
    """What becomes of timers already past when an instance is adopted."""
    fields: Mapping[str, Field]
    roles: Mapping[str, Role]
    states: Mapping[str, State]
    events: Mapping[str, Event]
    transitions: tuple[Transition, ...]
    rules: Mapping[str, Rule]
    source: str
    digest: str
    # Flattened when the workflow is built, so that a step only looks up.
    candidates: Mapping[tuple[str, str | None], tuple[Transition, ...]]
    """By leaf and event, in the order of selection (``None``: automatic)."""
    paths: Mapping[str, tuple[str, ...]]
    """Each state's ancestors and itself, outermost first."""
    scoped: Mapping[str, tuple[Rule, ...]]
    """By leaf, the deadlines whose scope it lies in, in the order of the file."""
    remembering: frozenset[str]
    """The leaves from which a transition leads to ``PREVIOUS``."""
    follows: Mapping[str, tuple[Rule, ...]]
    """By data field, the deadlines whose due moment it gives."""
    defaults: Data
    """The data that an instance starts with."""

    @property
    def personal(self) -> frozenset[str]:
        """The names of the personal data fields."""
        return frozenset(field.id for field in self.fields.values() if field.personal)

    @property
    def key(self) -> str:
        """``ID@VERSION``, as messages and tables show it."""
        return f"{self.id}@{self.version}"
