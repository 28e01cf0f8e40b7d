"""Idempotency keys: which record answers a command that may come twice."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, bindparam, select

from gaita.clock import to_microseconds
from gaita.store.tables import Tables


@dataclass(frozen=True, slots=True)
class KeptKey:
    """A key that was used: the digest of its command, and the record that tells the outcome."""

    command: str
    sequence: int


class KeyStore:
    """Remembers keys for a set time."""

    def __init__(self, tables: Tables) -> None:
        """Prepare the statements."""
        keys = tables.keys
        self._find = select(keys.c.command, keys.c.sequence).where(
            keys.c.instance == bindparam("instance"), keys.c.key == bindparam("key")
        )
        self._insert = keys.insert()
        self._forget = keys.delete().where(keys.c.used_at < bindparam("before"))

    def find(self, connection: Connection, instance: str, key: str) -> KeptKey | None:
        """Return what is remembered of ``key``."""
        row = connection.execute(self._find, {"instance": instance, "key": key}).one_or_none()
        return None if row is None else KeptKey(row.command, row.sequence)

    def keep(self, connection: Connection, instance: str, key: str, kept: KeptKey, now: datetime) -> None:
        """Remember ``key``."""
        row = {
            "instance": instance,
            "key": key,
            "command": kept.command,
            "sequence": kept.sequence,
            "used_at": to_microseconds(now),
        }
        connection.execute(self._insert, row)

    def forget(self, connection: Connection, before: datetime) -> int:
        """Forget the keys used before ``before`` and return how many they were."""
        return connection.execute(self._forget, {"before": to_microseconds(before)}).rowcount
