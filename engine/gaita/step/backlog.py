"""The backlog of an instance: its timers that are due and have not fired."""

from datetime import datetime

from gaita.model.instance import Instance, Timer
from gaita.model.workflow import Every, Workflow
from gaita.step.deadlines.due_moment import occurrences_until, standing_of
from gaita.step.facts import Facts

MOST_AT_START = 10_000
"""A start that would leave more than so many timers due is refused."""


def has_due_timers(instance: Instance, now: datetime) -> bool:
    """Whether any timer is due."""
    return any(_is_due(timer, now) for deadline in instance.deadlines for timer in deadline.timers)


def backlog(workflow: Workflow, instance: Instance, facts: Facts) -> int:
    """Return how many timers are due, with those of occurrences that came round and are not armed yet.

    It is reckoned, not stepped through, so that it is quick however many they are. It is the most that can
    fire: fewer do where one of them moves the instance on.
    """
    standing = standing_of(workflow, instance, facts)
    count = 0
    for deadline in instance.deadlines:
        rule = workflow.rules[deadline.rule]
        due = [timer.index for timer in deadline.timers if _is_due(timer, facts.now)]
        count += len(due)
        if isinstance(rule.due, Every) and rule.catch_up == "each" and rule.due_index in due:
            count += len(rule.moments) * occurrences_until(
                standing,
                rule,
                deadline.since,
                first=deadline.occurrence + 1,
                until=facts.now,
                course=deadline.course,
            )
    return count


def _is_due(timer: Timer, now: datetime) -> bool:
    return timer.due is not None and timer.due <= now
