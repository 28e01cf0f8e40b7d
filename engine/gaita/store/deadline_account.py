"""The account of deadlines: armed = met + missed + superseded + withdrawn + annulled + open."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_, case, func, or_, select

from gaita.store.tables import Tables
from gaita.store.timers import held, overdue
from gaita.store.transaction import Transaction


@dataclass(frozen=True, slots=True)
class Lateness:
    """How late missed deadlines were: so many in a hundred were no later than this (nearest rank)."""

    half: timedelta
    nine_tenths: timedelta
    ninety_nine: timedelta
    most: timedelta


@dataclass(frozen=True, slots=True)
class AccountLine:
    """The deadlines of one rule of one version of a workflow."""

    workflow: str
    version: int
    rule: str
    met: int
    missed: int
    superseded: int
    withdrawn: int
    annulled: int
    """Those that would never have been, by what a correction says."""
    open: int
    overdue: int
    """How many of the open ones were due already."""
    paused: int
    """How many of the open ones have a clock that stands."""
    provisional: int
    """How many of the open ones run, or have a moment, past what their calendar knows."""
    restated: int = 0
    """How many of the met ones counted as missed, until what met them was entered late, or put right."""
    lateness: Lateness | None = None
    """Of the missed ones; ``None`` where there is none."""

    @property
    def armed(self) -> int:
        """Every deadline that has a row."""
        return self.met + self.missed + self.superseded + self.withdrawn + self.annulled + self.open


@dataclass(frozen=True, slots=True)
class Account:
    """The account at one moment, and whatever does not balance in it."""

    at: datetime
    lines: tuple[AccountLine, ...]
    armed: int
    """How many deadlines the instances say they armed: counted apart from the deadlines' own rows."""
    imbalances: tuple[str, ...]
    """Each names an instance and what is wrong with its deadlines or timers."""

    @property
    def balanced(self) -> bool:
        """Whether every deadline and timer is accounted for."""
        return not self.imbalances


_PERCENTS = (50, 90, 99, 100)


