"""Correction: a case's commands, read back from its history and decided again. Pure: no SQL, no clock."""

from gaita.correction.decided_again import decided_again, first_difference
from gaita.correction.edit import Amend, Edit, Insert, Undo, WrongEdit
from gaita.correction.entry import Entry, entry_of
from gaita.correction.life import Rules
from gaita.correction.plan import (
    Corrector,
    DeadlineDifference,
    Plan,
    Stop,
    correction_body,
    correction_record,
    late_record,
    plan_of,
)

__all__ = [
    "Amend",
    "Corrector",
    "DeadlineDifference",
    "Edit",
    "Entry",
    "Insert",
    "Plan",
    "Rules",
    "Stop",
    "Undo",
    "WrongEdit",
    "correction_body",
    "correction_record",
    "decided_again",
    "entry_of",
    "first_difference",
    "late_record",
    "plan_of",
]
