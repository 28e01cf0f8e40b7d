"""Clocks that stop, deadlines that recur, and the calendars that they are counted by."""

import sqlalchemy as sa
from alembic.operations import Operations

from gaita.store.tables import Tables

revision = "0002"
down_revision = "0001"


def upgrade(op: Operations, tables: Tables) -> None:
    """Add what a deadline's clock needs; what is there already has a clock that never stopped."""
    prefix, schema = tables.prefix, tables.schema
    op.add_column(
        f"{prefix}instances",
        sa.Column("entered", sa.Text, nullable=False, server_default="{}"),
        schema=schema,
    )
    for column in (
        sa.Column("occurrence", sa.Integer, nullable=False, server_default="1"),
        sa.Column("course", sa.Text, nullable=False, server_default="[]"),
        sa.Column("paused_at", sa.BigInteger),
        sa.Column("provisional", sa.Boolean, nullable=False, server_default=sa.false()),
    ):
        op.add_column(f"{prefix}deadlines", column, schema=schema)
    op.drop_index(f"ix_{prefix}timers_due", f"{prefix}timers", schema=schema)
    with op.batch_alter_table(f"{prefix}timers", schema=schema) as timers:
        timers.alter_column("due", existing_type=sa.BigInteger, nullable=True)
    waiting = sa.text("ending IS NULL AND incident IS NULL AND due IS NOT NULL")
    op.create_index(
        f"ix_{prefix}timers_due",
        f"{prefix}timers",
        ["due", "instance"],
        schema=schema,
        sqlite_where=waiting,
        postgresql_where=waiting,
    )
    op.create_table(
        f"{prefix}calendars",
        sa.Column("name", sa.String(64), primary_key=True),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("content", sa.Text, nullable=False),
        sa.Column("applied_at", sa.BigInteger, nullable=False),
        sa.Column("applied_by", sa.Text, nullable=False),
        schema=schema,
    )
    op.create_table(
        f"{prefix}digests",
        sa.Column("name", sa.String(200), primary_key=True),
        sa.Column("next_at", sa.BigInteger, nullable=False),
        schema=schema,
    )
