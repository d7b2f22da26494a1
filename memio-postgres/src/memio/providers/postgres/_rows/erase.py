"""Making what was deleted unreadable, as far as a client of a server can."""

from __future__ import annotations

from memio.owners import ANYWHERE, Scope
from memio.providers.postgres._db.database import Database
from memio.providers.postgres._db.schema import EMBEDDED
from memio.providers.postgres._rows.owners import kinds_of, prune

_REMAINS = (
    "PostgreSQL keeps bytes of deleted rows in free space of its files until the space is used again, and their words "
    "in the indexes of the search (VACUUM FULL by an administrator rewrites both), in its write-ahead log, and in "
    "replicas and backups until their retention ends"
)


async def erase(database: Database, tables: tuple[str, ...], scope: Scope) -> list[str]:
    """Have the server clean tables of deleted rows, and remove the owners in a scope that have no records.

    Args:
        database: The database.
        tables: The tables of a kind.
        scope: Whose records are being forgotten.

    Returns:
        What stays, and why.
    """
    await prune(database, scope)
    vectors = [f"{table}_vector" for table in tables if table in EMBEDDED] if await database.has_vectors() else []
    names = ", ".join(f"{database.schema}.{table}" for table in (*tables, *vectors, "owner"))
    await database.maintain(f"VACUUM (INDEX_CLEANUP ON) {names}")
    kinds = [] if scope == ANYWHERE else await kinds_of(database, scope)
    if not kinds:
        return [_REMAINS]
    left = f"the database still has records of this owner ({', '.join(kinds)}), which were not to be deleted"
    return [left, _REMAINS]
