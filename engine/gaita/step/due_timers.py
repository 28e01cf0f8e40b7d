"""An instance's own due timers go before any command, so that no result depends on the scheduler."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from heapq import heapify, heappop, heappush

from gaita.calendar import FIRST
from gaita.errors import EndlessMoves
from gaita.model.command import FireTimer
from gaita.model.instance import Deadline, Instance, Timer
from gaita.model.outcome import Accepted, Outcome
from gaita.model.workflow import Rule, Workflow
from gaita.phrase import phrase
from gaita.step.facts import Facts
from gaita.step.step import step

MOST_TIMERS_AT_ONCE = 1_000


def fire_due_timers(
    workflow: Workflow, instance: Instance, facts: Facts, *, most: int | None = None
) -> Iterator[Outcome]:
    """Yield the outcome of each timer with due ≤ now: by due moment, declaration, and arming.

    With ``most`` it ends after so many, and whoever calls it again goes on from there, with the same
    outcomes as in one go. It yields up to ``MOST_TIMERS_AT_ONCE`` more where timers arm one another, so that
    an end is not taken for one that there is not. Raises ``EndlessMoves`` where that goes on without end.
    """
    queue = _Queue(workflow, instance, facts.now)
    fired = in_a_row = 0
    latest = FIRST
    while (first := queue.first(instance)) is not None:
        moment, deadline, timer = first
        if moment > latest:
            # A recurring deadline may have missed any number of times, but each comes later than the last.
            latest, in_a_row = moment, 0
        # What was armed before this moment is no more than it was; only what is armed now may have no end.
        in_a_row += deadline.armed_at == facts.now or timer.again > 0
        if most is not None and fired >= most and in_a_row <= 1:
            return
        if in_a_row > MOST_TIMERS_AT_ONCE:
            message = phrase(
                "instance %(id)s: %(most)s timers fired at one moment and there are still"
                " more; look at the deadlines of state %(state)s that fire events, and correct the data"
                " that they count from, or extend them: that frees the instance",
                id=instance.id,
                most=MOST_TIMERS_AT_ONCE,
                state=instance.state,
            )
            raise EndlessMoves(message)
        outcome = step(workflow, instance, due_command(workflow, deadline, timer, facts.now), facts)
        yield outcome
        instance, fired = outcome.after, fired + 1
        if isinstance(outcome, Accepted):
            queue.add((*outcome.armed, *(each.after for each in outcome.adjusted)))


class _Queue:
    """The due timers of one instance in their order; those that are no longer open are passed over."""

    def __init__(self, workflow: Workflow, instance: Instance, now: datetime) -> None:
        self._places = {rule: place for place, rule in enumerate(workflow.rules)}
        self._now = now
        self._heap = list(self._due(instance.deadlines))
        heapify(self._heap)

    def add(self, deadlines: Iterable[Deadline]) -> None:
        """Add the timers of deadlines that were armed or moved."""
        for each in self._due(deadlines):
            heappush(self._heap, each)

    def first(self, instance: Instance) -> tuple[datetime, Deadline, Timer] | None:
        """Return the timer that fires next, and its deadline; ``None``: no timer is due."""
        while self._heap:
            moment, _, number, index = self._heap[0]
            for deadline in reversed(instance.deadlines):  # what was armed last is what falls due most often
                if deadline.number == number:
                    for timer in deadline.timers:
                        if timer.index == index and timer.due == moment:
                            return moment, deadline, timer
                    break
            heappop(self._heap)
        return None

    def _due(self, deadlines: Iterable[Deadline]) -> Iterator[tuple[datetime, int, int, int]]:
        for deadline in deadlines:
            for timer in deadline.timers:
                if timer.due is not None and timer.due <= self._now:
                    yield timer.due, self._places[deadline.rule], deadline.number, timer.index


def due_command(workflow: Workflow, deadline: Deadline, timer: Timer, now: datetime) -> FireTimer:
    """Return the command that fires a due timer, with those of its deadline that are told with it."""
    rule = workflow.rules[deadline.rule]
    if rule.catch_up != "once":
        return FireTimer(deadline.number, timer.index)
    *folding, index = _folded(rule, deadline, now)
    return FireTimer(deadline.number, index, tuple(folding))


def _folded(rule: Rule, deadline: Deadline, now: datetime) -> list[int]:
    """Return the missed moments of a deadline that are told in one notice, in order.

    One that fires an event, or closes the instance, ends them: what comes behind it may not be needed.
    """
    missed = sorted(
        (timer.due, timer.index) for timer in deadline.timers if timer.due is not None and timer.due <= now
    )
    found: list[int] = []
    for _, index in missed:
        found.append(index)
        if rule.moments[index].fire is not None or rule.moments[index].close_to is not None:
            break
    return found
