"""The step: what a command does to an instance. Pure: no clock, disk, network or log."""

from gaita.step.backlog import backlog, has_due_timers
from gaita.step.deadline_commands import moving
from gaita.step.deadlines.due_moment import explained_due, standing_of
from gaita.step.deadlines.timers import counted_anew
from gaita.step.due_timers import due_command, fire_due_timers
from gaita.step.explain import (
    explain,
    explain_settled,
    explanation_of,
    possibilities,
    possibilities_settled,
    with_due_timers_fired,
)
from gaita.step.facts import Facts
from gaita.step.refusal import refuse
from gaita.step.select import taken_by
from gaita.step.step import admitted, step

__all__ = [
    "Facts",
    "admitted",
    "backlog",
    "counted_anew",
    "due_command",
    "explain",
    "explain_settled",
    "explained_due",
    "explanation_of",
    "fire_due_timers",
    "has_due_timers",
    "moving",
    "possibilities",
    "possibilities_settled",
    "refuse",
    "standing_of",
    "step",
    "taken_by",
    "with_due_timers_fired",
]
