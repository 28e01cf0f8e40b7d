"""Deadlines over all instances: those open, what needs a role, the account and the ledger of them."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection

from gaita.arguments import Arguments
from gaita.context.context import Context
from gaita.delivery.preview import preview
from gaita.delivery.worklist import Worklist
from gaita.history import Ledger, ledgers
from gaita.model.notice import FeedEntry, Need, Notice
from gaita.phrase import phrase
from gaita.store import Account, OpenDeadline


class Deadlines:
    """Looks at deadlines; nothing here changes one. Each method takes part in the transaction it is given."""

    def __init__(self, context: Context, worklist: Worklist) -> None:
        self._context = context
        self._worklist = worklist

    def open(
        self, *, before: datetime | None = None, limit: int = 100, connection: Connection | None = None
    ) -> Sequence[OpenDeadline]:
        """Return open deadlines, the earliest due first."""
        with Arguments(phrase("the list")) as check:
            before, limit = check.optional_moment(before, "before"), check.limit(limit)
        with self._context.reading(connection) as transaction:
            return self._context.store.timers.open_deadlines(transaction, before=before, limit=limit)

    def account(self, *, connection: Connection | None = None) -> Account:
        """Return the account of deadlines: armed = met + missed + superseded + withdrawn + open."""
        with self._context.reading(connection) as transaction:
            return self._context.store.accounts.read(transaction, self._context.clock.now())

    def ledger(
        self, instance: str, rule: str | None = None, *, connection: Connection | None = None
    ) -> Sequence[Ledger]:
        """Return what happened to each deadline of an instance (or of one rule), from its history."""
        with Arguments(phrase("the question")) as check:
            instance, rule = check.instance(instance), check.optional_name(rule, "rule")
        with self._context.reading(connection) as transaction:
            workflow, _ = self._context.with_workflow(transaction, instance)
            records = self._context.store.records.read(transaction, instance)
        return [each for each in ledgers(workflow, instance, records) if rule is None or each.rule == rule]

    def worklist(
        self,
        role: str | None = None,
        *,
        workflow: str | None = None,
        instance: str | None = None,
        limit: int = 100,
        connection: Connection | None = None,
    ) -> Sequence[Need]:
        """Return the open deadlines that need a role (any, without one), the earliest due first."""
        with Arguments(phrase("the list")) as check:
            role, workflow = check.optional_name(role, "role"), check.optional_name(workflow, "workflow")
            instance, limit = check.optional_name(instance, "instance"), check.limit(limit)
        with self._context.reading(connection) as transaction:
            now = self._context.clock.now()
            return self._worklist.needs(
                transaction, now, role=role, workflow=workflow, instance=instance, limit=limit
            )

    def feed(
        self, *, role: str | None = None, instance: str | None = None, connection: Connection | None = None
    ) -> Sequence[FeedEntry]:
        """Return what a calendar of a role or an instance shows: open deadlines, and those ended lately."""
        with Arguments(phrase("the feed")) as check:
            role, instance = check.optional_name(role, "role"), check.optional_name(instance, "instance")
        with self._context.reading(connection) as transaction:
            if instance is not None:
                self._context.load(transaction, instance)
            return self._worklist.feed(transaction, self._context.clock.now(), role=role, instance=instance)

    def preview(
        self,
        instance: str,
        rule: str | None = None,
        timer: int | None = None,
        role: str | None = None,
        *,
        connection: Connection | None = None,
    ) -> Notice:
        """Return the notice that a moment of an open deadline would send now; nothing is sent.

        Without ``rule``, of the deadline due first; without ``timer`` (a place among its moments), of its
        next moment; without ``role``, to the first that hears. Raises ``MalformedCommand`` for what there is
        not.
        """
        with Arguments(phrase("the preview")) as check:
            instance, rule = check.instance(instance), check.optional_name(rule, "rule")
            role = check.optional_name(role, "role")
        with self._context.reading(connection) as transaction:
            now = self._context.clock.now()
            return preview(self._context, transaction, instance, now, rule=rule, timer=timer, role=role)
