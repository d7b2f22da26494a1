"""Making the tables, and how a schema of an older version gets the present one.

`MIGRATIONS` has the statements that lead to each version after the first. They run in one transaction, when the first
call of a client finds an older version. An advisory lock keeps processes from doing it at the same time.
"""

from __future__ import annotations

import logging
from hashlib import blake2b
from typing import Any

from asyncpg import exceptions as pg

from memio.errors import MemioError, ProviderError
from memio.providers.postgres._db import schema as tables

MIGRATIONS: dict[int, tuple[str, ...]] = {}
"""For each version after 1, the statements that lead to it from the version before, with `{schema}` for the schema."""

_logger = logging.getLogger("memio.postgres")


async def prepare_schema(connection: Any, schema: str, place: str) -> None:
    """Check the version of the tables; make or migrate them where that is needed.

    Args:
        connection: A connection that is not in a transaction.
        schema: The name of the schema.
        place: The database and the schema, for errors.

    Raises:
        ProviderError: The tables are not there and the role may not make them, or a later memio has made them.
    """
    if await _version(connection, schema, place) == tables.VERSION:
        return
    try:
        async with connection.transaction(isolation="read_committed"):
            await connection.execute(f"SELECT pg_advisory_xact_lock({_lock(schema)})")
            found = await _version(connection, schema, place)
            if found is None:
                await _make(connection, schema)
            elif found < tables.VERSION:
                await _migrate(connection, schema, found, place)
    except pg.InsufficientPrivilegeError as error:
        raise _not_allowed(place, schema, error) from error
    except pg.ReadOnlySQLTransactionError as error:
        raise ProviderError(
            f"the tables in {place} are not there, or of an older version, and this server is read-only: let a client "
            "use the primary server first",
            cause=error,
        ) from error


async def _version(connection: Any, schema: str, place: str) -> int | None:
    """Return the version of the tables, or `None` where there are none.

    Raises:
        ProviderError: They are of a later version, or the encoding of the database cannot hold every text.
    """
    # From the catalogue as of this statement: functions such as `to_regclass` may answer as of an earlier moment.
    encoding, there = await connection.fetchrow(
        "SELECT current_setting('server_encoding'), EXISTS (SELECT 1 FROM pg_catalog.pg_class c "
        "JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = $1 AND c.relname = 'meta')",
        schema,
    )
    if encoding != "UTF8":
        raise ProviderError(f"the database {place} has the encoding {encoding}: use one with UTF8")
    if not there:
        return None
    try:
        found = await connection.fetchval(f"SELECT value FROM {schema}.meta WHERE key = 'schema'")
    except pg.UndefinedColumnError:
        found = None
    if found is None:
        raise ProviderError(
            f"{place} has a table meta that is not memio's; nothing was changed: choose another schema_name"
        )
    if int(found) > tables.VERSION:
        raise ProviderError(
            f"{place} was written by a later memio (schema {found}, this one knows {tables.VERSION}); it was not "
            "modified: install a newer memio-postgres, or choose another schema_name"
        )
    return int(found)


async def _make(connection: Any, schema: str) -> None:
    there = await connection.fetchval("SELECT 1 FROM pg_catalog.pg_namespace WHERE nspname = $1", schema)
    if not there:  # `IF NOT EXISTS` asks for the right to create also where it is there
        await connection.execute(f"CREATE SCHEMA {schema}")
    await connection.execute(";\n".join(tables.statements(schema)))


async def _migrate(connection: Any, schema: str, found: int, place: str) -> None:
    for version in range(found + 1, tables.VERSION + 1):
        _logger.info("migrating %s to schema %d", place, version)
        for statement in MIGRATIONS[version]:
            await connection.execute(statement.format(schema=schema))
        await connection.execute(f"UPDATE {schema}.meta SET value = '{version}' WHERE key = 'schema'")


def _lock(schema: str) -> int:
    return int.from_bytes(blake2b(f"memio {schema}".encode(), digest_size=8).digest(), signed=True)


def _not_allowed(place: str, schema: str, error: BaseException) -> MemioError:
    return ProviderError(
        f"the tables in {place} are not there, or of an older version, and this role may not make them: let an "
        f"administrator run what `memio postgres ddl --schema {schema}` prints, or grant the role CREATE on the "
        "database",
        cause=error,
    )
