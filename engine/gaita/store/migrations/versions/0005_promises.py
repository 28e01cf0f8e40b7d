"""Deadlines by an anchor are one promise: an instance remembers its stays, and those that have ended."""

import json
from typing import Any

import sqlalchemy as sa
from alembic.operations import Operations

from gaita.errors import BrokenHistory, FaultyFile
from gaita.history import Record, replay
from gaita.language import read
from gaita.model.instance import Instance
from gaita.model.workflow import Workflow
from gaita.store.instance_rows import instance_row
from gaita.store.tables import Tables

revision = "0005"
down_revision = "0004"

_REMEMBERED = ("stays", "remembered")


def upgrade(op: Operations, tables: Tables) -> None:
    """Add what is remembered; of what is there already, it is worked out by playing the history again."""
    for table, column in (
        ("instances", sa.Column("stays", sa.Text, nullable=False, server_default="[]")),
        ("instances", sa.Column("remembered", sa.Text, nullable=False, server_default="[]")),
        ("deadlines", sa.Column("renewals", sa.Integer, nullable=False, server_default="0")),
    ):
        op.add_column(f"{tables.prefix}{table}", column, schema=tables.schema)
    connection = op.get_bind()
    for workflow in _workflows(connection, tables):
        if any(rule.is_anchored for rule in workflow.rules.values()):
            _remember(connection, tables, workflow)


def _workflows(connection: sa.Connection, tables: Tables) -> list[Workflow]:
    """Return the workflows that can be read; of the others nothing can be carried on anyway."""
    rows = _table(tables, "workflows", "id", "version", "source")
    found: list[Workflow] = []
    for row in connection.execute(sa.select(rows)).all():
        try:
            found.append(read(row.source, f"{row.id}@{row.version}", row.version))
        except FaultyFile:
            continue
    return found


def _remember(connection: sa.Connection, tables: Tables, workflow: Workflow) -> None:
    instances = _table(tables, "instances", "id", "workflow", "workflow_version", *_REMEMBERED)
    of_workflow = sa.select(instances.c.id).where(
        instances.c.workflow == workflow.id, instances.c.workflow_version == workflow.version
    )
    written = instances.update().where(instances.c.id == sa.bindparam("of"))
    after = ""
    while True:
        query = of_workflow.where(instances.c.id > after).order_by(instances.c.id).limit(500)
        identities = list(connection.execute(query).scalars())
        if not identities:
            return
        after = identities[-1]
        for identity in identities:
            row = _remembered(connection, tables, workflow, identity)
            if row is not None:
                connection.execute(written.values(row), {"of": identity})


def _remembered(
    connection: sa.Connection, tables: Tables, workflow: Workflow, identity: str
) -> dict[str, Any] | None:
    records = _table(tables, "records", "instance", "sequence", "body", "hash")
    query = sa.select(records).where(records.c.instance == identity).order_by(records.c.sequence)
    try:
        history = [
            Record(row.instance, row.sequence, json.loads(row.body), row.body.encode(), row.hash)
            for row in connection.execute(query)
        ]
        instance: Instance = replay(workflow, history)
    except (BrokenHistory, AttributeError, TypeError, ValueError):
        return None  # `gaita verify` names it
    if not (instance.stays or instance.remembered):
        return None
    row = instance_row(instance, "", frozenset[str]())
    return {column: row[column] for column in _REMEMBERED}


def _table(tables: Tables, name: str, *columns: str) -> sa.TableClause:
    named: list[sa.ColumnClause[Any]] = [sa.column(each) for each in columns]
    return sa.table(f"{tables.prefix}{name}", *named, schema=tables.schema)
