"""Bringing the schema up to date, with the Alembic migrations that the package ships."""

from pathlib import Path
from typing import Any

from sqlalchemy import Connection, column, inspect, select, table

from gaita.store.database_errors import our_statement
from gaita.store.tables import Tables

NEWEST = "0006"
"""The revision that this version of Gaita works with; a test holds it to the migrations."""
MIGRATIONS = Path(__file__).parent / "migrations"


def schema_version(connection: Connection, tables: Tables) -> str | None:
    """Return the schema's revision, or ``None`` where there is none yet."""
    name = version_table(tables)
    if not inspect(connection).has_table(name, schema=tables.schema):
        return None
    versions = table(name, column("version_num"), schema=tables.schema)
    version: str | None = connection.execute(select(versions.c.version_num)).scalar_one_or_none()
    return version


def migrate(connection: Connection, tables: Tables, revision: str = NEWEST) -> bool:
    """Bring the schema to ``revision`` in the caller's transaction; return whether anything was done.

    Each migration is handed what it works with. Alembic's own commands, with ``op`` and ``context``, are
    global to the process: two threads that migrate at once, or a host whose own migration calls this, would
    work on one another's database. Raises ``DatabaseTrouble``.
    """
    with our_statement:
        return _migrated(connection, tables, revision)


def _migrated(connection: Connection, tables: Tables, revision: str) -> bool:
    if schema_version(connection, tables) == revision:
        return False
    # Imported here: a service that starts on a schema that is up to date does not pay for it.
    from alembic.operations import Operations  # noqa: PLC0415
    from alembic.runtime.migration import MigrationContext  # noqa: PLC0415
    from alembic.script import ScriptDirectory  # noqa: PLC0415

    script = ScriptDirectory(str(MIGRATIONS))

    def steps(heads: Any, _context: MigrationContext) -> list[Any]:  # noqa: ANN401 - Alembic's own form
        # As Alembic's own `upgrade` does; it has no public name for it.
        return script._upgrade_revs(revision, heads)  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]

    options = {
        "fn": steps,
        "target_metadata": tables.metadata,
        "version_table": version_table(tables),
        "version_table_schema": tables.schema,
    }
    context = MigrationContext.configure(connection, opts=options)
    context.run_migrations(op=Operations(context), tables=tables)
    return True


def version_table(tables: Tables) -> str:
    """Return the name of the table in which Alembic notes the revision."""
    return f"{tables.prefix}schema_version"
