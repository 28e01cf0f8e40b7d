"""Replaying: what a history leads to. The instance, every deadline and timer it ever had, every message."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

from gaita.clock import EPOCH
from gaita.errors import BrokenHistory
from gaita.history.record import Record
from gaita.model.instance import Deadline, DeadlineEnding, Instance, Timer, TimerEnding, Turn
from gaita.model.outcome import Message
from gaita.model.value import Value, moment_of
from gaita.model.workflow import Workflow


@dataclass(slots=True)
class ReplayedTimer:
    """One moment of a deadline, as its history leads to it."""

    due: datetime | None
    due_is_told: bool = True
    """False: cancelled when it was armed, by a release whose records did not keep its moment."""
    ending: TimerEnding | None = None
    ended_at: datetime | None = None
    late: int | None = None
    """Microseconds after its moment, where it has fired."""

    def end(self, ending: TimerEnding, at: datetime, late: int | None = None) -> None:
        """Note that it has come to its end."""
        self.ending, self.ended_at, self.late = ending, at, late


@dataclass(slots=True)
class ReplayedDeadline:
    """A deadline as its history leads to it, open or ended."""

    number: int
    rule: str
    armed_at: datetime
    since: datetime
    due: datetime
    clipped: bool
    occurrence: int
    course: tuple[Turn, ...]
    provisional: bool
    timers: dict[int, ReplayedTimer]
    ending: DeadlineEnding | None = None
    ended_at: datetime | None = None
    late: int | None = None
    """Microseconds after it was due, where it was missed."""

    @property
    def value(self) -> Deadline:
        """The deadline, with the timers that are still open."""
        return Deadline(
            self.number,
            self.rule,
            self.armed_at,
            self.since,
            self.due,
            self.clipped,
            tuple(Timer(index, timer.due) for index, timer in self.timers.items() if timer.ending is None),
            self.occurrence,
            self.course,
            self.provisional,
        )


class Replay:
    """A history played again, record by record.

    Only what the records say is used, not the guards: a decision once taken is not taken again.
    """

    def __init__(self, workflow: Workflow) -> None:
        """Begin with nothing played."""
        self.deadlines: dict[int, ReplayedDeadline] = {}
        """All that were ever armed, by number."""
        self.messages: list[Message] = []
        self.sequence = 0
        self._workflow = workflow
        self._id = ""
        self._state = ""
        self._data: dict[str, Value] = {}
        self._since = self._started_at = EPOCH
        self._memory: dict[str, str] = {}
        self._entered: dict[str, tuple[datetime, datetime]] = {}
        self._version = 0
        self._refusal: str | None = None

    def add(self, record: Record) -> None:
        """Play one record more. Raises ``BrokenHistory`` where it does not follow from those before it."""
        body = cast("Mapping[str, Any]", record.body)
        try:
            if not self.sequence:
                self._begin(body)
            if body["kind"] == "refused":
                self._refusal = body["refusal"]
            else:
                self._accepted(body, moment_of(body["at"]))
            self.sequence = body["sequence"]
        except BrokenHistory as error:
            message = f"instance {record.instance}, record {record.sequence}: {error}"
            raise BrokenHistory(message) from None
        except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as error:
            # What it says may hold somebody's data: only its kind is told.
            kind = type(error).__name__
            message = f"instance {record.instance}, record {record.sequence}: cannot be replayed ({kind})"
            raise BrokenHistory(message) from None

    @property
    def instance(self) -> Instance:
        """The instance as it stands after the records played so far."""
        return Instance(
            self._id,
            self._workflow.id,
            self._workflow.version,
            self._state,
            dict(self._data),
            self._since,
            self._started_at,
            dict(self._memory),
            tuple(each.value for each in self.deadlines.values() if each.ending is None),
            len(self.deadlines),
            self._version,
            self._refusal,
            self.sequence,
            dict(self._entered),
        )

    def _begin(self, body: Mapping[str, Any]) -> None:
        if body["kind"] not in {"started", "adopted"}:
            message = "the history does not begin with a start"
            raise BrokenHistory(message)
        self._id = body["instance"]
        self._since = self._started_at = moment_of(body.get("since", body["at"]))

    def _accepted(self, body: Mapping[str, Any], at: datetime) -> None:
        if body["kind"] == "timer":
            self._fire(body, at)  # before the moves: its messages name the state in which it fired
        for move in body.get("moves", ()):
            if not move.get("internal"):
                self._move(move, at)
        for name, value in body.get("data", {}).items():
            if value is None:
                del self._data[name]
            else:
                self._data[name] = self._workflow.fields[name].type.admit(value)
        for armed in body.get("armed", ()):
            self._arm(armed, at)
        for adjusted in body.get("adjusted", ()):
            self._adjust(self._open(adjusted["deadline"]), adjusted, at)
        for ended in body.get("ended", ()):
            self._end(self._open(ended["deadline"]), ended, at)
        self._version += 1
        self._refusal = None

    # -- where it is

    def _move(self, move: Mapping[str, Any], at: datetime) -> None:
        leaf: str = move["to"]
        source: str | None = move.get("from")
        self._note_entries(move, self._since if source is None else at)
        if source is not None:
            self._since = at
            if leaf in self._workflow.remembering and leaf != source:
                self._memory[leaf] = source
        self._state = leaf

    def _note_entries(self, move: Mapping[str, Any], at: datetime) -> None:
        """Note the entry of states that deadlines elsewhere count from: those entered, or entered anew."""
        workflow = self._workflow
        if not workflow.anchored:
            return
        number: int = move["transition"]
        target = workflow.transitions[number - 1].target if number else None
        path = workflow.paths[move["to"]]
        kept = 0
        for old, new in zip(workflow.paths.get(move.get("from", ""), ()), path, strict=False):
            if old != new or old == target:
                break
            kept += 1
        for state in path[kept:]:
            if state in workflow.anchored:
                self._entered[state] = (self._entered.get(state, (at, at))[0], at)

    # -- its deadlines

    def _open(self, number: int) -> ReplayedDeadline:
        found = self.deadlines[number]
        if found.ending is not None:
            message = f"deadline {number} has ended already"
            raise BrokenHistory(message)
        return found

    def _fire(self, body: Mapping[str, Any], at: datetime) -> None:
        deadline = self._open(body["deadline"])
        last: int = body["timer"]
        folded: tuple[int, ...] = tuple(body.get("folding", ()))
        indexes = (*folded, last)
        lates: Sequence[int] = body.get("lates") or [body["late"]]
        for index, late in zip(indexes, lates, strict=True):
            deadline.timers[index].end("fired", at, late)
        rule = self._workflow.rules[deadline.rule]
        ids: Sequence[str] = body.get("messages", ())
        kind = rule.moments[last].kind
        for told, role in zip(ids, rule.roles_told(indexes), strict=True):
            self.messages.append(
                Message(
                    id=told,
                    kind=kind,
                    to=role,
                    instance=self._id,
                    workflow=body["workflow"],
                    state=self._state,
                    rule=rule.id,
                    deadline=deadline.number,
                    timer=last,
                    due=deadline.due,
                    at=at,
                    folded=folded,
                )
            )

    def _arm(self, armed: Mapping[str, Any], at: datetime) -> None:
        number: int = armed["deadline"]
        timers = {index: ReplayedTimer(due) for index, due in _moments(armed["timers"])}
        skipped: Sequence[Any] = armed.get("skipped", ())
        for each in skipped:
            told = not isinstance(each, int)
            index, due = next(_moments([each])) if told else (each, None)
            timers[index] = ReplayedTimer(due, told, "cancelled", at)
        self.deadlines[number] = ReplayedDeadline(
            number,
            armed["rule"],
            at,
            moment_of(armed["since"]),
            moment_of(armed["due"]),
            armed.get("clipped", False),
            armed.get("occurrence", 1),
            _turns(armed.get("course", ())),
            armed.get("provisional", False),
            timers,
        )

    def _adjust(self, deadline: ReplayedDeadline, adjusted: Mapping[str, Any], at: datetime) -> None:
        deadline.due = moment_of(adjusted["due"])
        deadline.clipped = adjusted.get("clipped", False)
        deadline.provisional = adjusted.get("provisional", False)
        if "turns" in adjusted:
            deadline.course = (*deadline.course, *_turns(adjusted["turns"]))
        moved = dict(_moments(adjusted["timers"]))
        for index, timer in deadline.timers.items():
            if index in moved:
                timer.due = moved[index]
            elif timer.ending is None:  # a reminder whose moment is past by now
                timer.end("cancelled", at)

    def _end(self, deadline: ReplayedDeadline, ended: Mapping[str, Any], at: datetime) -> None:
        ending: DeadlineEnding = ended["ending"]
        deadline.ending, deadline.ended_at = ending, at
        deadline.late = ended["late"] if ending == "missed" else None
        for timer in deadline.timers.values():
            if timer.ending is None:
                timer.end("superseded" if ending == "superseded" else "cancelled", at)


def replay(workflow: Workflow, records: Iterable[Record]) -> Instance:
    """Return the instance that ``records`` lead to.

    Raises ``BrokenHistory`` where a record does not follow from those before it, or there is none.
    """
    played = Replay(workflow)
    for record in records:
        played.add(record)
    if not played.sequence:
        message = "there is no record to replay"
        raise BrokenHistory(message)
    return played.instance


def _moments(told: Iterable[Sequence[Any]]) -> Iterator[tuple[int, datetime | None]]:
    return ((index, moment_of(at[0]) if at else None) for index, *at in told)


def _turns(told: Iterable[Mapping[str, Any]]) -> tuple[Turn, ...]:
    return tuple(Turn(each["kind"], moment_of(each["at"]), each["by"], each.get("amount")) for each in told)
