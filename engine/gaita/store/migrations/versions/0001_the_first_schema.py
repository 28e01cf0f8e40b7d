"""The first schema: workflows, instances, deadlines, timers, records, keys, messages, incidents."""

import sqlalchemy as sa
from alembic.operations import Operations

from gaita.store.tables import Tables

revision = "0001"
down_revision = None


def upgrade(op: Operations, tables: Tables) -> None:
    """Create every table and index, behind the host's prefix and in its schema."""
    prefix, schema = tables.prefix, tables.schema
    workflows = f"{schema}.{prefix}workflows" if schema else f"{prefix}workflows"

    op.create_table(
        f"{prefix}workflows",
        sa.Column("id", sa.String(64), primary_key=True),
        sa.Column("version", sa.Integer, primary_key=True),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("source", sa.Text, nullable=False),
        sa.Column("deployed_at", sa.BigInteger, nullable=False),
        schema=schema,
    )
    op.create_table(
        f"{prefix}instances",
        sa.Column("id", sa.String(200), primary_key=True),
        sa.Column("workflow", sa.String(64), nullable=False),
        sa.Column("workflow_version", sa.Integer, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("data", sa.Text, nullable=False),
        sa.Column("since", sa.BigInteger, nullable=False),
        sa.Column("started_at", sa.BigInteger, nullable=False),
        sa.Column("memory", sa.Text, nullable=False),
        sa.Column("armed", sa.Integer, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("refusal", sa.String(64)),
        sa.Column("sequence", sa.Integer, nullable=False),
        sa.Column("head", sa.String(64), nullable=False),
        sa.Column("folded", sa.Text, nullable=False),
        sa.ForeignKeyConstraint(
            ["workflow", "workflow_version"], [f"{workflows}.id", f"{workflows}.version"]
        ),
        schema=schema,
    )
    op.create_index(f"ix_{prefix}instances_state", f"{prefix}instances", ["workflow", "state"], schema=schema)
    op.create_table(
        f"{prefix}deadlines",
        sa.Column("instance", sa.String(200), primary_key=True),
        sa.Column("number", sa.Integer, primary_key=True),
        sa.Column("rule", sa.Text, nullable=False),
        sa.Column("armed_at", sa.BigInteger, nullable=False),
        sa.Column("since", sa.BigInteger, nullable=False),
        sa.Column("due", sa.BigInteger, nullable=False),
        sa.Column("clipped", sa.Boolean, nullable=False),
        sa.Column("ending", sa.String(16)),
        sa.Column("ended_at", sa.BigInteger),
        sa.Column("late", sa.BigInteger),
        schema=schema,
    )
    _partial_index(op, f"ix_{prefix}deadlines_open", f"{prefix}deadlines", ["due"], "ending IS NULL", schema)
    op.create_table(
        f"{prefix}timers",
        sa.Column("instance", sa.String(200), primary_key=True),
        sa.Column("deadline", sa.Integer, primary_key=True),
        sa.Column("number", sa.Integer, primary_key=True),
        sa.Column("due", sa.BigInteger, nullable=False),
        sa.Column("ending", sa.String(16)),
        sa.Column("ended_at", sa.BigInteger),
        sa.Column("late", sa.BigInteger),
        sa.Column("incident", sa.Integer),
        schema=schema,
    )
    _partial_index(
        op,
        f"ix_{prefix}timers_due",
        f"{prefix}timers",
        ["due", "instance"],
        "ending IS NULL AND incident IS NULL",
        schema,
    )
    op.create_table(
        f"{prefix}records",
        sa.Column("instance", sa.String(200), primary_key=True),
        sa.Column("sequence", sa.Integer, primary_key=True),
        sa.Column("body", sa.Text, nullable=False),
        sa.Column("hash", sa.String(64), nullable=False),
        schema=schema,
    )
    op.create_table(
        f"{prefix}keys",
        sa.Column("instance", sa.String(200), primary_key=True),
        sa.Column("key", sa.String(200), primary_key=True),
        sa.Column("command", sa.String(64), nullable=False),
        sa.Column("sequence", sa.Integer, nullable=False),
        sa.Column("used_at", sa.BigInteger, nullable=False),
        schema=schema,
    )
    op.create_index(f"ix_{prefix}keys_used_at", f"{prefix}keys", ["used_at"], schema=schema)
    op.create_table(
        f"{prefix}messages",
        sa.Column("number", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("id", sa.String(300), nullable=False, unique=True),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("recipient", sa.String(64), nullable=False),
        sa.Column("instance", sa.String(200), nullable=False),
        sa.Column("workflow", sa.String(80), nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("rule", sa.Text, nullable=False),
        sa.Column("deadline", sa.Integer, nullable=False),
        sa.Column("due", sa.BigInteger, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("delivered_at", sa.BigInteger),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("error", sa.Text),
        schema=schema,
    )
    _partial_index(
        op,
        f"ix_{prefix}messages_undelivered",
        f"{prefix}messages",
        ["number"],
        "delivered_at IS NULL",
        schema,
    )
    op.create_table(
        f"{prefix}incidents",
        sa.Column("number", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("opened_at", sa.BigInteger, nullable=False),
        sa.Column("instance", sa.String(200)),
        sa.Column("code", sa.String(64), nullable=False),
        sa.Column("message", sa.Text, nullable=False),
        sa.Column("closed_at", sa.BigInteger),
        sa.Column("closed_by", sa.Text),
        schema=schema,
    )


def _partial_index(
    op: Operations, name: str, table: str, columns: list[str], where: str, schema: str | None
) -> None:
    op.create_index(
        name, table, columns, schema=schema, sqlite_where=sa.text(where), postgresql_where=sa.text(where)
    )
