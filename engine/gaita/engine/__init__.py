"""The engine: joins the store, the step and the clock; wakes for what is due."""

from gaita.engine.catalogue import Deployment
from gaita.engine.delivery import Channel, Delivered, Notice
from gaita.engine.directory import Directory, StatedRoles
from gaita.engine.engine import Engine, Page
from gaita.engine.identity import Identities
from gaita.engine.receipt import Receipt
from gaita.engine.scheduler import Scheduler
from gaita.engine.sweep import Sweep
from gaita.engine.verification import Verification

__all__ = [
    "Channel",
    "Delivered",
    "Deployment",
    "Directory",
    "Engine",
    "Identities",
    "Notice",
    "Page",
    "Receipt",
    "Scheduler",
    "StatedRoles",
    "Sweep",
    "Verification",
]
