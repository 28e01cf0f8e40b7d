"""The working copy of an instance while one command is carried out on it."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from gaita.errors import EndlessMoves
from gaita.model.command import Command
from gaita.model.instance import Instance
from gaita.model.outcome import Accepted, Explanation, Move, Trouble
from gaita.model.remembering import entries_after, memory_after, stays_after
from gaita.model.state_tree import Change
from gaita.model.value import Value
from gaita.model.workflow import Rule, Workflow
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
        place, change = self.state, self.workflow.tree.change(self.state, state)
        self.moves.append(_move(0, change, None))
        self._settle(place, [change])

    def change(self, values: Mapping[str, Value | None]) -> None:
        """Change data, and re-arm the deadlines whose moment it gives."""
        self._follow(self._assign(values))

    def enter(self, place: str, since: datetime, *, adopted: bool) -> None:
        """Enter the first place of a life."""
        self.state, self.since = place, since
        entered = self.workflow.tree.active(place)
        self.moves.append(Move(0, None, place, entered=entered))
        self._note((), entered, since)
        self.deadlines.enter(entered, self.workflow.scoped_in(place), since, adopted=adopted)

    def run_to_rest(self) -> None:
        """Take automatic transitions until none holds. Raises ``EndlessMoves`` past the bound."""
        if not self.workflow.has_transition(self.state, None):
            return
        for _ in range(MOST_AUTOMATIC_MOVES):
            names = Names(self.workflow, self.state, self.data, {}, self.facts)
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
        self.troubles.extend(selected.failures)
        place, tree = self.state, self.workflow.tree
        changed: tuple[str, ...] = ()
        changes: list[Change] = []
        for each in (selected, *selected.beside):
            if each.values:
                changed += self._assign(each.values)
            if each.target is None:
                number = each.transition.number
                self.moves.append(Move(number, place, place, internal=True, evidence=each.evidence))
            else:
                changes.append(tree.change(place, each.target))
                self.moves.append(_move(each.transition.number, changes[-1], each.evidence))
        if changes:
            self._settle(place, changes)
        if selected.transition.event is not None:
            # Met before the data is followed: what the event says of the next one arms the next one.
            self.deadlines.meet(selected.transition.event)
        self._follow(changed)

    def _settle(self, place: str, changes: Sequence[Change]) -> None:
        """Leave and enter what moves from ``place`` do, all of them at once."""
        workflow = self.workflow
        if len(changes) == 1:
            (change,) = changes
            exited, entered, self.state = change.exited, change.entered, change.place
        else:  # what lies inside goes first out, and last in
            exited = tuple(state for change in reversed(changes) for state in change.exited)
            entered = tuple(state for change in changes for state in change.entered)
            self.state = workflow.tree.after(place, changes)
        self.since = self.facts.now
        for change in changes:
            self.memory = memory_after(workflow, self.memory, place, change)
        anew = self._note(exited, entered, self.facts.now)
        self.deadlines.move(place, exited, self.state)
        self.deadlines.follow(anew, self.state)

    def _note(self, exited: tuple[str, ...], entered: tuple[str, ...], at: datetime) -> tuple[Rule, ...]:
        """Note what deadlines count from, and where clocks stand; return those that count from it."""
        workflow = self.workflow
        if not (workflow.noted or workflow.stopping):
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

    def _follow(self, changed: Sequence[str]) -> None:
        """Re-arm the deadlines whose moment a changed field gives."""
        for field in changed:
            if field in self.workflow.follows:
                self.deadlines.follow(self.workflow.follows[field], self.state)


def _move(transition: int, change: Change, evidence: Mapping[str, Value] | None) -> Move:
    return Move(
        transition,
        change.source,
        change.target,
        exited=change.exited,
        entered=change.entered,
        evidence=evidence,
    )
