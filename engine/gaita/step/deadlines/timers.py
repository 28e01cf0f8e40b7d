"""Arming: the timers of a deadline, when it is armed and whenever its due moment moves."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from datetime import datetime

from gaita.calendar import Reckoned, Stop, earlier, later
from gaita.model.instance import Deadline, Timer
from gaita.model.workflow import Every, Moment, Rule
from gaita.step.deadlines.due_moment import DueMoment, Standing, due_of, end_of_horizon, since_of
from gaita.step.deadlines.stops import stops_of


def arm(
    standing: Standing,
    rule: Rule,
    blank: Deadline,
    *,
    adopted: bool = False,
    gone_by: datetime | None = None,
) -> tuple[Deadline, tuple[Timer, ...]]:
    """Return a deadline with its timers, and those timers that are cancelled from the start.

    Those are reminders whose moment is past (there is nothing left to remind of) and, where an instance
    is adopted under the policy ``skip``, every timer that is past. Past is what lies before the arming, or
    before ``gone_by``.
    """
    now = gone_by or blank.armed_at
    skip_past = adopted and standing.workflow.past_timers == "skip"
    keep_past = adopted and standing.workflow.past_timers == "fire"
    kept: list[Timer] = []
    skipped: list[Timer] = []
    for timer in timers_of(standing, rule, blank, range(len(rule.moments))):
        kind = rule.moments[timer.index].kind
        past = timer.due is not None and timer.due <= now
        (skipped if past and (skip_past or (kind == "reminder" and not keep_past)) else kept).append(timer)
    return replace(blank, timers=tuple(kept)), tuple(skipped)


def retimed(
    standing: Standing, rule: Rule, deadline: Deadline, now: datetime
) -> tuple[Deadline, tuple[Timer, ...]]:
    """Return an open deadline as it stands by its course and the calendar, and reminders now past.

    What has fired stays fired; a due moment that has passed stays where it was. Where the due moment moves,
    a reminder that was sent, or was past, is set anew if its moment by the new one lies ahead.
    """
    was_due = deadline.due
    due: DueMoment | None = None
    if is_waiting(rule, deadline):
        due = due_of(standing, rule, deadline.since, occurrence=deadline.occurrence, course=deadline.course)
    if due is not None:
        deadline = replace(deadline, due=due.moment, clipped=due.clipped, provisional=due.provisional)
    kept: list[Timer] = []
    past: list[Timer] = []
    indexes = [timer.index for timer in deadline.timers]
    for before, after in zip(deadline.timers, timers_of(standing, rule, deadline, indexes), strict=True):
        late = rule.moments[after.index].kind == "reminder" and after.due is not None and after.due <= now
        # Cancelled, a reminder keeps the moment that it had: it is what the account says of it.
        (past if late else kept).append(before if late else replace(after, again=before.again))
    deadline = replace(deadline, timers=tuple(kept))
    if deadline.due != was_due:
        reminders = set(range(rule.due_index)).difference(indexes)
        deadline = _with_renewed(standing, rule, deadline, reminders, now)
    return deadline, tuple(past)


def renewed(
    standing: Standing,
    rule: Rule,
    deadline: Deadline,
    waiting: Collection[int],
    now: datetime,
    *,
    moved: bool,
) -> Deadline:
    """Return a deadline that is open again, with timers set anew; ``waiting`` had not come when it ended.

    Of the reminders that had, those are set anew that lie ahead, where the due moment ``moved``.
    """
    every = range(len(rule.moments))
    indexes = every if moved else {*waiting, *every[rule.due_index :]}
    return _with_renewed(standing, rule, replace(deadline, timers=()), indexes, now)


def _with_renewed(
    standing: Standing, rule: Rule, deadline: Deadline, indexes: Collection[int], now: datetime
) -> Deadline:
    """Set timers anew, but for reminders whose moment is past."""
    renewals = deadline.renewals + 1
    new = [
        replace(timer, again=renewals)
        for timer in timers_of(standing, rule, deadline, sorted(indexes))
        if rule.moments[timer.index].kind != "reminder" or timer.due is None or timer.due > now
    ]
    if not new:
        return deadline
    return replace(deadline, timers=(*deadline.timers, *new), renewals=renewals)


def timers_of(standing: Standing, rule: Rule, deadline: Deadline, indexes: Iterable[int]) -> list[Timer]:
    """Return the timers of a deadline by its due moment; while it is uncertain, none of them has a moment."""
    stops = stops_of(deadline.course) if deadline.course else ()
    held = deadline.provisional or bool(stops and stops[-1].until is None)
    return [
        Timer(index, None if held else _moment(standing, rule.moments[index], deadline.due, stops))
        for index in indexes
    ]


def counted_anew(standing: Standing, before: Rule, rule: Rule, deadline: Deadline) -> Deadline | None:
    """Return an open deadline of ``before`` as it is due by ``rule``; its timers stay as they are.

    It counts from where it counted; where it counted from something else than ``rule`` does, from what that
    counts from, which for the entry of its scope is the moment at which it was armed. A due moment that has
    fired stays. ``None``: there is nothing that it could count from.
    """
    if not is_waiting(before, deadline):
        return deadline
    entry = deadline.armed_at if before.is_anchored else deadline.since
    since = since_of(standing, rule, entry)
    if since is None:
        return None
    occurrence = deadline.occurrence if isinstance(rule.due, Every) else 1
    due = due_of(standing, rule, since, occurrence=occurrence, course=deadline.course)
    if due is None:
        return None
    return replace(
        deadline,
        since=since,
        occurrence=occurrence,
        due=due.moment,
        clipped=due.clipped,
        provisional=due.provisional,
    )


def is_waiting(rule: Rule, deadline: Deadline) -> bool:
    """Whether the due moment of an open deadline has not fired yet."""
    due = rule.due_index
    return any(timer.index == due for timer in deadline.timers)


def _moment(standing: Standing, moment: Moment, due: datetime, stops: Sequence[Stop]) -> datetime | None:
    if moment.offset.is_zero:
        return due
    workflow = standing.workflow
    if moment.kind == "reminder":
        return _firm(earlier(due, moment.offset, workflow.zone, standing.calendar))
    at = _firm(later(due, moment.offset, workflow.zone, standing.calendar, stops))
    if at is not None and workflow.horizon is not None:
        at = max(due, min(at, end_of_horizon(workflow)))
    return at


def _firm(reckoned: Reckoned) -> datetime | None:
    return None if reckoned.provisional else reckoned.due
