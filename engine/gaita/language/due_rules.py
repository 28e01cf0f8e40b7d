"""Dues: when a declared deadline is due. An amount of time from an anchor, again and again, or a point."""

from dataclasses import dataclass, field
from datetime import date
from typing import Final

from gaita.calendar import UnreadableAmount, parse_amount
from gaita.calendar.amount import Amount
from gaita.fault import did_you_mean, shown
from gaita.language.fields import Fields
from gaita.language.report import Lost, Report
from gaita.language.shape import DeadlineShape, DocumentShape
from gaita.language.states import Stages
from gaita.language.toml.places import Path
from gaita.model.workflow import (
    Anchor,
    AtDate,
    AtField,
    AtHorizon,
    Due,
    Every,
    FromEntry,
    FromField,
    FromStart,
    FromState,
    Within,
)
from gaita.phrase import phrase

NO_TIME: Final = Amount("")
_HORIZON: Final = "horizon"
_POINTS: Final = frozenset({"date", "month", "moment"})
_SHORTEST_EVERY: Final = Amount("1 hour", microseconds=3_600_000_000)


@dataclass(slots=True)
class Dues:
    """Reads when deadlines are due, and every other amount of time that they name."""

    shape: DocumentShape
    report: Report
    stages: Stages
    fields: Fields
    lost: Lost
    working: list[Path] = field(default_factory=list[Path])
    """Where working time is counted, so that a calendar is needed."""

    def amount(self, text: str, path: Path) -> Amount | None:
        """Return the amount at ``path``, or report what is wrong with it."""
        try:
            amount = parse_amount(text)
        except UnreadableAmount as error:
            self.report.add("amount", path, error.what, hint=error.advice)
            return None
        if amount.is_working:
            self.working.append(path)
        return amount

    def read(self, declared: DeadlineShape, path: Path) -> Due:
        """Return when the deadline declared at ``path`` is due."""
        ways = {"within": declared.within, "every": declared.every, "at": declared.at}
        given = [name for name, value in ways.items() if value is not None]
        expected = phrase('within = "20 days", every = "3 months", or at = a date, "horizon" or "data.FIELD"')
        if not given:
            if not self.lost.has(*ways):
                message = phrase("the deadline does not say when it is due")
                self.report.add("due", path, message, expected=expected, key=True)
            return Within(NO_TIME)
        if len(given) > 1:
            message = phrase("the deadline says twice when it is due")
            either = phrase("either `%(one)s` or `%(other)s`", one=given[0], other=given[1])
            self.report.add("due", (*path, given[-1]), message, expected=either, key=True)
        if declared.at is not None:
            return self._point(declared, declared.at, path)
        if declared.before is not None:
            message = phrase("`before` goes with a point in time")
            self.report.add("due", (*path, "before"), message, expected=phrase("`at` beside it"), key=True)
        name = "within" if declared.within is not None else "every"
        amount = self.amount(declared.within or declared.every or "", (*path, name)) or NO_TIME
        anchor = self._anchor(declared.anchor, amount, (*path, "from"))
        if name == "within":
            return Within(amount, anchor)
        if (
            amount.is_exact
            and amount.microseconds + amount.working_microseconds < _SHORTEST_EVERY.microseconds
        ):
            message = phrase("%(text)s comes round too often", text=shown(amount.text))
            self.report.add("recurrence", (*path, "every"), message, expected=phrase("an hour or more"))
        return Every(amount, anchor)

    def _anchor(self, text: str | None, amount: Amount, path: Path) -> Anchor:
        if text is None or text == "entry":
            return FromEntry()
        if text == "start":
            return FromStart()
        which, _, name = text.partition(" ")
        if which in {"first", "last"} and name:
            state = self.stages.resolve(name.strip(), path, self.report)
            if state is not None and self.stages.states[state].final:
                message = phrase("%(text)s is the end of the case: nothing counts from it", text=shown(text))
                self.report.add("anchor", path, message, expected=phrase("a state that is left again"))
            return FromState(state or name, "first" if which == "first" else "last")
        return self._field_anchor(text, amount, path)

    def _field_anchor(self, text: str, amount: Amount, path: Path) -> Anchor:
        name = text.removeprefix("data.")
        if name == text:
            expected = phrase('"start", "first STATE", "last STATE" or "data.FIELD"')
            hint = did_you_mean(text, ["start", "entry"])
            if text in self.fields:
                hint = did_you_mean(text, [text], '"data.{}"'.format)
            elif text in self.stages.by_name:
                hint = did_you_mean(text, [text], '"last {}"'.format)
            self.report.add(
                "anchor",
                path,
                phrase("%(text)s is nothing to count from", text=shown(text)),
                expected=expected,
                hint=hint,
            )
        elif name not in self.fields:
            if not self.lost.has(name):
                self.report.unknown("field", path, name, self.fields)
        elif (kind := self.fields[name].type.kind) not in _POINTS:
            message = phrase("%(text)s is of the type %(kind)s", text=shown(text), kind=kind)
            self.report.add(
                "anchor", path, message, expected=phrase("a field of the type date, month or moment")
            )
        elif kind != "moment" and amount.is_exact:
            message = phrase(
                "%(text)s cannot be counted from a %(kind)s, which has no time of day",
                text=shown(amount.text),
                kind=kind,
            )
            self.report.add(
                "anchor", path, message, expected=phrase("whole days, or a field of the type moment")
            )
        return FromField(name)

    def _point(self, declared: DeadlineShape, at: date | str, path: Path) -> Due:
        if declared.anchor is not None:
            message = phrase("`from` goes with an amount of time")
            self.report.add("due", (*path, "from"), message, expected=phrase("`within` beside it"), key=True)
        before = None
        if declared.before is not None:
            before = self.amount(declared.before, (*path, "before"))
        path = (*path, "at")
        if isinstance(at, date):
            horizon = self.shape.workflow.horizon
            if horizon is not None and at > horizon:
                message = phrase("%(at)s lies after the horizon", at=at.isoformat())
                self.report.add(
                    "beyond-horizon",
                    path,
                    message,
                    expected=phrase("%(horizon)s or earlier", horizon=horizon.isoformat()),
                )
            return AtDate(at, before)
        if at == _HORIZON:
            if self.shape.workflow.horizon is None and not self.lost.has("horizon"):
                message = phrase("the workflow declares no horizon")
                advice = phrase("write horizon = 2025-06-30 (its last day) under [workflow]")
                self.report.add("due", path, message, hint=advice)
            return AtHorizon(before)
        return self._field_point(at, before, path)

    def _field_point(self, at: str, before: Amount | None, path: Path) -> AtField:
        name = at.removeprefix("data.")
        if name == at:
            expected = phrase('a date without quotes, "horizon" or "data.FIELD"')
            hint: str | None = (
                phrase("take the quotes away") if _is_date(at) else did_you_mean(at, [_HORIZON])
            )
            if at in self.fields:
                hint = did_you_mean(at, [at], '"data.{}"'.format)
            self.report.add(
                "due", path, phrase("%(at)s is no point in time", at=shown(at)), expected=expected, hint=hint
            )
        elif name not in self.fields:
            if not self.lost.has(name):
                self.report.unknown("field", path, name, self.fields)
        elif (kind := self.fields[name].type.kind) not in _POINTS:
            message = phrase("%(at)s is of the type %(kind)s", at=shown(at), kind=kind)
            self.report.add(
                "due", path, message, expected=phrase("a field of the type date, month or moment")
            )
        return AtField(name, before)


def _is_date(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True
