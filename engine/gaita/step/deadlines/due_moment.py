"""Due moments: when a declared deadline is due, and by which arithmetic."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import partial
from typing import Protocol

from gaita.calendar import (
    LAST,
    Explained,
    Stop,
    WorkingCalendar,
    earlier,
    end_of_day,
    end_of_month,
    explained,
    explained_before,
    later,
    reckon,
)
from gaita.calendar.amount import Amount
from gaita.model.instance import Deadline, Instance, Stay, Turn
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
    Rule,
    Within,
    Workflow,
)
from gaita.step.deadlines.stops import granted_of, stops_of
from gaita.step.facts import Facts

_DAY = Amount("1 day", days=1)
_EARLIEST = date(1, 1, 10)


@dataclass(frozen=True, slots=True)
class DueMoment:
    """When a deadline is due."""

    moment: datetime
    clipped: bool = False
    """Whether it had to be cut back to the horizon."""
    provisional: bool = False
    """Whether it lies past what the calendar knows."""


class Standing(Protocol):
    """What a due moment may depend on, beside the rule. The working copy of an instance is one."""

    @property
    def workflow(self) -> Workflow:
        """The rules, the zone and the horizon."""
        ...

    @property
    def data(self) -> Data:
        """The fields that deadlines count from."""
        ...

    @property
    def started_at(self) -> datetime:
        """When the instance's life began."""
        ...

    @property
    def entered(self) -> Mapping[str, tuple[datetime, datetime]]:
        """The first and last entries of states that deadlines elsewhere count from."""
        ...

    @property
    def calendar(self) -> WorkingCalendar | None:
        """The working days, where the workflow counts any."""
        ...

    @property
    def stays(self) -> tuple[Stay, ...]:
        """The times in states that stop clocks."""
        ...


@dataclass(frozen=True, slots=True)
class _AtRest:
    """What due moments of an instance depend on while no command is carried out on it."""

    workflow: Workflow
    data: Data
    started_at: datetime
    entered: Mapping[str, tuple[datetime, datetime]]
    calendar: WorkingCalendar | None
    stays: tuple[Stay, ...]


def standing_of(workflow: Workflow, instance: Instance, facts: Facts) -> Standing:
    """Return what due moments of an instance at rest may depend on."""
    return _AtRest(
        workflow, instance.data, instance.started_at, instance.entered, facts.calendar, instance.stays
    )


def since_of(standing: Standing, rule: Rule, entered_at: datetime) -> datetime | None:
    """Return the moment that ``rule`` counts from, for a scope entered at ``entered_at``; a point itself.

    ``None`` while there is none yet: a field that is not set, a state that was never entered.
    """
    match rule.due:
        case Within(_, anchor) | Every(_, anchor):
            return _anchored(standing, anchor, entered_at)
        case _:
            return _point(standing, rule.due)


def due_of(
    standing: Standing, rule: Rule, since: datetime, *, occurrence: int = 1, course: Sequence[Turn] = ()
) -> DueMoment | None:
    """Return when ``rule`` is due, counted from ``since``, and not later than the horizon.

    While its clock stands, that is when it would be due if the clock ran on. ``None``: its field is not set.
    """
    workflow, zone, calendar = standing.workflow, standing.workflow.zone, standing.calendar
    granted = granted_of(course)
    provisional = False
    match rule.due:
        case Within(amount) | Every(amount):
            amounts = (_times(amount, occurrence), *granted)
            reckoned = reckon(since, amounts, zone, calendar, _ended(stops_of(course)) if course else ())
            assert reckoned.due is not None  # noqa: S101 - none of these stops is without end
            moment, provisional = reckoned.due, reckoned.provisional
        case AtDate() | AtHorizon() | AtField():
            point = _point(standing, rule.due)
            if point is None:
                return None
            moment = point
            if rule.due.before is not None:
                found = earlier(moment, rule.due.before, zone, calendar)
                moment, provisional = found.due or moment, found.provisional
            for amount in granted:
                found = later(moment, amount, zone, calendar)
                moment, provisional = found.due or moment, provisional or found.provisional
    if workflow.horizon is not None and moment > (end := end_of_horizon(workflow)):
        # What the calendar knows up to the horizon is enough to know that it is passed.
        known = calendar is None or calendar.known_until >= workflow.horizon
        return DueMoment(end, clipped=True, provisional=provisional and not known)
    return DueMoment(moment, provisional=provisional)


