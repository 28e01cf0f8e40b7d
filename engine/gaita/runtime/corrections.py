"""Corrections: what was entered late or wrong, and is put right."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from types import UnionType
from typing import Any, Final, cast

from sqlalchemy import Connection

from gaita.arguments import Arguments
from gaita.calendar import WorkingCalendar, day_of, earlier, effective_moment, end_of_day
from gaita.clock import as_utc
from gaita.context.context import Context
from gaita.correction import (
    Amend,
    Corrector,
    Edit,
    Entry,
    Insert,
    Plan,
    Rules,
    Undo,
    WrongEdit,
    correction_record,
    course_difference,
    entry_of,
    first_difference,
    late_record,
    planned,
    with_restated,
)
from gaita.errors import BrokenHistory, MalformedCommand, PlanChanged
from gaita.history import Record, Replay
from gaita.model.command import Asked, Extend, Fire, Key, Pause, Resume, SetData, Start
from gaita.model.outcome import Explanation, Ground
from gaita.model.workflow import Workflow
from gaita.phrase import phrase
from gaita.runtime.directory import ActorRoles
from gaita.runtime.receipt import Receipt
from gaita.step import Facts, admitted, refuse
from gaita.store import Loaded, happened
from gaita.store.deliveries import DeliveryStore
from gaita.store.expected_rows import expected_rows
from gaita.store.transaction import Transaction

_ASKED: Final = Fire | SetData | Pause | Resume | Extend


@dataclass(frozen=True, slots=True)
class Correction:
    """How a correction came out."""

    plan: Plan
    record: Record | None
    """The record that reports it; ``None``: it was refused."""
    ground: Ground | None = None
    """Why it was refused; the plan's ``stops`` and ``upset`` say more."""
    by: tuple[str, ...] = ()
    """The roles that may correct."""

    @property
    def accepted(self) -> bool:
        """Whether it was carried out."""
        return self.record is not None


