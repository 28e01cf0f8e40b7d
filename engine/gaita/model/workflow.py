"""A workflow: a declared lifecycle, checked and ready to run. Immutable once deployed."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Literal, Protocol, TypeAlias

from gaita.calendar.amount import Amount
from gaita.model.state_tree import BESIDE, StateTree, leaves_of
from gaita.model.value import Data, Field, Value
from gaita.title import Title

PREVIOUS = "previous"
"""The target that means: the state from which this one was entered."""
WITHDRAWN = "withdrawn"
"""The verdict of a final state that means: the case was given up."""


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
    contact: str | None = None
    """The data field that says who bears it for one instance: a person's id, or an address."""


@dataclass(frozen=True, slots=True)
class State:
    """A named stage. ``id`` is its whole path: ``pilot/preparing`` lies inside ``pilot``."""

    id: str
    title: Title
    parent: str | None = None
    initial: str | None = None
    """The place entered first inside this one; ``None`` for a leaf, and for a state with regions."""
    final: bool = False
    """Whether the life ends there."""
    verdict: str | None = None
    """How the life ended, for a final state: an operator's own word, e.g. ``closed``; or ``withdrawn``."""
    regions: tuple[str, ...] = ()
    """The regions inside this one, by their whole paths: all of them are active while it is."""
    completes: bool = False
    """Whether the state around it is done where this one is active."""

    @property
    def is_withdrawn(self) -> bool:
        """Whether a case that enters it is given up: what was not due yet is then withdrawn, not met."""
        return self.final and self.verdict == WITHDRAWN

    @property
    def is_leaf(self) -> bool:
        """Whether there is nothing inside it, so that an instance can be in exactly this state."""
        return self.initial is None and not self.regions


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
    """A place, ``PREVIOUS``, or ``None``: internal, no state is left."""
    by: tuple[str, ...] = ()
    """The roles that may cause it; empty: anyone."""
    guard: Guard | None = None
    set: tuple[tuple[str, Expression], ...] = ()
    title: Title | None = None
    done: bool = False
    """Whether it waits until its source is done."""
    history: bool = False
    """Whether it enters what was active inside its target when that was last left."""
    spares_target: bool = False
    """For one from any state: whether its target is none of them."""


HORIZON = "horizon"
"""The id of the deadline that lasts until the end of the programme, whatever the state."""

MomentKind: TypeAlias = Literal["reminder", "due", "rung"]
MessageKind: TypeAlias = Literal["reminder", "due", "rung", "restated", "digest", "incidents"]


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
    close_to: str | None = None
    """The final state to which it moves the instance, whatever the guards say: the horizon's policy."""


@dataclass(frozen=True, slots=True)
class FromEntry:
    """Counted from the entry of the deadline's scope."""


@dataclass(frozen=True, slots=True)
class FromStart:
    """Counted from the start of the instance."""


@dataclass(frozen=True, slots=True)
class FromState:
    """Counted from the first or the last entry of another state. Never entered yet: not armed."""

    state: str
    entry: Literal["first", "last"]


@dataclass(frozen=True, slots=True)
class FromField:
    """Counted from what a data field says: a day, the last day of a month, a moment. Unset: not armed."""

    field: str


Anchor: TypeAlias = FromEntry | FromStart | FromState | FromField


@dataclass(frozen=True, slots=True)
class Within:
    """Due an amount of time after an anchor."""

    amount: Amount
    anchor: Anchor = FromEntry()


@dataclass(frozen=True, slots=True)
class Every:
    """Due again and again: the n-th time, n such amounts after an anchor."""

    amount: Amount
    anchor: Anchor = FromEntry()


@dataclass(frozen=True, slots=True)
class AtDate:
    """Due at the end of a day, in the workflow's zone, or an amount of time before it."""

    day: date
    before: Amount | None = None


@dataclass(frozen=True, slots=True)
class AtHorizon:
    """Due at the end of the workflow's horizon, or an amount of time before it."""

    before: Amount | None = None


@dataclass(frozen=True, slots=True)
class AtField:
    """Due at what a data field says: the end of its day or month, or its moment. Unset: not armed."""

    field: str
    before: Amount | None = None


Due: TypeAlias = Within | Every | AtDate | AtHorizon | AtField


