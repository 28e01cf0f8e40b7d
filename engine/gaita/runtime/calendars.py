"""Calendars: what is in force, what the settings want, and the change from the one to the other.

Deadlines are counted by the calendars in force, which the database keeps. What the settings say takes
effect only by a plan: it lists every live deadline that would move, and is applied by its digest, exactly
as it was shown.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from hashlib import sha256
from operator import itemgetter

from sqlalchemy import Connection

from gaita.arguments import Arguments
from gaita.calendar import (
    DayChange,
    RuleChanges,
    WorkingCalendar,
    calendar_changes,
    day_of,
    later,
    rule_changes,
)
from gaita.context.context import Context
from gaita.errors import MalformedCommand, PlanChanged
from gaita.fault import hint_for
from gaita.history import canonical
from gaita.model.command import Recount
from gaita.model.instance import Deadline
from gaita.model.outcome import Accepted, Adjustment, Outcome, Trouble
from gaita.model.workflow import AtDate, AtField, AtHorizon, Workflow
from gaita.phrase import formed, phrase
from gaita.runtime.sweep import load_each
from gaita.step import Facts, fire_due_timers, moving, step
from gaita.store import CalendarInForce, Happened, Loaded, happened
from gaita.store.store import calendar_ends
from gaita.store.transaction import Transaction

_BATCH = 500


@dataclass(frozen=True, slots=True)
class DeadlineMove:
    """A live deadline that a change of its calendar moves."""

    instance: str
    workflow: Workflow
    before: Deadline
    after: Deadline
    why: tuple[DayChange, ...]
    """The days that count for it, up to its last moment, and are no longer, or newly, worked."""


@dataclass(frozen=True, slots=True)
class CalendarPlan:
    """What would change if the settings' calendar came into force."""

    calendar: WorkingCalendar
    """As the settings want it."""
    in_force: WorkingCalendar | None
    """``None``: nothing is counted by it yet; the first deployment that needs it puts it in force."""
    days: tuple[DayChange, ...]
    rules: RuleChanges
    moves: tuple[DeadlineMove, ...]
    left_out: tuple[str, ...]
    """Instances that cannot be carried on, each with the reason: they stay as they are."""
    digest: str
    """Names exactly this change: the calendars, every move, and what is left out."""

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to change: it is in force already, or nothing is counted by it."""
        return self.in_force is None or self.in_force.digest == self.calendar.digest


class Calendars:
    """Shows and carries out changes of calendars."""

    def __init__(self, context: Context) -> None:
        self._context = context

    @property
    def wanted(self) -> Mapping[str, WorkingCalendar]:
        """The calendars as the settings want them, by name."""
        return self._context.calendars

    def in_force(self, *, connection: Connection | None = None) -> Sequence[CalendarInForce]:
        """Return the calendars that deadlines are counted by."""
        with self._context.reading(connection) as transaction:
            return self._context.store.calendars.every(transaction)

    def diff(
        self, name: str | None = None, *, connection: Connection | None = None
    ) -> Sequence[CalendarPlan]:
        """Return the plan for each calendar that would change (or for the one named).

        Raises ``MalformedCommand`` for a name that the settings do not have.
        """
        if name is not None and name not in self.wanted:
            complaint = phrase(
                "calendar: the settings have no calendar %(name)s; %(hint)s",
                name=repr(name),
                hint=hint_for(name, self.wanted),
            )
            raise MalformedCommand(phrase("the plan"), [complaint])
        with self._context.reading(connection) as transaction:
            plans = [
                self._work_out(transaction, calendar, self._context.clock.now())[0]
                for calendar in self.wanted.values()
                if name is None or calendar.name == name
            ]
        return [plan for plan in plans if not plan.is_empty]

    def apply(
        self, digest: str, *, actor: str = "system", connection: Connection | None = None
    ) -> CalendarPlan:
        """Carry out the plan of this digest (or of the only one that begins so), and nothing else.

        Raises ``PlanChanged`` where no plan has it any more: then nothing is done.
        """
        now = self._context.clock.now()
        with Arguments(phrase("the plan")) as check:
            digest, actor = check.name(digest, "digest"), check.actor(actor)
        shown = self._shown(digest, now, connection)
        store, name = self._context.store, shown.calendar.name
        with self._context.writing(connection) as transaction:
            # Worked out again under the lock, and written as it goes: if it is not the same, all is undone.
            plan, failed = self._work_out(transaction, shown.calendar, now, actor)
            if plan.digest != shown.digest:
                raise _changed(digest)
            store.calendars.put(transaction, plan.calendar, actor, now)
            if not self._is_too_short(transaction, name):
                store.incidents.close_all(transaction, calendar_ends(name), actor, now)
            for instance, error in failed:
                trouble = Trouble(
                    "not_recounted",
                    phrase("the calendar %(name)s has changed: %(error)s", name=name, error=error),
                )
                store.incidents.open_once(transaction, instance, trouble, now)
        return plan

    def _shown(self, digest: str, now: datetime, host: Connection | None) -> CalendarPlan:
        """Return the only plan of this digest. It only looks, so that no lock is held meanwhile."""
        with self._context.reading(host) as transaction:
            plans = [self._work_out(transaction, each, now)[0] for each in self.wanted.values()]
        found = [plan for plan in plans if not plan.is_empty and digest and plan.digest.startswith(digest)]
        if len(found) != 1:
            raise _changed(digest)
        return found[0]

    def _is_too_short(self, transaction: Transaction, name: str) -> bool:
        """Whether deadlines still run past what a calendar knows."""
        versions = self._context.store.timers.provisional_workflows(transaction)
        return any(self._context.catalogue.get(transaction, *each).calendar == name for each in versions)

    def _work_out(
        self, transaction: Transaction, calendar: WorkingCalendar, now: datetime, actor: str | None = None
    ) -> tuple[CalendarPlan, list[tuple[str, Exception]]]:
        """Return the plan for a calendar, and what cannot be carried on; with an ``actor``, write it."""
        kept = self._context.store.calendars.find(transaction, calendar.name)
        in_force = None if kept is None else kept.calendar
        days = () if in_force is None else calendar_changes(in_force, calendar)
        rules = RuleChanges(week=False, known_until=False)
        moves: list[DeadlineMove] = []
        failed: list[tuple[str, Exception]] = []
        if in_force is not None and in_force.digest != calendar.digest:
            rules = rule_changes(in_force, calendar)
            for batch in self._batches(transaction, calendar, now, failed, actor):
                moves.extend(
                    _move(each.workflow, each.after.id, adjustment, (in_force, calendar), days)
                    for each in batch
                    for outcome in each.outcomes
                    if isinstance(outcome, Accepted)
                    for adjustment in outcome.adjusted
                    if adjustment.kind == "moved"
                )
                if actor is not None:
                    self._context.store.write(transaction, batch, now)
        left_out = tuple(
            formed("%(instance)s: %(error)s", instance=instance, error=error) for instance, error in failed
        )
        plan = CalendarPlan(calendar, in_force, days, rules, tuple(moves), left_out, "")
        return replace(plan, digest=_digest(plan)), failed

    def _batches(
        self,
        transaction: Transaction,
        calendar: WorkingCalendar,
        now: datetime,
        failed: list[tuple[str, Exception]],
        actor: str | None,
    ) -> Iterator[list[Happened]]:
        """Yield, for so many instances at a time, what happens to those that have a deadline which moves.

        An instance that cannot be carried on is added to ``failed``, and holds up no other.
        """
        versions = self._versions(transaction, calendar)
        command = Recount(calendar.name, calendar.digest, actor or "system")
        in_force: dict[str, Facts] = {}
        after: str | None = None
        while identities := self._context.store.timers.open_instances(
            transaction, versions, after=after, most=_BATCH
        ):
            after = identities[-1]
            batch: list[Happened] = []
            wrong: list[tuple[str, Exception]] = []
            loaded = load_each(self._context, transaction, identities, wrong, for_update=actor is not None)
            for identity, case in loaded.items():
                try:
                    recounted = self._recounted(transaction, case, command, Facts(now, calendar), in_force)
                except Exception as error:  # noqa: BLE001 - whatever it is, it must hold up nobody else
                    wrong.append((identity, error))
                else:
                    if recounted is not None:
                        batch.append(recounted)
            failed.extend(sorted(wrong, key=itemgetter(0)))
            if batch:
                yield batch

    def _versions(self, transaction: Transaction, calendar: WorkingCalendar) -> list[tuple[str, int]]:
        """Return the workflows and versions that count by a calendar, with those that cannot be read."""
        found: list[tuple[str, int]] = []
        for each in self._context.store.workflows.every(transaction):
            try:
                workflow = self._context.catalogue.get(transaction, each.id, each.version, each.digest)
            except Exception:  # noqa: BLE001 - its instances are left out, each with the reason
                found.append((each.id, each.version))
            else:
                if workflow.calendar == calendar.name and workflow.counts_working_time:
                    found.append((each.id, each.version))
        return found

    def _recounted(
        self,
        transaction: Transaction,
        loaded: Loaded,
        command: Recount,
        facts: Facts,
        in_force: dict[str, Facts],
    ) -> Happened | None:
        """Return what happens to one instance: what was due goes first. ``in_force``: facts by workflow."""
        instance = loaded.instance
        workflow = self._context.catalogue.get(
            transaction, instance.workflow, instance.workflow_version, loaded.workflow_digest
        )
        if not moving(workflow, instance, facts):
            return None
        known = in_force.get(workflow.key)
        if known is None:
            known = in_force[workflow.key] = self._context.facts(transaction, workflow, facts.now)
        outcomes: list[Outcome] = list(fire_due_timers(workflow, instance, known))
        instance = outcomes[-1].after if outcomes else instance
        if not moving(workflow, instance, facts):
            return None
        outcomes.append(step(workflow, instance, command, facts))
        return happened(workflow, loaded, outcomes)


def _changed(digest: str) -> PlanChanged:
    return PlanChanged(
        phrase(
            "no plan has the digest %(digest)s: the calendar, the deadlines or the time have changed"
            " since it was shown; look at `gaita calendar diff` again",
            digest=digest,
        )
    )


def _move(
    workflow: Workflow,
    instance: str,
    adjustment: Adjustment,
    calendars: tuple[WorkingCalendar, WorkingCalendar],
    days: tuple[DayChange, ...],
) -> DeadlineMove:
    before, after = adjustment.before, adjustment.after
    first, last = before.since, max(before.due, after.due)
    match workflow.rules[before.rule].due:
        case AtDate(before=amount) | AtHorizon(before=amount) | AtField(before=amount) if amount is not None:
            # It is counted back from a point, so that the days which count lie behind it.
            found = [
                later(each.due, amount, workflow.zone, calendar).due
                for each, calendar in zip((before, after), calendars, strict=True)
            ]
            first = min(before.due, after.due)
            last = max([last, *(moment for moment in found if moment is not None)])
        case _:
            pass
    moments = [timer.due for each in (before, after) for timer in each.timers if timer.due is not None]
    beginning = day_of(min([first, *moments]), workflow.zone).toordinal()
    end = day_of(max([last, *moments]), workflow.zone).toordinal() + 1
    why = tuple(each for each in days if beginning <= each.day.toordinal() <= end)
    return DeadlineMove(instance, workflow, before, after, why)


def _digest(plan: CalendarPlan) -> str:
    told = [
        plan.calendar.name,
        "" if plan.in_force is None else plan.in_force.digest,
        plan.calendar.digest,
        [
            [
                move.instance,
                move.before.number,
                move.before.due.isoformat(),
                move.after.due.isoformat(),
                move.after.provisional,
                [[timer.index, timer.due and timer.due.isoformat()] for timer in move.after.timers],
            ]
            for move in plan.moves
        ],
        list(plan.left_out),
    ]
    return sha256(canonical(told)).hexdigest()
