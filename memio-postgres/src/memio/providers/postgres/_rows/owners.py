"""The directory of owners: adding rows to it with the records of a call, listing it, and removing what nothing needs.

A row stays when the last record of its owner is deleted, because another transaction may be adding one: it could not
see that the row is removed. `prune` removes such rows. It takes a lock that every statement that adds owners shares, so
that it sees the records of all of these.
"""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import blake2b
from operator import itemgetter

from memio.errors import InvalidInputError
from memio.models import Page
from memio.owners import Owner, Scope
from memio.providers.postgres._db.connection import Connection
from memio.providers.postgres._db.database import Database
from memio.providers.postgres._db.schema import OWNED
from memio.providers.postgres._parameters import Parameters, as_texts
from memio.providers.postgres._rows.keys import label_key, namespace_key, owner_key
from memio.providers.postgres._rows.scopes import labels_in
from memio.providers.postgres._rows.values import text_array

_PRUNED_AT_ONCE = 1_000


def adding(schema: str, owners: Iterable[Owner], parameters: Parameters) -> str:
    """Return the statement that adds owners which are not there yet, to be part of one that adds records of theirs.

    Args:
        schema: The schema.
        owners: The owners.
        parameters: Gets the values.
    """
    rows = [
        (
            owner_key(owner),
            label_key(owner.user_id),
            label_key(owner.agent_id),
            namespace_key(owner.namespace),
            _prefixes(owner.namespace),
            owner.user_id,
            owner.agent_id,
            text_array(owner.namespace),
        )
        for owner in owners
    ]
    rows.sort(key=itemgetter(0))  # so that no two transactions wait for each other
    given = parameters.rows(
        rows,
        owner="bytea",
        user_key="bytea",
        agent_key="bytea",
        namespace_key="bytea",
        prefixes="text",
        user_id="text",
        agent_id="text",
        namespace="text",
    )
    return (
        f"INSERT INTO {schema}.owner "
        "(owner, user_key, agent_key, namespace_key, prefixes, user_id, agent_id, namespace) "
        "SELECT n.owner, n.user_key, n.agent_key, n.namespace_key, n.prefixes::bytea[], n.user_id, n.agent_id, "
        f"n.namespace::text[] FROM (SELECT pg_advisory_xact_lock_shared({_lock(schema)})) l, {given} "
        "ON CONFLICT DO NOTHING"
    )


async def page_of_owners(
    database: Database, table: str, scope: Scope, limit: int, cursor: str | None, *, condition: str = "TRUE"
) -> Page[Owner]:
    """Return a page of the owners in a scope that have rows `r` of a table for which a condition holds."""
    parameters = Parameters()
    after = _after(cursor)
    rows = await database.read(
        f"SELECT o.owner, o.user_id, o.agent_id, o.namespace FROM {database.schema}.owner o "
        f"WHERE {labels_in(scope, parameters)} AND o.owner > {parameters(after)}::bytea "
        f"AND EXISTS (SELECT 1 FROM {database.schema}.{table} r WHERE r.owner = o.owner AND {condition}) "
        f"ORDER BY o.owner LIMIT {limit + 1}",
        parameters.values,
    )
    found = [Owner(user, agent, tuple(namespace)) for _, user, agent, namespace in rows[:limit]]
    return Page(found, f"owner-{rows[limit - 1][0].hex()}" if len(rows) > limit else None)


async def kinds_of(database: Database, scope: Scope) -> list[str]:
    """Return the kinds of which there are records of owners in a scope, expired ones included."""
    parameters = Parameters()
    owners = f"FROM {database.schema}.owner o WHERE {labels_in(scope, parameters)}"
    some = (
        f"EXISTS (SELECT 1 {owners} AND EXISTS (SELECT 1 FROM {database.schema}.{table} r WHERE r.owner = o.owner))"
        for table in OWNED
    )
    (row,) = await database.read(f"SELECT {', '.join(some)}", parameters.values)
    return [kind for kind, there in zip(OWNED.values(), row, strict=True) if there]


async def prune(database: Database, scope: Scope) -> None:
    """Remove the owners in a scope that have no record of any kind."""
    unused = " AND ".join(
        f"NOT EXISTS (SELECT 1 FROM {database.schema}.{table} r WHERE r.owner = o.owner)" for table in OWNED
    )
    after = b""
    while True:
        parameters = Parameters()
        rows = await database.read(
            f"SELECT o.owner FROM {database.schema}.owner o WHERE {labels_in(scope, parameters)} "
            f"AND o.owner > {parameters(after)}::bytea AND {unused} ORDER BY o.owner LIMIT {_PRUNED_AT_ONCE}",
            parameters.values,
        )
        if not rows:
            return
        keys = [row[0] for row in rows]
        after = keys[-1]

        async def remove(connection: Connection, keys: list[bytes] = keys) -> None:
            # The next statement sees what was committed before the lock was granted.
            await connection.execute(f"SELECT pg_advisory_xact_lock({_lock(database.schema)})")
            await connection.execute(
                f"DELETE FROM {database.schema}.owner o WHERE o.owner = ANY($1::text[]::bytea[]) AND {unused}",
                as_texts(keys),
            )

        await database.transact(remove)


def _prefixes(namespace: tuple[str, ...]) -> str:
    """Return the hash of each namespace at or above one but the root, as PostgreSQL writes an array of bytes."""
    keys = (namespace_key(namespace[:level]) for level in range(1, len(namespace) + 1))
    return text_array([f"\\x{key.hex()}" for key in keys])


def _after(cursor: str | None) -> bytes:
    if cursor is None:
        return b""
    kind, _, place = cursor.partition("-")
    try:
        if kind == "owner" and place:
            return bytes.fromhex(place)
    except ValueError:
        pass
    raise InvalidInputError(
        "cursor does not belong to this listing: pass the next_cursor of a page unchanged, or leave it out to begin "
        "anew",
        argument="cursor",
    )


def _lock(schema: str) -> int:
    return int.from_bytes(blake2b(f"memio owners {schema}".encode(), digest_size=8).digest(), signed=True)
