"""A plan: what a correction would do, worked out from a case's history and nothing else."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from hashlib import sha256
from itertools import zip_longest
from typing import Any, cast

from gaita.calendar import WorkingCalendar
from gaita.correction.edit import Amend, Edit, Insert, Undo, edited
from gaita.correction.entry import Entry, command_body, command_of, entry_of
from gaita.correction.life import Identity, Life, NoLongerHolds, Rules, decided
from gaita.errors import GaitaError
from gaita.history import (
    FORMAT,
    Body,
    DeadlineDifference,
    Record,
    Replay,
    canonical,
    deadline_differences,
    message_body,
    seal,
    standings,
)
from gaita.model.command import Asked, Key, Recount
from gaita.model.instance import Instance
from gaita.model.outcome import Accepted, Message, Outcome
from gaita.model.value import Value, moment_of, moment_text
from gaita.model.workflow import Workflow
from gaita.release import RELEASE


@dataclass(frozen=True, slots=True)
class Stop:
    """What stops a plan: an entry that would no longer hold, and why."""

    entry: str
    why: str
    outcome: Outcome | None = None
    """The refusal that it would meet."""
    error: GaitaError | None = None
    """Or what would be wrong with it."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What a correction would do to a case."""

    edits: tuple[Edit, ...]
    at: datetime
    """When it was worked out."""
    since: datetime
    """From when on the case is decided anew."""
    base: int
    """How many entries stay as they are: those before the first that is decided anew."""
    tail: tuple[Body, ...]
    """What is decided anew, in the order in which it takes effect."""
    before: Instance
    after: Instance
    stops: tuple[Stop, ...] = ()
    """Empty: it can be carried out."""
    deadlines: tuple[DeadlineDifference, ...] = ()
    new: tuple[Message, ...] = ()
    """What is to be told that was not told yet, one notice a deadline."""
    moot: tuple[str, ...] = ()
    """The ids of messages that would never have been written."""
    again: tuple[Message, ...] = ()
    """Messages that an earlier correction said would never have been written, and that hold again."""
    calendar: str | None = None
    """The digest of the calendar in force, where the workflow counts working time."""
    inserted: str | None = None
    """The id of the first entry that it inserts."""
    upset: tuple[str, ...] = ()
    """The later entries whose transitions change. None: it is a late entry, which needs no corrector."""
    digest: str = ""
    """Names exactly this plan."""


def plan_of(records: Sequence[Record], edits: Sequence[Edit], rules: Rules, now: datetime) -> Plan:
    """Return what ``edits`` would do to the case whose history is ``records``.

    Raises ``WrongEdit`` for an edit that cannot be made, and ``BrokenHistory`` for a history that leads to
    nothing.
    """
    old = Replay(rules.workflow(str(records[0].body["workflow"])))
    for record in records:
        old.add(record)
    return planned(old, edits, rules, now)


def planned(old: Replay, edits: Sequence[Edit], rules: Rules, now: datetime) -> Plan:
    """Return the same for a history that is played already; ``old`` is played on by it."""
    workflow = rules.workflow(str(old.course[0]["workflow"]))
    course = [entry_of(body) for body in old.course]
    people = [each for each in course if each.can_be_edited]
    wanted = edited(people, edits, str(old.sequence + 1), now)
    base = _base(course, people, wanted)
    life = _life(old, course[:base], rules, workflow, now)
    stops = _decide(life, course[:base], wanted, rules, now)
    known = set(map(id, people))
    moved = [each for each in wanted if id(each) not in known]
    first = min([*(each.at for each in course[base : base + 1]), *(each.at for each in moved)], default=now)
    plan = Plan(tuple(edits), now, first, base, tuple(life.bodies), old.instance, old.instance, stops)
    in_force = rules.in_force(life.workflow, now)
    calendar = None if in_force is None else in_force.digest
    plan = replace(plan, calendar=calendar, inserted=moved[0].id if moved else None)
    return replace(plan, digest=_digest(plan)) if stops else _compared(plan, old, life)


def _base(course: Sequence[Entry], people: Sequence[Entry], wanted: Sequence[Entry]) -> int:
    """Return how many entries of the course stay as they are."""
    pairs = zip_longest(people, wanted)
    same = next((place for place, (before, after) in enumerate(pairs) if before is not after), len(people))
    first = course.index(people[same]) if same < len(people) else len(course)
    new = wanted[same] if same < len(wanted) else None
    if new is None or any(new is each for each in people):
        return first
    begin = course.index(people[same - 1]) + 1 if same else 0
    return next((place for place in range(begin, first) if course[place].at > new.at), first)


