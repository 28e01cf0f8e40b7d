"""Idempotency keys: which record answers a command that may come twice."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, select

from gaita.clock import to_microseconds
from gaita.model.command import Key
from gaita.store.sealed_outcomes import Happened
from gaita.store.statement import Statement
from gaita.store.tables import Tables
from gaita.store.transaction import Transaction


@dataclass(frozen=True, slots=True)
class KeptKey:
    """A key that was used: the digest of its command, and the record that tells the outcome."""

    command: str
    sequence: int


class KeyStore:
    """Remembers keys for a set time."""

    def __init__(self, tables: Tables) -> None:
        keys = tables.keys
        self._find = select(keys.c.command, keys.c.sequence).where(
            keys.c.instance == bindparam("instance"), keys.c.key == bindparam("key")
        )
        self._insert = Statement(keys.insert(), ("instance", "key", "command", "sequence", "used_at"))
        self._old = (
            select(keys.c.instance, keys.c.key)
            .where(keys.c.used_at < bindparam("before"))
            .order_by(keys.c.used_at)
            .limit(bindparam("most"))
        )
        self._forget = keys.delete().where(
            keys.c.instance == bindparam("of"), keys.c.key == bindparam("named")
        )

    def find(self, transaction: Transaction, instance: str, key: str) -> KeptKey | None:
        """Return what is remembered of ``key``."""
        row = transaction.execute(self._find, {"instance": instance, "key": key}).one_or_none()
        return None if row is None else KeptKey(row.command, row.sequence)

    def keep(self, transaction: Transaction, happenings: Sequence[Happened], now: datetime) -> None:
        """Remember the keys under which commands were carried out."""
        rows = [key_row(each.after.id, each.key, each.after.sequence, now) for each in happenings if each.key]
        if rows:
            self._insert.run(transaction, rows)

    def put(self, transaction: Transaction, instance: str, key: Key, sequence: int, now: datetime) -> None:
        """Remember one key."""
        self._insert.run(transaction, [key_row(instance, key, sequence, now)])

    def has_older(self, transaction: Transaction, before: datetime) -> bool:
        """Return whether a key was used before ``before``."""
        asked = {"before": to_microseconds(before), "most": 1}
        return transaction.execute(self._old, asked).first() is not None

    def forget(self, transaction: Transaction, before: datetime, most: int) -> int:
        """Forget keys used before ``before``, the oldest first; return how many they were."""
        asked = {"before": to_microseconds(before), "most": most}
        found = [{"of": row.instance, "named": row.key} for row in transaction.execute(self._old, asked)]
        if found:
            transaction.execute(self._forget, found)
        return len(found)


def key_row(instance: str, key: Key, sequence: int, used_at: datetime) -> dict[str, Any]:
    """Return the row of a key under which the record ``sequence`` was written."""
    return {
        "instance": instance,
        "key": key.text,
        "command": key.command,
        "sequence": sequence,
        "used_at": to_microseconds(used_at),
    }
