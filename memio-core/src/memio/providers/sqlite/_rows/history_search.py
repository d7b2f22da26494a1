"""Searching messages."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from sqlite3 import Connection

from memio.models import Message
from memio.providers.sqlite._rows.labels import find_label
from memio.providers.sqlite._rows.messages import INDEX, select
from memio.providers.sqlite._rows.sessions import find_sessions
from memio.providers.sqlite._search.index import Span
from memio.providers.sqlite._search.tags import any_of, tags
from memio.toolkit import query_terms

_SESSIONS_AT_ONCE = 32
"""The cost of an expression grows faster than its length, so that the sessions of many owners take several."""


def search(db: Connection, query: str, limit: int, session_id: str | None, user_id: str | None) -> list[Message]:
    """Return the best matches first. Runs inside a transaction of the engine."""
    span = span_of(db, session_id, user_id)
    if span is None:
        return []
    terms = query_terms(query)
    if not terms:
        return _scan(db, query, span, limit)
    best = INDEX.best(db, terms, span, limit)
    return [row.message(score) for seq, score in best for row in select(db, "m.seq = ?", (seq,))]


def span_of(db: Connection, session_id: str | None, user_id: str | None) -> Span | None:
    """Return where a search looks, or `None` when nothing can be found."""
    if session_id is not None:
        sessions = find_sessions(db, session_id, user_id)
        return _span_of_sessions(db, sessions) if sessions else None
    if user_id is not None:
        user = find_label(db, user_id)
        if user is None:
            return None
        size = db.execute(
            "SELECT count(*) FROM message m JOIN session s ON s.seq = m.session WHERE s.user = ?", (user,)
        )
        return Span([any_of(tags(user=user))], size.fetchone()[0])
    return Span([""], db.execute("SELECT count(*) FROM message").fetchone()[0])


def _span_of_sessions(db: Connection, sessions: Sequence[int]) -> Span:
    size = "SELECT count(*) FROM message WHERE session = ?"
    parts = [any_of(tag for session in some for tag in tags(session=session)) for some in _portions(sessions)]
    return Span(parts, sum(db.execute(size, (session,)).fetchone()[0] for session in sessions))


def _portions(sessions: Sequence[int]) -> Iterator[Sequence[int]]:
    return (sessions[at : at + _SESSIONS_AT_ONCE] for at in range(0, len(sessions), _SESSIONS_AT_ONCE))


def _scan(db: Connection, query: str, span: Span, limit: int) -> list[Message]:
    """Find a query without any word as a part of the content; the score is its share of the content."""
    # Numbers only, because what is sorted is in memory.
    found = [
        place
        for part in span.parts
        for condition, values in [INDEX.condition(db, "m.seq", part)]
        for place in db.execute(
            f"SELECT length(m.content), -m.seq FROM message m WHERE {condition} AND instr(m.content, ?) "  # noqa: S608  # from above
            "ORDER BY length(m.content), m.seq DESC LIMIT ?",
            (*values, query, limit),
        )
    ]
    rows = (row for _, seq in sorted(found)[:limit] for row in select(db, "m.seq = ?", (-seq,)))
    return [row.message(len(query) / len(row.content)) for row in rows]