def _life(old: Replay, kept: Sequence[Entry], rules: Rules, workflow: Workflow, now: datetime) -> Life:
    """Return the life as far as it stays as it is, decided again."""
    instance: Instance | None = None
    armed: list[int] = []
    for entry, body in zip(kept, old.course, strict=False):
        if entry.is_refusal:  # it changed nothing; what the past refused might be allowed by now
            continue
        workflow = rules.workflow(entry.workflow or "")
        outcome = decided(entry, workflow, instance, rules, numbers_of(body))
        instance = outcome.after
        armed += [each.number for each in outcome.armed] if isinstance(outcome, Accepted) else []
    return Life(
        rules,
        workflow,
        instance,
        before={number: each.value for number, each in old.deadlines.items()},
        armed=armed,
        fired={
            (number, timer_number): (timer.ended_at, timer.recorded or timer.ended_at)
            for number, deadline in old.deadlines.items()
            for timer_number, timer in deadline.timers.items()
            if timer.ending == "fired" and timer.ended_at is not None
        },
        recorded=now,
    )


def numbers_of(body: Mapping[str, Any]) -> dict[Identity, int]:
    """Return the numbers of the deadlines that an entry armed: in a life put right they are not in order."""
    return {
        (told["rule"], moment_of(told["since"]), told.get("occurrence", 1)): told["deadline"]
        for told in body.get("armed", ())
    }


def _decide(
    life: Life, kept: Sequence[Entry], wanted: Sequence[Entry], rules: Rules, now: datetime
) -> tuple[Stop, ...]:
    """Decide what is left, with the changes of the calendar between; return what no longer holds."""
    known = {each.id for each in kept if each.is_of_people}
    stops: list[Stop] = []
    changes = _calendar_changes(life.workflow, kept, wanted, rules, now)
    for entry in wanted:
        if entry.id in known:
            continue
        while changes and changes[0][0] <= entry.at:
            life.recount(*changes.pop(0))
        try:
            life.take(entry)
        except NoLongerHolds as error:
            stops.append(Stop(entry.id, str(error), error.outcome))
        except GaitaError as error:
            if entry.is_new:
                raise  # what is asked for now is wrong, not what was entered then
            stops.append(Stop(entry.id, f"entry {entry.id} would no longer hold: {error}", error=error))
    for change in changes:
        life.recount(*change)
    if not stops:
        life.fire_until(now)
        life.renumber(now)
    return tuple(stops)


def _calendar_changes(
    workflow: Workflow, kept: Sequence[Entry], wanted: Sequence[Entry], rules: Rules, now: datetime
) -> list[tuple[datetime, str, WorkingCalendar]]:
    """Return what came into force since, and has not been counted by yet; before the start there is nothing.

    One that moves no deadline any more is no work twice: nothing comes of it.
    """
    if workflow.calendar is None or not workflow.counts_working_time:
        return []
    since = kept[-1].at if kept else wanted[0].at
    counted = {(each.at, each.command.digest) for each in kept if isinstance(each.command, Recount)}
    return [
        each
        for each in rules.past(workflow.calendar)
        if since <= each[0] <= now and (each[0], each[2].digest) not in counted
    ]


def _compared(plan: Plan, old: Replay, life: Life) -> Plan:
    """Return the plan with all that it changes; ``old`` is played on to what it leads to."""
    written = {message.id for message in old.messages}
    due = {message.id for message in life.messages}
    for body in old.course[: plan.base]:
        due |= set(cast("Sequence[str]", body.get("messages", ())))
    moot = sorted(
        each.id
        for each in old.messages
        if each.id not in due and each.id not in old.moot and each.kind != "restated"
    )
    again = tuple(each for each in old.messages if each.id in due and each.id in old.moot)
    met = {end.deadline.number for each in life.accepted for end in each.ended if end.ending == "met"}
    fresh = [each for each in life.messages if each.id not in written and each.deadline not in met]
    plan = replace(plan, new=tuple(_folded(fresh, plan.at)), moot=tuple(moot), again=again)
    before, upset = standings(old), tuple(_upset(old, life))
    old.add(_draft(plan, old))
    differences = tuple(deadline_differences(before, old))
    plan = replace(plan, after=old.instance, deadlines=differences, upset=upset)
    return replace(plan, digest=_digest(plan))


def _folded(messages: Sequence[Message], at: datetime) -> Iterator[Message]:
    """Yield one message for each deadline and role: the last, which names the others."""
    by_deadline: dict[tuple[int, str], list[Message]] = {}
    for message in messages:
        by_deadline.setdefault((message.deadline, message.to), []).append(message)
    for found in by_deadline.values():
        *earlier, last = found
        folded = [place for each in earlier for place in (*each.folded, each.timer)]
        yield replace(last, at=at, folded=(*folded, *last.folded))


