"""A route: a channel, its limits, the roles that it serves, and what one round of delivery did."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from random import Random

from gaita.errors import InvalidArgument
from gaita.model.notice import Recipient
from gaita.model.outcome import Message
from gaita.ports import Channel

SOONEST = timedelta(seconds=1)
"""What failed is not tried again before."""
LONGEST = timedelta(days=1)
"""A channel may not put a delivery off for longer."""


@dataclass(frozen=True, slots=True)
class Limits:
    """How hard a channel may be driven, and how patiently. Raises ``ValueError`` where that cannot be."""

    concurrency: int = 1
    """How many notices are handed over at the same time, by one process."""
    per_minute: int | None = None
    """At most so many in any minute, by one process."""
    lease: timedelta = timedelta(minutes=5)
    """How long a process that was killed is waited for; longer than the channel's own timeouts."""
    most_attempts: int = 12
    """After so many a delivery is given up."""
    base: timedelta = timedelta(seconds=10)
    """The longest wait after the first failure; it doubles with each."""
    cap: timedelta = timedelta(hours=1)
    """The longest wait of all."""

    def __post_init__(self) -> None:
        if min(self.concurrency, self.most_attempts, 1 if self.per_minute is None else self.per_minute) < 1:
            message = f"{self}: concurrency, most_attempts and per_minute must be at least 1"
            raise InvalidArgument(message)
        if min(self.lease, self.base, self.cap) < SOONEST:
            message = f"{self}: lease, base and cap must be at least a second"
            raise InvalidArgument(message)

    def wait(self, attempts: int, chance: Random) -> timedelta:
        """Return how long to wait after so many failed attempts: full jitter, at least a second."""
        doubled = self.base.total_seconds() * 2.0 ** min(attempts - 1, 64)
        longest = min(self.cap.total_seconds(), doubled)
        return max(SOONEST, timedelta(seconds=chance.uniform(0, longest)))


@dataclass(frozen=True, slots=True)
class Route:
    """A channel, how it may be driven, and which roles' messages go there."""

    channel: Channel
    limits: Limits = Limits()
    roles: tuple[str, ...] | None = None
    """``ROLE``, or ``WORKFLOW.ROLE``; ``None``: all."""
    people: bool = False
    """Whether people read what goes there, though it is sent to none of them by name: a chat room."""

    @property
    def is_heard(self) -> bool:
        """Whether somebody hears what goes there; else it is a copy, such as a webhook takes."""
        return self.channel.personal or self.people

    @property
    def name(self) -> str:
        """The channel's name."""
        return self.channel.name

    def takes(self, message: Message) -> bool:
        """Whether the message goes there."""
        if self.roles is None:
            return True
        workflow = message.workflow.partition("@")[0]
        return message.to in self.roles or f"{workflow}.{message.to}" in self.roles

    def recipients(self, bearers: Sequence[Recipient], everybody: Recipient) -> Sequence[Recipient]:
        """Return who hears over it: of those who bear the role, or once for ``everybody``."""
        if not self.channel.personal:
            return [everybody]
        return [each for each in bearers if each.addresses.get(self.channel.kind)]


@dataclass(frozen=True, slots=True)
class Delivered:
    """What one round of delivery did."""

    handed_over: int = 0
    failed: int = 0
    """Tried without success; they are tried again, but for the dead ones."""
    dead: int = 0
    """Of the failed ones, how many were given up."""
    unheard: int = 0
    """Messages for which nobody was found to hear."""

    def __add__(self, other: "Delivered") -> "Delivered":
        return Delivered(
            self.handed_over + other.handed_over,
            self.failed + other.failed,
            self.dead + other.dead,
            self.unheard + other.unheard,
        )
