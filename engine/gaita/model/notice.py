"""A notice: one message with all that a channel needs to put it into words, as things stand then."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from gaita.calendar import Explained
from gaita.model.incident import Incident
from gaita.model.instance import Deadline, DeadlineEnding, Instance
from gaita.model.outcome import Explanation, Message
from gaita.model.workflow import Moment, Role, Rule, Workflow


@dataclass(frozen=True, slots=True)
class Recipient:
    """Somebody who is to hear, and where."""

    id: str
    """Stable: a person's name in the settings, or the address itself where only that is known."""
    name: str
    role: str
    """The role for which they hear."""
    addresses: Mapping[str, str]
    """By kind of channel, e.g. ``email``; a channel takes those of its own kind."""
    language: str | None = None
    """``None``: the settings' language."""
    stands_in_for: str | None = None
    """The name of the absent person whose deputy this is."""


@dataclass(frozen=True, slots=True)
class Upcoming:
    """What happens next with the same deadline, if nothing is done."""

    at: datetime
    moment: Moment


@dataclass(frozen=True, slots=True)
class Stuck:
    """A case cannot be carried on until an operator has seen to it."""

    incident: int | None
    """The open incident that says why; ``None``: the next sweep opens it."""
    readable: bool = True
    """Whether the case itself can be read."""


@dataclass(frozen=True, slots=True)
class Need:
    """One thing that waits for a role: an open deadline, and what stands in the way."""

    workflow: Workflow
    instance: Instance
    """Of one that cannot be read, only what the list of open deadlines says of it: no data."""
    deadline: Deadline
    explained: Explained | None
    """Why it is due then."""
    possibilities: Mapping[str, Explanation]
    """What each event would need, for this role."""
    stuck: Stuck | None = None
    """``None``: the case can be carried on."""

    @property
    def rule(self) -> Rule:
        """The deadline as declared."""
        return self.workflow.rules[self.deadline.rule]


@dataclass(frozen=True, slots=True)
class Notice:
    """A message to one recipient over one channel."""

    key: str
    """The idempotency key: the same for every attempt to deliver it."""
    message: Message
    recipient: Recipient
    workflow: Workflow
    instance: Instance | None
    """As it stands now; ``None`` where it cannot be read any more."""
    possibilities: Mapping[str, Explanation]
    """What each event of its present state would need: what is missing."""
    explained: Explained | None
    """Why the deadline is due then; ``None`` where it is over."""
    upcoming: tuple[Upcoming, ...]
    """The moments of the same deadline that are still to come, in order."""
    at: datetime
    """From when its spans of time are counted: the moment that it reports; of one told late, the present."""
    led_to: str | None = None
    """The state to which the moment itself, by the event that it fires, has moved the case."""
    stuck: Stuck | None = None
    """``None``: the case can be carried on."""

    @property
    def role(self) -> Role:
        """The role that is to hear."""
        return self.workflow.roles[self.message.to]

    @property
    def rule(self) -> Rule:
        """The deadline as declared."""
        return self.workflow.rules[self.message.rule]

    @property
    def moment(self) -> Moment:
        """The moment that the message reports."""
        return self.rule.moments[self.message.timer]

    @property
    def waits_for(self) -> Literal["calendar", "clock"] | None:
        """Why the moment cannot come yet: its calendar has to know more days, or the deadline's clock stands.

        ``None``: it can, or has; also where the case cannot be read.
        """
        opened = () if self.instance is None else self.instance.deadlines
        deadline = next((each for each in opened if each.number == self.message.deadline), None)
        if deadline is None:
            return None
        if deadline.is_paused:
            return "clock"
        held = any(each.due is None and each.index == self.message.timer for each in deadline.timers)
        return "calendar" if held or deadline.provisional else None

    @property
    def is_over(self) -> bool:
        """Whether the deadline has ended since the message was written."""
        instance = self.instance
        return instance is not None and all(
            each.number != self.message.deadline for each in instance.deadlines
        )


@dataclass(frozen=True, slots=True)
class Digest:
    """A summary for one recipient: what needs their role."""

    key: str
    """The idempotency key: the same for every attempt to deliver it."""
    recipient: Recipient
    at: datetime
    """When it was due to be sent."""
    zone: str
    needs: tuple[Need, ...]
    """The earliest due first."""


@dataclass(frozen=True, slots=True)
class IncidentSummary:
    """A summary for one administrator: what the engine could not do since the one before."""

    key: str
    """The idempotency key: the same for every attempt to deliver it."""
    recipient: Recipient
    at: datetime
    """When it was written."""
    zone: str
    incidents: tuple[Incident, ...]
    """The new ones that are still open, the oldest first."""
    closed: int
    """How many of the new ones were closed meanwhile."""
    open: int
    """How many incidents are open in all."""


@dataclass(frozen=True, slots=True)
class FeedEntry:
    """A deadline as a calendar program is to see it: open, or ended not long ago."""

    workflow: Workflow
    instance: str
    """The id of the instance."""
    rule: str
    occurrence: int
    number: int
    """The deadline's number among those that its instance has armed."""
    due: datetime
    """When it is or was due; while its clock stands, when it would have been."""
    armed_at: datetime
    turns: int
    """The number of its instance's last record: it grows with every change."""
    need: Need | None
    """What it waits for; ``None`` once it has ended."""
    ending: DeadlineEnding | None = None
    """``None`` while it is open."""
    ended_at: datetime | None = None
