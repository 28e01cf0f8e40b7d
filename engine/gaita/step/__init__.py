"""The step: what a command does to an instance. Pure: no clock, disk, network or log."""

from gaita.step.deadline_commands import moving
from gaita.step.deadlines.due_moment import explained_due, standing_of
from gaita.step.due_timers import fire_due_timers
from gaita.step.explain import explain, possibilities
from gaita.step.facts import Facts
from gaita.step.step import step

__all__ = [
    "Facts",
    "explain",
    "explained_due",
    "fire_due_timers",
    "moving",
    "possibilities",
    "standing_of",
    "step",
]
