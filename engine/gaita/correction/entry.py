"""An entry: one command of a case, as its history tells it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, cast

from gaita.history import Record, effective
from gaita.model.command import (
    Asked,
    Command,
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
from gaita.model.value import Value, moment_of, moment_text
from gaita.phrase import phrase


@dataclass(frozen=True, slots=True)
class Entry:
    """What was asked, when it took effect, by which rules."""

    id: str
    """The number of the record that told it first; ``12.1`` is the first that the correction 12 inserted."""
    command: Command
    at: datetime
    """When it took effect."""
    recorded: datetime
    """When it was entered."""
    workflow: str | None
    """``ID@VERSION``; ``None``: that of the moment."""
    calendar: str | None
    """The digest of the calendar that it was decided by; ``None``: the workflow counts no working time."""
    key: Key | None
    is_new: bool = False
    """Whether the correction at hand makes it, or changes it."""
    is_refusal: bool = False
    """Whether it was refused: it changed nothing, and is never tried again."""

    @property
    def is_of_people(self) -> bool:
        """Whether somebody asked for it: what the engine does by itself is worked out anew."""
        return not isinstance(self.command, FireTimer | Recount | Renumber)

    @property
    def can_be_edited(self) -> bool:
        """Whether it can be taken back or amended."""
        return self.is_of_people and not self.is_refusal


def with_values(command: Command, values: Mapping[str, object]) -> Command:
    """Return a command with other values: each goes before what it was, ``None`` takes a payload's out.

    Raises ``ValueError`` for a command that carries none.
    """
    match command:
        case Fire(payload=payload):
            kept = {name: value for name, value in {**payload, **values}.items() if value is not None}
            return replace(command, payload=kept)
        case SetData(values=asked):
            return replace(command, values={**asked, **values})
        case Start(data=data):
            return replace(command, data={**data, **values})
        case _ if values:
            raise ValueError(
                phrase("it carries no values: its moment alone can be another, or who should have acted")
            )
        case _:
            return command


def entry_of(body: Mapping[str, Any]) -> Entry:
    """Return the entry that the body of a record tells; values are in the engine's form.

    A start of an earlier release tells its data only with the defaults, and with what automatic transitions
    set. Raises ``ValueError`` and ``LookupError`` for a record that was changed.
    """
    return Entry(
        str(body.get("entry", body.get("sequence"))),
        command_of(body),
        effective(body),
        moment_of(body["at"]),
        body["workflow"],
        body.get("calendar_digest"),
        Key(body["key"], body["key_command"]) if "key" in body else None,
        is_refusal=body["kind"] == "refused",
    )


def entries_of(record: Record) -> Iterator[str]:
    """Yield the ids of the entries that a record made: none for a refusal, or for what the engine did."""
    body = cast("Mapping[str, Any]", record.body)
    if "base" in body:
        inserted = sum("insert" in each for each in body["edits"])
        yield from (f"{record.sequence}.{number}" for number in range(1, inserted + 1))
    elif body["kind"] not in {"refused", "timer", "recounted", "renumbered"}:
        yield str(record.sequence)


def command_body(command: Asked | Start) -> dict[str, Value]:
    """Return a command as the record of a correction holds it; ``command_of`` reads it back."""
    told: dict[str, Any] = {"actor": command.actor, "roles": sorted(command.roles)}
    match command:
        case Fire():
            told.update(command="fire", event=command.event, payload=dict(command.payload))
        case SetData():
            told.update(command="set", asked=dict(command.values), reason=command.reason)
        case Pause() | Resume():
            name = "pause" if isinstance(command, Pause) else "resume"
            told.update(command=name, rule=command.deadline, reason=command.reason)
        case Extend():
            told.update(command="extend", rule=command.deadline, by=command.by, reason=command.reason)
        case Start():
            since = None if command.since is None else moment_text(command.since)
            told.update(command="start", instance=command.instance, asked=dict(command.data), since=since)
            started = None if command.started is None else moment_text(command.started)
            entered = {state: moment_text(at) for state, at in command.entered.items()} or None
            told.update(asked_state=command.state, reason=command.reason)
            told.update(told_started=started, told_entered=entered)
    return {name: value for name, value in told.items() if value is not None}


def command_of(body: Mapping[str, Any]) -> Command:
    """Return the command that a body tells."""
    asked: str = body["command"] if "command" in body else body["kind"]
    match asked:
        case "start" | "started" | "adopted":
            return _start(body)
        case "fire" | "fired":
            return Fire(body["event"], body.get("payload", {}), *_actor(body))
        case "set" | "data_set":
            values = body["asked"] if "asked" in body else _changed(body)
            return SetData(values, *_actor(body), reason=body.get("reason"))
        case "timer":
            return FireTimer(body["deadline"], body["timer"], tuple(body.get("folding", ())))
        case "pause" | "paused":
            return Pause(body["rule"], body.get("reason", ""), *_actor(body))
        case "resume" | "resumed":
            return Resume(body["rule"], body.get("reason"), *_actor(body))
        case "extend" | "extended":
            return Extend(body["rule"], body["by"], body.get("reason", ""), *_actor(body))
        case "recount" | "recounted":
            return Recount(body["calendar"], body["digest"], body["actor"])
        case "renumber":
            return Renumber(tuple((number, place) for number, place in body["renumbered"]))
        case _:
            message = f"no command {asked!r} is known"
            raise ValueError(message)


def _start(body: Mapping[str, Any]) -> Start:
    since = body.get("since")
    state = body.get("asked_state")
    if state is None and body.get("kind") == "adopted" and "command" not in body:
        state = body["moves"][0]["to"]
    return Start(
        body["instance"],
        body.get("asked", body.get("data", {})),
        *_actor(body),
        state=state,
        since=None if since is None else moment_of(since),
        reason=body.get("reason"),
        started=moment_of(body["told_started"]) if "told_started" in body else None,
        entered={each: moment_of(at) for each, at in body.get("told_entered", {}).items()},
    )


def _actor(body: Mapping[str, Any]) -> tuple[str, frozenset[str]]:
    return body["actor"], frozenset(body["roles"])


def _changed(body: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return what a release asked for that kept only the names of the fields, and what had changed."""
    fields: Sequence[str] = body["fields"]
    changed: Mapping[str, Any] = body.get("data", {})
    return {field: changed[field] for field in fields if field in changed}
