"""What an instance remembers of where it has been: one definition, for the step and for replaying."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from datetime import datetime

from gaita.model.instance import Deadline, DeadlineEnding, Remembered, Stay
from gaita.model.state_tree import Change
from gaita.model.workflow import Rule, Workflow

REMEMBERED_ANCHORS = 8
"""Of each rule, the deadlines of so many anchors are remembered, the latest."""


def entries_after(
    workflow: Workflow,
    entered: Mapping[str, tuple[datetime, datetime]],
    states: Iterable[str],
    at: datetime,
) -> Mapping[str, tuple[datetime, datetime]]:
    """Return the first and last entries of the states for which they are noted, after these."""
    noted = [state for state in states if state in workflow.noted]
    if not noted:
        return entered
    return {**entered, **{state: (entered.get(state, (at, at))[0], at) for state in noted}}


def memory_after(
    workflow: Workflow, memory: Mapping[str, str], place: str, change: Change
) -> Mapping[str, str]:
    """Return the places that are remembered after a move: see ``Instance.memory``."""
    found: dict[str, str] = {}
    if workflow.remembering and change.source != change.target:
        found |= dict.fromkeys(workflow.remembering.intersection(change.entered), change.source)
    if workflow.recalled:
        left = workflow.recalled.intersection(change.exited)
        found |= {state: workflow.tree.inside(place, state) for state in left}
    return {**memory, **found} if found else memory


def stays_after(
    workflow: Workflow,
    stays: tuple[Stay, ...],
    exited: Collection[str],
    entered: Iterable[str],
    at: datetime,
) -> tuple[Stay, ...]:
    """Return the stays in states that stop clocks, after some were left and some entered."""
    if not workflow.stopping:
        return stays
    # A clock that was set back ends no stay before it began.
    left = [
        replace(stay, until=max(at, stay.since)) if stay.until is None and stay.state in exited else stay
        for stay in stays
    ]
    begun = [Stay(state, at, None) for state in entered if state in workflow.stopping]
    return (*left, *begun)


def _ended_promise(rule: Rule, deadline: Deadline, ending: DeadlineEnding, *, settled: bool) -> Remembered:
    """Return what is remembered of a deadline by an anchor that has ended."""
    waiting = tuple(sorted(timer.index for timer in deadline.timers))
    over = settled or ending == "missed" or rule.due_index not in waiting
    return Remembered(replace(deadline, timers=()), ending, waiting, over)


def ended_promises(
    rule: Rule,
    remembered: Iterable[Remembered],
    ended: Iterable[tuple[Deadline, DeadlineEnding]],
    *,
    opened: Collection[int],
    settled: Collection[int],
) -> list[Remembered]:
    """Return the deadlines of a rule that have ended: those remembered, and those that just ended."""
    found = [
        replace(each, settled=each.settled or each.deadline.number in settled)
        for each in remembered
        if each.deadline.rule == rule.id and each.deadline.number not in opened
    ]
    found += [
        _ended_promise(rule, deadline, ending, settled=deadline.number in settled)
        for deadline, ending in ended
        if deadline.rule == rule.id
    ]
    return found


def remembered_after(
    workflow: Workflow,
    remembered: tuple[Remembered, ...],
    *,
    ended: Iterable[tuple[Deadline, DeadlineEnding]],
    reopened: Collection[int],
    settled: Collection[int],
) -> tuple[Remembered, ...]:
    """Return what is remembered after deadlines ended, were opened again, or were met by an event."""
    kept = [
        replace(each, settled=True) if each.deadline.number in settled else each
        for each in remembered
        if each.deadline.number not in reopened
    ]
    for deadline, ending in ended:
        rule = workflow.rules[deadline.rule]
        if not rule.is_anchored:
            continue
        promise = _ended_promise(rule, deadline, ending, settled=deadline.number in settled)
        same = [each for each in kept if _identity(each) == _identity(promise)]
        if any(each.deadline.occurrence > deadline.occurrence for each in same):
            continue  # of a recurring one, the latest time says where to go on
        kept = [each for each in kept if each not in same] + [promise]
        of_rule = [each for each in kept if each.deadline.rule == deadline.rule]
        for each in of_rule[:-REMEMBERED_ANCHORS]:
            kept.remove(each)
    return tuple(kept)


def _identity(promise: Remembered) -> tuple[str, datetime]:
    return promise.deadline.rule, promise.deadline.since
