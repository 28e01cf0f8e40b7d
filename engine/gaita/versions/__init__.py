"""Versions: what tells one from another, and what that means for the cases that run. Pure."""

from gaita.versions.difference import Aspect, PartChange, VersionDifference, difference
from gaita.versions.impact import CaseFinding, Impact, ImpactLine, Tally, findings_of

__all__ = [
    "Aspect",
    "CaseFinding",
    "Impact",
    "ImpactLine",
    "PartChange",
    "Tally",
    "VersionDifference",
    "difference",
    "findings_of",
]
