"""The timers as one queue over all instances: what is due next, and what is held back."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, and_, bindparam, exists, false, func, or_, select

from gaita.clock import from_microseconds, to_microseconds
from gaita.model.instance import DeadlineEnding, is_overdue
from gaita.store.codec import optional_moment
from gaita.store.tables import Tables
from gaita.store.transaction import Transaction


@dataclass(frozen=True, slots=True)
class OpenDeadline:
    """An open deadline, with enough of its instance to list it."""

    instance: str
    workflow: str
    version: int
    state: str
    rule: str
    number: int
    due: datetime
    """While it is paused, when it would have been."""
    occurrence: int
    clipped: bool
    provisional: bool
    paused_at: datetime | None
    """``None``: its clock runs."""
    armed_at: datetime
    incident: int | None = None
    """The open incident that holds back its timers: the case is stuck. ``None``: none does."""

    def is_overdue(self, now: datetime) -> bool:
        """Whether it was due at ``now``, or when its clock was stopped."""
        return is_overdue(self.due, now, paused_at=self.paused_at, provisional=self.provisional)


@dataclass(frozen=True, slots=True)
class EndedDeadline:
    """A deadline that has ended, with enough of its instance to list it."""

    instance: str
    workflow: str
    version: int
    sequence: int
    """The number of its instance's last record."""
    rule: str
    number: int
    occurrence: int
    ending: DeadlineEnding
    due: datetime
    armed_at: datetime
    ended_at: datetime


def overdue(tables: Tables, now: datetime) -> ColumnElement[bool]:
    """Return whether the row of a deadline is of an open one that is overdue: ``is_overdue``, in SQL."""
    deadlines = tables.deadlines
    return and_(
        deadlines.c.ending.is_(None),
        deadlines.c.provisional.is_(False),
        deadlines.c.due <= func.coalesce(deadlines.c.paused_at, to_microseconds(now)),
    )


def held(tables: Tables) -> ColumnElement[bool]:
    """Return whether an open deadline, or a moment of it, runs past what its calendar knows."""
    deadlines, timers = tables.deadlines, tables.timers
    without_moment = exists().where(
        timers.c.instance == deadlines.c.instance,
        timers.c.deadline == deadlines.c.number,
        timers.c.ending.is_(None),
        timers.c.due.is_(None),
    )
    return or_(deadlines.c.provisional.is_(True), and_(deadlines.c.paused_at.is_(None), without_moment))


