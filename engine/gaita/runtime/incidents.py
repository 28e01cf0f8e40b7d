"""Incidents: what the engine could not do, until an operator has seen to it."""

from collections.abc import Sequence

from sqlalchemy import Connection

from gaita.arguments import Arguments
from gaita.context.context import Context
from gaita.errors import UnknownIncident
from gaita.model.incident import Incident
from gaita.phrase import phrase


class Incidents:
    """Lists incidents, and tries again what they hold back."""

    def __init__(self, context: Context) -> None:
        self._context = context

    def list(self, *, closed: bool = False, connection: Connection | None = None) -> Sequence[Incident]:
        """Return the open incidents, oldest first; ``closed``: those that are closed as well."""
        with self._context.reading(connection) as transaction:
            return self._context.store.incidents.every(transaction, closed=closed)

    def retry(self, number: int, *, actor: str = "system", connection: Connection | None = None) -> int:
        """Close an incident and let the timers that it held back run again; return how many they are.

        What fails again opens a new one. Raises ``UnknownIncident``.
        """
        with Arguments(phrase("the retry")) as check:
            number, actor = check.number(number, "number"), check.actor(actor)
        store = self._context.store
        with self._context.writing(connection) as transaction:
            found = store.incidents.find(transaction, number)
            if found is None or found.closed_at is not None:
                message = phrase("there is no open incident %(number)s", number=number)
                raise UnknownIncident(message)
            store.incidents.close(transaction, number, actor, self._context.clock.now())
            released = store.timers.release(transaction, number)
            if released:
                transaction.wake_after_commit(self._context.watch.nudge)
        return released
