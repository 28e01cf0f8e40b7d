"""A life decided anew: the entries of a case in the order of their effect, and its timers between them."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TypeAlias

from gaita.calendar import WorkingCalendar
from gaita.correction.entry import Entry
from gaita.history import Body, body_of
from gaita.model.command import Recount, Renumber, Start
from gaita.model.instance import Deadline, Instance, Timer
from gaita.model.outcome import Accepted, Message, Outcome
from gaita.model.value import moment_text
from gaita.model.workflow import Workflow
from gaita.step import Facts, due_command, moving, step

Identity: TypeAlias = tuple[str, datetime, int]
"""What tells a deadline from every other of its case: its rule, its anchor, and which occurrence it is."""


@dataclass(frozen=True, slots=True)
class Rules:
    """The rules of each moment."""

    workflow: Callable[[str], Workflow]
    """Gives a version by ``ID@VERSION``."""
    by_digest: Callable[[str], WorkingCalendar]
    """Gives a calendar as it once was in force."""
    past: Callable[[str], Sequence[tuple[datetime, str, WorkingCalendar]]]
    """Gives what was in force under a name: since when, who put it in force, and the calendar; in order."""

    def as_known_by(self, digest: str | None) -> "Rules":
        """Return the rules without the calendars that came into force after the one of this digest."""

        def past(name: str) -> Sequence[tuple[datetime, str, WorkingCalendar]]:
            kept = self.past(name)
            places = [place for place, each in enumerate(kept) if each[2].digest == digest]
            return kept[: places[-1] + 1] if places else kept

        return replace(self, past=past)

    def in_force(self, workflow: Workflow, at: datetime) -> WorkingCalendar | None:
        """Return the calendar that a workflow counted by at a moment; before the first one kept, that one."""
        if workflow.calendar is None or not workflow.counts_working_time:
            return None
        past = self.past(workflow.calendar)
        return next((each for since, _, each in reversed(past) if since <= at), past[0][2])


def decided(
    entry: Entry,
    workflow: Workflow,
    instance: Instance | None,
    rules: Rules,
    numbers: Mapping[Identity, int] | None = None,
) -> Outcome:
    """Decide an entry again as it was decided: at its moment, by the calendar that it names."""
    calendar = None if entry.calendar is None else rules.by_digest(entry.calendar)
    return step(workflow, instance, entry.command, Facts(entry.at, calendar, numbers))


class NoLongerHolds(Exception):
    """An entry behind the edit would be refused now."""

    def __init__(self, entry: Entry, outcome: Outcome | None, why: str) -> None:
        """Keep which one, and why."""
        super().__init__(f"entry {entry.id} would no longer hold: {why}")
        self.entry = entry
        self.outcome = outcome


class Life:
    """A case that is decided anew from some moment on."""

    def __init__(
        self,
        rules: Rules,
        workflow: Workflow,
        instance: Instance | None,
        *,
        before: Mapping[int, Deadline],
        armed: Sequence[int],
        fired: Mapping[tuple[int, int], tuple[datetime, datetime]],
        recorded: datetime,
    ) -> None:
        """Begin with ``instance``.

        ``before``: every deadline of the life as recorded, by number; those in ``armed`` are armed already.
        ``fired``: when timers took effect in it, and when that was recorded, by deadline and number.
        ``recorded``: when all this is decided.
        """
        self.workflow = workflow
        self.instance = None if instance is None else replace(instance, armed=len(before))
        self.bodies: list[Body] = []
        self.messages: list[Message] = []
        self.accepted: list[Accepted] = []
        self._rules = rules
        self._recorded = recorded
        self._fired = fired
        self._numbers: dict[Identity, list[int]] = {}
        for number, each in sorted(before.items()):
            if number not in set(armed):
                self._numbers.setdefault((each.rule, each.since, each.occurrence), []).append(number)

    def take(self, entry: Entry) -> None:
        """Decide an entry, behind whatever was due before it. Raises what ``step`` raises."""
        self.fire_until(entry.at)
        if entry.workflow is not None:
            self.workflow = self._rules.workflow(entry.workflow)
        calendar = self._rules.in_force(self.workflow, entry.at)
        outcome = step(self.workflow, self.instance, entry.command, self._facts(entry.at, calendar))
        if not isinstance(outcome, Accepted):
            raise NoLongerHolds(entry, outcome, str(outcome.explanation.ground))
        body = self._keep(outcome, entry.recorded)
        body["entry"] = entry.id

    def recount(self, at: datetime, actor: str, calendar: WorkingCalendar) -> None:
        """Let a calendar come into force that did so then."""
        self.fire_until(at)
        facts = self._facts(at, calendar)
        if self.instance is not None and moving(self.workflow, self.instance, facts):
            command = Recount(calendar.name, calendar.digest, actor)
            self._keep(step(self.workflow, self.instance, command, facts), at)

    def fire_until(self, limit: datetime) -> None:
        """Fire what was due by then: when the same timer fired in the recorded life, else when it was due."""
        while (found := self._next(limit)) is not None:
            at, deadline, timer = found
            assert self.instance is not None  # noqa: S101 - it has a timer
            command = due_command(self.workflow, deadline, timer, at)
            calendar = self._rules.in_force(self.workflow, at)
            known = self._fired.get((deadline.number, timer.number))
            outcome = step(self.workflow, self.instance, command, self._facts(at, calendar))
            self._keep(outcome, self._recorded if known is None or known[0] != at else known[1])

    def renumber(self, now: datetime) -> None:
        """Number what waits again anew, where it fired in the life as recorded: no id comes twice."""
        if self.instance is None:
            return
        again = tuple(
            (deadline.number, timer.index)
            for deadline in self.instance.deadlines
            for timer in deadline.timers
            if (deadline.number, timer.number) in self._fired
        )
        if again:
            calendar = self._rules.in_force(self.workflow, now)
            self._keep(step(self.workflow, self.instance, Renumber(again), self._facts(now, calendar)), now)

    def _next(self, limit: datetime) -> tuple[datetime, Deadline, Timer] | None:
        if self.instance is None:
            return None
        places = {rule: place for place, rule in enumerate(self.workflow.rules)}
        due = [
            (moment, timer.due, deadline, timer)
            for deadline in self.instance.deadlines
            for timer in deadline.timers
            if timer.due is not None and (moment := self._moment(deadline, timer, timer.due)) <= limit
        ]
        if not due:
            return None
        moment, _, deadline, timer = min(
            due, key=lambda each: (*each[:2], places[each[2].rule], each[2].number, each[3].index)
        )
        return moment, deadline, timer

    def _moment(self, deadline: Deadline, timer: Timer, due: datetime) -> datetime:
        known = self._fired.get((deadline.number, timer.number))
        return due if known is None or known[0] < due else known[0]

    def _keep(self, outcome: Outcome, recorded: datetime) -> Body:
        self.instance = outcome.after
        body = body_of(self.workflow, outcome)
        for name in ("format", "engine", "sequence"):
            del body[name]
        if not isinstance(outcome.command, Start):
            del body["instance"]
        body["at"] = moment_text(recorded)
        if outcome.at != recorded:
            body["on"] = moment_text(outcome.at)
        self.bodies.append(body)
        if isinstance(outcome, Accepted):
            self.accepted.append(outcome)
            self.messages.extend(outcome.messages)
            for each in outcome.armed:
                known = self._numbers.get((each.rule, each.since, each.occurrence))
                if known and each.number in known:
                    known.remove(each.number)
        return body

    def _facts(self, at: datetime, calendar: WorkingCalendar | None) -> Facts:
        return Facts(at, calendar, {identity: known[0] for identity, known in self._numbers.items() if known})
