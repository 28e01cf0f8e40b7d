"""Arming: when a declared deadline is due, and when its timers are."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from itertools import count

from gaita.calendar import (
    LAST,
    Explained,
    Reckoned,
    Stop,
    WorkingCalendar,
    earlier,
    end_of_day,
    end_of_month,
    explained,
    later,
    parse_amount,
    reckon,
)
from gaita.model.amount import Amount
from gaita.model.instance import Deadline, Instance, Timer, Turn
from gaita.model.value import Data, moment_of
from gaita.model.workflow import (
    Anchor,
    AtDate,
    AtField,
    AtHorizon,
    Every,
    FromEntry,
    FromField,
    FromStart,
    FromState,
    Moment,
    Rule,
    Within,
    Workflow,
)
from gaita.step.facts import Facts


@dataclass(frozen=True, slots=True)
class DueMoment:
    """When a deadline is due."""

    moment: datetime
    clipped: bool = False
    """Whether it had to be cut back to the horizon."""
    provisional: bool = False
    """Whether it lies past what the calendar knows."""


@dataclass(frozen=True, slots=True)
class Standing:
    """What a due moment may depend on, beside the rule."""

    workflow: Workflow
    data: Data
    started_at: datetime
    entered: Mapping[str, tuple[datetime, datetime]]
    calendar: WorkingCalendar | None


def anchor_of(standing: Standing, anchor: Anchor, entered_at: datetime) -> datetime | None:
    """Return the moment that a deadline counts from; ``None`` while there is none yet.

    A day that a field names counts as a day of entry: an amount of days is counted from the day after it.
    """
    match anchor:
        case FromEntry():
            return entered_at
        case FromStart():
            return standing.started_at
        case FromState(state, which):
            entries = standing.entered.get(state)
            return None if entries is None else entries[0 if which == "first" else 1]
        case FromField(field):
            value = standing.data.get(field)
            if value is None:
                return None
            zone = standing.workflow.zone
            match standing.workflow.fields[field].type.kind:
                case "moment":
                    return moment_of(str(value))
                case "month":
                    return earlier(end_of_month(str(value), zone), _DAY, zone, None).due or LAST
                case _:
                    day = max(date.fromisoformat(str(value)), _EARLIEST)
                    return end_of_day(day - timedelta(days=1), zone)


def since_of(standing: Standing, rule: Rule, entered_at: datetime) -> datetime | None:
    """Return the moment that ``rule`` counts from, for a scope entered at ``entered_at``."""
    match rule.due:
        case Within(_, anchor) | Every(_, anchor):
            return anchor_of(standing, anchor, entered_at)
        case _:
            return entered_at


def due_of(
    standing: Standing, rule: Rule, since: datetime, *, occurrence: int = 1, course: Sequence[Turn] = ()
) -> DueMoment | None:
    """Return when ``rule`` is due, counted from ``since``.

    ``None``: its field is not set, or its clock stands, or it would come round again only after the horizon.
    """
    workflow, zone, calendar = standing.workflow, standing.workflow.zone, standing.calendar
    granted = granted_of(course)
    provisional = False
    match rule.due:
        case Within(amount) | Every(amount):
            amounts = (_times(amount, occurrence) if occurrence > 1 else amount, *granted)
            reckoned = reckon(since, amounts, zone, calendar, stops_of(course) if course else ())
            if reckoned.due is None:
                return None
            moment, provisional = reckoned.due, reckoned.provisional
        case AtDate() | AtHorizon() | AtField():
            point = _point(standing, rule.due)
            if point is None:
                return None
            moment = point
            for amount in (rule.due.before,) if rule.due.before is not None else ():
                found = earlier(moment, amount, zone, calendar)
                moment, provisional = found.due or moment, found.provisional
            for amount in granted:
                found = later(moment, amount, zone, calendar)
                moment, provisional = found.due or moment, provisional or found.provisional
    if workflow.horizon is not None and moment > (end := _end(workflow)):
        if isinstance(rule.due, Every):
            return None
        return DueMoment(
            end, clipped=True, provisional=provisional and calendar_ends(calendar) < workflow.horizon
        )
    return DueMoment(moment, provisional=provisional)


def next_due_of(
    standing: Standing,
    rule: Rule,
    since: datetime,
    course: Sequence[Turn],
    first: int,
    after: datetime | None,
) -> tuple[int, DueMoment] | None:
    """Return the first occurrence from ``first`` on that is due after a moment (any, without one)."""
    for occurrence in count(first):
        due = due_of(standing, rule, since, occurrence=occurrence, course=course)
        if due is None:
            return None
        if after is None or due.moment > after or due.moment >= LAST:
            return occurrence, due


def timers_of(
    standing: Standing, rule: Rule, due: DueMoment, indexes: Sequence[int], course: Sequence[Turn]
) -> list[tuple[int, datetime | None]]:
    """Return the moment of each of a deadline's timers; ``None``: it can have none now."""
    stops = stops_of(course) if course else ()
    held = due.provisional or bool(stops and stops[-1].until is None)
    return [
        (index, None if held else _moment(standing, rule.moments[index], due.moment, stops))
        for index in indexes
    ]


