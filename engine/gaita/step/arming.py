"""Arming: when a declared deadline is due, and the timers that it sets."""

from dataclasses import dataclass
from datetime import date, datetime

from gaita.calendar import after, end_of_day, end_of_month, shift
from gaita.model.instance import Deadline, Timer
from gaita.model.value import Data, moment_of
from gaita.model.workflow import AtDate, AtField, AtHorizon, Rule, Within, Workflow


@dataclass(frozen=True, slots=True)
class DueMoment:
    """When a deadline is due, and whether it had to be cut back to the horizon."""

    moment: datetime
    clipped: bool


def due_of(workflow: Workflow, rule: Rule, since: datetime, data: Data) -> DueMoment | None:
    """Return when ``rule`` is due for a scope entered at ``since``; ``None`` while its field is not set."""
    zone = workflow.zone
    match rule.due:
        case Within(amount):
            moment = after(since, amount, zone)
        case AtDate(day):
            moment = end_of_day(day, zone)
        case AtHorizon():
            moment = _end(workflow)
        case AtField(field):
            value = data.get(field)
            if value is None:
                return None
            moment = _field_moment(workflow, field, str(value))
    if workflow.horizon is not None and moment > (end := _end(workflow)):
        return DueMoment(end, clipped=True)
    return DueMoment(moment, clipped=False)


def arm(
    workflow: Workflow,
    rule: Rule,
    due: DueMoment,
    *,
    number: int,
    since: datetime,
    now: datetime,
    adopted: bool,
) -> tuple[Deadline, tuple[Timer, ...]]:
    """Return the armed deadline, and the timers that are cancelled from the start.

    Those are reminders whose moment is past (there is nothing left to remind of) and, where an instance
    is adopted under the policy ``skip``, every timer that is past.
    """
    open_timers: list[Timer] = []
    skipped: list[Timer] = []
    skip_past = adopted and workflow.past_timers == "skip"
    keep_past = adopted and workflow.past_timers == "fire"
    for index, moment in enumerate(rule.moments):
        match moment.kind:
            case "due":
                at = due.moment
            case "reminder":
                at = shift(due.moment, moment.offset, workflow.zone, -1)
            case "rung":
                at = due.moment
                if not moment.offset.is_zero:
                    at = shift(at, moment.offset, workflow.zone, 1)
                if workflow.horizon is not None:
                    at = max(due.moment, min(at, _end(workflow)))
        past = at <= now and (skip_past or (moment.kind == "reminder" and not keep_past))
        (skipped if past else open_timers).append(Timer(index, at))
    deadline = Deadline(number, rule.id, now, since, due.moment, due.clipped, tuple(open_timers))
    return deadline, tuple(skipped)


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