class AccountStore:
    """Adds up the deadlines and looks for what does not fit."""

    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    def read(self, transaction: Transaction, now: datetime, *, most: int = 20) -> Account:
        """Return the account; at most ``most`` imbalances of each sort are named."""
        instances = self._tables.instances
        armed = transaction.execute(select(func.coalesce(func.sum(instances.c.armed), 0))).scalar_one()
        imbalances = [
            *self._miscounted(transaction, most),
            *self._stray_timers(transaction, most),
            *self._early(transaction, most),
            *self._held_timers(transaction, most),
        ]
        return Account(now, self._lines(transaction, now), armed, tuple(imbalances))

    def _lines(self, transaction: Transaction, now: datetime) -> tuple[AccountLine, ...]:
        instances, deadlines = self._tables.instances, self._tables.deadlines
        ending = deadlines.c.ending

        def count(condition: ColumnElement[bool]) -> ColumnElement[int]:
            return func.sum(case((condition, 1), else_=0))

        query = (
            select(
                instances.c.workflow,
                instances.c.workflow_version,
                deadlines.c.rule,
                *(count(ending == name) for name in ("met", "missed", "superseded", "withdrawn", "annulled")),
                count(ending.is_(None)),
                count(overdue(self._tables, now)),
                count(and_(ending.is_(None), deadlines.c.paused_at.is_not(None))),
                count(and_(ending.is_(None), held(self._tables))),
                count(and_(ending == "met", deadlines.c.restated)),
            )
            .join(instances, instances.c.id == deadlines.c.instance)
            .group_by(instances.c.workflow, instances.c.workflow_version, deadlines.c.rule)
            .order_by(instances.c.workflow, instances.c.workflow_version, deadlines.c.rule)
        )
        lateness = self._lateness(transaction)
        lines: list[AccountLine] = []
        for row in transaction.execute(query):
            counted: list[Any] = list(row)
            late = lateness.get((counted[0], counted[1], counted[2]))
            lines.append(replace(AccountLine(*counted), lateness=late))
        return tuple(lines)

    def _lateness(self, transaction: Transaction) -> dict[tuple[Any, ...], Lateness]:
        """Pick the few rows that stand at the percentiles: the database sorts, nothing else is fetched."""
        instances, deadlines = self._tables.instances, self._tables.deadlines
        rule = (instances.c.workflow, instances.c.workflow_version, deadlines.c.rule)
        ranked = (
            select(
                *rule,
                deadlines.c.late,
                func.row_number().over(partition_by=rule, order_by=deadlines.c.late).label("place"),
                func.count().over(partition_by=rule).label("of"),
            )
            .join(instances, instances.c.id == deadlines.c.instance)
            .where(deadlines.c.ending == "missed")
            .subquery()
        )
        # The nearest rank of p in a hundred is the place that p/100 of them reach, rounded up.
        ranks = {percent: (ranked.c.of * percent + 99) // 100 for percent in _PERCENTS}
        query = select(ranked).where(or_(*(ranked.c.place == rank for rank in ranks.values())))
        found: dict[tuple[str, int, str], dict[int, int]] = {}
        for workflow, version, name, late, place, of in transaction.execute(query):
            for percent in _PERCENTS:
                if place == (of * percent + 99) // 100:
                    found.setdefault((workflow, version, name), {})[percent] = late or 0
        return {
            key: Lateness(*(timedelta(microseconds=late[percent]) for percent in _PERCENTS))
            for key, late in found.items()
        }

    def _miscounted(self, transaction: Transaction, most: int) -> list[str]:
        """Find instances that say they armed more or fewer deadlines than there are rows."""
        instances, deadlines = self._tables.instances, self._tables.deadlines
        kept = (
            select(deadlines.c.instance, func.count().label("rows")).group_by(deadlines.c.instance).subquery()
        )
        rows = func.coalesce(kept.c.rows, 0)
        query = (
            select(instances.c.id, instances.c.armed, rows)
            .outerjoin(kept, kept.c.instance == instances.c.id)
            .where(instances.c.armed != rows)
            .order_by(instances.c.id)
            .limit(most)
        )
        found = [
            f"instance {identity} armed {armed} deadlines, but {rows} are kept"
            for identity, armed, rows in transaction.execute(query)
        ]
        orphans = (
            select(deadlines.c.instance, func.count())
            .where(deadlines.c.instance.not_in(select(instances.c.id)))
            .group_by(deadlines.c.instance)
            .limit(most)
        )
        found.extend(
            f"{count} deadlines are kept for instance {identity}, which does not exist"
            for identity, count in transaction.execute(orphans)
        )
        return found

    def _stray_timers(self, transaction: Transaction, most: int) -> list[str]:
        """Find timers that are open though their deadline has ended, or that belong to none."""
        deadlines, timers = self._tables.deadlines, self._tables.timers
        query = (
            select(timers.c.instance, timers.c.deadline, timers.c.number, deadlines.c.ending)
            .outerjoin(
                deadlines,
                and_(deadlines.c.instance == timers.c.instance, deadlines.c.number == timers.c.deadline),
            )
            .where(
                or_(
                    deadlines.c.number.is_(None),
                    and_(timers.c.ending.is_(None), deadlines.c.ending.is_not(None)),
                )
            )
            .limit(most)
        )
        return [
            f"instance {instance}: timer {number} of deadline {deadline} "
            + (f"is open though the deadline is {ending}" if ending else "belongs to no deadline")
            for instance, deadline, number, ending in transaction.execute(query)
        ]

    def _early(self, transaction: Transaction, most: int) -> list[str]:
        """Find timers that fired before their moment."""
        timers = self._tables.timers
        query = (
            select(timers.c.instance, timers.c.deadline, timers.c.number)
            .where(timers.c.ending == "fired", timers.c.ended_at < timers.c.due)
            .limit(most)
        )
        return [
            f"instance {instance}: timer {number} of deadline {deadline} fired before it was due"
            for instance, deadline, number in transaction.execute(query)
        ]

    def _held_timers(self, transaction: Transaction, most: int) -> list[str]:
        """Find open timers that could fire though their deadline's clock stands."""
        deadlines, timers = self._tables.deadlines, self._tables.timers
        query = (
            select(timers.c.instance, timers.c.deadline, timers.c.number)
            .join(
                deadlines,
                and_(deadlines.c.instance == timers.c.instance, deadlines.c.number == timers.c.deadline),
            )
            .where(timers.c.ending.is_(None), deadlines.c.paused_at.is_not(None), timers.c.due.is_not(None))
            .limit(most)
        )
        return [
            f"instance {instance}: timer {number} of deadline {deadline} may fire though its clock stands"
            for instance, deadline, number in transaction.execute(query)
        ]
