"""A deadline's course: the spans in which its clock stood, the time it was granted, and how late it is."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from heapq import merge

from gaita.calendar import Stop, parse_amount
from gaita.calendar.amount import Amount
from gaita.model.instance import Deadline, Stay, Turn
from gaita.model.value import LARGEST_INTEGER
from gaita.model.workflow import Rule

NO_TIME = timedelta(0)
MOST_LATE = timedelta(microseconds=LARGEST_INTEGER)
"""285 years: records hold no larger number of microseconds. A date of the year 0204 may be later still."""


def stops_of(course: Sequence[Turn]) -> tuple[Stop, ...]:
    """Return the spans in which a deadline's clock stood: on any ground, whether one or two at a time.

    They are in order and do not overlap. The last one is without end where the clock still stands.
    """
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
    return _merged(stops)


def course_of(rule: Rule, since: datetime, stays: Sequence[Stay], turns: Sequence[Turn]) -> tuple[Turn, ...]:
    """Return the course of a deadline by an anchor: its stays since the anchor, and turns by command.

    So its clock has stood in every state of ``pause_in``, whether or not its scope was active then.
    """
    stood = _merged(
        [
            Stop(max(stay.since, since), stay.until)
            for stay in stays
            if stay.state in rule.pause_in and (stay.until is None or stay.until > since)
        ]
    )
    by_state: list[Turn] = []
    for stop in stood:
        by_state.append(Turn("stopped", stop.since, "state"))
        if stop.until is not None:
            by_state.append(Turn("resumed", stop.until, "state"))
    by_command = [turn for turn in turns if turn.by != "state"]
    return tuple(merge(by_state, by_command, key=lambda turn: turn.at))


def granted_of(course: Sequence[Turn]) -> tuple[Amount, ...]:
    """Return the amounts of time that a deadline was granted, in order."""
    return tuple(parse_amount(turn.amount) for turn in course if turn.amount is not None)


def late_of(deadline: Deadline, now: datetime) -> timedelta:
    """Return how long after it was due it is; a clock that stood since, or went back, makes nobody later."""
    late = now - deadline.due
    for stop in stops_of(deadline.course):
        until = now if stop.until is None else min(stop.until, now)
        late -= max(until - max(stop.since, deadline.due), NO_TIME)
    return min(max(late, NO_TIME), MOST_LATE)


def _merged(stops: Sequence[Stop]) -> tuple[Stop, ...]:
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
