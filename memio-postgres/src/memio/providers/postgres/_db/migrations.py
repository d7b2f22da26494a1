"""Making the tables, and how a schema of an older version gets the present one.

`MIGRATIONS` has the statements that lead to each version after the first. They run in one transaction, when the first
call of a client finds an older version. An advisory lock keeps processes from doing it at the same time.
"""

from __future__ import annotations

import logging
import shlex
from hashlib import blake2b
from typing import Any

from asyncpg import exceptions as pg

from memio.errors import MemioError, ProviderError, UnavailableError
from memio.providers.postgres._db import schema as tables

_TEXT_SEQ = (
    "ALTER TABLE {{schema}}.{0} ADD COLUMN text_seq bigint",
    "UPDATE {{schema}}.{0} SET text_seq = version",
    "ALTER TABLE {{schema}}.{0} ALTER COLUMN text_seq SET NOT NULL",
)

MIGRATIONS: dict[int, tuple[str, ...]] = {
    2: tuple(statement.format(table) for table in ("fact", "document") for statement in _TEXT_SEQ),
}
"""For each version after 1, the statements that lead to it from the version before, with `{schema}` for the schema."""

_logger = logging.getLogger("memio.postgres")


async def prepare_schema(connection: Any, schema: str, place: str) -> bool:
    """Check the version of the tables; make or migrate them where that is needed. Return whether there are vectors.

    Args:
        connection: A connection that is not in a transaction.
        schema: The name of the schema.
        place: The database and the schema, for errors.

    Raises:
        ProviderError: The tables are not there and the role may not make them, or a later memio has made them.
    """
    found, has_vectors = await _version(connection, schema, place)
    if found == tables.VERSION:
        return has_vectors
    try:
        async with connection.transaction(isolation="read_committed"):
            await connection.execute(f"SELECT pg_advisory_xact_lock({_lock(schema)})")
            found, has_vectors = await _version(connection, schema, place)
            if found is None:
                await _make(connection, schema)
            elif found < tables.VERSION:
                await _migrate(connection, schema, found, place)
    except pg.InsufficientPrivilegeError as error:
        if found is None:
            raise _not_allowed(place, await _command(connection, schema), error) from error
        raise ProviderError(
            f"the tables in {place} are of an older version ({found}, this memio needs {tables.VERSION}), and only "
            "their owner may change them: let `memio doctor` connect once as the owner, which migrates them",
            cause=error,
        ) from error
    except pg.ReadOnlySQLTransactionError as error:
        raise ProviderError(
            f"the tables in {place} are not there, or of an older version, and this server is read-only: let a client "
            "use the primary server first",
            cause=error,
        ) from error
    return has_vectors


async def prepare_vectors(connection: Any, schema: str, place: str) -> str:
    """Return the type of vectors, with its schema; make the extension and the tables of vectors where they are missing.

    Args:
        connection: A connection that is not in a transaction.
        schema: The name of the schema, whose other tables are there.
        place: The database and the schema, for errors.

    Raises:
        NoVectorsError: The server lacks the extension, or the role may not make what is missing.
    """
    where, there = await _vectors(connection, schema)
    if where is not None and there:
        return f"{where}.halfvec"
    try:
        async with connection.transaction(isolation="read_committed"):
            await connection.execute(f"SELECT pg_advisory_xact_lock({_lock('extension vector')})")
            await connection.execute(f"SELECT pg_advisory_xact_lock({_lock(schema)})")
            where, there = await _vectors(connection, schema)
            if where is None:
                # Not in a schema of memio, with which it would be dropped.
                await connection.execute("CREATE EXTENSION vector WITH SCHEMA public")
                where = "public"
            if not there:
                partitions = await connection.fetchval(
                    f"SELECT count(*) FROM pg_catalog.pg_inherits WHERE inhparent = '{schema}.fact'::regclass"
                )
                _logger.info("making the tables of vectors in %s", place)
                await connection.execute(";\n".join(tables.vector_statements(schema, partitions, f"{where}.halfvec")))
    except (pg.InsufficientPrivilegeError, pg.ReadOnlySQLTransactionError, pg.InvalidSchemaNameError) as error:
        raise NoVectorsError(
            f"searching by meaning needs the extension vector and tables of vectors in {place}, which are not there, "
            "and this role may not make them: let an administrator run what "
            f"`{await _command(connection, schema)} --vectors only` prints",
            cause=error,
        ) from error
    except pg.UndefinedObjectError as error:
        raise NoVectorsError(
            f"searching by meaning needs pgvector 0.7 or newer, and {place} has an older one: install a newer one on "
            "the server, and let an administrator run `ALTER EXTENSION vector UPDATE`",
            cause=error,
        ) from error
    except (pg.UndefinedFileError, pg.FeatureNotSupportedError) as error:
        raise NoVectorsError(
            f"searching by meaning needs the extension vector, and the server of {place} does not have it: install "
            "pgvector there (for the packages of Debian and Ubuntu, postgresql-NN-pgvector), and let an administrator "
            "run `CREATE EXTENSION vector`",
            cause=error,
        ) from error
    return f"{where}.halfvec"


class NoVectorsError(UnavailableError):
    """A database cannot hold vectors."""


async def _vectors(connection: Any, schema: str) -> tuple[str | None, bool]:
    """Return the schema of the extension `vector`, if it is there, and whether the tables of vectors are."""
    where, there = await connection.fetchrow(
        "SELECT (SELECT quote_ident(n.nspname) FROM pg_catalog.pg_extension e "
        "JOIN pg_catalog.pg_namespace n ON n.oid = e.extnamespace WHERE e.extname = 'vector'), "
        f"{_THERE.format('model')}",
        schema,
    )
    return where, there


_THERE = (
    "EXISTS (SELECT 1 FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace "
    "WHERE n.nspname = $1 AND c.relname = '{}')"
)
"""Whether there is a table. From the catalogue as of this statement: functions such as `to_regclass` may answer as of
an earlier moment."""


async def _version(connection: Any, schema: str, place: str) -> tuple[int | None, bool]:
    """Return the version of the tables, `None` where there are none, and whether those of vectors are there.

    Raises:
        ProviderError: They are of a later version, or the encoding of the database cannot hold every text.
    """
    encoding, there, has_vectors = await connection.fetchrow(
        f"SELECT current_setting('server_encoding'), {_THERE.format('meta')}, {_THERE.format('model')}", schema
    )
    if encoding != "UTF8":
        raise ProviderError(f"the database {place} has the encoding {encoding}: use one with UTF8")
    if not there:
        return None, False
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
    return int(found), has_vectors


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


async def _command(connection: Any, schema: str) -> str:
    """Return the command whose output makes the tables, and lets this role use them."""
    role = await connection.fetchval("SELECT current_user")
    return f"memio postgres ddl --schema {schema} --role {shlex.quote(role)}"


def _not_allowed(place: str, command: str, error: BaseException) -> MemioError:
    return ProviderError(
        f"the tables in {place} are not there, and this role may not make them: let an administrator run what "
        f"`{command}` prints, or grant the role CREATE on the database",
        cause=error,
    )
