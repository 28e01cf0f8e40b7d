"""What happened to one instance, with its records sealed: the one value from which all rows are written."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from gaita.history import GENESIS, Record, chain
from gaita.model.command import Key
from gaita.model.instance import Instance
from gaita.model.outcome import Accepted, Message, Outcome, Trouble
from gaita.model.workflow import Workflow


@dataclass(frozen=True, slots=True)
class Loaded:
    """An instance as stored, the hash of its last record, and the digest of its workflow's content."""

    instance: Instance
    head: str
    workflow_digest: str | None
    """``None``: its version of the workflow is not there."""


@dataclass(frozen=True, slots=True)
class Happened:
    """What happened to one instance, in order; not written yet."""

    workflow: Workflow
    before: Loaded | None
    """``None``: it is started by the first outcome."""
    outcomes: Sequence[Outcome]
    records: Sequence[Record]
    key: Key | None = None
    """Under which the last command was carried out, where it was accepted."""

    @property
    def after(self) -> Instance:
        """The instance as the last outcome leaves it."""
        return self.outcomes[-1].after

    @property
    def head(self) -> str:
        """The hash of its last record."""
        if self.records:
            return self.records[-1].hash
        return GENESIS if self.before is None else self.before.head

    @property
    def last(self) -> Record | None:
        """The record of the last outcome; ``None``: a refusal that was recorded before."""
        last = self.outcomes[-1]
        return self.records[-1] if isinstance(last, Accepted) or last.recorded else None

    @property
    def accepted(self) -> Iterator[Accepted]:
        """What was carried out, and changed something beside the history."""
        return (outcome for outcome in self.outcomes if isinstance(outcome, Accepted))

    @property
    def messages(self) -> Iterator[Message]:
        """What is to be delivered outside."""
        return (message for outcome in self.accepted for message in outcome.messages)

    @property
    def troubles(self) -> Iterator[Trouble]:
        """What the engine could not do; a refusal that is not recorded again tells nothing new."""
        return (
            outcome.trouble
            for outcome in self.outcomes
            if outcome.trouble is not None and (isinstance(outcome, Accepted) or outcome.recorded)
        )


def happened(
    workflow: Workflow,
    before: Loaded | None,
    outcomes: Sequence[Outcome],
    key: Key | None = None,
    asked_on: datetime | None = None,
) -> Happened:
    """Seal the records of what happened to one instance: whatever cannot be recorded fails here, alone.

    ``key`` belongs to the last outcome; a refusal leaves it unused, so that the command may be tried again.
    """
    if not isinstance(outcomes[-1], Accepted):
        key = None
    head = GENESIS if before is None else before.head
    return Happened(workflow, before, outcomes, chain(workflow, outcomes, head, key, asked_on), key)
