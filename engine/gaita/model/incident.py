"""An incident: one thing that the engine could not do, kept until an operator has seen to it."""

from dataclasses import dataclass
from datetime import datetime

STUCK = "stuck"
"""The code of the incident that holds back the timers of a case that cannot be carried on."""
NOBODY_HEARS = "nobody_hears"
"""The code of the incident that is opened, once for a role, where nobody is found to hear."""
DEAD_LETTER = "dead_letter"
"""The code of the incident that is opened where a delivery is given up."""
NOT_TOLD = "administrators_not_told"
"""The code of either, where the administrators' own summary is concerned: no summary reports it."""


@dataclass(frozen=True, slots=True)
class Incident:
    """One thing that the engine could not do."""

    number: int
    opened_at: datetime
    instance: str | None
    code: str
    message: str
    closed_at: datetime | None
    closed_by: str | None
