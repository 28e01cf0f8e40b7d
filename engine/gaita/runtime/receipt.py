"""A receipt: what the caller of a command gets back."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

from gaita.history import Record
from gaita.model.outcome import Accepted, Adjustment, Explanation, Move, Outcome
from gaita.model.value import moment_of


@dataclass(frozen=True, slots=True)
class Receipt:
    """How a command came out, and what had to happen first."""

    instance: str
    state: str
    """The state after it."""
    sequence: int
    """The record that reports it."""
    at: datetime
    accepted: bool
    explanation: Explanation
    moves: tuple[Move, ...] = ()
    repeated: bool = False
    """Whether the idempotency key had been used: nothing was done, this is what was answered then."""
    adjusted: tuple[Adjustment, ...] = ()
    """The deadlines whose clocks were stopped or let run, or that were given more time."""
    fired_first: int = 0
    """How many due timers of this instance were fired before it."""

    @classmethod
    def of(cls, outcome: Outcome, fired_first: int) -> "Receipt":
        """Make the receipt of an outcome."""
        accepted = isinstance(outcome, Accepted)
        return cls(
            outcome.after.id,
            outcome.after.state,
            outcome.after.sequence,
            outcome.at,
            accepted,
            outcome.explanation,
            outcome.moves if isinstance(outcome, Accepted) else (),
            adjusted=outcome.adjusted if isinstance(outcome, Accepted) else (),
            fired_first=fired_first,
        )

    @classmethod
    def again(cls, record: Record) -> "Receipt":
        """Make the receipt of a command that was accepted before, from its record."""
        body = cast("dict[str, Any]", record.body)
        moves = tuple(
            Move(move["transition"], move.get("from"), move["to"], move.get("internal", False))
            for move in body.get("moves", ())
        )
        state = body["state"]
        before = next((move.source for move in moves if move.source is not None), state)
        return cls(
            record.instance,
            state,
            record.sequence,
            moment_of(body["at"]),
            accepted=True,
            explanation=Explanation(before, body.get("event"), None),
            moves=moves,
            repeated=True,
        )
