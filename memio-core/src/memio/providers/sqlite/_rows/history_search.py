"""Searching messages. A message counts more when the query names who wrote it."""

from __future__ import annotations

from collections.abc import Sequence
from heapq import nsmallest
from sqlite3 import Connection
from typing import NamedTuple

from memio.models import Message
from memio.providers.sqlite._rows.labels import find_label
from memio.providers.sqlite._rows.messages import INDEX, select
from memio.providers.sqlite._rows.sessions import find_sessions
from memio.providers.sqlite._search.index import TERMS_AT_ONCE, Within, any_term
from memio.providers.sqlite._search.tags import any_of, tags
from memio.toolkit import Term, query_terms

_SESSIONS_AS_TOKENS = 32
"""A session of more owners is searched by its name: the cost of an expression grows faster than its length."""
_NAMED_AUTHOR = 1.5
"""How much more a message counts whose author is named in the query, as in "What did Ann think of …?"."""


class Scope(NamedTuple):
    """What a search is restricted to: rows that match an expression, and sessions of a name.

    Attributes:
        expression: An expression for the index; empty for all rows.
        session_name: The name of a session; `None` for all.
    """

    expression: str = ""
    session_name: str | None = None

    def within(self) -> Within:
        """Return the condition for the rows of the index."""
        if self.session_name is None:
            return Within()
        return Within(
            "(SELECT s.name FROM message m JOIN session s ON s.seq = m.session WHERE m.seq = message_text.rowid) = ?",
            (self.session_name,),
        )

    def of_messages(self) -> Within:
        """Return the condition for the messages themselves."""
        if self.session_name is None:
            return Within(*INDEX.condition("m.seq", self.expression))
        return Within("s.name = ?", (self.session_name,))


def search(db: Connection, query: str, limit: int, session_id: str | None, user_id: str | None) -> list[Message]:
    """Return the best matches first. Runs inside a transaction of the engine."""
    scope = scope_of(db, session_id, user_id)
    if scope is None:
        return []
    terms = query_terms(query)
    if not terms:
        return _scan(db, query, scope, limit)
    best = _best(db, terms, scope, limit)
    return [row.message(score) for seq, score in best for row in select(db, "m.seq = ?", (seq,))]


def scope_of(db: Connection, session_id: str | None, user_id: str | None) -> Scope | None:
    """Return what a search is restricted to, or `None` when nothing can be found."""
    if session_id is not None:
        found = find_sessions(db, session_id, user_id)
        if len(found) > _SESSIONS_AS_TOKENS:
            return Scope(session_name=session_id)
        return Scope(any_of(f"s{session}" for session in found)) if found else None
    if user_id is not None:
        user = find_label(db, user_id)
        return Scope(any_of(tags(user=user))) if user else None
    return Scope()


def _best(db: Connection, terms: Sequence[Term], scope: Scope, limit: int) -> list[tuple[int, float]]:
    within = scope.within()
    scores = dict(INDEX.best(db, terms, scope.expression, limit, within))
    if len(terms) <= TERMS_AT_ONCE:  # a longer query is a text rather than a question about an author
        named = f"name : ({any_term(terms)})"
        restriction = f"{scope.expression} AND {named}" if scope.expression else named
        by_named = INDEX.best(db, terms, restriction, limit, within)
        scores.update((seq, score * _NAMED_AUTHOR) for seq, score in by_named)
    return nsmallest(limit, scores.items(), key=lambda item: (-item[1], -item[0]))


def _scan(db: Connection, query: str, scope: Scope, limit: int) -> list[Message]:
    """Find a query without any word as a part of the content; the score is its share of the content."""
    condition, values = scope.of_messages()
    # Numbers only, because what is sorted is in memory.
    found = db.execute(
        f"SELECT m.seq FROM message m JOIN session s ON s.seq = m.session WHERE {condition} "  # noqa: S608  # from above
        "AND instr(m.content, ?) ORDER BY length(m.content), m.seq DESC LIMIT ?",
        (*values, query, limit),
    ).fetchall()
    rows = (row for (seq,) in found for row in select(db, "m.seq = ?", (seq,)))
    return [row.message(len(query) / len(row.content)) for row in rows]
