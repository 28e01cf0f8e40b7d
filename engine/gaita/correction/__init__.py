"""Correction: a case's commands, read back from its history and decided again. Pure: no SQL, no clock."""

from gaita.correction.decided_again import course_difference, decided_again, first_difference
from gaita.correction.edit import Amend, Edit, Insert, Undo, WrongEdit
from gaita.correction.entry import Entry, entries_of, entry_of, with_values
from gaita.correction.life import Rules
from gaita.correction.plan import (
    Corrector,
    Plan,
    Stop,
    correction_body,
    correction_record,
    late_record,
    plan_of,
    planned,
    with_restated,
)
from gaita.correction.plan_text import PlanText, plan_text

__all__ = [
    "Amend",
    "Corrector",
    "Edit",
    "Entry",
    "Insert",
    "Plan",
    "PlanText",
    "Rules",
    "Stop",
    "Undo",
    "WrongEdit",
    "correction_body",
    "correction_record",
    "course_difference",
    "decided_again",
    "entries_of",
    "entry_of",
    "first_difference",
    "late_record",
    "plan_of",
    "plan_text",
    "planned",
    "with_restated",
    "with_values",
]
