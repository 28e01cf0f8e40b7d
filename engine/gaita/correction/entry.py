"""An entry: one command of a case, as its history tells it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

from gaita.history import Record
from gaita.model.command import Command, Extend, Fire, FireTimer, Key, Pause, Recount, Resume, SetData, Start
from gaita.model.value import moment_of


@dataclass(frozen=True, slots=True)
class Entry:
    """What was asked, when, by which rules."""

    sequence: int
    """The record that tells it, by which it is known."""
    command: Command
    at: datetime
    workflow: str
    """``ID@VERSION``."""
    calendar: str | None
    """The digest of the calendar that it was decided by; ``None``: the workflow counts no working time."""
    key: Key | None


def entry_of(record: Record) -> Entry:
    """Return the entry that a record tells; values are in the engine's form.

    A start of an earlier release tells its data only with the defaults, and with what automatic transitions
    set. Raises ``ValueError`` and ``LookupError`` for a record that was changed.
    """
    body = cast("Mapping[str, Any]", record.body)
    key = Key(body["key"], body["key_command"]) if "key" in body else None
    return Entry(
        record.sequence,
        _command(body),
        moment_of(body["at"]),
        body["workflow"],
        body.get("calendar_digest"),
        key,
    )


def _command(body: Mapping[str, Any]) -> Command:
    asked: str = body.get("command", body["kind"])
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
        case _:
            message = f"no command {asked!r} is known"
            raise ValueError(message)


def _start(body: Mapping[str, Any]) -> Start:
    since = body.get("since")
    state = body.get("asked_state")
    if state is None and body["kind"] == "adopted" and body.get("format", 1) < 3:
        state = body["moves"][0]["to"]
    return Start(
        body["instance"],
        body.get("asked", body.get("data", {})),
        *_actor(body),
        state=state,
        since=None if since is None else moment_of(since),
        reason=body.get("reason"),
    )


def _actor(body: Mapping[str, Any]) -> tuple[str, frozenset[str]]:
    return body["actor"], frozenset(body["roles"])


def _changed(body: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return what a release asked for that kept only the names of the fields, and what had changed."""
    fields: Sequence[str] = body["fields"]
    changed: Mapping[str, Any] = body.get("data", {})
    return {field: changed[field] for field in fields if field in changed}
