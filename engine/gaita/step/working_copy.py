"""The working copy of an instance while one command is carried out on it."""

from collections.abc import Mapping
from datetime import datetime

from gaita.errors import EndlessMoves
from gaita.model.command import Command
from gaita.model.instance import Instance
from gaita.model.outcome import Accepted, Explanation, Move, Trouble
from gaita.model.remembering import entries_after, exited_and_entered, stays_after
from gaita.model.value import Value
from gaita.model.workflow import Rule, State, Workflow
from gaita.phrase import phrase
from gaita.step.deadlines.changes import DeadlineChanges
from gaita.step.facts import Facts, Names
from gaita.step.select import Selected, select

MOST_AUTOMATIC_MOVES = 100

_NO_PAYLOAD: Mapping[str, Value | None] = {}


class WorkingCopy:
    """Collects what a command changes, and makes the outcome of it at the end.

    Due moments depend on what it says at the time (see ``Standing``).
    """

    def __init__(self, workflow: Workflow, instance: Instance, facts: Facts) -> None:
        """Begin with ``instance`` as it stands."""
        self.workflow = workflow
        self.facts = facts
        self.calendar = facts.calendar
        self.state = instance.state
        self.data = instance.data
        self.since = instance.since
        self.started_at = instance.started_at
        self.memory = instance.memory
        self.entered = instance.entered
        self.stays = instance.stays
        self.deadlines = DeadlineChanges(self, instance, facts)
        self.moves: list[Move] = []
        self.changed: dict[str, Value | None] = {}
        self.troubles: list[str] = []
        self._instance = instance

    # -- what a command asks for

    def carry_out(self, selected: Selected) -> None:
        """Take a transition: leave, set, enter, meet deadlines, and then whatever follows automatically."""
        self._take(selected)
        self.run_to_rest()

    def close(self, state: str) -> None:
        """Move to a final state, whatever the guards say."""
        self._go(0, state)

    def change(self, values: Mapping[str, Value | None]) -> None:
        """Change data, and re-arm the deadlines whose moment it gives."""
        self._follow(self._assign(values))

    def enter(self, leaf: str, since: datetime, *, adopted: bool) -> None:
        """Enter the first state of a life."""
        self.state, self.since = leaf, since
        entered = self.workflow.paths[leaf]
        self.moves.append(Move(0, None, leaf, entered=entered))
        self._note((), entered, since)
        self.deadlines.enter(self.workflow.scoped[leaf], since, adopted=adopted)

    def run_to_rest(self) -> None:
        """Take automatic transitions until none holds. Raises ``EndlessMoves`` past the bound."""
        if (self.state, None) not in self.workflow.candidates:
            return
        for _ in range(MOST_AUTOMATIC_MOVES):
            names = Names(self.workflow, self.data, {}, self.facts)
            selected = select(self.workflow, self.instance(), None, names, None)
            if not isinstance(selected, Selected):
                self.troubles.extend(selected[1])
                return
            self._take(selected)
        path = " -> ".join(move.target for move in self.moves[-6:])
        message = phrase(
            "instance %(id)s: %(most)s automatic transitions never came to rest (…"
            " %(path)s); look at the guards of the automatic transitions between these states",
            id=self._instance.id,
            most=MOST_AUTOMATIC_MOVES,
            path=path,
        )
        raise EndlessMoves(message)

    # -- what comes of it

    def instance(self, *, step: int = 0) -> Instance:
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
            self.deadlines.open,
            self.deadlines.armed_count,
            before.version + step,
            None if step else before.refusal,
            before.sequence + step,
            self.entered,
            self.stays,
            self.deadlines.remembered if step else before.remembered,
            before.corrected,
        )

    def accept(
        self,
        command: Command,
        explanation: Explanation,
        *,
        first: bool = False,
        payload: Mapping[str, Value | None] = _NO_PAYLOAD,
    ) -> Accepted:
        """Return the outcome."""
        trouble = Trouble("expression_failed", "; ".join(self.troubles)) if self.troubles else None
        deadlines = self.deadlines
        return Accepted(
            command,
            self.facts.now,
            None if first else self._instance,
            self.instance(step=1),
            explanation,
            tuple(self.moves),
            self.changed,
            tuple(deadlines.armed),
            tuple(deadlines.ended),
            tuple(deadlines.adjusted),
            tuple(deadlines.timers),
            tuple(deadlines.messages),
            trouble,
            self.facts.calendar_digest,
            tuple(sorted(deadlines.settled)),
            payload,
        )

    # -- moving

    def _take(self, selected: Selected) -> None:
        transition = selected.transition
        self.troubles.extend(selected.failures)
        changed = self._assign(selected.values) if selected.values else ()
        if selected.target is None:
            self.moves.append(
                Move(transition.number, self.state, self.state, internal=True, evidence=selected.evidence)
            )
        else:
            self._go(transition.number, selected.target, selected.evidence)
        if transition.event is not None:
            # Met before the data is followed: what the event says of the next one arms the next one.
            self.deadlines.meet(transition.event)
        self._follow(changed)

    def _go(self, transition: int, target: str, evidence: Mapping[str, Value] | None = None) -> None:
        workflow = self.workflow
        source = self.state
        state: State = workflow.states[target]
        while state.initial is not None:
            state = workflow.states[state.initial]
        leaf = state.id
        exited, entered = exited_and_entered(workflow, source, target, leaf)
        if leaf in workflow.remembering and leaf != source:
            self.memory = {**self.memory, leaf: source}
        self.state, self.since = leaf, self.facts.now
        self.moves.append(Move(transition, source, leaf, exited=exited, entered=entered, evidence=evidence))
        anew = self._note(exited, entered, self.facts.now)
        self.deadlines.move(workflow.paths[source], exited, leaf)
        self.deadlines.follow(anew, leaf)

    def _note(self, exited: tuple[str, ...], entered: tuple[str, ...], at: datetime) -> tuple[Rule, ...]:
        """Note what deadlines count from, and where clocks stand; return those that count from it."""
        workflow = self.workflow
        if not (workflow.anchored or workflow.stopping):
            return ()
        self.entered = entries_after(workflow, self.entered, entered, at)
        self.stays = stays_after(workflow, self.stays, exited, entered, at)
        return tuple(rule for state in entered for rule in workflow.anchored.get(state, ()))

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

    def _follow(self, changed: tuple[str, ...]) -> None:
        """Re-arm the deadlines whose moment a changed field gives."""
        for field in changed:
            if field in self.workflow.follows:
                self.deadlines.follow(self.workflow.follows[field], self.state)
