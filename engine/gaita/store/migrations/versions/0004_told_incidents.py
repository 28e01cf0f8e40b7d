"""Incidents know by which summary administrators were told about them."""

import sqlalchemy as sa
from alembic.operations import Operations

from gaita.store.tables import Tables

revision = "0004"
down_revision = "0003"


def upgrade(op: Operations, tables: Tables) -> None:
    """Administrators were told about none so far: those that are open come with the first summary."""
    op.add_column(f"{tables.prefix}incidents", sa.Column("told_at", sa.BigInteger), schema=tables.schema)
