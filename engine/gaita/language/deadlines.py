"""Deadlines: the promises that states are left in time, with their reminders and escalations."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Final

from gaita.calendar import parse_amount
from gaita.fault import did_you_mean, shown
from gaita.language.fields import Fields, checked_roles
from gaita.language.places import Path
from gaita.language.report import Lost, Report
from gaita.language.shape import DeadlineShape, DocumentShape, ReminderShape, RungShape
from gaita.language.stages import Stages
from gaita.language.titles import names_of, title_of
from gaita.model.amount import Amount
from gaita.model.workflow import (
    AtDate,
    AtField,
    AtHorizon,
    Due,
    Event,
    Moment,
    Rule,
    Transition,
    Within,
)

_AT_ONCE: Final = Amount("")
_HORIZON: Final = "horizon"
_WORKING_DAYS: Final = re.compile(r"\b(?:working|business|work)[\s-]*days?\b|\bworkdays?\b", re.IGNORECASE)
_DAYS_OF_A_MONTH: Final = 365.2425 / 12
_MICROSECONDS_OF_A_DAY: Final = 86_400_000_000


@dataclass(slots=True)
class Deadlines:
    """Reads the deadlines of one workflow."""

    shape: DocumentShape
    report: Report
    stages: Stages
    fields: Fields
    events: Mapping[str, Event]
    transitions: Sequence[Transition]
    lost: Lost
    _from: dict[str | None, list[Transition]] = field(default_factory=dict[str | None, list[Transition]])
    _heard: dict[str, tuple[str, ...]] = field(default_factory=dict[str, tuple[str, ...]])

    def __post_init__(self) -> None:
        """Lay the transitions that roles may cause out by source; of those alike in that, one is enough."""
        alike: set[tuple[str | None, str | None, tuple[str, ...]]] = set()
        for transition in self.transitions:
            for source in (None,) if transition.sources is None else transition.sources:
                key = (source, transition.target, transition.by)
                if transition.event and transition.by and key not in alike:
                    alike.add(key)
                    self._from.setdefault(source, []).append(transition)

    def read(self) -> dict[str, Rule]:
        """Return the rules by id, ``STATE.NAME``, in the order of the file."""
        rules: dict[str, Rule] = {}
        for state, shape in self.stages.shapes.items():
            for name, declared in shape.deadlines.items():
                path = (*self.stages.places[state], "deadlines", name)
                identifier = f"{state}.{name}"
                due = self._due(declared, path)
                moments = self._moments(state, declared, due, path)
                scope = self._scope(state, declared, (*path, "through"))
                rules[identifier] = Rule(identifier, title_of(declared.title, name), scope, due, moments)
        return rules

    def _scope(self, state: str, declared: DeadlineShape, path: Path) -> tuple[str, ...]:
        """Return the states that a deadline lasts through: its own first, then those that `through` names."""
        scope = [state]
        for index, name in enumerate(names_of(declared.through)):
            place = (*path, index) if isinstance(declared.through, list) else path
            if name not in self.stages.shapes:
                if not self.lost.has(name):
                    self.report.unknown("state", place, name, self.stages.shapes)
            elif name in scope:
                self.report.add("duplicate", place, f"the state {shown(name)} stands twice")
            else:
                scope.append(name)
        return tuple(scope)

    def _due(self, declared: DeadlineShape, path: Path) -> Due:
        ways = 'within = "20 days", or at = a date, "horizon" or "data.FIELD"'
        if declared.within is None and declared.at is None:
            if self.lost.has("within", "at"):
                return Within(_AT_ONCE)
            message = "the deadline does not say when it is due"
            self.report.add("due", path, message, expected=ways, key=True)
        elif declared.within is not None and declared.at is not None:
            message = "the deadline says twice when it is due"
            self.report.add("due", (*path, "at"), message, expected="either `within` or `at`", key=True)
        if declared.at is not None:
            return self._point(declared.at, (*path, "at"))
        amount = self._amount(declared.within, (*path, "within")) if declared.within is not None else None
        return Within(amount or _AT_ONCE)

    def _point(self, at: date | str, path: Path) -> Due:
        if isinstance(at, date):
            horizon = self.shape.workflow.horizon
            if horizon is not None and at > horizon:
                message = f"{at.isoformat()} lies after the horizon"
                self.report.add("beyond-horizon", path, message, expected=f"{horizon.isoformat()} or earlier")
            return AtDate(at)
        if at == _HORIZON:
            if self.shape.workflow.horizon is None and not self.lost.has("horizon"):
                message = "the workflow declares no horizon"
                advice = "write horizon = 2025-06-30 (its last day) under [workflow]"
                self.report.add("due", path, message, hint=advice)
            return AtHorizon()
        name = at.removeprefix("data.")
        if name == at:
            expected = 'a date without quotes, "horizon" or "data.FIELD"'
            hint: str | None = "take the quotes away" if _is_date(at) else did_you_mean(at, [_HORIZON])
            if at in self.fields:
                hint = f'did you mean "data.{at}"?'
            self.report.add("due", path, f"{shown(at)} is no point in time", expected=expected, hint=hint)
        elif name not in self.fields:
            if not self.lost.has(name):
                self.report.unknown("field", path, name, self.fields)
        elif (kind := self.fields[name].type.kind) not in {"date", "month", "moment"}:
            message = f"{shown(at)} is of the type {kind}"
            self.report.add("due", path, message, expected="a field of the type date, month or moment")
        return AtField(name)

    def _amount(self, text: str, path: Path) -> Amount | None:
        try:
            return parse_amount(text)
        except ValueError as error:
            code = "working-days" if _WORKING_DAYS.search(text) else "amount"
            self.report.add(code, path, str(error))
            return None

    def _moments(self, state: str, declared: DeadlineShape, due: Due, path: Path) -> tuple[Moment, ...]:
        reminders = list(self._reminders(state, declared, path))
        self._check_before_it_begins(declared, due, reminders, path)
        first, rungs = Moment("due", _AT_ONCE), list[Moment]()
        for index, rung in enumerate(declared.escalate):
            place = (*path, "escalate", index)
            moment = self._rung(rung, place)
            if rung.after is not None:
                rungs.append(moment)
            elif index == 0:
                first = moment
            else:
                message = "only the first rung can be without `after`"
                self.report.add("order", place, message, expected='`after` = an amount such as "10 days"')
        self._check_order(rungs, [index for index, rung in enumerate(declared.escalate) if rung.after], path)
        return (*reminders, first, *rungs)

    def _reminders(self, state: str, declared: DeadlineShape, path: Path) -> Iterator[Moment]:
        seen: list[Amount] = []
        for index, entry in enumerate(declared.remind):
            place: Path = (*path, "remind", index)
            amount_place = place if isinstance(entry, str) else (*place, "before")
            before = entry if isinstance(entry, str) else entry.before
            amount = self._amount(before, amount_place)
            if amount and seen and _surely_shorter(seen[-1], amount):
                message = f"{shown(before)} before comes after {shown(seen[-1].text)} before"
                self.report.add("order", amount_place, message, expected="the earliest reminder first")
            if amount and any(_same(amount, each) for each in seen):
                self.report.add(
                    "duplicate", amount_place, f"the reminder {shown(before)} before stands twice"
                )
            if amount:
                seen.append(amount)
            yield Moment("reminder", amount or _AT_ONCE, self._hearers(state, declared, entry, place))

    def _hearers(
        self, state: str, declared: DeadlineShape, entry: "str | ReminderShape", place: Path
    ) -> tuple[str, ...]:
        """Return who hears of a reminder: those declared, else who may move on, else the first rung's."""
        if isinstance(entry, ReminderShape) and entry.to is not None:
            return self._roles(entry.to, (*place, "to"))
        movers = self._movers(state)
        if movers:
            return movers
        told = next((rung.to for rung in declared.escalate if rung.to), None)
        if told is None and not self.lost.has("escalate", "by", "to"):
            message = "nobody is named who could hear of this reminder"
            hint = 'write { before = "5 days", to = "ROLE" }, or `by` on a transition that leads on from here'
            self.report.add("nobody-hears", place, message, hint=hint)
        return tuple(name for name in names_of(told) if name in self.shape.roles)

    def _movers(self, scope: str) -> tuple[str, ...]:
        """Return the roles that may cause the transitions out of a state.

        Those that name it (or a state inside or around it) count; only where there are none, those that
        lead from any state: otherwise whoever may retire anything would hear of everything.
        """
        if scope not in self._heard:
            sources = [*self.stages.lineage(scope), *self.stages.within(scope)]
            specific = [each for source in sources for each in self._from.get(source, ())]
            roles = _roles_that_leave(specific, scope) or _roles_that_leave(self._from.get(None, ()), scope)
            self._heard[scope] = roles
        return self._heard[scope]

    def _rung(self, rung: RungShape, place: Path) -> Moment:
        if rung.to is None and rung.fire is None:
            expected = 'to = "ROLE", or fire = "EVENT"'
            self.report.add("rung", place, "the rung does nothing", expected=expected)
        amount = self._amount(rung.after, (*place, "after")) if rung.after is not None else None
        if rung.fire is not None:
            self._check_fired(rung.fire, (*place, "fire"))
        to = self._roles(rung.to, (*place, "to")) if rung.to is not None else ()
        return Moment("due" if rung.after is None else "rung", amount or _AT_ONCE, to, rung.fire)

    def _check_fired(self, event: str, place: Path) -> None:
        if event not in self.events:
            if not self.lost.has(event):
                self.report.unknown("event", place, event, self.events)
            return
        asked = [name for name, field in self.events[event].payload.items() if not field.optional]
        if asked:
            message = f"the event {shown(event)} must carry {shown(asked[0])}, which the engine cannot know"
            self.report.add("fired-event", place, message, hint="make it optional, or fire another event")

    def _check_order(self, rungs: list[Moment], indexes: list[int], path: Path) -> None:
        for number in range(1, len(rungs)):
            before, this = rungs[number - 1].offset, rungs[number].offset
            if before.is_zero or this.is_zero:
                continue  # one of them could not be read
            place = (*path, "escalate", indexes[number], "after")
            if _same(before, this):
                message = f"two rungs come {shown(this.text)} after"
                self.report.add("duplicate", place, message, expected="one rung that does both")
            elif _surely_shorter(this, before):
                message = f"{shown(this.text)} after comes before {shown(before.text)} after"
                self.report.add("order", place, message, expected="the rungs in the order of time")

    def _check_before_it_begins(
        self, declared: DeadlineShape, due: Due, reminders: list[Moment], path: Path
    ) -> None:
        if not isinstance(due, Within) or due.amount.is_zero:
            return
        for index, reminder in enumerate(reminders):
            if _surely_shorter(due.amount, reminder.offset):
                entry = declared.remind[index]
                place = (*path, "remind", index) + (() if isinstance(entry, str) else ("before",))
                message = f"{shown(reminder.offset.text)} before it is due lies before the deadline begins"
                self.report.add("order", place, message, expected=f"less than {shown(due.amount.text)}")

    def _roles(self, names: "str | list[str]", path: Path) -> tuple[str, ...]:
        return checked_roles(names_of(names), path, self.shape, self.report, lost=self.lost)


def _roles_that_leave(transitions: Iterable[Transition], scope: str) -> tuple[str, ...]:
    """Return the roles that may cause those of ``transitions`` that lead out of a state."""
    leaving = (
        each
        for each in transitions
        if each.target is not None and each.target != scope and not each.target.startswith(scope + "/")
    )
    return tuple(dict.fromkeys(role for each in leaving for role in each.by))


def _same(one: Amount, other: Amount) -> bool:
    return (one.months, one.days, one.microseconds) == (other.months, other.days, other.microseconds)


def _surely_shorter(one: Amount, other: Amount) -> bool:
    """Whether an amount is shorter than another, however long the months are that they happen to meet."""
    slack = 3 if one.months != other.months else 0
    return _days(one) + slack < _days(other)


def _days(amount: Amount) -> float:
    return amount.months * _DAYS_OF_A_MONTH + amount.days + amount.microseconds / _MICROSECONDS_OF_A_DAY


def _is_date(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True