class Corrections:
    """Puts right what a case's history says. History only grows: a correction is one record more."""

    def __init__(self, context: Context, actor_roles: ActorRoles) -> None:
        self._context = context
        self._actor_roles = actor_roles
        self._deliveries = DeliveryStore(context.store.tables)

    def first_difference(self, instance: str, *, connection: Connection | None = None) -> int | None:
        """Return the first record of a case that would come out otherwise if it were decided today.

        ``None``: its commands, decided again by the rules of their time, lead to the very same records.
        Raises ``UnknownInstance`` and ``BrokenHistory``.
        """
        with Arguments("the question") as check:
            instance = check.instance(instance)
        with self._context.reading(connection) as transaction:
            self._context.load(transaction, instance)
            records = self._context.store.records.read(transaction, instance)
            return first_difference(records, self._rules(transaction))

    def entries(self, instance: str, *, connection: Connection | None = None) -> Sequence[Entry]:
        """Return the entries of a case that can be corrected, in the order in which they took effect.

        They are those of people that were accepted, as earlier corrections left them. Raises
        ``UnknownInstance`` and ``BrokenHistory``.
        """
        with Arguments("the question") as check:
            instance = check.instance(instance)
        with self._context.reading(connection) as transaction:
            workflow, _ = self._context.with_workflow(transaction, instance)
            played = Replay(workflow)
            for record in self._context.store.records.read(transaction, instance):
                played.add(record)
        return [entry for entry in map(entry_of, played.course) if entry.can_be_edited]

    def plan(self, instance: str, *edits: Edit, connection: Connection | None = None) -> Plan:
        """Return what edits of a case's entries would do; nothing is changed.

        Raises ``UnknownInstance``, ``MalformedCommand`` for an edit that cannot be made, and
        ``BrokenHistory`` where the history does not lead to itself any more.
        """
        with Arguments("the plan") as check:
            instance = check.instance(instance)
        with self._context.reading(connection) as transaction:
            workflow, _ = self._context.with_workflow(transaction, instance)
            return self._plan(transaction, workflow, instance, edits, self._context.clock.now())[0]

    def correct(
        self,
        instance: str,
        *edits: Edit,
        reason: str,
        actor: str = "system",
        roles: Sequence[str] | frozenset[str] = (),
        plan: str | None = None,
        override: bool = False,
        notice: str | None = None,
        connection: Connection | None = None,
    ) -> Correction:
        """Carry out edits of a case's entries, as one record.

        ``actor`` is who corrects; the entries name who should have acted. ``plan``: only if this is the
        digest of the plan (or its beginning). ``override``: also behind ``closed_until``. ``notice``: what
        those are told who were told something wrong. Raises what ``plan`` raises, and ``PlanChanged``.
        """
        with Arguments("the correction") as check:
            instance, actor, asked = check.instance(instance), check.actor(actor), check.roles(roles)
            given, words = check.reason(reason), check.wording(notice)
            plan, override = check.optional_name(plan, "plan"), check.flag(override, "override")
            if not given:
                check.wrong("reason", phrase("is missing; say why"))
            if not edits:
                check.wrong("edits", phrase("there are none; undo, amend or insert an entry"))
        borne = self._actor_roles.roles_of(actor, asked)
        with self._context.writing(connection) as transaction:
            workflow, loaded = self._context.with_workflow(transaction, instance, for_update=True)
            found, records = self._plan(transaction, workflow, instance, edits, self._context.clock.now())
            if plan is not None and not found.digest.startswith(plan):
                message = phrase(
                    "no plan has the digest %(digest)s: the case, or the time, has changed since it was "
                    "shown; look at the plan again",
                    digest=plan,
                )
                raise PlanChanged(message)
            ground = self._ground(workflow, found, borne, override=override)
            if ground is not None:
                return Correction(found, None, ground, workflow.corrections.by)
            corrector = Corrector(actor, borne, given or "", override)
            found = self._told(transaction, found, actor, words)
            record = correction_record(found, workflow, loaded.head, corrector)
            self._write(transaction, workflow, loaded, records, found, record)
        return Correction(found, record)

    def enter(
        self,
        transaction: Transaction,
        instance: str,
        command: Asked,
        on: date | datetime,
        *,
        key: Key | None,
        notice: str | None,
    ) -> Receipt:
        """Carry out a command that took effect before now.

        It is a late entry where nothing later is upset; further back, or where something is, it is a matter
        of a correction, and refused.
        """
        workflow, loaded = self._context.with_workflow(transaction, instance, for_update=True)
        now = self._context.clock.now()
        at = _effective(workflow, loaded, on, now)
        plan, records = self._plan(transaction, workflow, instance, [Insert(command, at)], now)
        refused = self._refused(transaction, workflow, plan, at, now)
        if refused is not None:
            outcome = refuse(loaded.instance, command, Facts(now), refused)
            written = happened(workflow, loaded, [outcome], asked_on=at)
            self._context.store.write(transaction, [written], now)
            return Receipt.of(workflow, outcome, written.last, 0)
        plan = self._told(transaction, plan, command.actor, notice)
        record = late_record(plan, workflow, loaded.head, command, key)
        self._write(transaction, workflow, loaded, records, plan, record)
        if key is not None:
            self._context.store.keys.put(transaction, instance, key, record.sequence, now)
        return Receipt.entered_late(plan, record)

    # -- working it out

    def _rules(self, transaction: Transaction) -> Rules:
        kept = _Kept(self._context, transaction)
        return Rules(kept.workflow, kept.calendar, kept.past)

    def _plan(
        self,
        transaction: Transaction,
        workflow: Workflow,
        instance: str,
        edits: Sequence[Edit],
        now: datetime,
    ) -> tuple[Plan, Sequence[Record]]:
        wanted = [self._checked(workflow, each) for each in edits]
        records = self._context.store.records.read(transaction, instance)
        rules = self._rules(transaction)
        played = Replay(workflow)
        for record in records:
            played.add(record)
        different = course_difference(played.course, rules)
        if different is not None:
            message = phrase(
                "instance %(instance)s, entry %(entry)s: decided again, it would come out otherwise than it "
                "is recorded, so that nothing of this case can be corrected",
                instance=instance,
                entry=different,
            )
            raise BrokenHistory(message)
        try:
            return planned(played, wanted, rules, now), records
        except WrongEdit as error:
            raise MalformedCommand(phrase("the correction"), [str(error)]) from None

    def _checked(self, workflow: Workflow, edit: Edit) -> Edit:
        """Return an edit whose command is one that could be asked for, by who should have acted.

        Raises ``MalformedCommand`` and ``UnknownEvent``, as the command itself would.
        """
        with Arguments(phrase("the correction")) as check:
            match cast("object", edit):
                case Undo(entry):
                    check.name(entry, "entry")
                case Insert(command, at):
                    check.moment(at, "at")
                    self._check_command(check, command, _ASKED)
                case Amend(entry, command, at):
                    check.name(entry, "entry")
                    check.optional_moment(at, "at")
                    if command is not None:
                        self._check_command(check, command, _ASKED | Start)
                case _:
                    found = type(edit).__name__
                    check.wrong("edits", phrase("expected Undo, Amend or Insert, found %(kind)s", kind=found))
        match edit:
            case Insert(command, at):
                return replace(edit, command=self._admitted(workflow, command), at=as_utc(at))
            case Amend(_, command, at):
                kept = None if command is None else self._admitted(workflow, command)
                return replace(edit, command=kept, at=None if at is None else as_utc(at))
            case Undo():
                return edit

    def _check_command(self, check: Arguments, command: object, kinds: type | UnionType) -> None:
        if not isinstance(command, kinds):
            kind = type(command).__name__
            check.wrong(
                "command",
                phrase("expected Fire, SetData, Pause, Resume or Extend, found %(kind)s", kind=kind),
            )
            return
        asked = cast("Any", command)
        check.actor(asked.actor)
        check.roles(asked.roles)
        match asked:
            case Fire():
                check.name(asked.event, "event")
                check.values(asked.payload, "payload")
            case SetData():
                check.values(asked.values, "values")
                check.reason(asked.reason)
            case Start():
                check.values(asked.data, "data")
            case _:
                check.name(asked.deadline, "deadline")
                check.reason(asked.reason)

    def _admitted(self, workflow: Workflow, command: Asked | Start) -> Any:  # noqa: ANN401 - of the same kind
        """Return a command with its values in the engine's form, and the roles that its actor really has."""
        return self._actor_roles.with_roles(cast("Any", admitted(workflow, command)))

    def _ground(
        self, workflow: Workflow, plan: Plan, roles: frozenset[str], *, override: bool
    ) -> Ground | None:
        allowed = workflow.corrections.by
        if not allowed:
            return "no_corrector"
        if roles.isdisjoint(allowed):
            return "role"
        if plan.stops:
            return "upset"
        return None if override else _closed(workflow, plan.since)

    def _refused(
        self, transaction: Transaction, workflow: Workflow, plan: Plan, at: datetime, now: datetime
    ) -> Explanation | None:
        """Return why a late entry is refused."""
        state = plan.before.state
        own = next((each for each in plan.stops if each.entry == plan.inserted), None)
        if own is not None and own.error is not None:
            raise own.error
        if own is not None and own.outcome is not None:
            return own.outcome.explanation
        amount = workflow.corrections.late_entry
        calendar = self._context.facts(transaction, workflow, now).calendar
        reaches = None if amount is None else earlier(now, amount, workflow.zone, calendar).due
        if amount is not None and reaches is not None and at < reaches:
            amounts = {"asked": day_of(at, workflow.zone).isoformat(), "at_most": amount.text}
            return Explanation(state, None, "too_late", by=workflow.corrections.by, amounts=amounts)
        ground = _closed(workflow, at)
        if ground is None and (plan.stops or plan.upset):
            ground = "upset"
        return None if ground is None else Explanation(state, None, ground, by=workflow.corrections.by)

    # -- writing it

    def _told(self, transaction: Transaction, plan: Plan, actor: str, words: str | None) -> Plan:
        """Withdraw what would never have been written; who may have read it is told the difference."""
        outbox, record = self._context.store.outbox, plan.before.sequence + 1
        moot = outbox.make_moot(transaction, plan.moot, record)
        why = f"it would never have been written, by record {record} of {plan.before.id}"
        heard = self._deliveries.withdraw(transaction, moot, why, actor, plan.at)
        messages = outbox.many(transaction, heard)
        return with_restated(plan, [messages[number] for number in sorted(heard)], words)

    def _write(
        self,
        transaction: Transaction,
        workflow: Workflow,
        loaded: Loaded,
        records: Sequence[Record],
        plan: Plan,
        record: Record,
    ) -> None:
        """Write a correction: its record, and the rows that the history leads to from then on."""
        store, now, actor = self._context.store, plan.at, str(record.body["actor"])
        history = [*records, record]
        replay = Replay(workflow)
        for each in history:
            replay.add(each)
        store.records.append(transaction, [record])
        store.instances.put_right(transaction, expected_rows(replay, history, workflow.personal))
        store.outbox.put(transaction, plan.new)
        incident = store.stuck_by(transaction, loaded.instance.id)
        if incident is not None:
            store.incidents.close(transaction, incident, actor, now)
            store.timers.release(transaction, incident)
        transaction.wake_after_commit(self._context.watch.nudge)


