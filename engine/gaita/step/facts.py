"""The facts: what a step may know beside the instance and its workflow."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import cast

from gaita.calendar import WorkingCalendar, today_text
from gaita.model.value import Data, Value, moment_text
from gaita.model.workflow import Workflow


@dataclass(frozen=True, slots=True)
class Facts:
    """What the store loaded for one command. Limits and related instances will join them here."""

    now: datetime
    """Read once from the clock; aware, UTC."""
    calendar: WorkingCalendar | None = None
    """The working days of the workflow's calendar; ``None`` where it counts none."""
    numbers: Mapping[tuple[str, datetime, int], int] | None = None
    """Where a life is decided again: the numbers that its deadlines had, by rule, anchor and occurrence."""

    @property
    def calendar_digest(self) -> str | None:
        """What an outcome says of the calendar by which it was worked out."""
        return None if self.calendar is None else self.calendar.digest


class Names(dict[str, object]):
    """What an expression may name. Some of it is worked out only where something asks for it."""

    __slots__ = ("_place", "_workflow")

    def __init__(self, workflow: Workflow, place: str, data: Data, payload: Data, facts: Facts) -> None:
        """Bring together where the instance is, its data, the event's payload and the time."""
        super().__init__(data=data, event=payload, now=facts.now)
        self._workflow = workflow
        self._place = place

    def __missing__(self, name: str) -> object:
        """Work out ``today``, the day in the workflow's zone, and ``in_state``: which states are active."""
        found: object
        if name == "today":
            found = today_text(cast("datetime", self["now"]), self._workflow.zone)
        elif name == "in_state":
            active = self._workflow.tree.active(self._place)
            found = {state: state in active for state in self._workflow.states}
        else:
            raise KeyError(name)
        self[name] = found
        return found


def read_names(names: Names, reads: tuple[str, ...]) -> tuple[dict[str, Value], tuple[str, ...]]:
    """Return the values of the names that are set, and the names that are not."""
    found: dict[str, Value] = {}
    missing: list[str] = []
    for name, root, field in _parts(reads):
        value = names[root]
        if field:
            fields = cast("Data", value)
            if field in fields:
                found[name] = fields[field]
            else:
                missing.append(name)
        else:
            found[name] = moment_text(value) if isinstance(value, datetime) else cast("Value", value)
    return found, tuple(missing)


@lru_cache(maxsize=4096)
def _parts(reads: tuple[str, ...]) -> tuple[tuple[str, str, str], ...]:
    """Return each name with its root and its field, which is empty for ``now`` and ``today``."""
    parts = ((name, name.partition(".")) for name in reads)
    return tuple((name, root, field) for name, (root, _, field) in parts)
