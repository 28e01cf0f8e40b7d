"""A receipt: what the caller of a command gets back."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

from gaita.correction import Plan
from gaita.history import (
    ChangeKind,
    DeadlineChange,
    DeadlineDifference,
    Record,
    Replay,
    before_by,
    before_by_records,
    deadline_changes,
    deadline_differences,
    effective,
    standings,
)
from gaita.model.outcome import Accepted, Explanation, Move, Outcome
from gaita.model.value import moment_of
from gaita.model.workflow import Workflow
from gaita.step import explanation_of, taken_by


@dataclass(frozen=True, slots=True)
class Receipt:
    """How a command came out, what it did, and what had to happen first."""

    instance: str
    state: str
    """The state after it."""
    sequence: int
    """The number of the record that reports it."""
    at: datetime
    """When it was carried out: for one that is ``repeated``, at that time."""
    accepted: bool
    explanation: Explanation
    moves: tuple[Move, ...] = ()
    repeated: bool = False
    """Whether the idempotency key had been used: nothing was done, this is what was answered then."""
    deadlines: tuple[DeadlineChange, ...] = ()
    """What it did to deadlines: those that ended, were adjusted, and were armed, in this order."""
    fired_first: int = 0
    """How many due timers of this instance were fired before it."""
    record: Record | None = None
    """The record that reports it: who asked for what; ``None`` for a refusal that was recorded before."""

    @classmethod
    def of(cls, workflow: Workflow, outcome: Outcome, record: Record | None, fired_first: int) -> "Receipt":
        """Make the receipt of an outcome, and of the record that reports it."""
        moves: tuple[Move, ...] = ()
        changes: tuple[DeadlineChange, ...] = ()
        if isinstance(outcome, Accepted):
            moves = outcome.moves
            if record is not None and (outcome.armed or outcome.adjusted or outcome.ended):
                before = before_by(outcome.before.deadlines if outcome.before is not None else ())
                changes = deadline_changes(record, before)
        return cls(
            outcome.after.id,
            outcome.after.state,
            outcome.after.sequence,
            outcome.at,
            isinstance(outcome, Accepted),
            explanation_of(workflow, outcome),
            moves,
            deadlines=changes,
            fired_first=fired_first,
            record=record,
        )

    @classmethod
    def entered_late(cls, plan: Plan, record: Record) -> "Receipt":
        """Make the receipt of an entry that was made late, from the record which reports it."""
        return cls._late(record, plan.before.state, plan.after.state, plan.deadlines, plan.at)

    @classmethod
    def _late(
        cls,
        record: Record,
        before: str,
        after: str,
        deadlines: Iterable[DeadlineDifference],
        now: datetime,
        *,
        repeated: bool = False,
    ) -> "Receipt":
        body = cast("dict[str, Any]", record.body)
        told = next(each for each in body["tail"] if each.get("entry") == f"{record.sequence}.1")
        moves = _moves(told)
        source = next((move.source for move in moves if move.source is not None), before)
        changes = (_change_of(each, now) for each in deadlines)
        return cls(
            record.instance,
            after,
            record.sequence,
            effective(body),
            accepted=True,
            explanation=Explanation(source, body.get("event"), None),
            moves=moves,
            repeated=repeated,
            deadlines=tuple(change for change in changes if change is not None),
            record=record,
        )

    @classmethod
    def again(cls, workflow: Workflow, records: list[Record]) -> "Receipt":
        """Make the receipt of a command that was accepted before: the last of an instance's ``records``."""
        *earlier, record = records
        if "base" in record.body:
            played = Replay(workflow)
            for each in earlier:
                played.add(each)
            stood, before = standings(played), played.instance.state
            played.add(record)
            differences = deadline_differences(stood, played)
            now = moment_of(str(record.body["at"]))
            return cls._late(record, before, played.instance.state, differences, now, repeated=True)
        body = cast("dict[str, Any]", record.body)
        moves = _moves(body)
        state, event = body["state"], body.get("event")
        before = next((move.source for move in moves if move.source is not None), state)
        first = moves[0] if moves and moves[0].transition and event is not None else None
        candidates = () if first is None else (taken_by(workflow, first),)
        return cls(
            record.instance,
            state,
            record.sequence,
            moment_of(body["at"]),
            accepted=True,
            explanation=Explanation(before, event, None, candidates),
            moves=moves,
            repeated=True,
            deadlines=deadline_changes(record, before_by_records(records[:-1])),
            record=record,
        )


def _moves(body: dict[str, Any]) -> tuple[Move, ...]:
    return tuple(
        Move(
            move["transition"],
            move.get("from"),
            move["to"],
            move.get("internal", False),
            tuple(move.get("exited", ())),
            tuple(move.get("entered", ())),
            move.get("evidence"),
        )
        for move in body.get("moves", ())
    )


def _change_of(found: DeadlineDifference, now: datetime) -> DeadlineChange | None:
    """Return what a late entry did to a deadline; ``None``: nothing that its owner would notice."""
    after, was = found.after, None if found.before is None else found.before.due
    if found.ending is not None:
        if found.ending == found.was:
            return None
        return DeadlineChange(found.ending, after.rule, after.number, None, was)
    if found.before is not None and was == after.due:
        return None
    kind: ChangeKind = "armed" if found.before is None else "moved"
    due = None if after.is_paused else after.due
    past = due is not None and due <= now and not after.provisional
    return DeadlineChange(kind, after.rule, after.number, due, was, past=past, provisional=after.provisional)
