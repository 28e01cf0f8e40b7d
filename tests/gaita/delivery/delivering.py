"""What the tests of delivery share: people, channels that keep what they are told, an engine's outbox."""

import threading
from collections.abc import Callable, Sequence
from random import Random

from gaita.delivery.address_book import AddressBook, Person
from gaita.delivery.outbox import Outbox
from gaita.delivery.route import Limits, Route
from gaita.model.notice import Digest, IncidentSummary, Notice
from gaita.ports import Recipients
from gaita.runtime import Engine

PATIENCE = 20.0

ANNA = Person("anna", "Anna Kalniņa", {"email": "anna@example.lv"}, "lv")
ILZE = Person("ilze", "Ilze Ozola", {"email": "ilze@example.lv"})
BOOK = AddressBook({"anna": ANNA, "ilze": ILZE}, {"clerk": ["anna"], "chief": ["ilze"]})


class Told:
    """A channel that keeps what it is told, and raises what it is asked to."""

    def __init__(self, name: str = "mail", kind: str = "email", *, personal: bool = True) -> None:
        self.name = name
        self.kind = kind
        self.personal = personal
        self.notices: list[Notice] = []
        self.digests: list[Digest] = []
        self.summaries: list[IncidentSummary] = []
        self.fails: Exception | None = None
        """Raised in the place of keeping a summary of incidents."""
        self.before: Callable[[Notice], None] | None = None
        """Called with each notice before it is kept; what it raises, the channel raises."""
        self.changed = threading.Condition()

    @property
    def keys(self) -> list[str]:
        return [notice.key for notice in self.notices]

    def deliver(self, notice: Notice) -> None:
        if self.before is not None:
            self.before(notice)
        with self.changed:
            self.notices.append(notice)
            self.changed.notify_all()

    def digest(self, digest: Digest) -> None:
        self.digests.append(digest)

    def incidents(self, summary: IncidentSummary) -> None:
        if self.fails is not None:
            raise self.fails
        self.summaries.append(summary)

    def wait(self, count: int) -> None:
        """Wait until so many notices have arrived."""
        with self.changed:
            assert self.changed.wait_for(lambda: len(self.notices) >= count, timeout=PATIENCE), self.keys


def failing(*errors: BaseException | None) -> Callable[[Notice], None]:
    """Return what raises these in turn (``None``: nothing), and nothing once they are used up."""
    left = list(errors)

    def raising(_notice: Notice) -> None:
        error = left.pop(0) if left else None
        if error is not None:
            raise error

    return raising


def always(error: Exception) -> Callable[[Notice], None]:
    """Return what always raises ``error``."""

    def raising(_notice: Notice) -> None:
        raise error

    return raising


def outbox_of(engine: Engine, recipients: Recipients = BOOK, seed: int = 1) -> Outbox:
    return Outbox(engine._context, recipients=recipients, chance=Random(seed))


def routes_of(*channels: Told, limits: Limits | None = None) -> Sequence[Route]:
    return [Route(channel, limits or Limits()) for channel in channels]
