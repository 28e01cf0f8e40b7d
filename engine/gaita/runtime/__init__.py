"""The runtime: the engine that a service embeds, its parts, and what wakes it for what is due."""

from gaita.runtime.calendars import CalendarPlan, Calendars, DeadlineMove
from gaita.runtime.corrections import Correction, Corrections
from gaita.runtime.directory import StatedRoles
from gaita.runtime.engine import Engine, Page
from gaita.runtime.instance_ids import InstanceIds
from gaita.runtime.receipt import Receipt
from gaita.runtime.scheduler import Scheduler
from gaita.runtime.sweep import Sweep
from gaita.runtime.verification import Verification
from gaita.runtime.versions import Deployment, RunningVersion, Versions

__all__ = [
    "CalendarPlan",
    "Calendars",
    "Correction",
    "Corrections",
    "DeadlineMove",
    "Deployment",
    "Engine",
    "InstanceIds",
    "Page",
    "Receipt",
    "RunningVersion",
    "Scheduler",
    "StatedRoles",
    "Sweep",
    "Verification",
    "Versions",
]
