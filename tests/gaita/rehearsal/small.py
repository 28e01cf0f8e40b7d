"""A small workflow, and rehearsals of it, that the tests of the rehearsal share."""

import json

from gaita.rehearsal import Rehearsal, rehearse
from tests.gaita.building import heading

SMALL = (
    heading("small", "idea", horizon="2024-12-31")
    + """
[data.owner]
type = "string"
[data.ready]
type = "month"
by = "lead"
[roles.lead]
[roles.keeper]
[states.idea.deadlines.decision]
within = "10 days"
remind = [{ before = "3 days", to = "lead" }]
escalate = [{ to = "lead" }, { after = "5 days", to = "keeper" }, { after = "20 days", fire = "drop" }]
[states.pilot.deadlines.ready]
at = "data.ready"
through = "idea"
escalate = [{ to = "keeper" }]
[states.done]
final = true
[events.test.payload]
users = { type = "integer", min = 1 }
done = { type = "boolean", optional = true }
[events.drop]
[events.finish]
[[transitions]]
event = "test"
from = "idea"
to = "pilot"
guard = [{ id = "users", check = "event.users >= 3", why = "Three users have tried it" }]
[[transitions]]
event = "finish"
from = "pilot"
to = "done"
[[transitions]]
event = "drop"
from = "any"
to = "done"
"""
)


def line(at: str, command: str, instance: str, **more: object) -> str:
    return json.dumps({"at": at, "command": command, "instance": instance, **more}) + "\n"


def run(*lines: str, **more: object) -> Rehearsal:
    return rehearse(SMALL, "".join(lines), **more)  # type: ignore[arg-type]
