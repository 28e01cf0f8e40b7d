"""Forecasts: what was forecast in a data field that gives a deadline its moment, held against what came.

Workflow-independent. A forecast is a point in time that such a field is given, by a line of the script or by
what a transition sets. It comes true when the deadline that follows the field is reached: an event meets it,
or everything that it lasts through is left. A forecast for which several deadlines are armed counts once for
each. Each is judged by itself, also one that is revised later:

1. *unparseable*: its line says so, or sets a field to ``null`` that had no value: it names no point in time;
2. *entered already*: when it was recorded, there was nothing left to reach;
3. *past when recorded*: the point in time had passed;
4. *kept*: the deadline was reached before it was due; a stage that is passed over counts as reached;
5. *late*: it was reached, or taken back, later: by so much time, and so many months (those of the calendar:
   forecast for March and reached in April is one);
6. *cleared*: it was taken back before it was due, with no other in its place, or the case was withdrawn;
7. *never observed*: none of these until the end of the rehearsal.

They are asked in this order, and exactly one is the answer. Where a forecast was not revised, its deadline
ends in the account as the answer says: *kept* is met, *late* is missed, by the same time, *cleared* is
withdrawn, and *never observed* is open. One that was given another date is judged by what happened in the
end: the account says that its deadline was missed, or superseded; the forecast was as wrong as it turned out.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal, TypeAlias, cast, get_args

from gaita.calendar import day_of
from gaita.fault import Place
from gaita.history import Record, course_of, effective
from gaita.model.value import Value, moment_of, moment_text
from gaita.model.workflow import AtField, Rule, Workflow
from gaita.rehearsal.script import Line

Fate: TypeAlias = Literal[
    "kept", "late", "cleared", "entered_already", "past_when_recorded", "never_observed", "unparseable"
]
FATES: tuple[Fate, ...] = get_args(Fate)

_NONE = timedelta(0)


@dataclass(frozen=True, slots=True)
class Forecast:
    """A forecast, and what became of it."""

    place: Place | None
    """The line that gave it; ``None`` for one that an event of a deadline gave."""
    instance: str
    field: str
    rule: str
    value: Value | None
    recorded_at: datetime
    fate: Fate
    reached_at: datetime | None = None
    """When it came true, for one that was kept or late."""
    late: timedelta = _NONE
    """How long after its moment it came true, or was taken back."""
    months_late: int = 0


@dataclass(frozen=True, slots=True)
class Forecasts:
    """Every forecast of a rehearsal, in the order in which they were recorded."""

    every: tuple[Forecast, ...]

    @property
    def counts(self) -> Mapping[Fate, int]:
        """How many there are of each fate that occurs; they sum up to all."""
        found = Counter(forecast.fate for forecast in self.every)
        return {fate: found[fate] for fate in FATES if found[fate]}

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
                    "line": None if forecast.place is None else forecast.place.line,
                    "instance": forecast.instance,
                    "field": forecast.field,
                    "rule": forecast.rule,
                    "value": forecast.value,
                    "recorded_at": moment_text(forecast.recorded_at),
                    "fate": forecast.fate,
                    "reached_at": None if forecast.reached_at is None else moment_text(forecast.reached_at),
                    "late_seconds": forecast.late.total_seconds(),
                    "months_late": forecast.months_late,
                }
                for forecast in self.every
            ],
        }


def judge(
    workflow: Workflow, instance: str, history: Sequence[Record], lines: Mapping[int, Line]
) -> list[Forecast]:
    """Return the forecasts of an instance and what became of each, from its whole history.

    ``lines`` are those of the script that were accepted, by the number of the record that reports them.
    """
    judgement = _Judgement(workflow, instance, lines)
    for told in course_of(workflow, history):
        if told["kind"] != "refused":
            judgement.take(told)
    return judgement.finish()


@dataclass(slots=True)
class _Open:
    """An open deadline that follows a field."""

    number: int
    due: datetime


@dataclass(frozen=True, slots=True)
class _Standing:
    """A forecast of which it is not known yet what becomes of it."""

    rule: Rule
    field: str
    value: Value
    place: Place | None
    recorded_at: datetime
    deadline: _Open
    """The one that it was recorded with; another may have taken its place since."""


@dataclass(frozen=True, slots=True)
class _Told:
    """What a record tells, as far as forecasts hang on it."""

    at: datetime
    state: str
    event: str | None
    data: Mapping[str, Value | None]
    line: Line | None
    ended: Mapping[int, tuple[str, timedelta]]
    """By deadline: its ending, and how late it was."""

    def clears(self, name: str) -> bool:
        """Whether it takes a forecast back, with no other in its place."""
        replaced = self.line is not None and self.line.unparseable
        return name in self.data and self.data[name] is None and not replaced


class _Judgement:
    """Walks through the history of one instance."""

    def __init__(self, workflow: Workflow, instance: str, lines: Mapping[int, Line]) -> None:
        self._workflow = workflow
        self._instance = instance
        self._lines = lines
        self._open: dict[str, _Open] = {}  # by rule
        self._standing: list[_Standing] = []
        self._judged: list[Forecast] = []

    def take(self, body: Mapping[str, Any]) -> None:
        """Take in what happened next: judge what it decides, then note what it foretells."""
        entered_by, _, _ = str(body.get("entry", body.get("sequence", 0))).partition(".")
        told = _Told(
            effective(body),
            body["state"],
            body.get("event"),
            body.get("data", {}),
            self._lines.get(int(entered_by)),
            {
                each["deadline"]: (each["ending"], timedelta(microseconds=each["late"]))
                for each in body.get("ended", ())
            },
        )
        self._standing = [each for each in self._standing if not self._decide(each, told)]
        self._note_deadlines(body, told)
        for name, rules in self._workflow.follows.items():
            given = [rule for rule in rules if isinstance(rule.due, AtField)]
            if given and (name in told.data or (told.line is not None and name in told.line.data)):
                self._foretell(name, given, told)

    def finish(self) -> list[Forecast]:
        """Return every forecast; those that nothing has decided were never observed."""
        for each in self._standing:
            self._judge(each, "never_observed")
        return self._judged

    def _decide(self, forecast: _Standing, told: _Told) -> bool:
        """Judge a forecast if this record decides it; return whether it does."""
        rule, due = forecast.rule, forecast.deadline.due
        present = self._open.get(rule.id)
        ended = None if present is None else told.ended.get(present.number)
        left = rule not in self._workflow.scoped_in(told.state)
        met = told.event in rule.met_by
        # One that was missed without either was given another date, or none, after it was due; one that
        # ended though its field is as it was, was left and entered anew.
        if ended is not None and ended[0] == "withdrawn" and left:  # with the whole case
            fate: Fate = "cleared"
        elif left or met or (ended is not None and (ended[0] == "met" or forecast.field not in told.data)):
            fate = "kept"
        elif told.clears(forecast.field):
            fate = "cleared"
        else:
            return False
        # A forecast that was not revised is judged as its own deadline is in the account.
        own = present is not None and present.number == forecast.deadline.number
        late = ended[1] if own and ended is not None else told.at - due
        missed = ended[0] == "missed" if own and ended is not None else late >= _NONE
        reached_at = told.at if fate == "kept" else None
        self._judge(forecast, "late" if missed else fate, reached_at, late if missed else _NONE, told.at)
        return True

    def _note_deadlines(self, body: Mapping[str, Any], told: _Told) -> None:
        self._open = {rule: each for rule, each in self._open.items() if each.number not in told.ended}
        for adjusted in body.get("adjusted", ()):
            found = self._open.get(adjusted["rule"])
            if found is not None and found.number == adjusted["deadline"]:
                found.due = moment_of(adjusted["due"])
        for armed in body.get("armed", ()):
            self._open[armed["rule"]] = _Open(armed["deadline"], moment_of(armed["due"]))

    def _foretell(self, name: str, rules: Sequence[Rule], told: _Told) -> None:
        place = None if told.line is None else told.line.place
        given = told.data if name in told.data or told.line is None else told.line.data
        value = cast("Value | None", given[name])
        lasting = [rule for rule in rules if rule in self._workflow.scoped_in(told.state)]

        def at_once(rule: Rule, fate: Fate) -> None:
            self._judged.append(Forecast(place, self._instance, name, rule.id, value, told.at, fate))

        if value is None:
            if not told.clears(name):
                at_once((lasting or rules)[0], "unparseable")
            return
        if not lasting:
            at_once(rules[0], "entered_already")
        for rule in lasting:
            deadline = self._open.get(rule.id)
            if deadline is None:
                at_once(rule, "entered_already")
            elif deadline.due <= told.at:
                at_once(rule, "past_when_recorded")
            else:
                self._standing.append(_Standing(rule, name, value, place, told.at, deadline))

    def _judge(
        self,
        forecast: _Standing,
        fate: Fate,
        reached_at: datetime | None = None,
        late: timedelta = _NONE,
        at: datetime | None = None,
    ) -> None:
        due, zone = forecast.deadline.due, self._workflow.zone
        months = _months(due, at, zone) if fate == "late" and at is not None else 0
        place, value, recorded_at = forecast.place, forecast.value, forecast.recorded_at
        rule, name = forecast.rule.id, forecast.field
        judged = Forecast(
            place, self._instance, name, rule, value, recorded_at, fate, reached_at, late, months
        )
        self._judged.append(judged)


def _months(due: datetime, reached: datetime, zone: str) -> int:
    """Count the calendar months from the last in which it was not late to the one it came in."""
    promised, came = day_of(due - timedelta(microseconds=1), zone), day_of(reached, zone)
    return 12 * (came.year - promised.year) + came.month - promised.month
