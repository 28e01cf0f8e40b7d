"""A life can be put right: calendars keep their past, so that what they decided can be decided again."""

import sqlalchemy as sa
from alembic.operations import Operations

from gaita.store.tables import Tables

revision = "0006"
down_revision = "0005"

_KEPT = ("name", "digest", "content", "applied_at", "applied_by")


def upgrade(op: Operations, tables: Tables) -> None:
    """Begin the past of each calendar with what is in force; what was before that nobody kept."""
    name, schema = f"{tables.prefix}calendars", tables.schema
    op.rename_table(name, f"{name}_in_force", schema=schema)
    calendars = op.create_table(
        name,
        sa.Column("name", sa.String(64), primary_key=True),
        sa.Column("number", sa.Integer, primary_key=True),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("content", sa.Text, nullable=False),
        sa.Column("applied_at", sa.BigInteger, nullable=False),
        sa.Column("applied_by", sa.Text, nullable=False),
        schema=schema,
    )
    kept: list[sa.ColumnClause[object]] = [sa.column(each) for each in _KEPT]
    in_force = sa.table(f"{name}_in_force", *kept, schema=schema)
    first = sa.select(*kept, sa.literal_column("1")).select_from(in_force)
    op.execute(calendars.insert().from_select([*_KEPT, "number"], first))
    op.drop_table(f"{name}_in_force", schema=schema)
    corrected = sa.Column("corrected", sa.Integer, nullable=False, server_default="0")
    op.add_column(f"{tables.prefix}instances", corrected, schema=schema)
    restated = sa.Column("restated", sa.Boolean, nullable=False, server_default="0")
    op.add_column(f"{tables.prefix}deadlines", restated, schema=schema)
    op.add_column(f"{tables.prefix}messages", sa.Column("moot", sa.Integer), schema=schema)
    op.add_column(f"{tables.prefix}messages", sa.Column("words", sa.Text), schema=schema)
    unspread = f"ix_{tables.prefix}messages_unspread"
    op.drop_index(unspread, f"{tables.prefix}messages", schema=schema)
    condition = sa.text("spread_at IS NULL AND moot IS NULL")
    op.create_index(
        unspread,
        f"{tables.prefix}messages",
        ["number"],
        schema=schema,
        sqlite_where=condition,
        postgresql_where=condition,
    )
