"""A draft: the working copy of an instance while one command is carried out on it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Literal

from gaita.errors import EndlessMoves
from gaita.model.command import Command
from gaita.model.instance import Deadline, DeadlineEnding, Instance, TimerEnding, Turn
from gaita.model.outcome import (
    Accepted,
    Adjustment,
    AdjustmentKind,
    DeadlineEnd,
    Explanation,
    Message,
    Move,
    TimerEnd,
    Trouble,
)
from gaita.model.value import Value
from gaita.model.workflow import Every, Rule, State, Workflow
from gaita.step.arming import DueMoment, Standing, arm, due_of, is_waiting, next_due_of, retimed, since_of
from gaita.step.facts import Facts, Names
from gaita.step.select import Selected, select

MOST_AUTOMATIC_MOVES = 100
_IN_TIME = timedelta(0)


class Draft:
    """Collects what a command changes, and makes the outcome of it at the end."""

    def __init__(self, workflow: Workflow, instance: Instance, facts: Facts) -> None:
        """Begin with ``instance`` as it stands."""
        self.workflow = workflow
        self.facts = facts
        self.state = instance.state
        self.data = instance.data
        self.since = instance.since
        self.memory = instance.memory
        self.deadlines = instance.deadlines
        self.entered = instance.entered
        self.armed_count = instance.armed
        self.moves: list[Move] = []
        self.changed: dict[str, Value | None] = {}
        self.armed: list[Deadline] = []
        self.ended: list[DeadlineEnd] = []
        self.adjusted: list[Adjustment] = []
        self.timers: list[TimerEnd] = []
        self.messages: list[Message] = []
        self.troubles: list[str] = []
        self._instance = instance

    # -- what a command asks for

    def carry_out(self, selected: Selected) -> None:
        """Take a transition: leave, set, enter, meet deadlines, and then whatever follows automatically."""
        self._take(selected)
        if selected.transition.event in self.workflow.met_by:
            self._meet(selected.transition.event)
        self.run_to_rest()

    def close(self, state: str) -> None:
        """Move to a final state, whatever the guards say."""
        self._go(0, state)

    def change(self, values: Mapping[str, Value | None]) -> None:
        """Change data, and re-arm the deadlines whose moment it gives."""
        changed = self._assign(values)
        if changed:
            self._follow(changed)

    def enter(self, leaf: str, since: datetime, *, adopted: bool) -> None:
        """Enter the first state of a life."""
        self.state, self.since = leaf, since
        self.moves.append(Move(0, None, leaf))
        self._note_entries(self.workflow.paths[leaf], since)
        for rule in self.workflow.scoped[leaf]:
            self._arm_from(rule, since, adopted=adopted)

    def run_to_rest(self) -> None:
        """Take automatic transitions until none holds. Raises ``EndlessMoves`` past the bound."""
        if (self.state, None) not in self.workflow.candidates:
            return
        for _ in range(MOST_AUTOMATIC_MOVES):
            names = Names(self.workflow, self.data, {}, self.facts)
            selected = select(self.workflow, self.standing(), None, names, None)
            if not isinstance(selected, Selected):
                self.troubles.extend(selected[1])
                return
            self._take(selected)
        path = " -> ".join(move.target for move in self.moves[-6:])
        message = (
            f"instance {self._instance.id}: {MOST_AUTOMATIC_MOVES} automatic transitions never came to rest "
            f"(… {path}); look at the guards of the automatic transitions between these states"
        )
        raise EndlessMoves(message)

    def fire_timers(self, deadline: Deadline, indexes: tuple[int, ...]) -> None:
        """End timers of an open deadline as fired, and tell whoever is to hear of them.

        Of several, the last one tells, once to everybody, and names the others.
        """
        rule = self.workflow.rules[deadline.rule]
        fired = [timer for timer in deadline.timers if timer.index in indexes]
        rest = tuple(timer for timer in deadline.timers if timer.index not in indexes)
        kept = replace(deadline, timers=rest)
        self.deadlines = tuple(kept if each is deadline else each for each in self.deadlines)
        for timer in fired:
            late = self.facts.now - timer.due if timer.due is not None else _IN_TIME
            self.timers.append(TimerEnd(deadline.number, timer.index, timer.due, "fired", late))
        last = indexes[-1]
        self._tell(rule, deadline, last, indexes[:-1])
        if isinstance(rule.due, Every) and rule.due_index in indexes:
            if not rule.met_by:  # it asks for nothing but to be told of
                self._end(kept, "met", "cancelled")
                self.deadlines = tuple(each for each in self.deadlines if each is not kept)
            self._arm_next(rule, deadline)

    def adjust(self, deadline: Deadline, kind: AdjustmentKind, *turns: Turn) -> Deadline:
        """Write turns into an open deadline's course, and set its timers anew."""
        turned = replace(deadline, course=(*deadline.course, *turns)) if turns else deadline
        after, past = retimed(self.workflow, self.standing(), turned, self.facts)
        self._replace(deadline, after)
        self.adjusted.append(Adjustment(kind, deadline, after))
        self.timers.extend(
            TimerEnd(deadline.number, timer.index, timer.due, "cancelled", _IN_TIME) for timer in past
        )
        return after

    # -- what comes of it

    def standing(self, *, step: int = 0) -> Instance:
        """Return the instance as it stands now; ``step`` is 1 once the command is accepted."""
        before = self._instance
        return Instance(
            before.id,
            before.workflow,
            before.workflow_version,
            self.state,
            self.data,
            self.since,
            before.started_at,
            self.memory,
            self.deadlines,
            self.armed_count,
            before.version + step,
            None if step else before.refusal,
            before.sequence + step,
            self.entered,
        )

    def accept(self, command: Command, explanation: Explanation, *, first: bool = False) -> Accepted:
        """Return the outcome."""
        trouble = Trouble("expression_failed", "; ".join(self.troubles)) if self.troubles else None
        return Accepted(
            command,
            self.facts.now,
            None if first else self._instance,
            self.standing(step=1),
            explanation,
            tuple(self.moves),
            self.changed,
            tuple(self.armed),
            tuple(self.ended),
            tuple(self.adjusted),
            tuple(self.timers),
            tuple(self.messages),
            trouble,
        )

    # -- moving

    def _take(self, selected: Selected) -> None:
        self.troubles.extend(selected.failures)
        changed = self._assign(selected.values) if selected.values else ()
        if selected.target is None:
            self.moves.append(Move(selected.transition.number, self.state, self.state, internal=True))
        else:
            self._go(selected.transition.number, selected.target)
        if changed:
            self._follow(changed)

    def _go(self, transition: int, target: str) -> None:
        workflow = self.workflow
        source = self.state
        old_path = workflow.paths[source]
        state: State = workflow.states[target]
        while state.initial is not None:
            state = workflow.states[state.initial]
        leaf = state.id
        new_path = workflow.paths[leaf]
        # What lies on both paths is kept, except from the target itself downwards: naming a state that
        # is active means to leave it and enter it anew.
        kept = 0
        for old, new in zip(old_path, new_path, strict=False):
            if old != new or old == target:
                break
            kept += 1
        exited = old_path[kept:]
        if leaf in workflow.remembering and leaf != source:
            self.memory = {**self.memory, leaf: source}
        self.state, self.since = leaf, self.facts.now
        self.moves.append(Move(transition, source, leaf))
        anew = self._note_entries(new_path[kept:], self.facts.now)
        if self.deadlines:
            self._leave(exited, new_path)
        for rule in workflow.scoped[leaf]:
            if _entered(rule, old_path, exited) and not any(each.rule == rule.id for each in self.deadlines):
                self._arm_from(rule, self.facts.now)
        for rule in anew:
            if rule in workflow.scoped[leaf]:
                self._rearm(rule)

    def _leave(self, exited: tuple[str, ...], new_path: tuple[str, ...]) -> None:
        """End the deadlines whose scope is left; stop and start the clocks that a state stops."""
        for deadline in self.deadlines:
            rule = self.workflow.rules[deadline.rule]
            active = any(state in new_path for state in rule.scope)
            if active and len(rule.scope) == 1 and rule.scope[0] in exited:
                self._finish(deadline)  # left and entered anew
            elif active:
                if "state" in deadline.paused_by:
                    self.adjust(deadline, "resumed", self._turn("resumed"))
            elif any(state in new_path for state in rule.pause_in):
                if "state" not in deadline.paused_by:
                    self.adjust(deadline, "paused", self._turn("stopped"))
            else:
                self._finish(deadline)

    def _turn(self, kind: Literal["stopped", "resumed"]) -> Turn:
        return Turn(kind, self.facts.now, "state")

    def _note_entries(self, states: tuple[str, ...], at: datetime) -> tuple[Rule, ...]:
        """Note the entry of states from which deadlines elsewhere are counted, and return those."""
        if not self.workflow.anchored:
            return ()
        noted = [state for state in states if state in self.workflow.anchored]
        if not noted:
            return ()
        before = self.entered
        self.entered = {**before, **{state: (before.get(state, (at, at))[0], at) for state in noted}}
        return tuple(rule for state in noted for rule in self.workflow.anchored[state])

    # -- data

    def _assign(self, values: Mapping[str, Value | None]) -> tuple[str, ...]:
        """Write the values that differ and return their names."""
        before = self.data
        changed = tuple(field for field, value in values.items() if before.get(field) != value)
        if changed:
            data: dict[str, Value] = dict(before)
            for field in changed:
                value = values[field]
                if value is None:
                    del data[field]
                else:
                    data[field] = value
                self.changed[field] = value
            self.data = data
        return changed

    def _follow(self, changed: Iterable[str]) -> None:
        """Re-arm the deadlines of the present scope whose moment a changed field gives."""
        scoped = self.workflow.scoped[self.state]
        for field in changed:
            for rule in self.workflow.follows.get(field, ()):
                if rule in scoped:
                    self._rearm(rule)

    def _rearm(self, rule: Rule) -> None:
        """Arm a deadline of the present scope anew where what it counts from, or its point, has changed."""
        standing = [each for each in self.deadlines if each.rule == rule.id]
        if not standing:
            self._arm_from(rule, self.facts.now)
            return
        if isinstance(rule.due, Every):
            # What is due already stays: only the time to come is counted anew.
            self._rearm_recurring(rule, [each for each in standing if is_waiting(rule, each)])
            return
        deadline = standing[-1]
        basis = self._basis()
        since = since_of(basis, rule, deadline.since)
        due = None if since is None else due_of(basis, rule, since, course=deadline.course)
        if since == deadline.since and (
            deadline.is_paused or (due is not None and due.moment == deadline.due)
        ):
            return
        if since is None or (due is None and not deadline.is_paused):
            self._drop(deadline, "withdrawn")
        else:
            self._drop(deadline, "superseded")
            due = due or DueMoment(deadline.due, deadline.clipped)  # its clock stands: none is certain
            self._arm(rule, since, due, course=deadline.course)

    def _rearm_recurring(self, rule: Rule, waiting: Sequence[Deadline]) -> None:
        if not waiting:
            return
        latest = waiting[-1]
        since = since_of(self._basis(), rule, latest.since)
        if since == latest.since:
            return
        for deadline in waiting:
            self._drop(deadline, "withdrawn" if since is None else "superseded")
        if since is not None:
            self._arm_occurrence(rule, since, latest.course, 1, self.facts.now)

    # -- deadlines

    def _arm_from(self, rule: Rule, entered_at: datetime, *, adopted: bool = False) -> None:
        """Arm a deadline for a scope entered at a moment, where it has something to count from."""
        basis = self._basis()
        since = since_of(basis, rule, entered_at)
        if since is None:
            return
        if isinstance(rule.due, Every):
            skip = adopted and self.workflow.past_timers == "skip"
            self._arm_occurrence(rule, since, (), 1, self.facts.now if skip else None, adopted=adopted)
            return
        due = due_of(basis, rule, since)
        if due is not None:
            self._arm(rule, since, due, adopted=adopted)

    def _arm_next(self, rule: Rule, deadline: Deadline) -> None:
        """Arm the next occurrence of a recurring deadline: by the policy, not before the present."""
        after = self.facts.now if rule.catch_up == "once" else None
        course = tuple(turn for turn in deadline.course if turn.amount is None)
        self._arm_occurrence(rule, deadline.since, course, deadline.occurrence + 1, after)

    def _arm_occurrence(
        self,
        rule: Rule,
        since: datetime,
        course: tuple[Turn, ...],
        first: int,
        after: datetime | None,
        *,
        adopted: bool = False,
    ) -> None:
        found = next_due_of(self._basis(), rule, since, course, first, after)
        if found is not None:
            occurrence, due = found
            self._arm(rule, since, due, adopted=adopted, occurrence=occurrence, course=course)

    def _arm(
        self,
        rule: Rule,
        since: datetime,
        due: DueMoment,
        *,
        adopted: bool = False,
        occurrence: int = 1,
        course: tuple[Turn, ...] = (),
    ) -> None:
        self.armed_count += 1
        deadline, skipped = arm(
            self._basis(),
            rule,
            due,
            number=self.armed_count,
            since=since,
            now=self.facts.now,
            adopted=adopted,
            occurrence=occurrence,
            course=course,
        )
        self.deadlines = (*self.deadlines, deadline)
        self.armed.append(deadline)
        self.timers.extend(
            TimerEnd(deadline.number, timer.index, timer.due, "cancelled", _IN_TIME) for timer in skipped
        )

    def _meet(self, event: str | None) -> None:
        """End the earliest open deadline of each rule that an event meets."""
        for rule in self.workflow.met_by[event or ""]:
            deadline = next((each for each in self.deadlines if each.rule == rule.id), None)
            if deadline is None or any(each.number == deadline.number for each in self.armed):
                continue  # the event's own move has ended it, and may have armed it anew
            waiting = is_waiting(rule, deadline)
            self._finish(deadline)
            if waiting and isinstance(rule.due, Every):
                self._arm_next(rule, deadline)

    def _finish(self, deadline: Deadline) -> None:
        """End a deadline that was kept, or missed: it is met while its due moment is still to come."""
        rule = self.workflow.rules[deadline.rule]
        in_time = self.facts.now < deadline.due or deadline.is_paused or deadline.provisional
        self._drop(deadline, "met" if in_time and is_waiting(rule, deadline) else "missed")

    def _drop(self, deadline: Deadline, ending: DeadlineEnding) -> None:
        self.deadlines = tuple(each for each in self.deadlines if each is not deadline)
        self._end(deadline, ending, "superseded" if ending == "superseded" else "cancelled")

    def _replace(self, deadline: Deadline, after: Deadline) -> None:
        self.deadlines = tuple(after if each is deadline else each for each in self.deadlines)

    def _basis(self) -> Standing:
        instance = self._instance
        return Standing(self.workflow, self.data, instance.started_at, self.entered, self.facts.calendar)

    def _tell(self, rule: Rule, deadline: Deadline, index: int, folded: tuple[int, ...]) -> None:
        moment = rule.moments[index]
        identity = self._instance.id
        roles = dict.fromkeys(role for each in (*folded, index) for role in rule.moments[each].to)
        self.messages.extend(
            Message(
                id=f"{identity}/{deadline.number}/{index}/{role}",
                kind=moment.kind,
                to=role,
                instance=identity,
                workflow=self.workflow.key,
                state=self.state,
                rule=rule.id,
                deadline=deadline.number,
                timer=index,
                due=deadline.due,
                at=self.facts.now,
                folded=folded,
            )
            for role in roles
        )

    def _end(self, deadline: Deadline, ending: DeadlineEnding, timers: TimerEnding) -> None:
        late = _IN_TIME
        if ending == "missed":  # a clock that went back, or stood, makes nobody later
            late = max((deadline.paused_at or self.facts.now) - deadline.due, _IN_TIME)
        self.ended.append(DeadlineEnd(deadline, ending, late))
        self.timers.extend(
            TimerEnd(deadline.number, timer.index, timer.due, timers, _IN_TIME) for timer in deadline.timers
        )


def _entered(rule: Rule, old_path: tuple[str, ...], exited: tuple[str, ...]) -> bool:
    """Whether the scope, in which the new leaf lies, is entered: it was not active, or was just left."""
    scope = rule.scope
    if len(scope) == 1:
        return scope[0] in exited or scope[0] not in old_path
    return not any(state in old_path for state in scope)