def _closed(workflow: Workflow, since: datetime) -> Ground | None:
    day = workflow.corrections.closed_until
    return "closed" if day is not None and since < end_of_day(day, workflow.zone) else None


def _effective(workflow: Workflow, loaded: Loaded, on: date | datetime, now: datetime) -> datetime:
    """Return the moment at which an entry took effect. A day means its last instant, at most the present."""
    if isinstance(on, datetime):
        if on > now:
            raise _wrong(phrase("%(on)s lies in the future", on=on.isoformat()))
        return on
    begin = end_of_day(date.fromordinal(max(on.toordinal() - 1, 1)), workflow.zone)
    end = end_of_day(on, workflow.zone)
    if begin > now:
        raise _wrong(phrase("%(on)s lies in the future", on=on.isoformat()))
    for deadline in loaded.instance.deadlines:
        if begin < deadline.due < end and not deadline.is_paused:
            raise _wrong(
                phrase(
                    "the deadline %(rule)s is due on %(on)s itself: give the time of day as well",
                    rule=deadline.rule,
                    on=on.isoformat(),
                )
            )
    return effective_moment(on, workflow.zone, now)


def _wrong(complaint: str) -> MalformedCommand:
    return MalformedCommand("the entry", [f"on: {complaint}"])


class _Kept:
    """The rules of their time: versions of workflows, and calendars as they were in force."""

    def __init__(self, context: Context, transaction: Transaction) -> None:
        self._context = context
        self._held = transaction
        self._past: dict[str, list[tuple[datetime, str, WorkingCalendar]]] | None = None

    def workflow(self, key: str) -> Workflow:
        """Return a version by ``ID@VERSION``. Raises ``UnknownWorkflow``."""
        identity, _, version = key.rpartition("@")
        return self._context.catalogue.get(self._held, identity, int(version))

    def past(self, name: str) -> Sequence[tuple[datetime, str, WorkingCalendar]]:
        """Return what was in force under a name, in order."""
        return self._calendars()[name]

    def calendar(self, digest: str) -> WorkingCalendar:
        """Return a calendar by its digest. Raises ``BrokenHistory`` where it is not kept."""
        for kept in self._calendars().values():
            for _, _, calendar in kept:
                if calendar.digest == digest:
                    return calendar
        message = phrase(
            "the calendar with the digest %(digest)s… is not kept: an earlier release replaced it, so that "
            "what was counted by it cannot be counted again",
            digest=digest[:12],
        )
        raise BrokenHistory(message)

    def _calendars(self) -> dict[str, list[tuple[datetime, str, WorkingCalendar]]]:
        if self._past is None:
            self._past = {}
            for each in self._context.store.calendars.past(self._held):
                kept = self._past.setdefault(each.calendar.name, [])
                kept.append((each.applied_at, each.applied_by, each.calendar))
        return self._past