class TimerStore:
    """Answers the scheduler's questions from one index."""

    def __init__(self, tables: Tables) -> None:
        self._tables = tables
        timers = tables.timers
        waiting = timers.c.ending.is_(None) & timers.c.incident.is_(None) & timers.c.due.is_not(None)
        self._next = select(func.min(timers.c.due)).where(waiting)
        self._due = (
            select(timers.c.due, timers.c.instance)
            .where(waiting, timers.c.due <= bindparam("now"))
            .order_by(timers.c.due, timers.c.instance)
            .limit(bindparam("most"))
        )
        self._due_without = self._due.where(timers.c.instance.not_in(bindparam("without", expanding=True)))
        self._hold = (
            timers.update()
            .where(timers.c.instance == bindparam("of"), timers.c.ending.is_(None))
            .values(incident=bindparam("by_incident"))
        )
        self._held_by = (
            select(timers.c.instance, func.min(timers.c.incident).label("incident"))
            .where(
                timers.c.instance.in_(bindparam("instances", expanding=True)),
                timers.c.ending.is_(None),
                timers.c.incident.is_not(None),
            )
            .group_by(timers.c.instance)
        )
        self._release = (
            timers.update().where(timers.c.incident == bindparam("by_incident")).values(incident=None)
        )

    def next_due(self, transaction: Transaction) -> datetime | None:
        """Return the moment of the earliest timer that waits, past or future."""
        due = transaction.execute(self._next).scalar_one()
        return None if due is None else from_microseconds(due)

    def due_instances(
        self, transaction: Transaction, now: datetime, most: int, *, without: Collection[str] = ()
    ) -> list[str]:
        """Return the instances of the ``most`` earliest due timers, each once, in that order.

        Those named in ``without`` are passed over.
        """
        asked: dict[str, object] = {"now": to_microseconds(now), "most": most}
        if without:
            rows = transaction.execute(self._due_without, {**asked, "without": list(without)})
        else:
            rows = transaction.execute(self._due, asked)
        return list(dict.fromkeys(row.instance for row in rows))

    def open_deadlines(
        self,
        transaction: Transaction,
        *,
        limit: int,
        before: datetime | None = None,
        instance: str | None = None,
        rules: Mapping[tuple[str, int], Sequence[str]] | None = None,
    ) -> list[OpenDeadline]:
        """Return open deadlines, the earliest due first.

        Those due before a moment, of an instance, or of certain rules by workflow and version, where given.
        """
        deadlines, instances, timers = self._tables.deadlines, self._tables.instances, self._tables.timers
        held = select(func.min(timers.c.incident)).where(
            timers.c.instance == deadlines.c.instance, timers.c.ending.is_(None)
        )
        query = (
            select(
                instances.c.id,
                instances.c.workflow,
                instances.c.workflow_version,
                instances.c.state,
                deadlines.c.rule,
                deadlines.c.number,
                deadlines.c.due,
                deadlines.c.occurrence,
                deadlines.c.clipped,
                deadlines.c.provisional,
                deadlines.c.paused_at,
                deadlines.c.armed_at,
                held.scalar_subquery().label("incident"),
            )
            .join(instances, instances.c.id == deadlines.c.instance)
            .where(deadlines.c.ending.is_(None))
            .order_by(deadlines.c.due, instances.c.id, deadlines.c.number)
            .limit(limit)
        )
        query = query.where(*self._narrowing(instance, rules))
        if before is not None:
            query = query.where(deadlines.c.due < to_microseconds(before))
        return [
            OpenDeadline(
                row.id,
                row.workflow,
                row.workflow_version,
                row.state,
                row.rule,
                row.number,
                from_microseconds(row.due),
                row.occurrence,
                row.clipped,
                row.provisional,
                optional_moment(row.paused_at),
                from_microseconds(row.armed_at),
                row.incident,
            )
            for row in transaction.execute(query)
        ]

    def ended_deadlines(
        self,
        transaction: Transaction,
        *,
        after: datetime,
        limit: int,
        instance: str | None = None,
        rules: Mapping[tuple[str, int], Sequence[str]] | None = None,
    ) -> list[EndedDeadline]:
        """Return deadlines that ended after a moment, the latest first; narrowed as ``open_deadlines`` is."""
        deadlines, instances = self._tables.deadlines, self._tables.instances
        query = (
            select(
                instances.c.id,
                instances.c.workflow,
                instances.c.workflow_version,
                instances.c.sequence,
                deadlines.c.rule,
                deadlines.c.number,
                deadlines.c.occurrence,
                deadlines.c.ending,
                deadlines.c.due,
                deadlines.c.armed_at,
                deadlines.c.ended_at,
            )
            .join(instances, instances.c.id == deadlines.c.instance)
            .where(deadlines.c.ending.is_not(None), deadlines.c.ended_at > to_microseconds(after))
            .order_by(deadlines.c.ended_at.desc(), instances.c.id, deadlines.c.number)
            .limit(limit)
        )
        query = query.where(*self._narrowing(instance, rules))
        return [
            EndedDeadline(
                row.id,
                row.workflow,
                row.workflow_version,
                row.sequence,
                row.rule,
                row.number,
                row.occurrence,
                row.ending,
                from_microseconds(row.due),
                from_microseconds(row.armed_at),
                from_microseconds(row.ended_at),
            )
            for row in transaction.execute(query)
        ]

    def _narrowing(
        self, instance: str | None, rules: Mapping[tuple[str, int], Sequence[str]] | None
    ) -> list[ColumnElement[bool]]:
        """Return the conditions that an instance, and rules by workflow and version, set."""
        deadlines, instances = self._tables.deadlines, self._tables.instances
        conditions: list[ColumnElement[bool]] = []
        if instance is not None:
            conditions.append(deadlines.c.instance == instance)
        if rules is not None:
            wanted = (
                and_(
                    instances.c.workflow == workflow,
                    instances.c.workflow_version == version,
                    deadlines.c.rule.in_(names),
                )
                for (workflow, version), names in rules.items()
            )
            conditions.append(or_(false(), *wanted))
        return conditions

    def open_instances(
        self,
        transaction: Transaction,
        versions: Sequence[tuple[str, int]],
        *,
        after: str | None,
        most: int,
    ) -> list[str]:
        """Return the instances of these workflows and versions that have an open deadline.

        They are in order of id, beginning behind ``after``.
        """
        instances, deadlines = self._tables.instances, self._tables.deadlines
        opened = exists().where(deadlines.c.instance == instances.c.id, deadlines.c.ending.is_(None))
        wanted = (
            and_(instances.c.workflow == workflow, instances.c.workflow_version == version)
            for workflow, version in versions
        )
        query = select(instances.c.id).where(or_(false(), *wanted), opened)
        if after is not None:
            query = query.where(instances.c.id > after)
        return list(transaction.execute(query.order_by(instances.c.id).limit(most)).scalars())

    def provisional_workflows(self, transaction: Transaction) -> list[tuple[str, int]]:
        """Return the workflows and versions that have an open deadline past what its calendar knows."""
        instances, deadlines = self._tables.instances, self._tables.deadlines
        query = (
            select(instances.c.workflow, instances.c.workflow_version)
            .join(deadlines, deadlines.c.instance == instances.c.id)
            .where(deadlines.c.ending.is_(None), held(self._tables))
            .distinct()
        )
        return [(row.workflow, row.workflow_version) for row in transaction.execute(query)]

    def is_held(self, transaction: Transaction, instance: str) -> bool:
        """Return whether an incident holds back timers of this instance."""
        timers = self._tables.timers
        query = select(func.count()).where(timers.c.instance == instance, timers.c.incident.is_not(None))
        return transaction.execute(query).scalar_one() > 0

    def held_by(self, transaction: Transaction, instances: Sequence[str]) -> dict[str, int]:
        """Return, of these instances, those whose timers an incident holds back, with its number."""
        rows = transaction.execute(self._held_by, {"instances": list(instances)})
        return {row.instance: row.incident for row in rows}

    def hold(self, transaction: Transaction, instance: str, incident: int) -> None:
        """Hold back an instance's open timers until ``incident`` is resolved."""
        transaction.execute(self._hold, {"of": instance, "by_incident": incident})

    def release(self, transaction: Transaction, incident: int) -> int:
        """Let the timers that ``incident`` holds back wait again; return how many."""
        return transaction.execute(self._release, {"by_incident": incident}).rowcount
