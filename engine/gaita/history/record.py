"""Records: one entry of an instance's history per outcome, each chained by hash to the one before."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any, TypeAlias, cast

from gaita.history.canonical_json import canonical
from gaita.model.command import (
    ENGINE,
    Extend,
    Fire,
    FireTimer,
    Key,
    Pause,
    Recount,
    Renumber,
    Resume,
    SetData,
    Start,
)
from gaita.model.instance import Deadline, Timer, Turn
from gaita.model.outcome import Accepted, Adjustment, Candidate, Explanation, Outcome, TimerEnd
from gaita.model.state_tree import BESIDE
from gaita.model.value import Value, moment_of, moment_text
from gaita.model.workflow import Workflow
from gaita.release import RELEASE

Body: TypeAlias = dict[str, Value | None]

FORMAT = 3
"""The form of the records that are written now; those of earlier releases name a lower one, or none."""
GENESIS = "0" * 64
"""The hash before an instance's first record."""

_MICROSECOND = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Record:
    """One entry: its body in JSON, and the hashes that hold it in its place."""

    instance: str
    sequence: int
    body: Mapping[str, Value | None]
    text: bytes
    """The body as it was sealed, in canonical JSON (RFC 8785)."""
    hash: str

    @property
    def previous(self) -> str:
        """The hash of the record before it."""
        return str(self.body.get("previous", ""))

    @property
    def format(self) -> int:
        """The form in which it was written; 1: that of the first releases, which do not name it."""
        named = self.body.get("format", 1)
        return named if isinstance(named, int) else 1


def effective(body: Mapping[str, Any]) -> datetime:
    """Return when what a record tells took effect; ``at`` is when it was entered."""
    return moment_of(body.get("on", body["at"]))


def seal(text: bytes) -> str:
    """Return the SHA-256 (hexadecimal) of a record's canonical text, which names the hash before it."""
    return sha256(text).hexdigest()


def chain(
    workflow: Workflow,
    outcomes: Sequence[Outcome],
    head: str,
    key: Key | None = None,
    asked_on: datetime | None = None,
) -> list[Record]:
    """Return the records of ``outcomes``, in order, chained on to ``head``; equal refusals leave none.

    The last one names ``key``, under which its command was carried out, and the past moment that it was
    asked for.
    """
    records: list[Record] = []
    for outcome in outcomes:
        if not isinstance(outcome, Accepted) and not outcome.recorded:
            continue
        body = body_of(workflow, outcome)
        if key is not None and outcome is outcomes[-1]:
            body.update(key=key.text, key_command=key.command)
        if asked_on is not None and outcome is outcomes[-1]:
            body["asked_on"] = moment_text(asked_on)
        body["previous"] = head
        text = canonical(body)
        head = seal(text)
        records.append(Record(outcome.after.id, outcome.after.sequence, body, text, head))
    return records


def body_of(workflow: Workflow, outcome: Outcome) -> Body:
    """Return what the history keeps of ``outcome``: enough to explain it, and to replay it."""
    after = outcome.after
    body: Body = {
        "format": FORMAT,
        "instance": after.id,
        "engine": RELEASE,
        "workflow": workflow.key,
        "workflow_digest": workflow.digest,
        "command": _COMMANDS[type(outcome.command)],
        "sequence": after.sequence,
        "at": moment_text(outcome.at),
        "state": after.state,
    }
    _command(outcome, body)
    if isinstance(outcome, Accepted):
        _effects(outcome, body)
    else:
        body["kind"] = "refused"
        body["refusal"] = after.refusal
        body["explanation"] = _explanation(outcome.explanation)
    if outcome.trouble is not None:
        body["trouble"] = {"code": outcome.trouble.code, "message": outcome.trouble.message}
    if outcome.calendar is not None:
        body["calendar_digest"] = outcome.calendar
    return body


