"""The table of sessions. One name may have a session for each of several owners.

Every function runs inside a transaction of the engine.
"""

from __future__ import annotations

from collections.abc import Sequence
from sqlite3 import Connection
from sys import getsizeof

from memio.errors import ConflictError
from memio.models import Page, Session
from memio.owners import Scope
from memio.providers.sqlite._rows.cursors import END, read_cursor, write_cursor
from memio.providers.sqlite._rows.namespaces import from_path
from memio.providers.sqlite._rows.owners import add_to_count, drop_owners
from memio.providers.sqlite._rows.parts import part_of
from memio.providers.sqlite._rows.scopes import condition_of
from memio.providers.sqlite._rows.values import from_microseconds


def intern_session(db: Connection, name: str, owner: int) -> int:
    """Return the number of a session, and add the session where it is new."""
    row = db.execute("SELECT seq FROM session WHERE name = ? AND owner = ?", (name, owner)).fetchone()
    if row is None:
        row = db.execute(
            "INSERT INTO session (name, owner, created_at, updated_at, messages) VALUES (?, ?, ?, ?, 0) RETURNING seq",
            (name, owner, END, -END),
        ).fetchone()
        add_to_count(db, "sessions", owner, 1)
    return int(row[0])


def only_session(db: Connection, name: str, scope: Scope) -> int | None:
    """Return the number of the session of a name, or `None` when no owner in scope has one.

    Raises:
        ConflictError: Several owners in scope have one.
    """
    owners = condition_of(scope)
    found = db.execute(
        f"SELECT s.seq FROM session s CROSS JOIN owner o ON o.id = s.owner WHERE s.name = ? AND {owners.sql} LIMIT 2",  # noqa: S608  # columns of `scopes`
        (name, *owners.values),
    ).fetchall()
    if len(found) > 1:
        raise ConflictError("session", name, reason="owners")
    return found[0][0] if found else None


def page_of_sessions(db: Connection, limit: int, cursor: str | None, scope: Scope) -> Page[Session]:
    """Return a page of sessions, in the order of their first messages."""
    after = read_cursor(db, "session", cursor)
    owners = condition_of(scope)
    rows = db.execute(
        "SELECT s.seq, s.name, o.user, o.agent, o.path, s.created_at, s.updated_at, s.messages "  # noqa: S608  # as above
        f"FROM session s CROSS JOIN owner o ON o.id = s.owner WHERE {owners.sql} AND s.seq > ? ORDER BY s.seq LIMIT ?",
        (*owners.values, after, limit + 1),
    )
    part = part_of(db, rows, limit, lambda row: getsizeof(row[1]))
    return Page([_session(*row) for row in part.rows], write_cursor(db, "session", part))


def extend_session(db: Connection, session: int, owner: int, times: Sequence[int]) -> None:
    """Note that messages of some times were added to a session."""
    if times:
        db.execute(
            "UPDATE session SET created_at = min(created_at, ?), updated_at = max(updated_at, ?), "
            "messages = messages + ? WHERE seq = ?",
            (min(times), max(times), len(times), session),
        )
        add_to_count(db, "messages", owner, len(times))


def delete_session(db: Connection, session: int) -> None:
    """Delete a session whose messages were deleted."""
    owner, number = db.execute("SELECT owner, messages FROM session WHERE seq = ?", (session,)).fetchone()
    db.execute("DELETE FROM session WHERE seq = ?", (session,))
    add_to_count(db, "messages", owner, -number)
    add_to_count(db, "sessions", owner, -1)
    drop_owners(db, [owner])


def _session(
    _: int, name: str, user: str, agent: str, path: bytes, created_at: int, updated_at: int, messages: int
) -> Session:
    return Session(
        id=name,
        user_id=user or None,
        agent_id=agent or None,
        namespace=from_path(path),
        created_at=from_microseconds(created_at),
        updated_at=from_microseconds(updated_at),
        message_count=messages,
    )
