"""The models whose vectors a table has: one is current and serves searches, and `reindex` makes another one beside it.

Every function runs inside a transaction. Those that choose or change models run after `lock_models`.
"""

from __future__ import annotations

from hashlib import blake2b
from typing import NamedTuple

from memio.errors import OtherModelError
from memio.providers.postgres._db.connection import Connection
from memio.providers.postgres._parameters import as_texts
from memio.providers.postgres._rows.values import NOW
from memio.toolkit import meaning

NEVER = 2**63 - 1
"""When a text is due that the embedder has refused for good."""

_BEGUN = 3
"""How many models there are at most beside the current one."""

COLUMNS = "number, name, current, dimensions, upto"
"""The columns of a model, in order."""


class Model(NamedTuple):
    """A model of a table.

    Attributes:
        number: Its number, which is never used again.
        name: What the embedder calls it.
        current: Whether searches use it.
        dimensions: The length of its vectors; 0 while there was none.
        upto: All texts up to this number were claimed for it.
    """

    number: int
    name: str
    current: bool
    dimensions: int
    upto: int


def other_model(table: str, model: Model, name: str, length: int = 0) -> OtherModelError:
    """Return the error for vectors of another model than that of the embedder, or of another length.

    Args:
        table: The table.
        model: The model of the vectors.
        name: That of the embedder.
        length: The length of its vectors; default unknown.
    """
    return meaning.other_model(f"{table}s of this database", model.name, model.dimensions, name, length)


async def lock_models(connection: Connection, schema: str, table: str) -> None:
    """Wait until no other transaction chooses a model for a table, or claims texts of it."""
    key = blake2b(f"memio model {schema} {table}".encode(), digest_size=8).digest()
    await connection.execute(f"SELECT pg_advisory_xact_lock({int.from_bytes(key, signed=True)})")


async def current_model(connection: Connection, schema: str, table: str) -> Model | None:
    """Return the model whose vectors searches use, or `None` where there is none."""
    rows = await connection.fetch(f"SELECT {COLUMNS} FROM {schema}.model WHERE source = $1 AND current", table)
    return Model(*rows[0]) if rows else None


async def find_model(connection: Connection, schema: str, table: str, name: str) -> Model | None:
    """Return the model of a name, or `None`."""
    rows = await connection.fetch(f"SELECT {COLUMNS} FROM {schema}.model WHERE source = $1 AND name = $2", table, name)
    return Model(*rows[0]) if rows else None


async def intern_model(connection: Connection, schema: str, table: str, name: str) -> Model:
    """Return the model of a name, and add it beside the current one where it is new.

    Of those that were begun and never became current, the newest ones are kept, and the others are given up.
    """
    found = await find_model(connection, schema, table, name)
    if found is not None:
        return found
    await _delete(
        connection,
        schema,
        table,
        f"NOT current AND number NOT IN (SELECT m.number FROM {schema}.model m WHERE m.source = $1 AND NOT m.current "
        f"ORDER BY m.number DESC LIMIT {_BEGUN - 1})",
    )
    number = await connection.fetchval(
        f"INSERT INTO {schema}.model (source, number, name, current, dimensions, upto) "
        f"VALUES ($1, nextval('{schema}.model_numbers'), $2, FALSE, 0, 0) RETURNING number",
        table,
        name,
    )
    return Model(number, name, current=False, dimensions=0, upto=0)


async def adopt_model(connection: Connection, schema: str, table: str, name: str) -> Model:
    """Return the model of a name, which is the current one, or becomes it because nothing is embedded yet.

    Raises:
        OtherModelError: Another one is current.
    """
    current = await check_model(connection, schema, table, name)
    if current is not None and current.name == name:
        return current
    made = await intern_model(connection, schema, table, name)
    await make_current(connection, schema, table, made.number)
    return made._replace(current=True)


async def check_model(connection: Connection, schema: str, table: str, name: str) -> Model | None:
    """Return the current model, which has this name or no vectors, or `None` where there is none.

    Raises:
        OtherModelError: Another one is current.
    """
    current = await current_model(connection, schema, table)
    if current is not None and current.name != name and not await _is_unused(connection, schema, table, current):
        raise other_model(table, current, name)
    return current


async def make_current(connection: Connection, schema: str, table: str, number: int) -> None:
    """Make a model the current one, and delete the others with their vectors."""
    await _delete(connection, schema, table, "number <> $2", number)
    await connection.execute(
        f"UPDATE {schema}.model SET current = TRUE WHERE source = $1 AND number = $2", table, number
    )


async def _delete(connection: Connection, schema: str, table: str, which: str, *values: object) -> None:
    """Delete models with their vectors."""
    rows = await connection.fetch(
        f"DELETE FROM {schema}.model WHERE source = $1 AND {which} RETURNING number", table, *values
    )
    if rows:  # their rows are locked now, so that what others were storing for them is seen
        numbers = as_texts(row[0] for row in rows)
        await connection.execute(
            f"DELETE FROM {schema}.{table}_vector WHERE model = ANY($1::text[]::integer[])", numbers
        )


async def _is_unused(connection: Connection, schema: str, table: str, model: Model) -> bool:
    """Return whether a model has no vector, and no process is making one."""
    used = await connection.fetchval(
        f"SELECT EXISTS (SELECT 1 FROM {schema}.{table}_vector v WHERE v.model = $1 AND v.vector IS NOT NULL) "
        f"OR EXISTS (SELECT 1 FROM {schema}.{table}_vector v WHERE v.model = $1 AND v.due > {NOW} "
        f"AND v.due < {NEVER})",
        model.number,
    )
    return not used
