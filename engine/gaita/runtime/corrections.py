"""Corrections: what was entered late or wrong, and is put right."""

from sqlalchemy import Connection

from gaita.arguments import Arguments
from gaita.calendar import WorkingCalendar
from gaita.context.context import Context
from gaita.correction import first_difference
from gaita.errors import BrokenHistory
from gaita.model.workflow import Workflow
from gaita.store.transaction import Transaction


class Corrections:
    """Puts right what a case's history says."""

    def __init__(self, context: Context) -> None:
        self._context = context

    def first_difference(self, instance: str, *, connection: Connection | None = None) -> int | None:
        """Return the first record of a case that would come out otherwise if it were decided today.

        ``None``: its commands, decided again by the rules of their time, lead to the very same records.
        Raises ``UnknownInstance`` and ``BrokenHistory``.
        """
        with Arguments("the question") as check:
            instance = check.instance(instance)
        with self._context.reading(connection) as held:
            self._context.load(held, instance)
            records = self._context.store.records.read(held, instance)
            rules = _Rules(self._context, held)
            return first_difference(records, rules.workflow, rules.calendar)


class _Rules:
    """The rules of their time: versions of workflows, and calendars as they were in force."""

    def __init__(self, context: Context, connection: Transaction) -> None:
        self._context = context
        self._connection = connection
        self._calendars: dict[str, WorkingCalendar] | None = None

    def workflow(self, key: str) -> Workflow:
        """Return a version by ``ID@VERSION``. Raises ``UnknownWorkflow``."""
        identity, _, version = key.rpartition("@")
        return self._context.catalogue.get(self._connection, identity, int(version))

    def calendar(self, digest: str) -> WorkingCalendar:
        """Return a calendar by its digest. Raises ``BrokenHistory`` where it is not kept."""
        if self._calendars is None:
            past = self._context.store.calendars.past(self._connection)
            self._calendars = {each.calendar.digest: each.calendar for each in past}
        found = self._calendars.get(digest)
        if found is None:
            message = (
                f"the calendar with the digest {digest[:12]}… is not kept: an earlier release replaced it, "
                "so that what was counted by it cannot be counted again"
            )
            raise BrokenHistory(message)
        return found
