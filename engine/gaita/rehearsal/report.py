"""What a rehearsal gives: plain values, the same each time, for whoever prints them."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, is_dataclass
from datetime import datetime, timedelta
from typing import Any, cast

from gaita.fault import Fault, Place
from gaita.model.incident import Incident
from gaita.model.outcome import Explanation, Message
from gaita.model.value import moment_text
from gaita.rehearsal.forecast_accuracy import Forecasts
from gaita.rehearsal.script import Answer
from gaita.store import Account
from gaita.title import Title


@dataclass(frozen=True, slots=True)
class BoardLine:
    """One instance as the rehearsal leaves it."""

    instance: str
    state: str
    since: datetime
    final: bool
    next_due: datetime | None
    """When the earliest open deadline that is not overdue is due."""
    overdue: tuple[str, ...]
    """The rules of its open deadlines that were due already."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """A command that was refused, and why."""

    place: Place
    at: datetime
    instance: str
    asked: str
    """The event, or the fields that were to be changed."""
    actor: str
    explanation: Explanation


@dataclass(frozen=True, slots=True)
class Disagreement:
    """A line whose ``expect`` is not what came out."""

    place: Place
    at: datetime
    instance: str
    asked: str
    state: str
    """The state in which it was asked."""
    expected: Answer
    answered: Answer
    explanation: Explanation


@dataclass(frozen=True, slots=True)
class Expectations:
    """How many of the lines with ``expect`` came out so, and which did not."""

    total: int
    agreed: int
    always: int
    """With how many a workflow that accepts everything would have agreed."""
    disagreements: tuple[Disagreement, ...]


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """What came of a script."""

    workflow: str
    title: Title
    zone: str
    began: datetime
    ended: datetime
    commands: int
    accepted: int
    timers: int
    left_out: int
    """How many commands lie after the end and were not carried out."""
    board: tuple[BoardLine, ...]
    notices: tuple[Message, ...]
    refusals: tuple[Refusal, ...]
    faults: tuple[Fault, ...]
    """Commands that could not be carried out at all: nothing came of them."""
    expectations: Expectations
    moves: Mapping[tuple[str, str], int]
    """How often an instance went from one state to another."""
    forecasts: Forecasts
    account: Account
    incidents: tuple[Incident, ...]

    def as_json(self) -> dict[str, object]:
        """Return all of it as JSON."""
        found: dict[str, object] = {}
        for name in self.__slots__:
            value: object = getattr(self, name)
            if name == "moves":
                value = [
                    {"from": source, "to": target, "count": count}
                    for (source, target), count in self.moves.items()
                ]
            found[name] = _plain(value)
        return found


def _plain(value: object) -> object:
    match value:
        case datetime():
            return moment_text(value)
        case timedelta():
            return value.total_seconds()
        case Forecasts() | Fault():
            return value.as_json()
        case Place():
            return str(value)
        case list() | tuple():
            return [_plain(each) for each in cast("list[object]", value)]
        case Mapping():
            return {str(key): _plain(each) for key, each in cast("Mapping[object, object]", value).items()}
        case _ if is_dataclass(value):
            return {key: _plain(each) for key, each in asdict(cast("Any", value)).items()}
        case _:
            return value
