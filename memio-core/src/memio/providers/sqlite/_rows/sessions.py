"""The table of sessions. One name may have a session for each of several owners.

Every function runs inside a transaction of the engine.
"""

from __future__ import annotations

from sqlite3 import Connection
from sys import getsizeof
from typing import Any

from memio.models import Page
from memio.providers.sqlite._rows.cursors import read_cursor, write_cursor
from memio.providers.sqlite._rows.labels import find_label
from memio.providers.sqlite._rows.parts import part_of


def intern_session(db: Connection, name: str, user: int) -> int:
    """Return the number of a session, and add the session where it is new."""
    row = db.execute("SELECT seq FROM session WHERE name = ? AND user = ?", (name, user)).fetchone()
    if row is None:
        row = db.execute("INSERT INTO session (name, user) VALUES (?, ?) RETURNING seq", (name, user)).fetchone()
    return int(row[0])


def find_sessions(db: Connection, name: str, user_id: str | None) -> list[int]:
    """Return the numbers of the sessions of a name, of one owner or of all."""
    if user_id is None:
        rows = db.execute("SELECT seq FROM session WHERE name = ? AND user >= 0", (name,))
    else:
        rows = db.execute("SELECT seq FROM session WHERE name = ? AND user = ?", (name, find_label(db, user_id)))
    return [seq for (seq,) in rows]


def page_of_names(db: Connection, limit: int, cursor: str | None, user_id: str | None) -> Page[str]:
    """Return a page of the names of sessions, each once, in the order of their first messages."""
    after = read_cursor(db, "session", cursor)
    if user_id is None:
        # A name that several owners have is listed where it was used first.
        condition = "seq = (SELECT min(seq) FROM session WHERE name = s.name)"
        values: tuple[Any, ...] = ()
    else:
        condition = "user = ?"
        values = (find_label(db, user_id),)
    rows = db.execute(
        f"SELECT seq, name FROM session s WHERE {condition} AND seq > ? ORDER BY seq LIMIT ?",  # noqa: S608  # the conditions from above
        (*values, after, limit + 1),
    )
    part = part_of(db, rows, limit, lambda row: getsizeof(row[1]))
    return Page([name for _, name in part.rows], write_cursor(db, "session", part))


def delete_session(db: Connection, session: int) -> None:
    """Delete a session whose messages were deleted."""
    (name,) = db.execute("SELECT name FROM session WHERE seq = ?", (session,)).fetchone()
    if db.execute("SELECT 1 FROM session WHERE name = ? AND user >= 0 AND seq <> ?", (name, session)).fetchone():
        # The name keeps its place for its other owners: a listing that has passed it must not list it again.
        db.execute("UPDATE session SET user = -seq WHERE seq = ?", (session,))
    else:
        db.execute("DELETE FROM session WHERE name = ?", (name,))
