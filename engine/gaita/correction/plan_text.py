"""A plan in words: what it does to which entries, what becomes of the case, and what stops it."""

from collections.abc import Sequence
from dataclasses import dataclass

from gaita.correction.plan import Plan, correction_body
from gaita.history import CorrectionText, Record, Replay
from gaita.model.workflow import Workflow
from gaita.texts import Language, language_of


@dataclass(frozen=True, slots=True)
class PlanText:
    """A plan in words."""

    edits: tuple[str, ...]
    """What it does to each entry."""
    case: tuple[str, ...]
    """Where the case stands after it, and which of its data are others."""
    deadlines: tuple[str, ...]
    """What becomes of each deadline."""
    upset: tuple[str, ...]
    """The later entries that take other transitions than they did."""


def plan_text(
    workflow: Workflow, records: Sequence[Record], plan: Plan, language: str | Language = "en"
) -> PlanText:
    """Return a plan for the case whose history is ``records`` in words; personal values are left out.

    Raises ``BrokenHistory`` for a history that leads to nothing.
    """
    spoken = language_of(language)
    played = Replay(workflow)
    for record in records:
        played.add(record)
    text = CorrectionText(workflow, spoken)
    edits = correction_body(plan)["edits"]
    return PlanText(
        tuple(text.edits(edits, played.course, played.sequence + 1)),  # type: ignore[arg-type]
        tuple(text.case(plan.before, plan.after)),
        tuple(text.deadlines(plan.deadlines)),
        tuple(text.entries(plan.upset, played.course)),
    )