def retimed(
    workflow: Workflow, instance: Instance, deadline: Deadline, facts: Facts
) -> tuple[Deadline, tuple[Timer, ...]]:
    """Return an open deadline as it stands by its course and the calendar, and reminders now past.

    What has fired stays fired; a due moment that has passed stays where it was.
    """
    rule = workflow.rules[deadline.rule]
    standing = standing_of(workflow, instance, facts)
    due = DueMoment(deadline.due, deadline.clipped, deadline.provisional)
    if is_waiting(rule, deadline):
        due = (
            due_of(standing, rule, deadline.since, occurrence=deadline.occurrence, course=deadline.course)
            or due
        )
    kept: list[Timer] = []
    past: list[Timer] = []
    indexes = [timer.index for timer in deadline.timers]
    for before, (index, at) in zip(
        deadline.timers, timers_of(standing, rule, due, indexes, deadline.course), strict=True
    ):
        late = rule.moments[index].kind == "reminder" and at is not None and at <= facts.now
        # Cancelled, a reminder keeps the moment that it had: it is what the account says of it.
        (past if late else kept).append(before if late else Timer(index, at))
    after = replace(
        deadline, due=due.moment, clipped=due.clipped, provisional=due.provisional, timers=tuple(kept)
    )
    return after, tuple(past)


def arm(
    standing: Standing,
    rule: Rule,
    due: DueMoment,
    *,
    number: int,
    since: datetime,
    now: datetime,
    adopted: bool,
    occurrence: int = 1,
    course: tuple[Turn, ...] = (),
) -> tuple[Deadline, tuple[Timer, ...]]:
    """Return the armed deadline, and the timers that are cancelled from the start.

    Those are reminders whose moment is past (there is nothing left to remind of) and, where an instance
    is adopted under the policy ``skip``, every timer that is past.
    """
    open_timers: list[Timer] = []
    skipped: list[Timer] = []
    skip_past = adopted and standing.workflow.past_timers == "skip"
    keep_past = adopted and standing.workflow.past_timers == "fire"
    for index, at in timers_of(standing, rule, due, range(len(rule.moments)), course):
        kind = rule.moments[index].kind
        past = at is not None and at <= now and (skip_past or (kind == "reminder" and not keep_past))
        (skipped if past else open_timers).append(Timer(index, at))
    deadline = Deadline(
        number,
        rule.id,
        now,
        since,
        due.moment,
        due.clipped,
        tuple(open_timers),
        occurrence,
        course,
        due.provisional,
    )
    return deadline, tuple(skipped)


def explained_due(
    workflow: Workflow, instance: Instance, deadline: Deadline, facts: Facts
) -> Explained | None:
    """Return the arithmetic by which a deadline is due then; ``None`` where a point was declared plainly."""
    rule = workflow.rules[deadline.rule]
    granted = granted_of(deadline.course)
    cut = workflow.horizon if deadline.clipped else None
    match rule.due:
        case Within(amount) | Every(amount):
            amounts = (_times(amount, deadline.occurrence), *granted)
            stops = stops_of(deadline.course)
            return explained(deadline.since, amounts, workflow.zone, facts.calendar, stops, clipped_to=cut)
        case AtDate() | AtHorizon() | AtField() if granted and rule.due.before is None:
            point = _point(standing_of(workflow, instance, facts), rule.due)
            if point is None:
                return None
            return explained(point, granted, workflow.zone, facts.calendar, clipped_to=cut)
        case _:
            return None


