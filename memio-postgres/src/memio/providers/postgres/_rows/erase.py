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


_MAY_CLEAN = {
    True: "has_table_privilege(c.oid, 'MAINTAIN')",
    False: (
        "(pg_has_role(c.relowner, 'USAGE') OR EXISTS (SELECT 1 FROM pg_catalog.pg_database d "
        "WHERE d.datname = current_database() AND pg_has_role(d.datdba, 'USAGE')))"
    ),
}
"""Whether a role may run `VACUUM` on a table: on servers that have a right for it, and on older ones."""


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
    remains = [*await _not_cleaned(database, (*tables, *vectors, "owner")), _REMAINS]
    kinds = [] if scope == ANYWHERE else await kinds_of(database, scope)
    if kinds:
        remains.insert(
            0, f"the database still has records of this owner ({', '.join(kinds)}), which were not to be deleted"
        )
    return remains


async def _not_cleaned(database: Database, tables: tuple[str, ...]) -> list[str]:
    """Return which tables the server did not clean: of those that a role may not clean, it only warns."""
    [version] = await database.read("SELECT current_setting('server_version_num')::int AS number")
    of_its_own = version["number"] >= 170_000  # noqa: PLR2004  # PostgreSQL 17
    rows = await database.read(
        "SELECT c.relname FROM pg_catalog.pg_class c WHERE c.relnamespace = $1::text::regnamespace "
        f"AND c.relname = ANY($2::text[]) AND NOT {_MAY_CLEAN[of_its_own]} ORDER BY 1",
        (database.schema, list(tables)),
    )
    if not rows:
        return []
    names = ", ".join(f"{database.schema}.{row['relname']}" for row in rows)
    advice = f"GRANT MAINTAIN ON {names} to it and forget again, or run" if of_its_own else "let their owner run"
    left = (
        f"this role may not run VACUUM on {names}, so the deleted rows are still in them, where reads do not find them"
    )
    return [f"{left}, until autovacuum comes: {advice} VACUUM {names}"]
