"""The history: records as they were sealed, in canonical JSON."""

from collections.abc import Mapping, Sequence
from typing import Any, cast

from sqlalchemy import bindparam, select

from gaita.history import Record
from gaita.model.value import Value
from gaita.store.codec import decode
from gaita.store.statement import Statement
from gaita.store.tables import Tables
from gaita.store.transaction import Transaction


class RecordStore:
    """Appends and reads records. Nothing here changes or removes one."""

    def __init__(self, tables: Tables) -> None:
        records = tables.records
        self._table = records
        self._insert = Statement(records.insert(), ("instance", "sequence", "body", "hash"))
        self._read = (
            select(records.c.instance, records.c.sequence, records.c.body, records.c.hash)
            .where(records.c.instance == bindparam("instance"), records.c.sequence > bindparam("after"))
            .order_by(records.c.sequence)
        )

    def append(self, transaction: Transaction, records: Sequence[Record]) -> None:
        """Append records to the histories of their instances."""
        if records:
            self._insert.run(transaction, [_row(record) for record in records])

    def read(
        self, transaction: Transaction, instance: str, *, after: int = 0, limit: int | None = None
    ) -> list[Record]:
        """Return the records of one instance behind sequence number ``after``, in order."""
        query = self._read if limit is None else self._read.limit(limit)
        rows = transaction.execute(query, {"instance": instance, "after": after})
        return [record_of(*row) for row in rows]


def record_of(instance: str, sequence: int, body: object, sealed: str) -> Record:
    """Return a record as it is stored, whatever somebody has made of it."""
    text = body.decode(errors="replace") if isinstance(body, bytes) else str(body)
    return Record(instance, sequence, _body(text), text.encode(errors="replace"), sealed)


def _body(text: str) -> Mapping[str, Value | None]:
    """Return what was kept; what somebody made unreadable is shown as it is, and fits no hash."""
    try:
        body: object = decode(text)
    except (ValueError, RecursionError):
        body = None
    return cast("Mapping[str, Value | None]", body) if isinstance(body, dict) else {"unreadable": text}


def _row(record: Record) -> dict[str, Any]:
    return {
        "instance": record.instance,
        "sequence": record.sequence,
        "body": record.text.decode(),
        "hash": record.hash,
    }
