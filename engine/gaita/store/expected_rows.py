"""Expected rows: what the tables must hold of an instance, by its history and nothing else."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

from gaita.history import FORMAT, Record, Replay
from gaita.model.command import Key
from gaita.model.value import moment_of
from gaita.store.incidents import incident_row
from gaita.store.instance_rows import deadline_row, ended, instance_row, timer_row
from gaita.store.keys import key_row
from gaita.store.messages import message_row

Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class ExpectedRows:
    """The rows that a history leads to, by what tells them apart. A column that is left out is not known."""

    instance: Row
    deadlines: Mapping[int, Row]
    timers: Mapping[tuple[int, int], Row]
    messages: Mapping[str, Row]
    keys: Mapping[str, Row]
    """Those that records name: a key may have been forgotten since."""
    incidents: Sequence[Row]
    """Those that are opened with a record; operators close them, and others are opened apart."""
    half_proven: int = 0
    """How many timers an earlier release cancelled as it armed them, without keeping their moments."""
    unnamed_keys: frozenset[int] = frozenset()
    """The records of an earlier release, which name no key."""
    old_messages: frozenset[str] = frozenset()
    """Those that records of an earlier release name: it may have handed them over without deliveries."""


def expected_rows(replay: Replay, records: Sequence[Record], personal: Iterable[str]) -> ExpectedRows:
    """Return what the tables must hold of the instance that ``records`` have been replayed to."""
    instance = replay.instance
    old = [record for record in records if record.format < FORMAT]
    timers: dict[tuple[int, int], Row] = {}
    half_proven = 0
    for number, deadline in replay.deadlines.items():
        for index, timer in deadline.timers.items():
            row = timer_row(instance.id, number, index, timer.due)
            if timer.ending is not None and timer.ended_at is not None:
                row.update(ended(timer.ending, timer.ended_at, timer.late))
            del row["incident"]
            if not timer.due_is_told:
                del row["due"]
                half_proven += 1
            timers[number, index] = row
    deadlines: dict[int, Row] = {}
    for number, deadline in replay.deadlines.items():
        row = deadline_row(instance.id, deadline.value)
        if deadline.ending is not None and deadline.ended_at is not None:
            row.update(ended(deadline.ending, deadline.ended_at, deadline.late))
        row["restated"] = deadline.restated
        deadlines[number] = row
    return ExpectedRows(
        instance_row(instance, records[-1].hash, personal),
        deadlines,
        timers,
        {
            message.id: {**message_row(message), "moot": replay.moot.get(message.id)}
            for message in replay.messages
        },
        _keys(instance.id, records),
        [incident for record in records if (incident := _incident(record)) is not None],
        half_proven,
        frozenset(record.sequence for record in old),
        frozenset(message for record in old for message in _texts(record.body.get("messages"))),
    )


def _keys(instance: str, records: Sequence[Record]) -> dict[str, Row]:
    found: dict[str, Row] = {}
    for record in records:
        text = record.body.get("key")
        if isinstance(text, str):
            key = Key(text, str(record.body["key_command"]))
            found[text] = key_row(instance, key, record.sequence, moment_of(str(record.body["at"])))
    return found


def _texts(value: object) -> list[str]:
    return [str(each) for each in cast("list[object]", value)] if isinstance(value, list) else []


def _incident(record: Record) -> Row | None:
    trouble: Any = record.body.get("trouble")
    if trouble is None:
        return None
    return incident_row(
        record.instance, trouble["code"], trouble["message"], moment_of(str(record.body["at"]))
    )
