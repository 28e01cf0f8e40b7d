"""Evidence: all that is stored of one instance after the other, raw, in one pass over every table."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any, cast

from sqlalchemy import Select, TableClause, column, exists, inspect, select, table
from sqlalchemy.exc import DBAPIError
from sqlalchemy.schema import Table

from gaita.errors import DatabaseTrouble
from gaita.store.migrate import version_table
from gaita.store.tables import Tables
from gaita.store.transaction import Transaction

Stored = Mapping[str, Any]
"""A row as the database holds it, by column; whatever somebody put there."""
_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class StoredCase:
    """All that is stored of one instance."""

    instance: Stored
    records: Sequence[Stored]
    deadlines: Sequence[Stored]
    timers: Sequence[Stored]
    messages: Sequence[Stored]
    """Each with ``has_delivery`` beside its columns."""
    keys: Sequence[Stored]
    incidents: Sequence[Stored]


class EvidenceStore:
    """Reads every table in the order of instances, a few hundred rows at a time.

    Nothing is taken for granted, or turned into our types: what is not as the engine wrote it must be seen.
    """

    def __init__(self, tables: Tables) -> None:
        self.workflows = _untyped(tables.workflows)
        self.calendars = _untyped(tables.calendars)
        self._schema = tables.schema
        self._revision = table(version_table(tables), column("version_num"), schema=tables.schema)
        self._instances = _untyped(tables.instances)
        self._messages = _untyped(tables.messages)
        self._deliveries = _untyped(tables.deliveries)
        self._incidents = _untyped(tables.incidents)
        self._records = _untyped(tables.records)
        self._of_instances: Mapping[str, tuple[TableClause, tuple[str, ...]]] = {
            "records": (self._records, ("sequence",)),
            "deadlines": (_untyped(tables.deadlines), ("number",)),
            "timers": (_untyped(tables.timers), ("deadline", "number")),
            "messages": (self._messages, ("number",)),
            "keys": (_untyped(tables.keys), ("key",)),
            "incidents": (self._incidents, ("number",)),
        }

    def all(self, transaction: Transaction, wanted: TableClause) -> list[Stored]:
        """Return every row of a small table."""
        with ExitStack() as opened:
            return list(_Rows(opened, transaction, wanted.name, select(wanted)))

    def revisions(self, transaction: Transaction) -> list[object]:
        """Return the revisions that the schema says it has: one, where nobody has interfered."""
        name, schema = self._revision.name, self._schema
        if not inspect(transaction.connection).has_table(name, schema=schema):
            return []
        return [row["version_num"] for row in self.all(transaction, self._revision)]

    def cases(self, transaction: Transaction, instance: str | None) -> Iterator[StoredCase]:
        """Yield what is stored of each instance, in order of id, or of the one named.

        Raises ``DatabaseTrouble`` where a table holds what no database driver can read.
        """
        wanted = select(self._instances).order_by(self._instances.c.id)
        if instance is not None:
            wanted = wanted.where(self._instances.c.id == instance)
        with ExitStack() as opened:
            streams = {
                name: _Rows(opened, transaction, name, self._ordered(name, instance))
                for name in self._of_instances
            }
            for row in _Rows(opened, transaction, "instances", wanted):
                yield StoredCase(row, **{name: stream.of(row["id"]) for name, stream in streams.items()})

    def orphans(self, transaction: Transaction, instance: str | None) -> Iterator[tuple[str, str]]:
        """Yield the tables, and the ids in them, whose instance does not exist."""
        for name, (wanted, _) in self._of_instances.items():
            if name == "incidents":  # it may tell that there is no such instance
                continue
            query = select(wanted.c.instance).distinct().where(~self._exists(wanted))
            if name == "messages":  # one of no instance is a summary
                query = query.where(wanted.c.instance != "")
            if instance is not None:
                query = query.where(wanted.c.instance == instance)
            with ExitStack() as opened:
                rows = _Rows(opened, transaction, name, query.order_by(wanted.c.instance))
                yield from ((name, row["instance"]) for row in rows)

    def summaries(self, transaction: Transaction) -> Iterator[Stored]:
        """Yield the messages that belong to no instance, and whether each has a delivery."""
        messages = self._messages
        query = select(messages, self._delivered()).where(messages.c.instance == "")
        query = query.order_by(messages.c.number)
        with ExitStack() as opened:
            yield from _Rows(opened, transaction, "messages", query)

    def deliveries(self, transaction: Transaction, instance: str | None) -> Iterator[Stored]:
        """Yield every delivery, with the id and instance of its message and the number of its incident."""
        deliveries, messages, incidents = self._deliveries, self._messages, self._incidents
        query = (
            select(
                deliveries,
                messages.c.id.label("message_id"),
                messages.c.instance.label("message_instance"),
                incidents.c.number.label("incident_number"),
            )
            .outerjoin(messages, messages.c.number == deliveries.c.message)
            .outerjoin(incidents, incidents.c.number == deliveries.c.incident)
            .order_by(deliveries.c.number)
        )
        if instance is not None:
            query = query.where(messages.c.instance == instance)
        with ExitStack() as opened:
            yield from _Rows(opened, transaction, "deliveries", query)

    def _ordered(self, name: str, instance: str | None) -> Select[Any]:
        wanted, order = self._of_instances[name]
        query = select(wanted, self._delivered()) if name == "messages" else select(wanted)
        query = query.order_by(wanted.c.instance, *(wanted.c[each] for each in order))
        if instance is None:
            return query.where(self._exists(wanted))
        return query.where(wanted.c.instance == instance)

    def _delivered(self) -> Any:  # noqa: ANN401 - a column of any kind
        return exists().where(self._deliveries.c.message == self._messages.c.number).label("has_delivery")

    def _exists(self, wanted: TableClause) -> Any:  # noqa: ANN401 - a condition of any kind
        return exists().where(self._instances.c.id == wanted.c.instance)


class _Rows:
    """The rows of one query, fetched a few hundred at a time; closed with the others."""

    def __init__(self, opened: ExitStack, transaction: Transaction, name: str, query: Select[Any]) -> None:
        self._name = name
        result = transaction.execute(query.execution_options(yield_per=_AT_ONCE))
        opened.callback(result.close)
        self._rows = iter(result.mappings())
        self._next: Stored | None = None
        self._begun = False

    def __iter__(self) -> Iterator[Stored]:
        while (row := self._take()) is not None:
            yield row

    def of(self, instance: str) -> list[Stored]:
        """Return the rows of the instance that comes next in order; none, where that is another one's."""
        if not self._begun:
            self._begun, self._next = True, self._take()
        found: list[Stored] = []
        while self._next is not None and self._next["instance"] == instance:
            found.append(self._next)
            self._next = self._take()
        return found

    def _take(self) -> Stored | None:
        try:
            for row in self._rows:
                return cast("Stored", row)
        except DBAPIError as error:
            raise self._unreadable(error) from None
        return None

    def _unreadable(self, error: DBAPIError) -> DatabaseTrouble:
        return DatabaseTrouble(
            f"the table {self._name} holds what cannot be read ({type(error.orig).__name__})"
        )


def _untyped(declared: Table) -> TableClause:
    columns: list[Any] = [column(each.name) for each in declared.columns]
    return table(declared.name, *columns, schema=declared.schema)