def next_due_of(
    standing: Standing,
    rule: Rule,
    since: datetime,
    *,
    first: int,
    after: datetime | None,
    course: Sequence[Turn],
) -> tuple[int, DueMoment] | None:
    """Return the first occurrence from ``first`` on that is due after a moment (any, without one).

    ``None``: it would come round only after the horizon, or there is nothing that it is counted from.
    """
    comes_after = partial(_comes_after, standing, rule, since, course)
    occurrence = first if after is None else _first(first, partial(comes_after, after))
    due = due_of(standing, rule, since, occurrence=occurrence, course=course)
    return None if due is None or due.clipped else (occurrence, due)


def occurrences_until(
    standing: Standing,
    rule: Rule,
    since: datetime,
    *,
    first: int,
    until: datetime,
    course: Sequence[Turn] = (),
) -> int:
    """Return how many occurrences from ``first`` on are due by a moment; reckoned in few looks."""
    return _first(first, partial(_comes_after, standing, rule, since, course, until)) - first


def _comes_after(
    standing: Standing,
    rule: Rule,
    since: datetime,
    course: Sequence[Turn],
    moment: datetime,
    occurrence: int,
) -> bool:
    """Whether an occurrence is due after a moment, or never."""
    due = due_of(standing, rule, since, occurrence=occurrence, course=course)
    return due is None or due.clipped or due.moment > moment or due.moment >= LAST


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
        case AtDate() | AtHorizon() | AtField():
            point = _point(standing_of(workflow, instance, facts), rule.due)
            before, zone, calendar = rule.due.before, workflow.zone, facts.calendar
            if point is not None and before is not None:
                return explained_before(point, before, granted, zone, calendar, clipped_to=cut)
            if point is None or not granted:
                return None
            return explained(point, granted, zone, calendar, granted=True, clipped_to=cut)


def end_of_horizon(workflow: Workflow) -> datetime:
    """Return the end of the horizon's day; the check has seen to it that there is one."""
    assert workflow.horizon is not None  # noqa: S101
    return end_of_day(workflow.horizon, workflow.zone)


def _anchored(standing: Standing, anchor: Anchor, entered_at: datetime) -> datetime | None:
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
            return None if value is None else _from_field(standing.workflow, field, str(value))


def _from_field(workflow: Workflow, field: str, text: str) -> datetime:
    """A day that a field names counts as a day of entry: days are counted from the day after it."""
    match workflow.fields[field].type.kind:
        case "moment":
            return moment_of(text)
        case "month":
            return earlier(end_of_month(text, workflow.zone), _DAY, workflow.zone, None).due or LAST
        case _:
            day = max(date.fromisoformat(text), _EARLIEST)
            return end_of_day(day - timedelta(days=1), workflow.zone)


def _ended(stops: Sequence[Stop]) -> Sequence[Stop]:
    return stops[:-1] if stops and stops[-1].until is None else stops


def _first(number: int, holds: Callable[[int], bool]) -> int:
    """Return the first number, from this one on, from which on it holds; in few looks, however far it is."""
    if holds(number):
        return number
    step = 1
    while not holds(number + step):
        number += step
        step *= 2
    not_yet, already = number, number + step
    while already - not_yet > 1:
        middle = (not_yet + already) // 2
        not_yet, already = (not_yet, middle) if holds(middle) else (middle, already)
    return already


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


def _point(standing: Standing, due: AtDate | AtHorizon | AtField) -> datetime | None:
    workflow = standing.workflow
    match due:
        case AtDate(day):
            return end_of_day(day, workflow.zone)
        case AtHorizon():
            return end_of_horizon(workflow)
        case AtField(field):
            value = standing.data.get(field)
            return None if value is None else _field_moment(workflow, field, str(value))


def _field_moment(workflow: Workflow, field: str, text: str) -> datetime:
    match workflow.fields[field].type.kind:
        case "month":
            return end_of_month(text, workflow.zone)
        case "moment":
            return moment_of(text)
        case _:
            return end_of_day(date.fromisoformat(text), workflow.zone)
