"""What becomes of the open deadlines of an instance while one command is carried out."""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import replace
from datetime import datetime
from typing import Literal

from gaita.model.instance import Deadline, DeadlineEnding, Instance, Remembered, TimerEnding, Turn
from gaita.model.outcome import Adjustment, AdjustmentKind, DeadlineEnd, Message, TimerEnd
from gaita.model.remembering import ended_promises, remembered_after
from gaita.model.workflow import HORIZON, Every, Rule, Workflow
from gaita.step.deadlines.due_moment import DueMoment, Standing, due_of, since_of
from gaita.step.deadlines.recurring import NextTime, course_since, next_after, next_time
from gaita.step.deadlines.stops import MOST_LATE, NO_TIME, late_of
from gaita.step.deadlines.timers import arm, is_waiting, renewed, retimed
from gaita.step.facts import Facts


class DeadlineChanges:
    """Arms, adjusts and ends deadlines, and collects what became of them and who is to hear.

    ``standing`` is what due moments depend on, at the time of each call.
    """

    def __init__(self, standing: Standing, instance: Instance, facts: Facts) -> None:
        """Begin with the open deadlines of ``instance``."""
        self._standing = standing
        self.open = instance.deadlines
        self.armed_count = instance.armed
        self.armed: list[Deadline] = []
        self.ended: list[DeadlineEnd] = []
        self.adjusted: list[Adjustment] = []
        self.timers: list[TimerEnd] = []
        self.messages: list[Message] = []
        self.settled: set[int] = set()
        """The deadlines by an anchor that the command's event has met, also of those that had ended."""
        self._new: set[int] = set()
        self._instance = instance
        self._now = facts.now
        self._numbers = facts.numbers

    @property
    def remembered(self) -> tuple[Remembered, ...]:
        """The deadlines by an anchor that have ended, as they are remembered after the command."""
        if not (self.ended or self.adjusted or self.settled):
            return self._instance.remembered
        return remembered_after(
            self._standing.workflow,
            self._instance.remembered,
            ended=[(each.deadline, each.ending) for each in self.ended],
            reopened={each.after.number for each in self.adjusted if each.kind == "reopened"},
            settled=self.settled,
        )

    # -- moves

    def enter(
        self, active: Collection[str], rules: Iterable[Rule], since: datetime, *, adopted: bool
    ) -> None:
        """Arm the deadlines of the first place of a life."""
        for rule in rules:
            self._arm_from(rule, since, active, adopted=adopted)

    def move(self, source: str, exited: Collection[str], place: str) -> None:
        """End the deadlines whose scope is left, stop and start clocks, arm those whose scope is entered."""
        workflow = self._standing.workflow
        rules = workflow.scoped_in(place)
        if not (rules or self.open):
            return
        before, active = workflow.tree.active(source), workflow.tree.active(place)
        if self.open:
            self._leave(exited, active, is_withdrawn=_is_withdrawn(workflow, place))
        for rule in rules:
            if _entered(rule, before, exited) and not self._of(rule):
                self._arm_from(rule, self._now, active)

    def follow(self, rules: Iterable[Rule], place: str) -> None:
        """Arm deadlines anew whose point, or what they count from, may have changed.

        Those are armed whose scope is active; one that is paused in a state outside of it is open as well.
        """
        for rule in rules:
            opened = self._of(rule)
            if not opened:
                if rule in self._standing.workflow.scoped_in(place):
                    self._arm_from(rule, self._now, self._standing.workflow.tree.active(place))
            elif isinstance(rule.due, Every):
                # What is due already stays: only the time to come is counted anew.
                self._follow_recurring(rule, [each for each in opened if is_waiting(rule, each)])
            else:
                self._follow_one(rule, opened[-1])

    def _leave(self, exited: Collection[str], active: Collection[str], *, is_withdrawn: bool) -> None:
        for deadline in self.open:
            rule = self._rule(deadline)
            stands = any(state in active for state in rule.pause_in)
            lasts = any(state in active for state in rule.scope)
            if lasts and rule.scope[0] in exited and begins_anew(rule):
                self._begin_anew(rule, deadline)
            elif stands:
                if "state" not in deadline.paused_by:
                    self.adjust(deadline, "paused", Turn("stopped", self._now, "state"))
            elif lasts:
                if "state" in deadline.paused_by:
                    self.adjust(deadline, "resumed", Turn("resumed", self._now, "state"))
            else:
                self._finish(deadline, "withdrawn" if is_withdrawn else "met")

    def _begin_anew(self, rule: Rule, deadline: Deadline) -> None:
        """A transition leaves the state and enters it again at once.

        A deadline by an anchor is the same promise: while it waits nothing changes, and one that is overdue
        climbs its ladder anew. Any other ends, and is armed for the new entry.
        """
        if not rule.is_anchored:
            self._finish(deadline)
        elif not isinstance(rule.due, Every) and not is_waiting(rule, deadline):
            self.timers.extend(_ends(deadline, "cancelled"))
            self._reopen(rule, deadline, (), deadline.course)
            self._new.discard(deadline.number)

    def _follow_one(self, rule: Rule, deadline: Deadline) -> None:
        since = since_of(self._standing, rule, deadline.since)
        if since == deadline.since:
            return
        known = None if since is None else self._recall(rule, since)
        if since is None or (known is not None and known.settled):
            self._replaced(deadline, "withdrawn")
        else:
            self._replaced(deadline, "superseded")
            self._promise(rule, since, known, deadline.course)

    def _follow_recurring(self, rule: Rule, waiting: list[Deadline]) -> None:
        if not waiting:
            return
        latest = waiting[-1]
        since = since_of(self._standing, rule, latest.since)
        if since == latest.since:
            return
        coming = None
        if since is not None:
            known = self._recall(rule, since)
            coming = next_time(self._standing, rule, since, known, after=self._now, course=latest.course)
        for deadline in waiting:
            self._drop(deadline, "withdrawn" if coming is None else "superseded")
        if coming is not None:
            self._arm_coming(rule, coming)

    def _replaced(self, deadline: Deadline, ending: Literal["superseded", "withdrawn"]) -> None:
        """End a deadline whose moment was moved or taken away; what was due already is missed."""
        if is_waiting(self._rule(deadline), deadline):
            self._drop(deadline, ending)
        else:
            self._finish(deadline)

    # -- what happens to a deadline

    def fire(self, deadline: Deadline, indexes: tuple[int, ...], state: str) -> None:
        """End timers of an open deadline as fired, and tell whoever is to hear of them.

        Of several, the last one tells, once to everybody, and names the others.
        """
        rule = self._rule(deadline)
        timers = {timer.index: timer for timer in deadline.timers}
        for timer in (timers[index] for index in indexes):
            late = min(self._now - timer.due, MOST_LATE) if timer.due is not None else NO_TIME
            self.timers.append(TimerEnd(deadline.number, timer.index, timer.due, "fired", late, timer.again))
        kept = replace(
            deadline, timers=tuple(timer for timer in deadline.timers if timer.index not in indexes)
        )
        self._replace(deadline, kept)
        self._tell(rule, deadline, indexes, state)
        if isinstance(rule.due, Every) and rule.due_index in indexes:
            if not rule.met_by:  # nobody has to do anything about it
                self._drop(kept, "met")
            self._arm_next(rule, deadline)

    def meet(self, event: str) -> None:
        """End the deadlines that an event meets: each time that is overdue, or else the one to come."""
        for rule in self._standing.workflow.met_by.get(event, ()):
            # What the event's own move has armed anew is asked for again.
            opened = [each for each in self._of(rule) if each.number not in self._new]
            if rule.is_anchored:
                self.settled |= {
                    each.deadline.number
                    for each in self._ended_promises(rule)
                    if each.ending == "met" and not each.settled
                }
            overdue = [each for each in opened if not is_waiting(rule, each)]
            for deadline in overdue or opened[:1]:
                self._finish(deadline)
                if rule.is_anchored:
                    self.settled.add(deadline.number)
                if isinstance(rule.due, Every) and not overdue:
                    self._arm_next(rule, deadline)

    def adjust(self, deadline: Deadline, kind: AdjustmentKind, *turns: Turn) -> None:
        """Write turns into an open deadline's course, and set its timers anew."""
        turned = replace(deadline, course=(*deadline.course, *turns)) if turns else deadline
        after, past = retimed(self._standing, self._rule(deadline), turned, self._now)
        self._replace(deadline, after)
        self.adjusted.append(Adjustment(kind, deadline, after))
        self.timers.extend(
            TimerEnd(deadline.number, timer.index, timer.due, "cancelled", NO_TIME, timer.again)
            for timer in past
        )

    def renumber(self, deadline: Deadline, places: Collection[int]) -> None:
        """Set timers of an open deadline anew, at the same moments."""
        renewals = deadline.renewals + 1
        timers = tuple(
            replace(timer, again=renewals) if timer.index in places else timer for timer in deadline.timers
        )
        after = replace(deadline, timers=timers, renewals=renewals)
        self._replace(deadline, after)
        self.adjusted.append(Adjustment("moved", deadline, after))

    # -- arming

    def _arm_from(
        self, rule: Rule, entered_at: datetime, active: Collection[str], *, adopted: bool = False
    ) -> None:
        """Arm a deadline for a scope entered at a moment, where it has something to count from."""
        since = since_of(self._standing, rule, entered_at)
        if since is None:
            return
        known = self._recall(rule, since)
        # By an anchor, the stays since then say when the clock stood; else it counts from here.
        stands = not rule.is_anchored and any(state in active for state in rule.pause_in)
        course = (Turn("stopped", entered_at, "state"),) if stands else ()
        if isinstance(rule.due, Every):
            # It recurs while the scope lasts: what an earlier anchor puts before that is not asked for.
            skip = adopted and self._standing.workflow.past_timers == "skip"
            plain = tuple(turn for turn in known.deadline.course if turn.amount is None) if known else course
            after = self._now if skip else entered_at
            coming = next_time(self._standing, rule, since, known, after=after, course=plain)
            if coming is not None:
                self._arm_coming(rule, coming, adopted=adopted)
        elif known is None or not known.settled:
            self._promise(rule, since, known, known.deadline.course if known else course, adopted=adopted)

    def _promise(
        self,
        rule: Rule,
        since: datetime,
        known: Remembered | None,
        course: tuple[Turn, ...],
        *,
        adopted: bool = False,
    ) -> None:
        """Arm a deadline, or open the one again that there was with the same anchor."""
        course = course_since(self._standing, rule, since, course)
        if known is not None:
            self._reopen(rule, known.deadline, known.waiting, course)
            return
        due = due_of(self._standing, rule, since, course=course)
        if due is not None:
            self._arm(rule, since, due, adopted=adopted, course=course)

    def _arm_coming(self, rule: Rule, coming: NextTime, *, adopted: bool = False) -> None:
        if coming.known is not None:
            self._reopen(rule, coming.known.deadline, coming.known.waiting, coming.course)
        else:
            self._arm(
                rule,
                coming.since,
                coming.due,
                adopted=adopted,
                occurrence=coming.occurrence,
                course=coming.course,
            )

    def _reopen(
        self, rule: Rule, before: Deadline, waiting: tuple[int, ...], course: tuple[Turn, ...]
    ) -> None:
        """Open a deadline again, under its number: its end is taken back, its timers are set anew."""
        due = due_of(self._standing, rule, before.since, occurrence=before.occurrence, course=course)
        if due is None:
            return
        self.ended = [end for end in self.ended if end.deadline.number != before.number]
        after = replace(
            before, course=course, due=due.moment, clipped=due.clipped, provisional=due.provisional
        )
        moved = after.due != before.due
        after = renewed(self._standing, rule, after, waiting, self._now, moved=moved)
        others = [each for each in self.open if each.number != before.number]
        self.open = tuple(sorted((*others, after), key=lambda each: each.number))
        self.adjusted.append(Adjustment("reopened", before, after))
        self._new.add(before.number)

    def _recall(self, rule: Rule, since: datetime) -> Remembered | None:
        """Return the deadline that ended with this anchor; of a recurring one, its latest time."""
        if not rule.is_anchored:
            return None
        known = [each for each in self._ended_promises(rule) if each.deadline.since == since]
        return max(known, key=lambda each: (each.deadline.occurrence, each.deadline.number), default=None)

    def _ended_promises(self, rule: Rule) -> list[Remembered]:
        """Return the deadlines of a rule that have ended, in this command or before."""
        return ended_promises(
            rule,
            self._instance.remembered,
            ((each.deadline, each.ending) for each in self.ended),
            opened={each.number for each in self.open},
            settled=self.settled,
        )

    def _arm_next(self, rule: Rule, deadline: Deadline) -> None:
        """Arm the next occurrence of a recurring deadline: by the policy, not before the present."""
        once = rule.catch_up == "once"
        course = tuple(turn for turn in deadline.course if turn.amount is None)
        after = self._now if once else None
        found = next_after(self._standing, rule, deadline.since, deadline.occurrence + 1, course, after)
        if found is not None:
            occurrence, due = found
            # Its reminders that came up since are told late, as they are wherever the scheduler was late.
            gone_by = self._now if once else min(self._now, deadline.due)
            self._arm(rule, deadline.since, due, occurrence=occurrence, course=course, gone_by=gone_by)

    def _arm(
        self,
        rule: Rule,
        since: datetime,
        due: DueMoment,
        *,
        adopted: bool = False,
        occurrence: int = 1,
        course: tuple[Turn, ...] = (),
        gone_by: datetime | None = None,
    ) -> None:
        number = self._numbers.get((rule.id, since, occurrence)) if self._numbers else None
        if number is None:
            number = self.armed_count = self.armed_count + 1
        blank = Deadline(
            number,
            rule.id,
            self._now,
            since,
            due.moment,
            due.clipped,
            (),
            occurrence,
            course,
            due.provisional,
        )
        deadline, skipped = arm(self._standing, rule, blank, adopted=adopted, gone_by=gone_by)
        self.open = (*self.open, deadline)
        if number != self.armed_count:  # it has the number of a life that is decided again
            self.open = tuple(sorted(self.open, key=lambda each: each.number))
        self.armed.append(deadline)
        self._new.add(deadline.number)
        self.timers.extend(
            TimerEnd(deadline.number, timer.index, timer.due, "cancelled", NO_TIME) for timer in skipped
        )

    # -- ending

    def _finish(self, deadline: Deadline, ahead: Literal["met", "withdrawn"] = "met") -> None:
        """End a deadline that was kept, or missed; ``ahead``: its ending while it is still to come."""
        in_time = self._now < deadline.due or deadline.is_paused or deadline.provisional
        self._drop(deadline, ahead if in_time and is_waiting(self._rule(deadline), deadline) else "missed")

    def _drop(self, deadline: Deadline, ending: DeadlineEnding) -> None:
        self.open = tuple(each for each in self.open if each is not deadline)
        late = late_of(deadline, self._now) if ending == "missed" else NO_TIME
        self.ended.append(DeadlineEnd(deadline, ending, late))
        timers: TimerEnding = "superseded" if ending == "superseded" else "cancelled"
        self.timers.extend(_ends(deadline, timers))

    # -- looking up

    def _rule(self, deadline: Deadline) -> Rule:
        return self._standing.workflow.rules[deadline.rule]

    def _of(self, rule: Rule) -> list[Deadline]:
        return [each for each in self.open if each.rule == rule.id]

    def _replace(self, deadline: Deadline, after: Deadline) -> None:
        # From the end: of many open ones, what was armed last is what changes most often.
        place = next(at for at in reversed(range(len(self.open))) if self.open[at] is deadline)
        self.open = (*self.open[:place], after, *self.open[place + 1 :])

    def _tell(self, rule: Rule, deadline: Deadline, indexes: tuple[int, ...], state: str) -> None:
        index = indexes[-1]
        number = next(timer.number for timer in deadline.timers if timer.index == index)
        self.messages.extend(
            Message(
                id=f"{self._instance.id}/{deadline.number}/{number}/{role}",
                kind=rule.moments[index].kind,
                to=role,
                instance=self._instance.id,
                workflow=self._standing.workflow.key,
                state=state,
                rule=rule.id,
                deadline=deadline.number,
                timer=index,
                due=deadline.due,
                at=self._now,
                folded=indexes[:-1],
            )
            for role in rule.roles_told(indexes)
        )


def _ends(deadline: Deadline, ending: TimerEnding) -> Iterator[TimerEnd]:
    for timer in deadline.timers:
        yield TimerEnd(deadline.number, timer.index, timer.due, ending, NO_TIME, timer.again)


def _entered(rule: Rule, before: Collection[str], exited: Collection[str]) -> bool:
    """Whether the scope, which is active now, is entered: it was not active, or was just left."""
    scope = rule.scope
    if begins_anew(rule):
        return scope[0] in exited or scope[0] not in before
    return not any(state in before for state in scope)


def _is_withdrawn(workflow: Workflow, place: str) -> bool:
    return workflow.is_final(place) and workflow.states[place].is_withdrawn


def begins_anew(rule: Rule) -> bool:
    """Whether a transition that leaves its state and enters it again arms it anew.

    So it does where the scope is one state. One of several lasts on, and so does the programme's end.
    """
    return len(rule.scope) == 1 and rule.id != HORIZON
