"""Delivery: what is to reach whom over which channel, and how far it has come."""

import sqlalchemy as sa
from alembic.operations import Operations

from gaita.store.tables import Tables

revision = "0003"
down_revision = "0002"


def upgrade(op: Operations, tables: Tables) -> None:
    """Spread messages into deliveries. What was handed over before counts as spread; the rest is new."""
    prefix, schema = tables.prefix, tables.schema
    messages = f"{prefix}messages"

    op.add_column(messages, sa.Column("timer", sa.Integer, nullable=False, server_default="0"), schema=schema)
    op.add_column(messages, sa.Column("folded", sa.Text, nullable=False, server_default="[]"), schema=schema)
    op.add_column(messages, sa.Column("spread_at", sa.BigInteger), schema=schema)
    kept = sa.table(
        messages,
        sa.column("number", sa.Integer),
        sa.column("id", sa.String),
        sa.column("timer", sa.Integer),
        sa.column("spread_at", sa.BigInteger),
        sa.column("delivered_at", sa.BigInteger),
        schema=schema,
    )
    _number_timers(op, kept)
    op.execute(kept.update().values(spread_at=kept.c.delivered_at))
    op.drop_index(f"ix_{prefix}messages_undelivered", table_name=messages, schema=schema)
    for gone in ("delivered_at", "attempts", "error"):
        op.drop_column(messages, gone, schema=schema)
    _partial_index(op, f"ix_{prefix}messages_unspread", messages, ["number"], "spread_at IS NULL", schema)

    deliveries = f"{prefix}deliveries"
    op.create_table(
        deliveries,
        sa.Column("number", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("key", sa.String(400), nullable=False, unique=True),
        sa.Column("message", sa.Integer, nullable=False),
        sa.Column("channel", sa.String(64), nullable=False),
        sa.Column("recipient", sa.Text, nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("next_at", sa.BigInteger, nullable=False),
        sa.Column("lease", sa.String(32)),
        sa.Column("error", sa.Text),
        sa.Column("incident", sa.Integer),
        sa.Column("ended_at", sa.BigInteger),
        sa.Column("ended_by", sa.Text),
        sa.Column("reason", sa.Text),
        schema=schema,
    )
    _partial_index(
        op,
        f"ix_{prefix}deliveries_next",
        deliveries,
        ["channel", "next_at", "number"],
        "state = 'waiting'",
        schema,
    )
    op.create_index(f"ix_{prefix}deliveries_state", deliveries, ["state", "number"], schema=schema)
    op.create_index(f"ix_{prefix}deliveries_message", deliveries, ["message"], schema=schema)


def _number_timers(op: Operations, messages: sa.TableClause) -> None:
    """Note each message's timer, which its id names: ``INSTANCE/DEADLINE/TIMER/ROLE``."""
    connection = op.get_bind()
    of_number = messages.c.number == sa.bindparam("of_number", type_=sa.Integer)
    numbered = messages.update().where(of_number).values(timer=sa.bindparam("its_timer", type_=sa.Integer))
    after = 0
    while True:
        query = sa.select(messages.c.number, messages.c.id).where(messages.c.number > after)
        rows = connection.execute(query.order_by(messages.c.number).limit(1000)).all()
        if not rows:
            return
        after = rows[-1].number
        connection.execute(
            numbered, [{"of_number": row.number, "its_timer": int(row.id.rsplit("/", 2)[1])} for row in rows]
        )


def _partial_index(
    op: Operations, name: str, table: str, columns: list[str], where: str, schema: str | None
) -> None:
    op.create_index(
        name, table, columns, schema=schema, sqlite_where=sa.text(where), postgresql_where=sa.text(where)
    )
