"""Clocks: what may stop a deadline's clock, give it more time, or meet it before its state is left."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from gaita.calendar.amount import Amount
from gaita.fault import shown
from gaita.language.due_rules import Dues
from gaita.language.fields import checked_roles
from gaita.language.shape import DeadlineShape
from gaita.language.titles import names_of
from gaita.language.toml.places import Path
from gaita.model.workflow import Due, Event, Every, Within
from gaita.phrase import phrase

_PARTS: Final = ("months", "days", "microseconds", "working_days", "working_microseconds")


@dataclass(slots=True)
class Clocks:
    """Reads what concerns the clock of one deadline after another."""

    dues: Dues
    events: Mapping[str, Event]

    def pausing(
        self, declared: DeadlineShape, due: Due, scope: tuple[str, ...], path: Path
    ) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Return the states in which the clock stands, and the roles that may stop it."""
        for key in ("pause_in", "pause_by"):
            if getattr(declared, key) is not None and not isinstance(due, Within | Every):
                message = phrase("a point in time cannot be paused")
                hint = phrase("declare the deadline with `within`, or leave this out")
                self.dues.report.add("pause", (*path, key), message, hint=hint, key=True)
        states = tuple(self._pause_states(declared, scope, (*path, "pause_in")))
        return states, self._roles(declared.pause_by, (*path, "pause_by"))

    def _pause_states(self, declared: DeadlineShape, scope: tuple[str, ...], path: Path) -> list[str]:
        stages, report = self.dues.stages, self.dues.report
        found: list[str] = []
        for index, name in enumerate(names_of(declared.pause_in)):
            place = (*path, index) if isinstance(declared.pause_in, list) else path
            state = stages.resolve(name, place, report)
            if state is None:
                continue
            around = {*stages.lineage(state), *stages.within(state)}
            if stages.language > 1:  # it may stand in a part of what it lasts through
                around = {state, *stages.within(state)}
            shared = [each for each in scope if each in around]
            if state in found:
                report.add("duplicate", place, phrase("the state %(name)s stands twice", name=shown(name)))
            elif shared:
                message = phrase(
                    "the clock cannot stand in %(state)s: it runs in %(shared)s",
                    state=shown(state),
                    shared=shown(shared[0]),
                )
                report.add(
                    "pause",
                    place,
                    message,
                    expected=phrase("a state outside those that the deadline lasts in"),
                )
            elif stages.states[state].final:
                message = phrase(
                    "the clock cannot stand in %(state)s, which is final and ends the deadline",
                    state=shown(state),
                )
                report.add("pause", place, message, expected=phrase("a state that is left again"))
            found.append(state)
        return found

    def extending(self, declared: DeadlineShape, path: Path) -> tuple[tuple[str, ...], Amount | None]:
        """Return the roles that may grant more time, and how much in all."""
        report = self.dues.report
        if (declared.extend_by is None) != (declared.extend_at_most is None):
            given, other = ("extend_by", "extend_at_most")
            if declared.extend_by is None:
                given, other = other, given
            if not self.dues.lost.has(other):
                message = phrase("`%(given)s` stands without `%(other)s`", given=given, other=other)
                expected = phrase('extend_by = "ROLE" and extend_at_most = "20 working days"')
                report.add("extend", (*path, given), message, expected=expected, key=True)
        most = None
        if declared.extend_at_most is not None:
            place = (*path, "extend_at_most")
            most = self.dues.amount(declared.extend_at_most, place)
            if most is not None and sum(bool(getattr(most, part)) for part in _PARTS) > 1:
                message = phrase(
                    "%(text)s mixes units, so that nothing can be measured against it", text=shown(most.text)
                )
                report.add("extend", place, message, expected=phrase('one unit, such as "60 days"'))
        return self._roles(declared.extend_by, (*path, "extend_by")), most

    def meeting(self, declared: DeadlineShape, path: Path) -> tuple[str, ...]:
        """Return the events that meet the deadline."""
        found: list[str] = []
        for index, name in enumerate(names_of(declared.met_by)):
            place = (*path, "met_by", index) if isinstance(declared.met_by, list) else (*path, "met_by")
            if name not in self.events:
                if not self.dues.lost.has(name):
                    self.dues.report.unknown("event", place, name, self.events)
            elif name in found:
                self.dues.report.add(
                    "duplicate", place, phrase("the event %(name)s stands twice", name=shown(name))
                )
            found.append(name)
        return tuple(found)

    def _roles(self, names: "str | list[str] | None", path: Path) -> tuple[str, ...]:
        if names is None:
            return ()
        dues = self.dues
        return checked_roles(names_of(names), path, dues.shape, dues.report, lost=dues.lost)
