"""Views: all that a template may see of a notice or a digest. Plain text, numbers and truth values only.

Everything is in the reader's language, on one line, and of bounded length; personal data are in none of
it. A list is cut after ``MOST`` entries, and ``more_…`` beside it says how many were left out.
"""

from dataclasses import dataclass
from typing import Final

MOST: Final = 20


@dataclass(frozen=True, slots=True)
class DataView:
    """One data field that is set."""

    title: str
    value: str


@dataclass(frozen=True, slots=True)
class ClauseView:
    """One condition that is not met yet."""

    why: str
    """The condition as the workflow words it: ``At least thirty users have tried it``."""
    verdict: str
    """``unmet``, ``unknown``, ``failed``; ``asks``: its answer comes with the step itself."""
    words: str
    """The condition with what there is so far: ``At least thirty users have tried it — so far 12``."""


@dataclass(frozen=True, slots=True)
class StepView:
    """An event that would lead on, and what is missing for it."""

    title: str
    to: str
    """The state it leads to."""
    by: tuple[str, ...]
    """The roles that may take it; empty: anyone."""
    mine: bool
    """Whether the reader's role may take it."""
    missing: tuple[ClauseView, ...]
    more_missing: int
    ready: bool
    """Whether nothing is missing that does not come with the step itself."""
    words: str
    """The step in one line: where it leads, who may take it, and whether it can be taken at once."""
    meets: bool = False
    """Whether it would end the deadline: by leaving what it runs in, or as an event that meets it."""
    in_met_by: bool = False
    """Whether the deadline names its event as one that meets it."""


@dataclass(frozen=True, slots=True)
class UpcomingView:
    """What happens next with the same deadline, if nothing is done."""

    at: str
    kind: str
    """``reminder``, ``due`` or ``rung``."""
    to: tuple[str, ...]
    """The roles that will hear."""
    words: str
    """All of it as one phrase, without a full stop."""


@dataclass(frozen=True, slots=True)
class ItemView:
    """A deadline and its case: what every kind of text tells."""

    instance: str
    """The id of the case."""
    workflow: str
    workflow_id: str
    state: str
    deadline: str
    """The title of the deadline."""
    due: str
    overdue: bool
    overdue_by: str | None
    """How long it has been overdue, ``None`` where it is not, or only just."""
    time_left: str | None
    """How long until it is due, ``None`` where it is overdue or its clock stands."""
    stopped_since: str | None
    """Since when its clock stands; ``None``: it runs."""
    provisional: bool
    """Whether the due day is not certain yet: it lies beyond what the calendar knows."""
    due_line: str
    """When it is due, how late it is or how much time is left, in one line."""
    why: str | None
    """Why it is due then: a sentence."""
    data: tuple[DataView, ...]
    more_data: int
    steps: tuple[StepView, ...]
    """What would lead on: the reader's own steps first, and of them those for which something is missing."""
    more_steps: int
    missing: str
    """What is missing, in short."""
    link: str | None
    stuck: str | None = None
    """That the case cannot be carried on until an operator has seen to it; ``None``: it can."""


@dataclass(frozen=True, slots=True)
class NoticeView:
    """A notice, as ``notice`` in its templates."""

    kind: str
    """``reminder``, ``due`` or ``rung``; ``restated``: what was told before was put right."""
    role: str
    """The title of the role that hears."""
    name: str
    """The reader's name."""
    stands_in_for: str | None
    """The name of the absent person whose deputy the reader is."""
    summary: str
    """What has become of the deadline: a sentence."""
    how_long: str
    """How late it is, or how much time is left: a sentence, or empty."""
    item: ItemView
    state_now: str | None
    """The state that the case is in by now, where it is another."""
    over: bool
    """Whether the deadline came to its end since the notice was written."""
    readable: bool
    """Whether the case can still be read: without it there is no data and nothing is missing."""
    folded: tuple[str, ...]
    """Earlier moments of the same deadline that were missed meanwhile, as phrases."""
    upcoming: tuple[UpcomingView, ...]
    more_upcoming: int
    standing: str | None = None
    """A sentence that says that the case is closed, and by whom, was moved on by the system, or is stuck."""
    closed: bool = False
    """Whether the case has ended."""
    words: str | None = None
    """What whoever put the case right says of it."""
    closed_by_system: bool = False
    """Whether it has by this very moment of the deadline."""


@dataclass(frozen=True, slots=True)
class SectionView:
    """A part of a digest: what is overdue, due soon, due later, or stands still."""

    kind: str
    """``overdue``, ``soon``, ``later`` or ``stopped``."""
    title: str
    items: tuple[ItemView, ...]
    more: int


@dataclass(frozen=True, slots=True)
class DigestView:
    """A digest, as ``digest`` in its templates."""

    role: str
    name: str
    stands_in_for: str | None
    day: str
    count: int
    overdue: int
    summary: str
    """How many deadlines there are: a sentence."""
    sections: tuple[SectionView, ...]
    """Those that hold something."""
