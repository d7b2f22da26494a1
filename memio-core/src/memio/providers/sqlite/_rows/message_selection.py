"""Which messages a search or a count is about. Listings are by session and need none of this.

A filter is judged in Python, exactly, before rows are counted or cut by a limit. What the index and SQL can tell
beforehand only leaves out messages that do not pass.

Every function runs inside a transaction of the engine.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from sqlite3 import Connection
from typing import Any, NamedTuple

from memio.owners import ANYWHERE, Scope
from memio.providers.sqlite._columns.scopes import Condition, all_of, condition_of, reach_of, total, within
from memio.providers.sqlite._meaning.members import Members
from memio.providers.sqlite._rows.filters import condition_of_filter
from memio.providers.sqlite._rows.messages import INDEX
from memio.providers.sqlite._rows.selection import passing
from memio.providers.sqlite._rows.sessions import only_session
from memio.providers.sqlite._search.tags import all_of as all_of_tags
from memio.providers.sqlite._search.tags import filter_tags, tag


class MessageSelection(NamedTuple):
    """Which messages a call is about.

    Attributes:
        session_id: Those of this session; `None` for all sessions.
        scope: Those of these owners.
        filters: Those whose metadata passes this filter.
        since: Those of this time or later, in microseconds.
        until: Those before this time.
    """

    session_id: str | None = None
    scope: Scope = ANYWHERE
    filters: Mapping[str, Any] | None = None
    since: int | None = None
    until: int | None = None


class Found(NamedTuple):
    """How the messages of a selection are found.

    Attributes:
        session: The number of their session, where there is one.
        tags: An expression that exactly the messages of the session, or of the owners, match; empty for all.
        size: How many messages these are.
        filters: An expression that the messages match that pass the filter, and others too; empty for all.
        condition: What must hold of messages `m` because of their times, and what SQL can tell of the filter.
    """

    session: int | None
    tags: str
    size: int
    filters: str
    condition: Condition

    def source(self, db: Connection) -> tuple[str, Condition]:
        """Return the tables in which the messages `m` are read, and the condition for their rows."""
        if self.session is not None:
            return "message m", all_of(Condition("m.session = ?", (self.session,)), self.condition)
        tags = all_of_tags(self.tags, self.filters)
        if not tags:
            return "message m", self.condition
        match = Condition(f"{INDEX.table} MATCH ?", (tags,))
        return INDEX.joined(db, "message", "m"), all_of(match, self.condition)

    def members(self, scope: Scope) -> Members:
        """Return the messages of the session, or of the owners in scope, whatever their times and metadata are."""
        if self.session is not None:
            return Members("message m", "m", Condition("m.session = ?", (self.session,)), self.size)
        owners = condition_of(scope)
        if not owners.values:
            return Members("message m", "m", owners, self.size)
        tables = "owner o CROSS JOIN session s ON s.owner = o.id CROSS JOIN message m ON m.session = s.seq"
        return Members(tables, "m", owners, self.size)


def find(db: Connection, selection: MessageSelection) -> Found | None:
    """Return how the messages of a selection are found, or `None` when there are none.

    Raises:
        ConflictError: Several owners in scope have the session.
    """
    condition = all_of(
        within("m.timestamp", selection.since, selection.until),
        condition_of_filter(selection.filters or {}, "m.metadata"),
    )
    filters = filter_tags(selection.filters or {})
    if selection.session_id is not None:
        session = only_session(db, selection.session_id, selection.scope)
        if session is None:
            return None
        return Found(session.seq, tag("s", session.seq), _size(db, session.seq), filters, condition)
    reach = reach_of(db, selection.scope)
    if reach is None:
        return None
    return Found(None, reach.tags, total(db, "messages", selection.scope), filters, condition)


def count_messages(db: Connection, selection: MessageSelection) -> int:
    """Return how many messages there are."""
    if selection.filters or selection.since is not None or selection.until is not None:
        found = find(db, selection)
        return 0 if found is None else _count(db, found, selection.filters)
    if selection.session_id is None:
        return total(db, "messages", selection.scope)
    session = only_session(db, selection.session_id, selection.scope)
    return 0 if session is None else _size(db, session.seq)


def _count(db: Connection, found: Found, filters: Mapping[str, Any] | None) -> int:
    tables, condition = found.source(db)
    if not filters:
        counted = db.execute(f"SELECT count(*) FROM {tables} WHERE {condition.sql}", condition.values)  # noqa: S608  # texts from here
        return int(counted.fetchone()[0])
    numbers: Iterator[tuple[int, float]] = db.execute(
        f"SELECT m.seq, 0.0 FROM {tables} WHERE {condition.sql}",  # noqa: S608  # as above
        condition.values,
    )
    return sum(1 for _ in passing(db, "message", filters, numbers))


def _size(db: Connection, session: int) -> int:
    """Return how many messages a session has."""
    return int(db.execute("SELECT messages FROM session WHERE seq = ?", (session,)).fetchone()[0])
