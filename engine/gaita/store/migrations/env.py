"""How Alembic runs our migrations: on the connection that it is handed, in that transaction."""

from typing import cast

from alembic import context
from sqlalchemy import Connection

from gaita.store.migrate import version_table
from gaita.store.tables import Tables

_tables = cast("Tables", context.config.attributes["tables"])
context.configure(
    connection=cast("Connection", context.config.attributes["connection"]),
    target_metadata=_tables.metadata,
    version_table=version_table(_tables),
    version_table_schema=_tables.schema,
)
context.run_migrations()
