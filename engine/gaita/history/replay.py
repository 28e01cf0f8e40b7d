"""Replaying: what a history leads to. The instance, every deadline and timer it ever had, every message."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import datetime
from typing import Any, cast

from gaita.clock import EPOCH
from gaita.errors import BrokenHistory
from gaita.history.record import Record, effective
from gaita.model.instance import (
    TIMERS_OF_ONE_RENEWAL,
    Deadline,
    DeadlineEnding,
    Instance,
    Remembered,
    Stay,
    Timer,
    TimerEnding,
    Turn,
    timer_number,
)
from gaita.model.outcome import Message
from gaita.model.remembering import entries_after, memory_after, remembered_after, stays_after
from gaita.model.state_tree import Change
from gaita.model.value import Value, moment_of, moment_text
from gaita.model.workflow import PREVIOUS, Workflow


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
    recorded: datetime | None = None
    """When its firing was recorded: later than it took effect, in a life that was put right."""

    def end(self, ending: TimerEnding, at: datetime, late: int | None = None) -> None:
        """Note that it has ended."""
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
    """By their numbers."""
    ending: DeadlineEnding | None = None
    ended_at: datetime | None = None
    late: int | None = None
    """Microseconds after it was due, where it was missed."""
    renewals: int = 0
    restated: bool = False
    """Whether it counted as missed only because what met it was entered late, or wrongly."""

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
            tuple(
                Timer(number % TIMERS_OF_ONE_RENEWAL, timer.due, number // TIMERS_OF_ONE_RENEWAL)
                for number, timer in sorted(self.timers.items())
                if timer.ending is None
            ),
            self.occurrence,
            self.course,
            self.provisional,
            self.renewals,
        )

    def open_timer(self, index: int) -> ReplayedTimer:
        """Return the open timer of a moment. Raises ``ValueError`` where there is none."""
        for number, timer in self.timers.items():
            if number % TIMERS_OF_ONE_RENEWAL == index and timer.ending is None:
                return timer
        message = f"deadline {self.number} has no open timer {index}"
        raise ValueError(message)


class Replay:
    """A history played again, record by record.

    Only what the records say is used, not the guards: a decision once taken is not taken again.
    """

    def __init__(self, workflow: Workflow) -> None:
        """Begin with nothing played."""
        self.deadlines: dict[int, ReplayedDeadline] = {}
        """All that were ever armed, by number."""
        self.messages: list[Message] = []
        """All that were ever written."""
        self.moot: dict[str, int] = {}
        """The ids of those that would never have been written, each with the correction that says so."""
        self.course: list[Mapping[str, Any]] = []
        """What is true of the case: the bodies of its records, as corrections left them."""
        self.sequence = 0
        self._workflow = workflow
        self._id = ""
        self._state = ""
        self._data: dict[str, Value] = {}
        self._since = self._started_at = EPOCH
        self._memory: Mapping[str, str] = {}
        self._entered: Mapping[str, tuple[datetime, datetime]] = {}
        self._stays: tuple[Stay, ...] = ()
        self._remembered: tuple[Remembered, ...] = ()
        self._version = 0
        self._refusal: str | None = None
        self._corrected = 0

    def add(self, record: Record) -> None:
        """Play one record more. Raises ``BrokenHistory`` where it does not follow from those before it."""
        body = cast("Mapping[str, Any]", record.body)
        try:
            if not self.sequence:
                self._begin(body)
            if "base" in body:
                self._correct(body)
            else:
                self._play(body)
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
            self._stays,
            self._remembered,
            self._corrected,
        )

    def _begin(self, body: Mapping[str, Any]) -> None:
        if body["kind"] not in {"started", "adopted"}:
            message = "the history does not begin with a start"
            raise BrokenHistory(message)
        self._id = body["instance"]
        self._since = self._started_at = moment_of(body["since"]) if "since" in body else effective(body)
        if "told_started" in body:  # the past of one that was adopted: told, not seen
            self._started_at = moment_of(body["told_started"])
        told = {state: moment_of(at) for state, at in body.get("told_entered", {}).items()}
        self._entered = {state: (at, at) for state, at in told.items() if state in self._workflow.noted}

    def _play(self, body: Mapping[str, Any]) -> None:
        self.course.append(body)
        if body["kind"] == "refused":
            self._refusal = body["refusal"]
        else:
            self._accepted(body, effective(body))

    def _correct(self, body: Mapping[str, Any]) -> None:
        """Play what a correction decided anew in the place of what it replaces. Nothing is forgotten.

        A deadline that would never have been is annulled; a timer that fired has fired; what was written for
        somebody was written.
        """
        at = moment_of(body["at"])
        anew = Replay(self._workflow)
        anew._begin({**self.course[0], **(body["tail"][0] if not body["base"] else {}), "instance": self._id})
        for each in (*self.course[: body["base"]], *body["tail"]):
            anew._play(each)
        for number, before in self.deadlines.items():
            after = anew.deadlines.get(number)
            if after is None:
                after = anew.deadlines[number] = before
                after.ending, after.ended_at, after.late = "annulled", at, None
            else:
                was_missed = before.ending == "missed" or before.restated
                after.restated = was_missed and after.ending == "met"
            for number_, timer in before.timers.items():
                kept = after.timers.setdefault(number_, timer)
                if kept is timer and timer.ending is None:
                    timer.end("cancelled", at)
                elif timer.ending == "fired" and kept.ending == "cancelled":  # it did fire, and waits anew
                    after.timers[number_] = timer
        self.course = anew.course
        self.moot |= dict.fromkeys(body["moot"], body["sequence"])
        self.messages.extend(_message(each) for each in body["notices"])
        self.deadlines = dict(sorted(anew.deadlines.items()))
        self._state, self._data, self._since, self._started_at = (
            anew._state, anew._data, anew._since, anew._started_at
        )  # fmt: skip
        self._memory, self._entered, self._stays = anew._memory, anew._entered, anew._stays
        self._remembered, self._refusal = anew._remembered, None
        self._version += 1
        self._corrected += 1

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
            if adjusted["kind"] == "reopened":
                self._reopen(self.deadlines[adjusted["deadline"]], adjusted)
            self._adjust(self._open(adjusted["deadline"]), adjusted, at)
        over: list[tuple[Deadline, DeadlineEnding]] = []
        for ended in body.get("ended", ()):
            deadline = self._open(ended["deadline"])
            over.append((deadline.value, ended["ending"]))
            self._end(deadline, ended, at)
        self._remember(body, over)
        self._version += 1
        self._refusal = None

    # -- where it is

    def _move(self, move: Mapping[str, Any], at: datetime) -> None:
        place, change = self._state, self._change(move)
        if move.get("from") is None:
            at = self._since
        else:
            self._since = at
            self._memory = memory_after(self._workflow, self._memory, place, change)
        self._state = change.place
        self._entered = entries_after(self._workflow, self._entered, change.entered, at)
        self._stays = stays_after(self._workflow, self._stays, change.exited, change.entered, at)

    def _change(self, move: Mapping[str, Any]) -> Change:
        tree, source, target = self._workflow.tree, move.get("from"), move["to"]
        if source is None:
            return Change((), tree.active(target), "", target, target)
        if "entered" not in move:  # a release whose records did not say it
            number: int = move["transition"]
            declared = self._workflow.transitions[number - 1].target if number else None
            return tree.change(source, target if declared in {None, PREVIOUS} else str(declared))
        told = Change(tuple(move.get("exited", ())), tuple(move["entered"]), source, target, target)
        return told if source == self._state else replace(told, place=tree.after(self._state, [told]))

    def _remember(self, body: Mapping[str, Any], ended: Sequence[tuple[Deadline, DeadlineEnding]]) -> None:
        settled = set(body.get("settled", ()))
        if body.get("format", 1) < 2 and "explanation" not in body:
            # Earlier releases did not say what an event had met: what it meets and was ended with it.
            event: str | None = body.get("event")
            if body["kind"] == "timer":
                fired = self.deadlines[body["deadline"]]
                event = self._workflow.rules[fired.rule].moments[int(body["timer"])].fire
            rules = {rule.id for rule in self._workflow.met_by.get(event or "", ())}
            settled = {deadline.number for deadline, _ in ended if deadline.rule in rules}
        reopened = {each["deadline"] for each in body.get("adjusted", ()) if each["kind"] == "reopened"}
        if ended or reopened or settled:
            self._remembered = remembered_after(
                self._workflow, self._remembered, ended=ended, reopened=reopened, settled=settled
            )

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
            timer = deadline.open_timer(index)
            timer.end("fired", at, late)
            timer.recorded = moment_of(body["at"])
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
        timers = {number: ReplayedTimer(due) for number, due in _moments(armed["timers"])}
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

    def _reopen(self, deadline: ReplayedDeadline, adjusted: Mapping[str, Any]) -> None:
        """Take its end back; where it ended and is open again in one record, that tells no end."""
        deadline.ending = deadline.ended_at = deadline.late = None
        deadline.course = _turns(adjusted.get("course", ()))

    def _adjust(self, deadline: ReplayedDeadline, adjusted: Mapping[str, Any], at: datetime) -> None:
        deadline.due = moment_of(adjusted["due"])
        deadline.clipped = adjusted.get("clipped", False)
        deadline.provisional = adjusted.get("provisional", False)
        if "turns" in adjusted:
            deadline.course = (*deadline.course, *_turns(adjusted["turns"]))
        moved = dict(_moments(adjusted["timers"]))
        for number, timer in deadline.timers.items():
            if number in moved:
                timer.due = moved[number]
            elif timer.ending is None:  # a reminder whose moment is past by now
                timer.end("cancelled", at)
        for number in moved.keys() - deadline.timers.keys():  # set anew
            deadline.timers[number] = ReplayedTimer(moved[number])
            deadline.renewals = max(deadline.renewals, number // TIMERS_OF_ONE_RENEWAL)

    def _end(self, deadline: ReplayedDeadline, ended: Mapping[str, Any], at: datetime) -> None:
        ending: DeadlineEnding = ended["ending"]
        deadline.ending, deadline.ended_at = ending, at
        deadline.late = ended["late"] if ending == "missed" else None
        for timer in deadline.timers.values():
            if timer.ending is None:
                timer.end("superseded" if ending == "superseded" else "cancelled", at)


def course_of(workflow: Workflow, records: Sequence[Record]) -> Sequence[Mapping[str, Any]]:
    """Return what is true of a case: the bodies of its records, as corrections left them.

    Raises ``BrokenHistory`` where a record does not follow from those before it.
    """
    if not any("base" in record.body for record in records):
        return [record.body for record in records]
    played = Replay(workflow)
    for record in records:
        played.add(record)
    return played.course


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
    """Yield the numbers of timers, and their moments."""
    for index, *more in told:
        at = more[0] if more else None
        again: int = more[1] if len(more) > 1 else 0
        yield timer_number(index, again), None if at is None else moment_of(at)


def _message(told: Mapping[str, Any]) -> Message:
    """Return a message that a correction wrote; see ``message_body``."""
    moments = {"due": moment_of(told["due"]), "at": moment_of(told["at"])}
    values: dict[str, Any] = {**told, **moments, "folded": tuple(told["folded"])}
    return Message(**values)


def message_body(message: Message) -> dict[str, Value]:
    """Return a message as the record of a correction holds it."""
    told = {each.name: getattr(message, each.name) for each in fields(message)}
    if message.words is None:
        del told["words"]
    moments = {"due": moment_text(message.due), "at": moment_text(message.at)}
    return {**told, **moments, "folded": list[Value](message.folded)}


def _turns(told: Iterable[Mapping[str, Any]]) -> tuple[Turn, ...]:
    return tuple(Turn(each["kind"], moment_of(each["at"]), each["by"], each.get("amount")) for each in told)
