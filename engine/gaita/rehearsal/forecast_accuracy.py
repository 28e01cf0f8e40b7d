"""Forecasts: what was foretold in a data field that gives a deadline its moment, held against what came.

Workflow-independent. A forecast is a line of the script that sets (or, with ``null``, clears) such a field:
the field's deadline lasts through the states that come before what is foretold, so the forecast comes true
when the instance leaves them. Each forecast is judged by itself, also one that is revised later:

1. *unparseable*: it names no point in time (the line clears the field);
2. *entered already*: when it was recorded, the instance was in nothing that the deadline lasts through;
3. *past when recorded*: the point in time had passed;
4. *kept*: what it lasts through was left before it was due; a stage that is passed over counts as reached;
5. *late*: it was left later, by so many months (those of the calendar: foretold for March and reached in
   April is one);
6. *never observed*: it was not left by the end of the rehearsal.

They are asked in this order, and exactly one is the answer.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal, TypeAlias, get_args

from gaita.calendar import day_of
from gaita.fault import Place
from gaita.history import Record
from gaita.model.value import Value, moment_of, moment_text
from gaita.model.workflow import Rule, Workflow
from gaita.step.deadlines.due_moment import Standing, due_of

Fate: TypeAlias = Literal[
    "kept", "late", "entered_already", "past_when_recorded", "never_observed", "unparseable"
]
FATES: tuple[Fate, ...] = get_args(Fate)


@dataclass(frozen=True, slots=True)
class Foretold:
    """A forecast as it was recorded: a line that set a field which deadlines follow."""

    place: Place
    instance: str
    field: str
    value: Value | None
    sequence: int
    """The record of the instance's history that tells of it."""
    at: datetime


@dataclass(frozen=True, slots=True)
class Forecast:
    """A forecast, and what became of it."""

    place: Place
    instance: str
    field: str
    rule: str
    value: Value | None
    recorded_at: datetime
    fate: Fate
    reached_at: datetime | None = None
    """When it came true, for one that was kept or late."""
    months_late: int = 0


@dataclass(frozen=True, slots=True)
class Forecasts:
    """Every forecast of a rehearsal, in the order in which they were recorded."""

    every: tuple[Forecast, ...]

    @property
    def counts(self) -> Mapping[Fate, int]:
        """How many there are of each fate; they sum up to all."""
        found = Counter(forecast.fate for forecast in self.every)
        return {fate: found[fate] for fate in FATES}

    @property
    def lateness(self) -> Mapping[int, int]:
        """How many were late by so many months."""
        found = Counter(forecast.months_late for forecast in self.every if forecast.fate == "late")
        return dict(sorted(found.items()))

    def as_json(self) -> dict[str, object]:
        """Return the report as JSON."""
        return {
            "total": len(self.every),
            "counts": dict(self.counts),
            "late_by_months": {str(months): count for months, count in self.lateness.items()},
            "every": [
                {
                    "line": forecast.place.line,
                    "instance": forecast.instance,
                    "field": forecast.field,
                    "rule": forecast.rule,
                    "value": forecast.value,
                    "recorded_at": moment_text(forecast.recorded_at),
                    "fate": forecast.fate,
                    "reached_at": None if forecast.reached_at is None else moment_text(forecast.reached_at),
                    "months_late": forecast.months_late,
                }
                for forecast in self.every
            ],
        }


def judge(workflow: Workflow, foretold: Foretold, history: Sequence[Record]) -> Forecast:
    """Return what became of one forecast, from its instance's ``history``."""
    state = _state(history[foretold.sequence - 1])
    rules = workflow.follows[foretold.field]
    rule = next((each for each in rules if _lasts(workflow, each, state)), rules[0])

    def came(fate: Fate, reached: datetime | None = None, late: int = 0) -> Forecast:
        return Forecast(
            foretold.place,
            foretold.instance,
            foretold.field,
            rule.id,
            foretold.value,
            foretold.at,
            fate,
            reached,
            late,
        )

    if foretold.value is None:
        return came("unparseable")
    if not _lasts(workflow, rule, state):
        return came("entered_already")
    data = {foretold.field: foretold.value}
    due = due_of(Standing(workflow, data, foretold.at, {}, None), rule, foretold.at)
    assert due is not None  # noqa: S101 - the field is set
    if due.moment <= foretold.at:
        return came("past_when_recorded")
    for record in history[foretold.sequence :]:
        if not _lasts(workflow, rule, _state(record)):
            reached = moment_of(str(record.body["at"]))
            if reached < due.moment:
                return came("kept", reached)
            return came("late", reached, _months(due.moment, reached, workflow.zone))
    return came("never_observed")


def _state(record: Record) -> str:
    return str(record.body["state"])


def _lasts(workflow: Workflow, rule: Rule, state: str) -> bool:
    return rule in workflow.scoped[state]


def _months(due: datetime, reached: datetime, zone: str) -> int:
    """Count the calendar months from the last in which it was not late to the one it came in."""
    promised, came = day_of(due - timedelta(microseconds=1), zone), day_of(reached, zone)
    return 12 * (came.year - promised.year) + came.month - promised.month
