"""Settling: an instance's own due timers go before any command, so no result depends on the scheduler."""

from collections.abc import Iterator
from datetime import datetime

from gaita.calendar import FIRST
from gaita.errors import EndlessMoves
from gaita.model.command import FireTimer
from gaita.model.instance import Deadline, Instance
from gaita.model.outcome import Outcome
from gaita.model.workflow import Rule, Workflow
from gaita.step.facts import Facts
from gaita.step.step import step

MOST_TIMERS_AT_ONCE = 1_000


def fire_due_timers(workflow: Workflow, instance: Instance, facts: Facts) -> Iterator[Outcome]:
    """Yield the outcome of each timer with due ≤ now: by due moment, declaration, and arming.

    Raises ``EndlessMoves`` where timers arm one another without end.
    """
    at_one_moment, latest = 0, FIRST
    while (found := next_due(workflow, instance, facts)) is not None:
        moment, due = found
        # A recurring deadline may have missed any number of times, but each comes later than the last.
        at_one_moment, latest = (1, moment) if moment > latest else (at_one_moment + 1, latest)
        if at_one_moment > MOST_TIMERS_AT_ONCE:
            message = (
                f"instance {instance.id}: {MOST_TIMERS_AT_ONCE} timers fired at one moment and there are "
                f"still more; look at the deadlines of state {instance.state} that fire events"
            )
            raise EndlessMoves(message)
        outcome = step(workflow, instance, due, facts)
        yield outcome
        instance = outcome.after


def next_due(workflow: Workflow, instance: Instance, facts: Facts) -> tuple[datetime, FireTimer] | None:
    """Return the moment of the timer that is to fire next, and the command for it, if any is due."""
    if not instance.deadlines:
        return None
    order = {rule: place for place, rule in enumerate(workflow.rules)} if len(instance.deadlines) > 1 else {}
    due = [
        (timer.due, order.get(deadline.rule, 0), deadline.number, timer.index)
        for deadline in instance.deadlines
        for timer in deadline.timers
        if timer.due is not None and timer.due <= facts.now
    ]
    if not due:
        return None
    moment, _, number, index = min(due)
    deadline = next(each for each in instance.deadlines if each.number == number)
    rule = workflow.rules[deadline.rule]
    if rule.catch_up == "once":
        *folding, index = _folded(rule, deadline, facts)
        return moment, FireTimer(number, index, tuple(folding))
    return moment, FireTimer(number, index)


def _folded(rule: Rule, deadline: Deadline, facts: Facts) -> list[int]:
    """Return the missed moments of a deadline that are told in one notice, in order.

    One that fires an event, or closes the instance, ends them: what comes behind it may be moot.
    """
    missed = sorted(
        (timer.due, timer.index)
        for timer in deadline.timers
        if timer.due is not None and timer.due <= facts.now
    )
    found: list[int] = []
    for _, index in missed:
        found.append(index)
        if rule.moments[index].fire is not None or rule.moments[index].close_to is not None:
            break
    return found
