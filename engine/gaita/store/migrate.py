"""Bringing the schema up to date, with the Alembic migrations that the package ships."""

from typing import Any

from sqlalchemy import Connection, column, inspect, select, table

from gaita.store.tables import Tables

NEWEST = "0003"
"""The revision that this version of Gaita works with; a test holds it to the migrations."""


def schema_version(connection: Connection, tables: Tables) -> str | None:
    """Return the schema's revision, or ``None`` where there is none yet."""
    name = version_table(tables)
    if not inspect(connection).has_table(name, schema=tables.schema):
        return None
    versions = table(name, column("version_num"), schema=tables.schema)
    version: str | None = connection.execute(select(versions.c.version_num)).scalar_one_or_none()
    return version


def migrate(connection: Connection, tables: Tables) -> bool:
    """Bring the schema to ``NEWEST`` in the host's transaction; return whether anything was done."""
    if schema_version(connection, tables) == NEWEST:
        return False
    # Imported here: a service that starts on a schema that is up to date does not pay for it.
    from alembic import command  # noqa: PLC0415
    from alembic.config import Config  # noqa: PLC0415

    config = Config()
    config.set_main_option("script_location", "gaita.store:migrations")
    attributes: dict[str, Any] = config.attributes
    attributes["connection"] = connection
    attributes["tables"] = tables
    command.upgrade(config, "head")
    return True


def version_table(tables: Tables) -> str:
    """Return the name of the table in which Alembic notes the revision."""
    return f"{tables.prefix}schema_version"
