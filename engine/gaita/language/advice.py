"""Advice: what a workflow may say, and hardly means. Each is a warning, and keeps no file from being used."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from gaita.calendar import WorkingCalendar
from gaita.fault import shown
from gaita.language.fields import Fields
from gaita.language.report import Report
from gaita.language.states import Stages
from gaita.language.toml.places import Path
from gaita.language.transitions_library import Candidates
from gaita.model.state_tree import leaves_of
from gaita.model.workflow import (
    HORIZON,
    AtField,
    Every,
    FromEntry,
    FromField,
    Rule,
    Transition,
    Within,
    Workflow,
)
from gaita.phrase import phrase

SOON = timedelta(days=366)
"""So long before a calendar ends it is told about."""


@dataclass(frozen=True, slots=True)
class Advice:
    """Looks through one workflow in which every name is known."""

    report: Report
    stages: Stages
    fields: Fields
    transitions: Sequence[Transition]
    candidates: Candidates

    def give(self, rules: Mapping[str, Rule]) -> None:
        """Report everything."""
        self._check_never_set()
        for rule in rules.values():
            if rule.id != HORIZON:
                self._check_unheard(rule)
                self._check_circle(rule)

    def _check_never_set(self) -> None:
        """Warn of a condition on a field to which nothing gives a value once a case has been started."""
        given = {name for each in self.transitions for name, _ in each.set}
        given |= {name for name, field in self.fields.items() if field.by or field.default is not None}
        told: set[str] = set()
        for transition in self.transitions:
            for index, clause in enumerate(transition.guard.clauses if transition.guard else ()):
                for read in clause.check.reads:
                    name = read.removeprefix("data.")
                    if name == read or name in given or name in told:
                        continue
                    told.add(name)
                    message = phrase(
                        "nothing sets %(read)s: this holds only if a case is started with it",
                        read=shown(read),
                    )
                    hint = phrase("name the roles that may change it in its `by`, or set it in a transition")
                    path = ("transitions", transition.number - 1, "guard", index)
                    self.report.add("never-set", path, message, hint=hint, severity="warning")

    def _check_unheard(self, rule: Rule) -> None:
        if any(moment.to or moment.fire for moment in rule.moments):
            return
        message = phrase(
            "nobody hears of the deadline %(id)s, and nothing happens when it is due", id=shown(rule.id)
        )
        hint = phrase('write escalate = [{ to = "ROLE" }], or a reminder')
        self.report.add("unheard", self._place(rule), message, hint=hint, severity="warning", key=True)

    def _check_circle(self, rule: Rule) -> None:
        """Warn of a timer that enters its own scope again, where the deadline is due at once again."""
        match rule.due:
            case AtField(field) | Within(anchor=FromField(field)) | Every(anchor=FromField(field)):
                moved_by: str | None = field
            case Within(anchor=FromEntry()) | Every():
                return
            case _:
                moved_by = None
        for moment in rule.moments:
            if moment.fire is not None and self._enters_again(rule, moment.fire, moved_by):
                message = phrase(
                    "the event %(fire)s enters %(scope)s again, where the deadline %(id)s is due already:"
                    " round in a circle",
                    fire=shown(moment.fire),
                    scope=shown(rule.scope[0]),
                    id=shown(rule.id),
                )
                hint = phrase("lead it to another state, or change what the deadline is counted from")
                path = self._place(rule)
                self.report.add("circle", path, message, hint=hint, severity="warning", key=True)
                return

    def _enters_again(self, rule: Rule, event: str, moved_by: str | None) -> bool:
        """Whether an event leads from a rule's state into it anew, and leaves what it is counted from."""
        around = self.stages.lineage(rule.scope[0])
        chosen = (self.candidates.get((leaf, event), ())[:1] for leaf in self.stages.inside(rule.scope[0]))
        return any(
            transition.target is not None
            and any(each in around for each in leaves_of(transition.target))
            and moved_by not in {name for name, _ in transition.set}
            for first in chosen
            for transition in first
        )

    def _place(self, rule: Rule) -> Path:
        return (*self.stages.places[rule.scope[0]], "deadlines", rule.id.rpartition(".")[2])


def check_against_today(
    workflow: Workflow, report: Report, calendars: Mapping[str, WorkingCalendar] | None, today: date
) -> None:
    """Warn of what lies in the past by now, and of a calendar that ends too soon."""
    if workflow.horizon is not None and workflow.horizon < today:
        message = phrase(
            "the horizon, %(horizon)s, is past: no case can be started any more",
            horizon=workflow.horizon.isoformat(),
        )
        report.add(
            "past", ("workflow", "horizon"), message, expected=phrase("a later day"), severity="warning"
        )
    if workflow.calendar is None or not workflow.counts_working_time or calendars is None:
        return
    calendar = calendars.get(workflow.calendar)
    if calendar is None:
        return
    needed = today + SOON if workflow.horizon is None else workflow.horizon
    if calendar.known_until < needed and workflow.beyond_calendar == "provisional":
        message = phrase(
            "the calendar %(name)s knows no day after %(known_until)s",
            name=shown(calendar.name),
            known_until=calendar.known_until.isoformat(),
        )
        hint = phrase(
            "deadlines that run beyond it stay provisional until the settings let it know more days"
        )
        report.add("calendar-ends", ("workflow", "calendar"), message, hint=hint, severity="warning")
