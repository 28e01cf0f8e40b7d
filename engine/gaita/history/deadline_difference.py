"""What a correction changed of a case's deadlines: each as it stood before, and as it stands after."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from gaita.history.replay import Replay
from gaita.model.instance import Deadline, DeadlineEnding

Standing: TypeAlias = tuple[Deadline, DeadlineEnding | None]
"""A deadline, and how it ended; ``None``: it is open."""


@dataclass(frozen=True, slots=True)
class DeadlineDifference:
    """A deadline that a correction changes."""

    before: Deadline | None
    """``None``: it had never been armed."""
    was: DeadlineEnding | None
    """How it had ended; ``None``: it was open, or there was none."""
    after: Deadline
    ending: DeadlineEnding | None
    restated: bool
    """Whether it counts as met now, and had counted as missed."""


def standings(replay: Replay) -> dict[int, Standing]:
    """Return every deadline as it stands, by number: a replay that goes on changes its own."""
    return {number: (each.value, each.ending) for number, each in replay.deadlines.items()}


def deadline_differences(before: Mapping[int, Standing], after: Replay) -> Iterator[DeadlineDifference]:
    """Yield the deadlines that stand otherwise than ``before``, in the order of their numbers."""
    for number, each in after.deadlines.items():
        known, was = before.get(number, (None, None))
        if known is None or (known, was) != (each.value, each.ending):
            yield DeadlineDifference(known, was, each.value, each.ending, each.restated)
