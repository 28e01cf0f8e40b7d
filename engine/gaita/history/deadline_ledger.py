"""The ledger: everything that happened to one deadline, from its history."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Literal, TypeAlias, cast

from gaita.history.record import Record, effective
from gaita.model.value import moment_of
from gaita.model.workflow import Workflow

LedgerKind: TypeAlias = Literal[
    "armed", "paused", "resumed", "extended", "moved", "reopened", "reminded", "due", "escalated",
    "met", "missed", "superseded", "withdrawn", "annulled",
]  # fmt: skip

_FIRED: Mapping[str, LedgerKind] = {"reminder": "reminded", "due": "due", "rung": "escalated"}


@dataclass(frozen=True, slots=True)
class LedgerEntry:
    """One thing that happened to a deadline."""

    at: datetime
    kind: LedgerKind
    sequence: int
    """The record that reports it."""
    actor: str
    reason: str | None = None
    due: datetime | None = None
    """When it was due from then on; for what has fired, the moment at which it was to."""
    amount: str | None = None
    """The time that was granted."""
    late: timedelta = timedelta(0)
    """For what has fired, how long after its moment; for a missed deadline, how long after it was due."""
    to: tuple[str, ...] = ()
    """The roles that were told."""
    stopped: bool = False
    """Whether its clock stands from then on, on whatever ground: ``due`` is not known then."""


@dataclass(frozen=True, slots=True)
class Ledger:
    """The entries of one deadline, in order."""

    instance: str
    rule: str
    number: int
    occurrence: int
    entries: tuple[LedgerEntry, ...]

    @property
    def is_open(self) -> bool:
        """Whether it has not ended yet."""
        return self.entries[-1].kind not in {"met", "missed", "superseded", "withdrawn", "annulled"}


def ledgers(workflow: Workflow, instance: str, records: Sequence[Record]) -> list[Ledger]:
    """Return the ledger of every deadline that an instance ever armed, in the order of their numbers.

    What a correction decided anew stands in the place of what it replaces. A deadline that would never have
    been ends as annulled.
    """
    course: list[tuple[int, Mapping[str, Any]]] = []
    found: dict[int, Ledger] = {}
    for record in records:
        body = cast("Mapping[str, Any]", record.body)
        if "base" not in body:
            course.append((record.sequence, body))
            continue
        before = found | _of_course(workflow, instance, course)
        course = [*course[: body["base"]], *((record.sequence, each) for each in body["tail"])]
        after = _of_course(workflow, instance, course)
        annulled = LedgerEntry(
            moment_of(body["at"]), "annulled", record.sequence, body["actor"], body.get("reason")
        )
        found = {
            number: each
            if each.entries[-1].kind == "annulled"
            else replace(each, entries=(*each.entries, annulled))
            for number, each in before.items()
            if number not in after
        }
    return [each for _, each in sorted((found | _of_course(workflow, instance, course)).items())]


def _of_course(
    workflow: Workflow, instance: str, course: Iterable[tuple[int, Mapping[str, Any]]]
) -> dict[int, Ledger]:
    entries: dict[int, list[LedgerEntry]] = {}
    heads: dict[int, tuple[str, int]] = {}
    timers: dict[tuple[int, int], datetime] = {}
    grounds: dict[int, set[str]] = {}
    for sequence, body in course:
        if body["kind"] == "refused":
            continue
        for number, entry in _entries(workflow, sequence, body, heads, timers, grounds):
            entries.setdefault(number, []).append(entry)
    return {
        number: Ledger(instance, heads[number][0], number, heads[number][1], tuple(found))
        for number, found in entries.items()
    }


def _entries(
    workflow: Workflow,
    sequence: int,
    body: Mapping[str, Any],
    heads: dict[int, tuple[str, int]],
    timers: dict[tuple[int, int], datetime],
    grounds: dict[int, set[str]],
) -> Iterator[tuple[int, LedgerEntry]]:
    at, actor, reason = effective(body), body.get("actor", ""), body.get("reason")
    if body["kind"] == "timer":
        number = body["deadline"]
        indexes: list[int] = [*body.get("folding", ()), body["timer"]]
        lates = body.get("lates", [body.get("late", 0)])
        moments = workflow.rules[heads[number][0]].moments
        told = {message.rpartition("/")[2] for message in body.get("messages", ())}
        for index, late in zip(indexes, lates, strict=False):
            moment = moments[index]
            yield (
                number,
                LedgerEntry(
                    at,
                    _FIRED[moment.kind],
                    sequence,
                    actor,
                    due=timers.get((number, index)),
                    late=timedelta(microseconds=late),
                    to=tuple(sorted(told)) if index == indexes[-1] else (),
                ),
            )
    for armed in body.get("armed", ()):
        number = armed["deadline"]
        heads[number] = (armed["rule"], armed.get("occurrence", 1))
        _note(timers, armed)
        stopped = _stands(grounds.setdefault(number, set()), armed.get("course", ()))
        armed_due = moment_of(armed["due"])
        yield number, LedgerEntry(at, "armed", sequence, actor, reason, armed_due, stopped=stopped)
    for adjusted in body.get("adjusted", ()):
        _note(timers, adjusted)
        amount = next((turn["amount"] for turn in adjusted.get("turns", ()) if "amount" in turn), None)
        number = adjusted["deadline"]
        if adjusted["kind"] == "reopened":  # with a course of its own
            grounds[number] = set()
        stopped = _stands(grounds[number], adjusted.get("course", adjusted.get("turns", ())))
        due = None if stopped else moment_of(adjusted["due"])
        entry = LedgerEntry(at, adjusted["kind"], sequence, actor, reason, due, amount, stopped=stopped)
        yield number, entry
    for ended in body.get("ended", ()):
        late = timedelta(microseconds=ended["late"])
        yield ended["deadline"], LedgerEntry(at, ended["ending"], sequence, actor, reason, late=late)


def _stands(grounds: set[str], turns: Iterable[Mapping[str, Any]]) -> bool:
    """Return whether a clock stands after ``turns``; ``grounds`` are those on which it stands."""
    for turn in turns:
        if turn["kind"] == "stopped":
            grounds.add(turn["by"])
        elif turn["kind"] == "resumed":
            grounds.discard(turn["by"])
    return bool(grounds)


def _note(timers: dict[tuple[int, int], datetime], told: Mapping[str, Any]) -> None:
    for timer in told["timers"]:
        if at := _at(timer):
            timers[told["deadline"], timer[0]] = moment_of(at)


def _at(timer: Sequence[Any]) -> str | None:
    """Return the moment of a timer in a record; ``None``: it had none."""
    return timer[1] if len(timer) > 1 else None