def _command(outcome: Outcome, body: Body) -> None:
    command = outcome.command
    match command:
        case Fire():
            body.update(kind="fired", event=command.event, **_actor(command))
            body["payload"] = cast("Value", dict(outcome.payload))
        case FireTimer():
            _timer(command, outcome.explanation, body)
        case SetData():
            body.update(kind="data_set", fields=list[Value](sorted(command.values)), **_actor(command))
            body["asked"] = cast("Value", dict(outcome.payload))  # a field that is to be cleared is null
            _reason(command.reason, body)
        case Pause() | Resume() | Extend():
            body.update(kind=_ASKED[type(command)], rule=command.deadline, **_actor(command))
            _reason(command.reason, body)
            if isinstance(command, Extend):
                body["by"] = command.by
        case Recount():
            body.update(kind="recounted", actor=command.actor)
            body.update(calendar=command.calendar, digest=command.digest)
        case Renumber():
            body.update(kind="renumbered", actor=ENGINE)
            body["renumbered"] = [[number, place] for number, place in command.timers]
        case Start():
            _start(command, outcome.payload, body)


def _start(command: Start, payload: Mapping[str, Value | None], body: Body) -> None:
    adopted = command.state is not None or command.since is not None
    body.update(kind="adopted" if adopted else "started", **_actor(command))
    body["asked"] = cast("Value", dict(payload))
    _reason(command.reason, body)
    if command.state is not None:
        body["asked_state"] = command.state
    if command.since is not None:
        body["since"] = moment_text(command.since)
    if command.started is not None:
        body["told_started"] = moment_text(command.started)
    if command.entered:
        body["told_entered"] = {state: moment_text(at) for state, at in command.entered.items()}


def _timer(command: FireTimer, explanation: Explanation, body: Body) -> None:
    body.update(kind="timer", actor=ENGINE, deadline=command.deadline, timer=command.timer)
    if command.folding:
        body["folding"] = list[Value](command.folding)
    if explanation.ground is not None:
        body["explanation"] = _explanation(explanation)


_COMMANDS: Mapping[type, str] = {
    Start: "start",
    FireTimer: "timer",
    Recount: "recount",
    Renumber: "renumber",
    Fire: "fire",
    SetData: "set",
    Pause: "pause",
    Resume: "resume",
    Extend: "extend",
}
"""What a record says was asked, however it came out."""
_ASKED: Mapping[type, str] = {Pause: "paused", Resume: "resumed", Extend: "extended"}


def _actor(command: Start | Fire | SetData | Pause | Resume | Extend) -> dict[str, Value]:
    return {"actor": command.actor, "roles": list[Value](sorted(command.roles))}


def _reason(reason: str | None, body: Body) -> None:
    if reason is not None:
        body["reason"] = reason


