"""A draft: the working copy of an instance while one command is carried out on it."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

from gaita.errors import EndlessMoves
from gaita.model.command import Command
from gaita.model.instance import Deadline, DeadlineEnding, Instance, TimerEnding
from gaita.model.outcome import Accepted, DeadlineEnd, Explanation, Message, Move, TimerEnd, Trouble
from gaita.model.value import Value
from gaita.model.workflow import Rule, State, Workflow
from gaita.step.arming import arm, due_of
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
        self.armed_count = instance.armed
        self.moves: list[Move] = []
        self.changed: dict[str, Value | None] = {}
        self.armed: list[Deadline] = []
        self.ended: list[DeadlineEnd] = []
        self.timers: list[TimerEnd] = []
        self.messages: list[Message] = []
        self.troubles: list[str] = []
        self._instance = instance

    # -- what a command asks for

    def carry_out(self, selected: Selected) -> None:
        """Take a transition: leave, set, enter, and then whatever follows automatically."""
        self._take(selected)
        self.run_to_rest()

    def change(self, values: Mapping[str, Value | None]) -> None:
        """Change data, and re-arm the deadlines whose moment it gives."""
        changed = self._assign(values)
        if changed:
            self._follow(changed)

    def enter(self, leaf: str, since: datetime, *, adopted: bool) -> None:
        """Enter the first state of a life."""
        self.state, self.since = leaf, since
        self.moves.append(Move(0, None, leaf))
        for rule in self.workflow.scoped[leaf]:
            self._arm(rule, since, adopted=adopted)

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

    def fire_timer(self, deadline: Deadline, index: int, late: timedelta) -> None:
        """End one timer of an open deadline as fired, and tell whoever is to hear of it."""
        rule = self.workflow.rules[deadline.rule]
        timer = next(timer for timer in deadline.timers if timer.index == index)
        rest = tuple(other for other in deadline.timers if other.index != index)
        kept = Deadline(
            deadline.number,
            deadline.rule,
            deadline.armed_at,
            deadline.since,
            deadline.due,
            deadline.clipped,
            rest,
        )
        self.deadlines = tuple(kept if each is deadline else each for each in self.deadlines)
        self.timers.append(TimerEnd(deadline.number, index, timer.due, "fired", late))
        moment = rule.moments[index]
        identity = self._instance.id
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
                due=deadline.due,
                at=self.facts.now,
            )
            for role in moment.to
        )

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
        if self.deadlines:
            self._leave(exited, new_path)
        for rule in workflow.scoped[leaf]:
            if _entered(rule, old_path, exited):
                self._arm(rule, self.facts.now)

    def _leave(self, exited: tuple[str, ...], new_path: tuple[str, ...]) -> None:
        kept: list[Deadline] = []
        for deadline in self.deadlines:
            if _left(self.workflow.rules[deadline.rule], exited, new_path):
                self._end(deadline, "met" if self.facts.now < deadline.due else "missed", "cancelled")
            else:
                kept.append(deadline)
        self.deadlines = tuple(kept)

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
        standing = next((each for each in self.deadlines if each.rule == rule.id), None)
        if standing is None:
            self._arm(rule, self.facts.now)
            return
        due = due_of(self.workflow, rule, standing.since, self.data)
        if due is not None and due.moment == standing.due:
            return
        self.deadlines = tuple(each for each in self.deadlines if each is not standing)
        if due is None:
            self._end(standing, "withdrawn", "cancelled")
        else:
            self._end(standing, "superseded", "superseded")
            self._arm(rule, standing.since)

    # -- deadlines

    def _arm(self, rule: Rule, since: datetime, *, adopted: bool = False) -> None:
        due = due_of(self.workflow, rule, since, self.data)
        if due is None:
            return
        self.armed_count += 1
        deadline, skipped = arm(
            self.workflow,
            rule,
            due,
            number=self.armed_count,
            since=since,
            now=self.facts.now,
            adopted=adopted,
        )
        self.deadlines = (*self.deadlines, deadline)
        self.armed.append(deadline)
        self.timers.extend(
            TimerEnd(deadline.number, timer.index, timer.due, "cancelled", _IN_TIME) for timer in skipped
        )

    def _end(self, deadline: Deadline, ending: DeadlineEnding, timers: TimerEnding) -> None:
        late = self.facts.now - deadline.due if ending == "missed" else _IN_TIME
        self.ended.append(DeadlineEnd(deadline, ending, late))
        self.timers.extend(
            TimerEnd(deadline.number, timer.index, timer.due, timers, _IN_TIME) for timer in deadline.timers
        )


def _left(rule: Rule, exited: tuple[str, ...], new_path: tuple[str, ...]) -> bool:
    """Whether the scope is left: its only state is, or none of its states is active any more."""
    scope = rule.scope
    return scope[0] in exited if len(scope) == 1 else not any(state in new_path for state in scope)


def _entered(rule: Rule, old_path: tuple[str, ...], exited: tuple[str, ...]) -> bool:
    """Whether the scope, in which the new leaf lies, is entered: it was not active, or was just left."""
    scope = rule.scope
    if len(scope) == 1:
        return scope[0] in exited or scope[0] not in old_path
    return not any(state in old_path for state in scope)
