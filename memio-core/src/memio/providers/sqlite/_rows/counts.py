"""What the counts in the table of owners answer for a scope.

Every function runs inside a transaction of the engine. The counts include records that have expired.
"""

from __future__ import annotations

from sqlite3 import Connection
from typing import Any

from memio.models import Page
from memio.owners import Owner, Scope
from memio.providers.sqlite._columns.namespaces import from_path
from memio.providers.sqlite._columns.scopes import condition_of, total
from memio.providers.sqlite._db.schema import OWNED_TABLES
from memio.providers.sqlite._rows.cursors import read_cursor, write_cursor
from memio.providers.sqlite._rows.parts import part_of
from memio.providers.sqlite._rows.selection import Selection, has_expired

_OWNER_BYTES = 500
"""About how much memory an owner takes, and 16 elements of its namespace."""


def count_all(db: Connection, table: str, column: str, selection: Selection) -> int:
    """Return how many records of a table there are in the scope of a selection, without those that have expired."""
    counted = total(db, column, selection.scope)
    if selection.moment is None or not has_expired(db, table, selection.moment):
        return counted
    owners = condition_of(selection.scope)
    # By the few owners, or by the few records that have expired.
    tables = ("owner o", f"{table} r") if selection.scope.owner else (f"{table} r", "owner o")
    found = db.execute(
        f"SELECT count(*) FROM {' CROSS JOIN '.join(tables)} "  # noqa: S608  # as above
        f"WHERE r.owner = o.id AND r.expires_at <= ? AND {owners.sql}",
        (selection.moment, *owners.values),
    )
    return counted - int(found.fetchone()[0])


def unexpired(table: str, column: str) -> str:
    """Return the condition for owners `o` that have a record that has not expired at a moment, its only parameter."""
    expired = f"SELECT count(*) FROM {table} r WHERE r.owner = o.id AND r.expires_at <= ?"  # noqa: S608  # as above
    return f"o.{column} > ({expired})"


def page_of_owners(
    db: Connection, scope: Scope, limit: int, cursor: str | None, column: str, condition: str = "TRUE", *values: Any
) -> Page[Owner]:
    """Return a page of the owners that have records of one kind.

    Args:
        db: The connection.
        scope: The scope in which they are.
        limit: How many at most.
        cursor: The cursor of the page before.
        column: The column of `owner` that counts their records.
        condition: What else must hold of an owner `o`; default nothing.
        values: The values of its parameters.
    """
    listing = f"owners{column}"
    after = read_cursor(db, listing, cursor)
    owners = condition_of(scope)
    rows = db.execute(
        f"SELECT o.id, o.user, o.agent, o.path FROM owner o WHERE {owners.sql} AND o.{column} > 0 AND {condition} "  # noqa: S608  # as above
        "AND o.id > ? ORDER BY o.id LIMIT ?",
        (*owners.values, *values, after, limit + 1),
    )
    part = part_of(db, rows, limit, lambda _: _OWNER_BYTES)
    found = [Owner(user or None, agent or None, from_path(path)) for _, user, agent, path in part.rows]
    return Page(found, write_cursor(db, listing, part))


def kinds_of(db: Connection, scope: Scope) -> list[str]:
    """Return the kinds of which the file has records in a scope, expired ones included."""
    return [table.kind for table in OWNED_TABLES if total(db, table.column, scope)]
