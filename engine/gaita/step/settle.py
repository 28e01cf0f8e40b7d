"""Settling: an instance's own due timers go before any command, so no result depends on the scheduler."""

from collections.abc import Iterator

from gaita.errors import EndlessMoves
from gaita.model.command import Due
from gaita.model.instance import Instance
from gaita.model.outcome import Outcome
from gaita.model.workflow import Workflow
from gaita.step.facts import Facts
from gaita.step.step import step

MOST_TIMERS_AT_ONCE = 1_000


def settle(workflow: Workflow, instance: Instance, facts: Facts) -> Iterator[Outcome]:
    """Yield the outcome of each timer with due ≤ now: by due moment, declaration, and arming.

    Raises ``EndlessMoves`` where timers arm one another without end.
    """
    for _ in range(MOST_TIMERS_AT_ONCE):
        due = next_due(workflow, instance, facts)
        if due is None:
            return
        outcome = step(workflow, instance, due, facts)
        yield outcome
        instance = outcome.after
    message = (
        f"instance {instance.id}: {MOST_TIMERS_AT_ONCE} timers fired at one moment and there are still more; "
        f"look at the deadlines of state {instance.state} that fire events"
    )
    raise EndlessMoves(message)


def next_due(workflow: Workflow, instance: Instance, facts: Facts) -> Due | None:
    """Return the command for the timer that is to fire next, if any is due."""
    if not instance.deadlines:
        return None
    order = {rule: place for place, rule in enumerate(workflow.rules)} if len(instance.deadlines) > 1 else {}
    due = [
        (timer.due, order.get(deadline.rule, 0), deadline.number, timer.index)
        for deadline in instance.deadlines
        for timer in deadline.timers
        if timer.due <= facts.now
    ]
    if not due:
        return None
    _, _, number, index = min(due)
    return Due(number, index)
