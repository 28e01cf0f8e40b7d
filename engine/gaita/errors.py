"""What can go wrong, as one family of errors. Each docstring is a sentence that a user can act on."""

import traceback
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Self

from gaita.clock import as_utc
from gaita.fault import Fault
from gaita.phrase import formed, joined, plural_phrase


class GaitaError(Exception):
    """The base of every error that Gaita raises on purpose.

    An error is pickled and copied as the call that made it, whatever its class's constructor takes: so it
    reaches the caller of a process pool as it was raised, and no class can get this wrong.
    """

    _made_from: tuple[tuple[object, ...], dict[str, object]]

    def __new__(cls, *arguments: Any, **keywords: Any) -> Self:  # noqa: ANN401 - whatever a class's constructor takes
        """Keep what the constructor is called with."""
        error = super().__new__(cls, *arguments)
        error._made_from = (arguments, keywords)
        return error

    def __reduce__(self) -> tuple[Any, ...]:
        """Return how to make the error again; whatever was noted on it since goes with it."""
        noted = {name: value for name, value in vars(self).items() if name != "_made_from"}
        return (_make, (type(self), *self._made_from), noted)


def _make(
    error: Callable[..., GaitaError], arguments: tuple[object, ...], keywords: dict[str, object]
) -> GaitaError:
    return error(*arguments, **keywords)


def traced(error: BaseException) -> Mapping[str, str]:
    """Return what a log line keeps of an error: what it says, and where it was raised.

    The values of variables are left out, which some renderers of logs add: they hold people's data.
    """
    trace = "".join(traceback.format_exception(error))
    return {"error": f"{type(error).__name__}: {error}", "trace": trace}


class FaultyFile(GaitaError):
    """A file has faults: mend each of them where it says, and read the file again."""

    def __init__(self, name: str, faults: Sequence[Fault]) -> None:
        self.name = name
        self.faults = tuple(faults)
        count = len(self.faults)
        head = plural_phrase("%(name)s: %(number)s fault", "%(name)s: %(number)s faults", count, name=name)
        super().__init__(joined("\n", [head, *(str(fault) for fault in self.faults)]))


class UnknownWorkflow(GaitaError):
    """No workflow of this name (or version) is deployed: deploy it first."""


class UnknownInstance(GaitaError):
    """No instance has this id: check it, or start it first."""


class InstanceExists(GaitaError):
    """An instance with this id was started before: choose another id, or pass an idempotency key."""


class UnknownEvent(GaitaError):
    """The workflow declares no event of this name."""


class MalformedCommand(GaitaError):
    """What the command carries does not fit what the workflow declares: nothing was changed."""

    def __init__(self, what: str, complaints: Sequence[str]) -> None:
        self.complaints = tuple(complaints)
        super().__init__(
            formed("%(what)s: %(complaints)s", what=what, complaints=joined("; ", self.complaints))
        )


class InvalidArgument(GaitaError, ValueError):
    """Something was to be made with a value that cannot be used: pass what the message asks for."""


class KeyReused(GaitaError):
    """The idempotency key was used before with another command: use a fresh key for a new command."""


class EndlessMoves(GaitaError):
    """Automatic transitions did not come to rest: their guards lead round in a circle."""


class StuckTimer(GaitaError):
    """A timer of this instance could not be carried out, so nothing later may be: see its incident."""


class BacklogTooLong(GaitaError):
    """More timers of this instance are due than a host's transaction carries out: sweep, then try again."""


class Busy(GaitaError):
    """Another writer held the database for longer than the settings allow to wait: try again."""


class StaleTransaction(Busy):
    """The transaction read what another writer has changed since: roll it back, and begin anew."""


class StaleInstance(GaitaError):
    """The instance was changed behind the engine's lock: something else writes to these tables."""


class BrokenHistory(GaitaError):
    """The stored history does not lead to the stored instance: see ``gaita verify``."""


class DatabaseTrouble(GaitaError):
    """The database cannot be used as it is: see to what the message names, then repeat."""


class EngineClosed(DatabaseTrouble):
    """The engine was closed, and uses its database no more: make another one."""


class DuplicateRow(DatabaseTrouble):
    """A row of this key is there already: somebody else was first."""


class UnknownIncident(GaitaError):
    """No open incident has this number: `gaita incidents` lists them."""


class UnknownDelivery(GaitaError):
    """No delivery of this number can be retried or dropped: `gaita outbox list` shows those there are."""


class PlanChanged(GaitaError):
    """What would be done is no longer what was shown: look at it again."""


class Undeliverable(GaitaError):
    """Raised by a channel for what will never arrive: it is given up at once, with this cause."""


class Postponed(GaitaError):
    """Raised by a channel that asks to be tried again later, at a moment of its own choice."""

    def __init__(self, cause: str, *, until: datetime | None = None, after: timedelta | None = None) -> None:
        """Try again at ``until`` (aware), or ``after`` so long; by default as after any failure.

        No delivery is put off for more than a day. Raises ``InvalidArgument`` where ``until`` names no zone.
        """
        try:
            self.until = None if until is None else as_utc(until)
        except ValueError as error:
            message = formed("until: %(error)s", error=error)
            raise InvalidArgument(message) from None
        self.after = after
        super().__init__(cause)
