"""The table of sessions. One name may have a session for each of several owners.

Every function runs inside a transaction of the engine.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from heapq import merge
from operator import itemgetter
from sqlite3 import Connection
from sys import getsizeof
from typing import Any, NamedTuple

from memio.errors import ConflictError
from memio.models import Page, Session
from memio.owners import Scope
from memio.providers.sqlite._columns.namespaces import from_path
from memio.providers.sqlite._columns.owners import add_to_count, subtract_from_count
from memio.providers.sqlite._columns.scopes import Condition, all_of, condition_of, total, within
from memio.providers.sqlite._rows.cursors import END, Place, read_cursor, read_place, write_cursor, write_place
from memio.providers.sqlite._rows.parts import part_of
from memio.toolkit import trusted
from memio.toolkit.values import from_microseconds

_make_session = trusted(Session)
_TABLES = "session s CROSS JOIN owner o ON o.id = s.owner"
_SESSIONS, _ACTIVITY = "session", "activity"
"""The names of the two listings, in cursors."""
_NAME, _UPDATED_AT = 1, 6
"""Columns of a session as they are read."""

_MERGED = 16
"""Up to how many owners are read one beside the other."""
_SORTED = 10_000
"""Up to how many sessions are sorted for a page."""


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


class SessionRow(NamedTuple):
    """A session, and the labels of its owner."""

    seq: int
    name: str
    user_id: str | None
    agent_id: str | None
    namespace: tuple[str, ...]


def only_session(db: Connection, name: str, scope: Scope) -> SessionRow | None:
    """Return the session of a name, or `None` when no owner in scope has one.

    Raises:
        ConflictError: Several owners in scope have one.
    """
    owners = condition_of(scope)
    found = db.execute(
        f"SELECT s.seq, o.user, o.agent, o.path FROM {_TABLES} WHERE s.name = ? AND {owners.sql} LIMIT 2",  # noqa: S608  # columns of `scopes`
        (name, *owners.values),
    ).fetchall()
    if len(found) > 1:
        raise ConflictError("session", name, reason="owners")
    for seq, user, agent, path in found:
        return SessionRow(seq, name, user or None, agent or None, from_path(path))
    return None


def page_of_sessions(
    db: Connection, limit: int, cursor: str | None, scope: Scope, times: Condition, *, newest: bool
) -> Page[Session]:
    """Return a page of sessions, in the order of their first messages, or those of the latest message first.

    Args:
        db: The connection.
        limit: How many at most.
        cursor: The cursor of the page before.
        scope: Whose sessions.
        times: A condition for sessions `s`, from `active_within`.
        newest: Whether the latest come first.
    """
    if newest:
        place = read_place(db, _ACTIVITY, cursor)
        beyond = Condition("(s.updated_at, s.seq) < (?, ?)", place)
    else:
        beyond = Condition("s.seq > ?", (read_cursor(db, _SESSIONS, cursor),))
    rows = _in_order(db, scope, all_of(times, beyond), newest=newest)
    part = part_of(db, rows, limit, lambda row: getsizeof(row[_NAME]))
    sessions = [_session(*row) for row in part.rows]
    if not newest:
        return Page(sessions, write_cursor(db, _SESSIONS, part))
    last = part.rows[-1] if part.more else None
    return Page(sessions, write_place(db, _ACTIVITY, Place(last[_UPDATED_AT], last[0])) if last else None)


def active_within(since: int | None, until: int | None) -> Condition:
    """Return the condition for sessions `s` whose latest message is of a time, in microseconds."""
    return within("s.updated_at", since, until)


def count_sessions(db: Connection, scope: Scope, times: Condition) -> int:
    """Return how many sessions there are, all or those of a time."""
    if not times.values:
        return total(db, "sessions", scope)
    where = all_of(condition_of(scope), times)
    return int(db.execute(f"SELECT count(*) FROM {_TABLES} WHERE {where.sql}", where.values).fetchone()[0])  # noqa: S608  # texts from here


def _in_order(db: Connection, scope: Scope, condition: Condition, *, newest: bool) -> Iterator[tuple[Any, ...]]:
    """Yield the columns of the sessions in scope for which a condition holds.

    The sessions of each owner lie in order in an index. Those of a few owners are merged; those of many are sorted
    where they are not too many, and otherwise found among all sessions.
    """
    order = "s.updated_at DESC, s.seq DESC" if newest else "s.seq"
    owners = condition_of(scope)
    found = db.execute(
        f"SELECT o.id, o.sessions FROM owner o WHERE {owners.sql} AND o.sessions > 0 LIMIT {_MERGED + 1}",  # noqa: S608  # as above
        owners.values,
    ).fetchall()
    if owners.values and len(found) <= _MERGED:
        each = [_read(db, all_of(Condition("s.owner = ?", (owner,)), condition), order) for owner, _ in found]
        return merge(*each, key=_latest_first if newest else itemgetter(0))
    where = all_of(owners, condition)
    if owners.values and total(db, "sessions", scope) <= _SORTED:
        return _read(db, where, order, "owner o CROSS JOIN session s ON s.owner = o.id")
    return _read(db, where, order)


def _read(db: Connection, where: Condition, order: str, tables: str = "") -> Iterator[tuple[Any, ...]]:
    return db.execute(
        "SELECT s.seq, s.name, o.user, o.agent, o.path, s.created_at, s.updated_at, s.messages "  # noqa: S608  # texts from here
        f"FROM {tables or _TABLES} WHERE {where.sql} ORDER BY {order}",
        where.values,
    )


def _latest_first(row: tuple[Any, ...]) -> tuple[int, int]:
    return -row[_UPDATED_AT], -row[0]


def extend_session(db: Connection, session: int, owner: int, times: Sequence[int]) -> None:
    """Note that messages of some times were added to a session."""
    if times:
        db.execute(
            "UPDATE session SET created_at = min(created_at, ?), updated_at = max(updated_at, ?), "
            "messages = messages + ? WHERE seq = ?",
            (min(times), max(times), len(times), session),
        )
        add_to_count(db, "messages", owner, len(times))


def shrink_session(db: Connection, session: int, number: int) -> None:
    """Note that some messages of a session were deleted: its times are those of the others, and without any it ends."""
    owner, left = db.execute(
        "UPDATE session SET messages = messages - ? WHERE seq = ? RETURNING owner, messages", (number, session)
    ).fetchone()
    add_to_count(db, "messages", owner, -number)
    if not left:
        delete_session(db, session)
        return
    db.execute(
        "UPDATE session SET created_at = (SELECT min(timestamp) FROM message WHERE session = session.seq), "
        "updated_at = (SELECT max(timestamp) FROM message WHERE session = session.seq) WHERE seq = ?",
        (session,),
    )


def delete_session(db: Connection, session: int) -> None:
    """Delete a session whose messages were deleted."""
    owner, number = db.execute("SELECT owner, messages FROM session WHERE seq = ?", (session,)).fetchone()
    db.execute("DELETE FROM session WHERE seq = ?", (session,))
    subtract_from_count(db, "sessions", owner, 1)
    subtract_from_count(db, "messages", owner, number)


def _session(
    _: int, name: str, user: str, agent: str, path: bytes, created_at: int, updated_at: int, messages: int
) -> Session:
    return _make_session(
        id=name,
        user_id=user or None,
        agent_id=agent or None,
        namespace=from_path(path),
        created_at=from_microseconds(created_at),
        updated_at=from_microseconds(updated_at),
        message_count=messages,
    )