@dataclass(frozen=True, slots=True)
class Rule:
    """A declared deadline: the promise that a scope is left before it is due.

    ``scope`` holds the states (leaf or compound) that it lasts through: armed when the first of them is
    entered, ended when the last is left. ``moments`` stand in the order reminders, due, rungs; a timer's
    index is a place in it.
    """

    id: str
    """``STATE.NAME``, e.g. ``idea.decision``; ``horizon`` for the end of the programme."""
    title: Title
    scope: tuple[str, ...]
    due: Due
    moments: tuple[Moment, ...]
    met_by: tuple[str, ...] = ()
    """The events that meet it, beside leaving its scope."""
    pause_in: tuple[str, ...] = ()
    """The states in which its clock stands."""
    pause_by: tuple[str, ...] = ()
    """The roles that may stop its clock, and let it run again."""
    extend_by: tuple[str, ...] = ()
    """The roles that may grant more time."""
    extend_at_most: Amount | None = None
    """How much time may be granted in all; in one unit."""
    catch_up: Literal["each", "once"] = "each"
    """What is told after an outage: each moment that was missed, in order, or the last of them only."""

    @property
    def is_anchored(self) -> bool:
        """Whether it is counted from anything but its own scope's entry: one promise for one anchor."""
        match self.due:
            case Within(anchor=FromEntry()) | Every(anchor=FromEntry()):
                return False
            case _:
                return True

    @property
    def due_index(self) -> int:
        """The place of the due moment among the moments."""
        return next(index for index, moment in enumerate(self.moments) if moment.kind == "due")

    def roles_told(self, indexes: Iterable[int]) -> tuple[str, ...]:
        """Return the roles that hear of moments that fire together, each once."""
        return tuple(dict.fromkeys(role for index in indexes for role in self.moments[index].to))

    @property
    def amounts(self) -> tuple[Amount, ...]:
        """Every amount of time that it names."""
        match self.due:
            case Within(amount) | Every(amount):
                own: tuple[Amount | None, ...] = (amount,)
            case AtDate(before=before) | AtHorizon(before=before) | AtField(before=before):
                own = (before,)
        named = (*own, *(moment.offset for moment in self.moments), self.extend_at_most)
        return tuple(amount for amount in named if amount is not None)


@dataclass(frozen=True, slots=True)
class Corrections:
    """What may be put right after it was entered late, or wrongly."""

    by: tuple[str, ...] = ()
    """The roles that may correct; empty: nobody may."""
    late_entry: Amount | None = None
    """How far back an entry may take effect without a correction; ``None``: as far as nothing is upset."""
    closed_until: date | None = None
    """The last day of what was reported on: to reach behind it needs an override, and its reason."""


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
    calendar: str | None
    """The name of the calendar that its working days are counted by."""
    beyond_calendar: Literal["refuse", "provisional"]
    """What becomes of working time that runs past the last day that the calendar knows."""
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
    tree: StateTree = field(compare=False, repr=False)
    """The states as a tree: which are active together, what a move leaves and enters."""
    paths: Mapping[str, tuple[str, ...]]
    """Each state's ancestors and itself, outermost first."""
    scoped: Mapping[str, tuple[Rule, ...]]
    """By leaf, the deadlines whose scope it lies in, in the order of the file."""
    remembering: frozenset[str]
    """The leaves from which a transition leads to ``PREVIOUS``."""
    follows: Mapping[str, tuple[Rule, ...]]
    """By data field, the deadlines whose due moment it gives or that are counted from it."""
    anchored: Mapping[str, tuple[Rule, ...]]
    """By state, the deadlines that are counted from its entry, though it is not their scope's."""
    met_by: Mapping[str, tuple[Rule, ...]]
    """By event, the deadlines that it meets."""
    counts_working_time: bool
    """Whether any of its deadlines does, so that its calendar is needed."""
    defaults: Data
    """The data that an instance starts with."""
    stopping: frozenset[str] = frozenset()
    """The states in which the clocks of deadlines by an anchor stand."""
    recalled: frozenset[str] = frozenset()
    """The states of which it is remembered what was active inside when they were last left."""
    noted: frozenset[str] = frozenset()
    """The states whose first and last entries are noted: those deadlines count from, leaves in regions."""
    personal: frozenset[str] = frozenset()
    """The names of the personal data fields."""
    corrections: Corrections = Corrections()

    @property
    def key(self) -> str:
        """``ID@VERSION``, as messages and tables show it."""
        return f"{self.id}@{self.version}"

    def is_final(self, place: str) -> bool:
        """Whether the life of a case at this place is over; with several leaves it never is."""
        state = self.states.get(place)
        return state is not None and state.final

    def scoped_in(self, place: str) -> tuple[Rule, ...]:
        """Return the deadlines whose scope is active at a place, in the order of the file."""
        if BESIDE not in place:
            return self.scoped[place]
        found = {rule.id for leaf in leaves_of(place) for rule in self.scoped[leaf]}
        return tuple(rule for rule in self.rules.values() if rule.id in found)

    def has_transition(self, place: str, event: str | None) -> bool:
        """Whether any transition may be selected there for an event (``None``: automatic)."""
        return any((leaf, event) in self.candidates for leaf in leaves_of(place))
