"""The pure step, against a bare ``transitions`` trigger with a guard in Python."""

from datetime import UTC, datetime

from transitions import Machine
from transitions.extensions import HierarchicalMachine

from benchmarks.measure import Line, compared, microseconds
from gaita.language import read
from gaita.model.command import Fire, Start
from gaita.model.instance import Instance
from gaita.model.outcome import Accepted
from gaita.step import Facts, step

WORKFLOW = """
language = 1
[workflow]
id = "bench"
initial = "a"
time_zone = "Europe/Riga"
[data]
users = { type = "integer", default = 40 }
ready = { type = "boolean", default = true }
[states.a]
[states.b]
[states.end]
final = true
[events.go]
[events.stop]
[[transitions]]
event = "go"
from = "a"
to = "b"
guard = ["data.users >= 30", "data.ready"]
[[transitions]]
event = "go"
from = "b"
to = "a"
guard = ["data.users >= 30", "data.ready"]
[[transitions]]
event = "stop"
from = "any"
to = "end"
"""


class Prototype:
    """A model as the library's users write it."""

    users = 40
    ready = True

    def may(self) -> bool:
        return self.users >= 30 and self.ready


def measure() -> list[Line]:
    """Measure one accepted event with a guard of two clauses."""
    now = datetime(2025, 1, 1, tzinfo=UTC)
    workflow = read(WORKFLOW, "bench.toml", 1)
    facts = Facts(now)
    started = step(workflow, None, Start("p"), facts).after
    command = Fire("go")
    held: list[Instance] = [started]

    def engine() -> None:
        outcome = step(workflow, held[0], command, facts)
        held[0] = outcome.after

    assert isinstance(step(workflow, started, command, facts), Accepted)
    flat, nested = Prototype(), Prototype()
    for machine_class, model in ((Machine, flat), (HierarchicalMachine, nested)):
        machine = machine_class(model=model, states=["a", "b"], initial="a", auto_transitions=False)
        machine.add_transition("go", "a", "b", conditions="may")
        machine.add_transition("go", "b", "a", conditions="may")
    ours, flat_time, nested_time = microseconds(
        engine,
        lambda: flat.go(),  # type: ignore[attr-defined]  # noqa: PLW0108 - the library adds the method
        lambda: nested.go(),  # type: ignore[attr-defined]  # noqa: PLW0108
        times=4000,
    )
    return [
        Line("a transitions trigger, flat", f"{flat_time:.1f} µs"),
        Line("a transitions trigger, hierarchical", f"{nested_time:.1f} µs"),
        compared("step: one event, guard of two clauses / flat", f"{ours:.1f} µs", ours / flat_time, 3),
        compared("step: one event, guard of two clauses / hierarchical", "", ours / nested_time, 1),
    ]
