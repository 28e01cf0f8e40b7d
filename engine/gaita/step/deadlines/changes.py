"""What becomes of the open deadlines of an instance while one command is carried out."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from typing import Literal

from gaita.model.instance import Deadline, DeadlineEnding, Instance, TimerEnding, Turn
from gaita.model.outcome import Adjustment, AdjustmentKind, DeadlineEnd, Message, TimerEnd
from gaita.model.workflow import HORIZON, Every, Rule, Within
from gaita.step.deadlines.due_moment import DueMoment, Standing, due_of, next_due_of, since_of
from gaita.step.deadlines.stops import MOST_LATE, NO_TIME, late_of, stops_of
from gaita.step.deadlines.timers import arm, is_waiting, retimed


class DeadlineChanges:
    """Arms, adjusts and ends deadlines, and collects what became of them and who is to hear.

    ``standing`` is what due moments depend on; whoever changes the data, or notes an entry, replaces it.
    """

    def __init__(self, standing: Standing, instance: Instance, now: datetime) -> None:
        """Begin with the open deadlines of ``instance``."""
        self.standing = standing
        self.open = instance.deadlines
        self.armed_count = instance.armed
        self.armed: list[Deadline] = []
        self.ended: list[DeadlineEnd] = []
        self.adjusted: list[Adjustment] = []
        self.timers: list[TimerEnd] = []
        self.messages: list[Message] = []
        self._instance = instance.id
        self._now = now

    # -- moves

    def enter(self, rules: Iterable[Rule], since: datetime, *, adopted: bool) -> None:
        """Arm the deadlines of the first state of a life."""
        for rule in rules:
            self._arm_from(rule, since, adopted=adopted)

    def move(self, old_path: tuple[str, ...], exited: tuple[str, ...], leaf: str) -> None:
        """End the deadlines whose scope is left, stop and start clocks, arm those whose scope is entered."""
        workflow = self.standing.workflow
        if self.open:
            self._leave(exited, workflow.paths[leaf])
        for rule in workflow.scoped[leaf]:
            if _entered(rule, old_path, exited) and not self._of(rule):
                self._arm_from(rule, self._now)

    def follow(self, rules: Iterable[Rule], leaf: str) -> None:
        """Arm deadlines anew whose point, or what they count from, may have changed.

        Those are armed whose scope is active; one that is paused in a state outside of it is open as well.
        """
        for rule in rules:
            opened = self._of(rule)
            if not opened:
                if rule in self.standing.workflow.scoped[leaf]:
                    self._arm_from(rule, self._now)
            elif isinstance(rule.due, Every):
                # What is due already stays: only the time to come is counted anew.
                self._follow_recurring(rule, [each for each in opened if is_waiting(rule, each)])
            else:
                self._follow_one(rule, opened[-1])

    def _leave(self, exited: tuple[str, ...], new_path: tuple[str, ...]) -> None:
        for deadline in self.open:
            rule = self._rule(deadline)
            active = any(state in new_path for state in rule.scope)
            if active and rule.scope[0] in exited and begins_anew(rule):
                self._finish(deadline)  # left and entered anew
            elif active:
                if "state" in deadline.paused_by:
                    self.adjust(deadline, "resumed", Turn("resumed", self._now, "state"))
            elif any(state in new_path for state in rule.pause_in):
                if "state" not in deadline.paused_by:
                    self.adjust(deadline, "paused", Turn("stopped", self._now, "state"))
            else:
                self._finish(deadline)

    def _follow_one(self, rule: Rule, deadline: Deadline) -> None:
        since = since_of(self.standing, rule, deadline.since)
        due = None if since is None else due_of(self.standing, rule, since, course=deadline.course)
        if since is None or due is None:
            self._replaced(deadline, "withdrawn")
        elif since != deadline.since or (due.moment != deadline.due and not isinstance(rule.due, Within)):
            self._replaced(deadline, "superseded")
            self._arm(rule, since, due, course=deadline.course)

    def _follow_recurring(self, rule: Rule, waiting: list[Deadline]) -> None:
        if not waiting:
            return
        latest = waiting[-1]
        since = since_of(self.standing, rule, latest.since)
        if since == latest.since:
            return
        found = None if since is None else self._next(rule, since, 1, latest.course, self._now)
        for deadline in waiting:
            self._drop(deadline, "withdrawn" if found is None else "superseded")
        if since is not None and found is not None:
            occurrence, due = found
            self._arm(rule, since, due, occurrence=occurrence, course=latest.course)

    def _replaced(self, deadline: Deadline, ending: Literal["superseded", "withdrawn"]) -> None:
        """End a deadline whose moment was moved or taken away; what was due already is missed."""
        if is_waiting(self._rule(deadline), deadline):
            self._drop(deadline, ending)
        else:
            self._finish(deadline)

    # -- what befalls a deadline

    def fire(self, deadline: Deadline, indexes: tuple[int, ...], state: str) -> None:
        """End timers of an open deadline as fired, and tell whoever is to hear of them.

        Of several, the last one tells, once to everybody, and names the others.
        """
        rule = self._rule(deadline)
        timers = {timer.index: timer for timer in deadline.timers}
        for timer in (timers[index] for index in indexes):
            late = min(self._now - timer.due, MOST_LATE) if timer.due is not None else NO_TIME
            self.timers.append(TimerEnd(deadline.number, timer.index, timer.due, "fired", late))
        kept = replace(
            deadline, timers=tuple(timer for timer in deadline.timers if timer.index not in indexes)
        )
        self._replace(deadline, kept)
        self._tell(rule, deadline, indexes, state)
        if isinstance(rule.due, Every) and rule.due_index in indexes:
            if not rule.met_by:  # it asks for nothing but to be told of
                self._drop(kept, "met")
            self._arm_next(rule, deadline)

    def meet(self, event: str) -> None:
        """End the deadlines that an event meets: each time that is overdue, or else the one to come."""
        for rule in self.standing.workflow.met_by.get(event, ()):
            # What the event's own move has armed anew is asked for again.
            new = {each.number for each in self.armed}
            opened = [each for each in self._of(rule) if each.number not in new]
            overdue = [each for each in opened if not is_waiting(rule, each)]
            for deadline in overdue or opened[:1]:
                self._finish(deadline)
                if isinstance(rule.due, Every) and not overdue:
                    self._arm_next(rule, deadline)

    def adjust(self, deadline: Deadline, kind: AdjustmentKind, *turns: Turn) -> None:
        """Write turns into an open deadline's course, and set its timers anew."""
        turned = replace(deadline, course=(*deadline.course, *turns)) if turns else deadline
        after, past = retimed(self.standing, self._rule(deadline), turned, self._now)
        self._replace(deadline, after)
        self.adjusted.append(Adjustment(kind, deadline, after))
        self.timers.extend(
            TimerEnd(deadline.number, timer.index, timer.due, "cancelled", NO_TIME) for timer in past
        )

    # -- arming

    def _arm_from(self, rule: Rule, entered_at: datetime, *, adopted: bool = False) -> None:
        """Arm a deadline for a scope entered at a moment, where it has something to count from."""
        since = since_of(self.standing, rule, entered_at)
        if since is None:
            return
        if isinstance(rule.due, Every):
            # It comes round while the scope lasts: what an earlier anchor puts before that is not asked for.
            skip = adopted and self.standing.workflow.past_timers == "skip"
            found = self._next(rule, since, 1, (), self._now if skip else entered_at)
            if found is not None:
                occurrence, due = found
                self._arm(rule, since, due, adopted=adopted, occurrence=occurrence)
            return
        due_moment = due_of(self.standing, rule, since)
        if due_moment is not None:
            self._arm(rule, since, due_moment, adopted=adopted)

    def _arm_next(self, rule: Rule, deadline: Deadline) -> None:
        """Arm the next occurrence of a recurring deadline: by the policy, not before the present."""
        once = rule.catch_up == "once"
        course = tuple(turn for turn in deadline.course if turn.amount is None)
        after = self._now if once else None
        found = self._next(rule, deadline.since, deadline.occurrence + 1, course, after)
        if found is not None:
            occurrence, due = found
            # Its reminders that came up since are told late, as they are wherever the scheduler was late.
            gone_by = self._now if once else min(self._now, deadline.due)
            self._arm(rule, deadline.since, due, occurrence=occurrence, course=course, gone_by=gone_by)

    def _next(
        self, rule: Rule, since: datetime, first: int, course: tuple[Turn, ...], after: datetime | None
    ) -> tuple[int, DueMoment] | None:
        """Return the next occurrence due after a moment; a clock that stands has stopped before that."""
        stops = stops_of(course)
        if after is not None and stops and stops[-1].until is None:
            after = min(after, stops[-1].since)
        return next_due_of(self.standing, rule, since, first=first, after=after, course=course)

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
        self.armed_count += 1
        blank = Deadline(
            self.armed_count,
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
        deadline, skipped = arm(self.standing, rule, blank, adopted=adopted, gone_by=gone_by)
        self.open = (*self.open, deadline)
        self.armed.append(deadline)
        self.timers.extend(
            TimerEnd(deadline.number, timer.index, timer.due, "cancelled", NO_TIME) for timer in skipped
        )

    # -- ending

    def _finish(self, deadline: Deadline) -> None:
        """End a deadline that was kept, or missed: it is met while its due moment is still to come."""
        in_time = self._now < deadline.due or deadline.is_paused or deadline.provisional
        self._drop(deadline, "met" if in_time and is_waiting(self._rule(deadline), deadline) else "missed")

    def _drop(self, deadline: Deadline, ending: DeadlineEnding) -> None:
        self.open = tuple(each for each in self.open if each is not deadline)
        late = late_of(deadline, self._now) if ending == "missed" else NO_TIME
        self.ended.append(DeadlineEnd(deadline, ending, late))
        timers: TimerEnding = "superseded" if ending == "superseded" else "cancelled"
        self.timers.extend(
            TimerEnd(deadline.number, timer.index, timer.due, timers, NO_TIME) for timer in deadline.timers
        )

    # -- looking up

    def _rule(self, deadline: Deadline) -> Rule:
        return self.standing.workflow.rules[deadline.rule]

    def _of(self, rule: Rule) -> list[Deadline]:
        return [each for each in self.open if each.rule == rule.id]

    def _replace(self, deadline: Deadline, after: Deadline) -> None:
        # From the end: of many open ones, what was armed last is what changes most often.
        place = next(at for at in range(len(self.open) - 1, -1, -1) if self.open[at] is deadline)
        self.open = (*self.open[:place], after, *self.open[place + 1 :])

    def _tell(self, rule: Rule, deadline: Deadline, indexes: tuple[int, ...], state: str) -> None:
        index = indexes[-1]
        self.messages.extend(
            Message(
                id=f"{self._instance}/{deadline.number}/{index}/{role}",
                kind=rule.moments[index].kind,
                to=role,
                instance=self._instance,
                workflow=self.standing.workflow.key,
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


def _entered(rule: Rule, old_path: tuple[str, ...], exited: tuple[str, ...]) -> bool:
    """Whether the scope, in which the new leaf lies, is entered: it was not active, or was just left."""
    scope = rule.scope
    if begins_anew(rule):
        return scope[0] in exited or scope[0] not in old_path
    return not any(state in old_path for state in scope)


def begins_anew(rule: Rule) -> bool:
    """Whether a transition that leaves its state and enters it again arms it anew.

    So it does where the scope is one state. One of several lasts on, and so does the programme's end.
    """
    return len(rule.scope) == 1 and rule.id != HORIZON