def _effects(outcome: Accepted, body: Body) -> None:
    _moves(outcome, body)
    data = dict(outcome.after.data) if outcome.before is None else outcome.changed
    if data:
        body["data"] = data  # type: ignore[assignment]  # a cleared field is null in the history
    if outcome.armed:
        body["armed"] = [_armed(deadline, outcome.timers) for deadline in outcome.armed]
    if outcome.adjusted:
        body["adjusted"] = [_adjusted(adjustment) for adjustment in outcome.adjusted]
    if outcome.settled:
        body["settled"] = list[Value](outcome.settled)
    if outcome.ended:
        body["ended"] = [
            {"deadline": end.deadline.number, "ending": end.ending, "late": end.late // _MICROSECOND}
            for end in outcome.ended
        ]
    fired = [timer for timer in outcome.timers if timer.ending == "fired"]
    if fired:
        body["late"] = fired[0].late // _MICROSECOND
        if len(fired) > 1:
            body["lates"] = [timer.late // _MICROSECOND for timer in fired]
    if outcome.messages:
        body["messages"] = [message.id for message in outcome.messages]


def _moves(outcome: Accepted, body: Body) -> None:
    if outcome.moves:
        body["moves"] = [
            {
                "transition": move.transition,
                **({"from": move.source} if move.source is not None else {}),
                "to": move.target,
                **({"internal": True} if move.internal else {}),
                **({"exited": list[Value](move.exited)} if move.exited else {}),
                **({"entered": list[Value](move.entered)} if move.entered else {}),
                **({"evidence": dict(move.evidence)} if move.evidence is not None else {}),
            }
            for move in outcome.moves
        ]
    if outcome.before is not None and BESIDE in outcome.before.state and outcome.explanation.accepted:
        # Where one region takes an event, the others say why they do not.
        over = [each for each in outcome.explanation.candidates if each.verdict != "taken"]
        if over:
            body["passed_over"] = [_candidate(each) for each in over]


def _armed(deadline: Deadline, ends: Iterable[TimerEnd]) -> dict[str, Value]:
    armed = {timer.index for timer in deadline.timers}
    skipped: list[Value] = [
        _moment(end) for end in ends if end.deadline == deadline.number and end.index not in armed
    ]
    return {
        "deadline": deadline.number,
        "rule": deadline.rule,
        "since": moment_text(deadline.since),
        **_due(deadline),
        **({"occurrence": deadline.occurrence} if deadline.occurrence > 1 else {}),
        **({"course": [_turn(turn) for turn in deadline.course]} if deadline.course else {}),
        **({"skipped": skipped} if skipped else {}),
    }


def _adjusted(adjustment: Adjustment) -> dict[str, Value]:
    before, after = adjustment.before, adjustment.after
    # What is open again has a course of its own: also of the time since it had ended.
    whole = adjustment.kind == "reopened"
    turns = after.course if whole else after.course[len(before.course) :]
    return {
        "deadline": after.number,
        "kind": adjustment.kind,
        "rule": after.rule,
        **({"from": moment_text(before.due)} if before.due != after.due else {}),
        **({"course" if whole else "turns": [_turn(turn) for turn in turns]} if turns else {}),
        **_due(after),
    }


def _due(deadline: Deadline) -> dict[str, Value]:
    return {
        "due": moment_text(deadline.due),
        **({"clipped": True} if deadline.clipped else {}),
        **({"provisional": True} if deadline.provisional else {}),
        # In one order, that of the database: whether the case was loaded or decided again, it reads the same.
        "timers": [_moment(timer) for timer in sorted(deadline.timers, key=lambda timer: timer.number)],
    }


def _moment(timer: Timer | TimerEnd) -> Value:
    told: list[Value | None] = [timer.index]
    if timer.due is not None or timer.again:
        told.append(None if timer.due is None else moment_text(timer.due))
    if timer.again:
        told.append(timer.again)
    return cast("Value", told)


def _turn(turn: Turn) -> dict[str, Value]:
    return {
        "kind": turn.kind,
        "at": moment_text(turn.at),
        "by": turn.by,
        **({"amount": turn.amount} if turn.amount is not None else {}),
    }


def _explanation(explanation: Explanation) -> dict[str, Value]:
    told: dict[str, Value] = {"ground": explanation.ground or "accepted"}
    if explanation.event is not None:
        told["event"] = explanation.event
    if explanation.candidates:
        told["candidates"] = [_candidate(candidate) for candidate in explanation.candidates]
    if explanation.deadline is not None:
        told["deadline"] = explanation.deadline
    if explanation.amounts:
        told["amounts"] = dict(explanation.amounts)
    if explanation.fields:
        told["fields"] = {field: list[Value](roles) for field, roles in explanation.fields.items()}
    return told


def _candidate(candidate: Candidate) -> Value:
    told: dict[str, Value] = {"transition": candidate.transition, "verdict": candidate.verdict}
    if candidate.waits_for:
        told["waits_for"] = list[Value](candidate.waits_for)
    if candidate.clauses:
        told["clauses"] = [
            {
                "id": clause.id,
                "verdict": clause.verdict,
                "read": dict(clause.read),
                **({"missing": list[Value](clause.missing)} if clause.missing else {}),
                **({"error": clause.error} if clause.error else {}),
            }
            for clause in candidate.clauses
        ]
    return told
