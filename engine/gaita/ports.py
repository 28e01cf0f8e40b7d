"""The ports: what a host may put in the place of ours. Each is a protocol; beside it stands what we use."""

from collections.abc import Callable, Iterable, Sequence
from datetime import date, datetime
from typing import Protocol, TypeAlias

from gaita.calendar import WorkingCalendar
from gaita.model.notice import Digest, IncidentSummary, Notice, Recipient
from gaita.model.value import Data
from gaita.model.workflow import Workflow


class Clock(Protocol):
    """Whatever tells the engine what time it is. Ours: ``SystemClock``, ``ManualClock``."""

    def now(self) -> datetime:
        """Return the present instant, aware, in UTC."""
        ...


class Directory(Protocol):
    """Vouches for roles: a host connects it to its own accounts. Ours: ``StatedRoles``."""

    def roles_of(self, actor: str, stated: frozenset[str]) -> frozenset[str]:
        """Return the roles that ``actor`` really has; ``stated`` are those that the caller named."""
        ...


class Recipients(Protocol):
    """Whatever knows who bears a role: the settings, a directory. Ours: ``AddressBook``."""

    def of(self, workflow: Workflow, role: str, data: Data, now: datetime) -> Sequence[Recipient]:
        """Return who bears ``role`` for an instance with ``data``, each once; nobody is an answer too."""
        ...

    def bearers(self, role: str, day: date) -> Sequence[Recipient]:
        """Return who bears ``role`` on a day, in whichever workflow, each once.

        The role ``administrators`` are those who hear of incidents.
        """
        ...

    def refreshed(self, recipient: Recipient) -> Recipient:
        """Return the same recipient with the addresses known now; unchanged where nothing is known of it."""
        ...


class Channel(Protocol):
    """Carries notices out of the engine, at least once: the notice's key tells a repetition.

    It returns once the notice is handed over. What it raises is tried again later, except ``Undeliverable``.
    Ours: the console, e-mail, webhooks and apprise, in the adapters.
    """

    @property
    def name(self) -> str:
        """What the settings call it, e.g. ``mail``: the queue that is its own."""
        ...

    @property
    def kind(self) -> str:
        """Which address of a recipient it takes, e.g. ``email``."""
        ...

    @property
    def personal(self) -> bool:
        """Whether it goes to each recipient who has such an address, or once for each message."""
        ...

    def deliver(self, notice: Notice) -> None:
        """Hand the notice over, or raise."""
        ...

    def digest(self, digest: Digest) -> None:
        """Hand the digest over, or raise."""
        ...

    def incidents(self, summary: IncidentSummary) -> None:
        """Hand the administrators' summary of incidents over, or raise."""
        ...


CalendarSource: TypeAlias = Iterable[WorkingCalendar] | Callable[[], Iterable[WorkingCalendar]]
"""The calendars as the settings want them, or what makes them: making them takes a moment."""
