"""Correction: a case's commands, read back from its history and decided again. Pure: no SQL, no clock."""

from gaita.correction.decided_again import decided_again, first_difference
from gaita.correction.entry import Entry, entry_of

__all__ = ["Entry", "decided_again", "entry_of", "first_difference"]
