"""Findings of one case: where the rows that are stored of it are not those that its history leads to."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, TypeAlias

from gaita.history import Finding, Record, differences, shown
from gaita.store.evidence import Stored, StoredCase
from gaita.store.expected_rows import ExpectedRows

_Rows: TypeAlias = Mapping[Any, Mapping[str, Any]]
"""Rows by what tells them apart."""


def end_findings(instance: Stored, records: Sequence[Record]) -> list[Finding]:
    """Return whether the history ends where the instance says that it does."""
    last = records[-1].sequence if records else 0
    if last == instance["sequence"] and records:
        return []
    what = f"the history ends with record {last}, but the instance says that record "
    what += f"{shown('', instance['sequence'])} was its last"
    return [Finding("records", f"instance {instance['id']}", what, instance["id"], last or None)]


def row_findings(identity: str, case: StoredCase, expected: ExpectedRows) -> Iterator[Finding]:
    """Yield what is wrong with the row of a case and with the rows of what belongs to it.

    Keys that no record names are not looked at: records of an earlier release did not name them.
    """
    instance = f"instance {identity}"

    def compare(table: str, wanted: _Rows, stored: _Rows, noun: Callable[[Any], str]) -> Iterator[Finding]:
        if wanted.keys() == stored.keys() and all(
            all(stored[key][column] == value for column, value in row.items()) for key, row in wanted.items()
        ):
            return  # nearly always: nothing has to be said
        for key in dict.fromkeys((*wanted, *stored)):
            yield from differences(
                table, f"{instance}, {noun(key)}", identity, wanted.get(key), stored.get(key)
            )

    yield from differences("instances", instance, identity, expected.instance, case.instance)
    deadlines = {row["number"]: row for row in case.deadlines}
    yield from compare("deadlines", expected.deadlines, deadlines, lambda key: f"deadline {key}")
    timers = {(row["deadline"], row["number"]): row for row in case.timers}
    yield from compare("timers", expected.timers, timers, lambda key: f"deadline {key[0]}, timer {key[1]}")
    messages = {row["id"]: row for row in case.messages}
    yield from compare("messages", expected.messages, messages, lambda key: f"message {key}")
    named = {row["key"]: row for row in case.keys if row["sequence"] not in expected.unnamed_keys}
    still = {key: row for key, row in expected.keys.items() if key in named}  # others have been forgotten
    yield from compare("keys", still, named, lambda key: f"key {key!r}")
    yield from _incident_findings(identity, case, expected)
    yield from _held_timer_findings(identity, case)


def undelivered(message: Stored) -> Finding:
    """Return that a message was handed to the channels without a delivery."""
    what = "counts as handed to the channels, but there is no delivery of it"
    return Finding(
        "messages", f"message {message['id']}", what, message["instance"] or None, column="spread_at"
    )


def _incident_findings(identity: str, case: StoredCase, expected: ExpectedRows) -> Iterator[Finding]:
    """Yield the incidents that were opened with a record and are not stored as it tells."""
    stored = Counter(
        (row["opened_at"], row["instance"], row["code"], row["message"]) for row in case.incidents
    )
    wanted = Counter(tuple(row.values()) for row in expected.incidents)
    for (opened_at, _, code, _), count in (wanted - stored).items():
        what = f"{count} incident(s) {code!r} of {shown('at', opened_at)} were removed or changed"
        yield Finding("incidents", f"instance {identity}", what, identity)


def _held_timer_findings(identity: str, case: StoredCase) -> Iterator[Finding]:
    """Yield the timers that are held back by an incident which does not exist, or is closed."""
    opened = {row["number"] for row in case.incidents if row["closed_at"] is None}
    for row in case.timers:
        if row["incident"] is not None and row["incident"] not in opened:
            yield Finding(
                "timers",
                f"instance {identity}, deadline {row['deadline']}, timer {row['number']}",
                f"is held back by incident {shown('', row['incident'])}, which is not open for this instance",
                identity,
                column="incident",
            )
