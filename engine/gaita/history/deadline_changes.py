"""Changes of deadlines: what one record says that its command did to each deadline."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal, TypeAlias, cast

from gaita.history.record import Record, effective
from gaita.model.instance import Deadline
from gaita.model.value import moment_of

ChangeKind: TypeAlias = Literal[
    "armed",
    "paused",
    "resumed",
    "extended",
    "moved",
    "reopened",
    "met",
    "missed",
    "superseded",
    "withdrawn",
    "annulled",
]
_NONE = timedelta(0)


@dataclass(frozen=True, slots=True)
class DeadlineChange:
    """What a command did to one deadline."""

    kind: ChangeKind
    rule: str
    number: int
    due: datetime | None
    """When it is due now; ``None``: it has ended, or its clock stands."""
    was: datetime | None = None
    """When it was due before, or the one was whose place it takes; ``None``: there was none."""
    past: bool = False
    """Whether ``due`` was past already, and certain, when the command was carried out."""
    provisional: bool = False
    """Whether ``due`` is not certain: nothing is sent before its calendar knows more days."""
    held: int = 0
    """How many moments wait until its calendar knows more days; all, where it is provisional."""
    skipped: tuple[int, ...] = ()
    """The moments that were past when it was armed, and are never carried out: places in its rule's."""
    at_once: tuple[int, ...] = ()
    """The moments that were past, and are carried out at once: by the next sweep, or before a command."""
    late: timedelta = _NONE
    """For ``missed``: how long after it was due it ended."""


@dataclass(frozen=True, slots=True)
class Before:
    """A deadline as it was before a record."""

    rule: str
    due: datetime
    grounds: frozenset[str]
    """On which its clock stood."""


def before_by(deadlines: Iterable[Deadline]) -> dict[int, Before]:
    """Return open deadlines by their numbers."""
    return {each.number: Before(each.rule, each.due, each.paused_by) for each in deadlines}


def before_by_records(records: Iterable[Record]) -> dict[int, Before]:
    """Return every deadline that the first records of an instance armed, as they left it."""
    found: dict[int, Before] = {}
    for record in records:
        body = cast("Mapping[str, Any]", record.body)
        for told in (*body.get("armed", ()), *body.get("adjusted", ())):
            found[told["deadline"]] = _after(told, found.get(told["deadline"]))
    return found


def deadline_changes(record: Record, before: Mapping[int, Before]) -> tuple[DeadlineChange, ...]:
    """Return what a record says of deadlines: those that ended, were adjusted, and were armed, in this order.

    ``before``: those that it ends or adjusts, as they were. One that is armed and ended at once is left out.
    """
    return tuple(_changes(cast("Mapping[str, Any]", record.body), before))


def _changes(body: Mapping[str, Any], before: Mapping[int, Before]) -> Iterator[DeadlineChange]:
    at = effective(body)
    ended = {told["deadline"]: told for told in body.get("ended", ())}
    armed = [told for told in body.get("armed", ()) if told["deadline"] not in ended]
    rules = {told["rule"] for told in armed}
    replaced: dict[str, datetime] = {}
    for number, told in ended.items():
        known = before.get(number)  # none, where the same command armed it
        if known is not None and told["ending"] == "superseded" and known.rule in rules:
            replaced[known.rule] = known.due
        elif known is not None:
            late = timedelta(microseconds=told["late"])
            yield DeadlineChange(told["ending"], known.rule, number, None, known.due, late=late)
    adjusted: dict[int, tuple[Mapping[str, Any], Before]] = {}
    for told in body.get("adjusted", ()):
        number = told["deadline"]
        so_far = adjusted[number][1] if number in adjusted else before.get(number)
        adjusted[number] = told, _after(told, so_far)
    for number, (told, after) in adjusted.items():
        if number not in ended:
            was = before.get(number)
            yield _change(told, after, at, None if was is None else was.due)
    for told in armed:
        if told["deadline"] not in adjusted:
            yield _change({**told, "kind": "armed"}, _after(told, None), at, replaced.get(told["rule"]))


def _change(told: Mapping[str, Any], after: Before, at: datetime, was: datetime | None) -> DeadlineChange:
    provisional = bool(told.get("provisional"))
    moments = [(timer[0], timer[1] if len(timer) > 1 else None) for timer in told["timers"]]
    stands = bool(after.grounds)
    return DeadlineChange(
        told["kind"],
        after.rule,
        told["deadline"],
        None if stands else after.due,
        was,
        past=not stands and not provisional and after.due <= at,
        provisional=provisional,
        held=0 if stands else sum(moment is None for _, moment in moments),
        skipped=tuple(timer[0] for timer in told.get("skipped", ())),
        at_once=tuple(index for index, moment in moments if moment and moment_of(moment) <= at),
    )


def _after(told: Mapping[str, Any], before: Before | None) -> Before:
    """Return a deadline as an entry of a record leaves it."""
    anew = before is None or "course" in told or told.get("kind") == "reopened"
    grounds = set[str]() if anew or before is None else set(before.grounds)
    for turn in told.get("course", told.get("turns", ())):
        if turn["kind"] == "stopped":
            grounds.add(turn["by"])
        elif turn["kind"] == "resumed":
            grounds.discard(turn["by"])
    return Before(told["rule"], moment_of(told["due"]), frozenset(grounds))