def standing_of(workflow: Workflow, instance: Instance, facts: Facts) -> Standing:
    """Return what due moments of an instance may depend on."""
    return Standing(workflow, instance.data, instance.started_at, instance.entered, facts.calendar)


def is_waiting(rule: Rule, deadline: Deadline) -> bool:
    """Whether the due moment of an open deadline has not fired yet."""
    due = rule.due_index
    return any(timer.index == due for timer in deadline.timers)


def stops_of(course: Sequence[Turn]) -> tuple[Stop, ...]:
    """Return the spans in which a deadline's clock stood: on any ground, be it one or two at a time."""
    stops: list[Stop] = []
    grounds: set[str] = set()
    for turn in course:
        if turn.kind == "stopped":
            if not grounds:
                stops.append(Stop(turn.at, None))
            grounds.add(turn.by)
        elif turn.kind == "resumed":
            grounds.discard(turn.by)
            if not grounds and stops:
                # A clock that went back may end a pause before it began: then it cost nothing.
                stops[-1] = Stop(stops[-1].since, max(turn.at, stops[-1].since))
    return merged(stops)


def merged(stops: Sequence[Stop]) -> tuple[Stop, ...]:
    """Return the stops in order and without overlap, as a clock that went back may have left them not."""
    ordered: list[Stop] = []
    for stop in sorted(stops, key=lambda each: each.since):
        if ordered and (ordered[-1].until is None or stop.since <= ordered[-1].until):
            last = ordered[-1]
            until = None if last.until is None or stop.until is None else max(last.until, stop.until)
            ordered[-1] = Stop(last.since, until)
        else:
            ordered.append(stop)
    return tuple(ordered)


def granted_of(course: Sequence[Turn]) -> tuple[Amount, ...]:
    """Return the amounts of time that a deadline was granted, in order."""
    return tuple(parse_amount(turn.amount) for turn in course if turn.amount is not None)


def calendar_ends(calendar: WorkingCalendar | None) -> date:
    """Return the last day that a calendar knows."""
    return date.max if calendar is None else calendar.known_until


_DAY = Amount("1 day", days=1)
_EARLIEST = date(1, 1, 10)


def _times(amount: Amount, number: int) -> Amount:
    if number == 1:
        return amount
    return Amount(
        f"{number} × {amount.text}",
        number * amount.months,
        number * amount.days,
        number * amount.microseconds,
        number * amount.working_days,
        number * amount.working_microseconds,
    )


def _moment(standing: Standing, moment: Moment, due: datetime, stops: Sequence[Stop]) -> datetime | None:
    if moment.offset.is_zero:
        return due
    workflow = standing.workflow
    if moment.kind == "reminder":
        return _firm(earlier(due, moment.offset, workflow.zone, standing.calendar))
    at = _firm(later(due, moment.offset, workflow.zone, standing.calendar, stops))
    if at is not None and workflow.horizon is not None:
        at = max(due, min(at, _end(workflow)))
    return at


def _firm(reckoned: Reckoned) -> datetime | None:
    return None if reckoned.provisional else reckoned.due


def _point(standing: Standing, due: AtDate | AtHorizon | AtField) -> datetime | None:
    workflow = standing.workflow
    match due:
        case AtDate(day):
            return end_of_day(day, workflow.zone)
        case AtHorizon():
            return _end(workflow)
        case AtField(field):
            value = standing.data.get(field)
            return None if value is None else _field_moment(workflow, field, str(value))


def _end(workflow: Workflow) -> datetime:
    """The end of the horizon's day; the check sees to it that one is declared where it is asked for."""
    assert workflow.horizon is not None  # noqa: S101
    return end_of_day(workflow.horizon, workflow.zone)


def _field_moment(workflow: Workflow, field: str, text: str) -> datetime:
    match workflow.fields[field].type.kind:
        case "month":
            return end_of_month(text, workflow.zone)
        case "moment":
            return moment_of(text)
        case _:
            return end_of_day(date.fromisoformat(text), workflow.zone)