def with_restated(plan: Plan, heard: Sequence[Message], words: str | None) -> Plan:
    """Return a plan that tells the difference, once, to each role that was told something wrong.

    ``heard``: the messages that would never have been written, and that somebody may have read. Who was told
    that something does not hold, and it holds again, hears as well. ``words``: what they are told.
    """
    last = {each.to: each for each in (*plan.again, *heard)}
    restated = [
        replace(
            each,
            id=f"{each.instance}/corrected/{plan.before.sequence + 1}/{role}",
            kind="restated",
            state=plan.after.state,
            at=plan.at,
            folded=(),
            words=words,
        )
        for role, each in sorted(last.items())
    ]
    return replace(plan, new=(*plan.new, *restated))


def _upset(old: Replay, life: Life) -> Iterator[str]:
    """Yield the entries that were decided anew and take other transitions than they did."""
    before = {str(body.get("entry", body.get("sequence"))): _path(body) for body in old.course}
    for body in life.bodies:
        entry = body.get("entry")
        if entry in before and before[str(entry)] != _path(body):
            yield str(entry)


def _path(body: Mapping[str, Any]) -> list[tuple[int, str | None, str | None]]:
    """Return the transitions that an entry took; an internal one is the same in whichever state."""
    return [
        (move["transition"], None, None)
        if move.get("internal")
        else (move["transition"], move.get("from"), move["to"])
        for move in body.get("moves", ())
    ]


def _draft(plan: Plan, old: Replay) -> Record:
    """Return the record as far as it says what a case becomes."""
    body = {**correction_body(plan), "sequence": old.sequence + 1, "at": moment_text(plan.at)}
    return Record(plan.before.id, old.sequence + 1, body, b"", "")


@dataclass(frozen=True, slots=True)
class Corrector:
    """Who puts a case right, and why."""

    actor: str
    roles: frozenset[str]
    reason: str
    override: bool = False
    """Whether they reach behind what was reported on already."""


def correction_record(plan: Plan, workflow: Workflow, head: str, by: Corrector) -> Record:
    """Return the record of a correction that is carried out."""
    said: Body = {"command": "correct", "actor": by.actor, "roles": list[Value](sorted(by.roles))}
    said["reason"] = by.reason
    if by.override:
        said["override"] = True
    return _record(plan, workflow, head, {**said, **correction_body(plan)})


def late_record(plan: Plan, workflow: Workflow, head: str, command: Asked, key: Key | None) -> Record:
    """Return the record of an entry that was made late."""
    said = {**correction_body(plan), **command_body(command), "kind": "late", "on": moment_text(plan.since)}
    if key is not None:
        said.update(key=key.text, key_command=key.command)
    return _record(plan, workflow, head, said)


def _record(plan: Plan, workflow: Workflow, head: str, said: Mapping[str, Any]) -> Record:
    sequence = plan.before.sequence + 1
    body: Body = {
        "format": FORMAT,
        "engine": RELEASE,
        "instance": plan.before.id,
        "workflow": workflow.key,
        "workflow_digest": workflow.digest,
        "sequence": sequence,
        "at": moment_text(plan.at),
        "state": plan.after.state,
        **({"calendar_digest": plan.calendar} if plan.calendar is not None else {}),
        **said,
        "previous": head,
    }
    text = canonical(body)
    return Record(plan.before.id, sequence, body, text, seal(text))


def edits_of(body: Mapping[str, Any]) -> list[Edit]:
    """Return the edits that the record of a correction tells."""
    edits: list[Edit] = []
    for told in body["edits"]:
        command = command_of(told["command"]) if "command" in told else None
        at = moment_of(told["on"]) if "on" in told else None
        if "undo" in told:
            edits.append(Undo(told["undo"]))
        elif "amend" in told:
            edits.append(Amend(told["amend"], cast("Any", command), at))
        else:
            edits.append(Insert(cast("Any", command), cast("datetime", at)))
    return edits


def correction_body(plan: Plan) -> Body:
    """Return what the record of a correction says of the case."""
    return {
        "kind": "corrected",
        "edits": [_edit(each) for each in plan.edits],
        "base": plan.base,
        "tail": cast("Value", list(plan.tail)),
        "notices": [message_body(each) for each in plan.new],
        "moot": list[Value](plan.moot),
    }


def _edit(edit: Edit) -> Value:
    match edit:
        case Undo(entry):
            return {"undo": entry}
        case Amend(entry, command, at):
            told: dict[str, Value] = {"amend": entry}
        case Insert(command, at):
            told = {"insert": ""}
    if command is not None:
        told["command"] = command_body(command)
    if at is not None:
        told["on"] = moment_text(at)
    return told


def _digest(plan: Plan) -> str:
    """Return what names a plan, whenever it is worked out: when its entries were made is left out."""
    body = correction_body(plan)
    for name in ("tail", "notices"):
        body[name] = [
            {key: value for key, value in each.items() if key != "at"}
            for each in cast("list[dict[str, Value]]", body[name])
        ]
    told = [plan.before.id, plan.before.sequence, body, [each.why for each in plan.stops]]
    return sha256(canonical(told)).hexdigest()
