"""Searching messages. A message counts more when the query names who wrote it."""

from __future__ import annotations

from collections.abc import Sequence
from heapq import nsmallest
from sqlite3 import Connection

from memio.models import Message
from memio.owners import Scope
from memio.providers.sqlite._rows.messages import INDEX, select
from memio.providers.sqlite._rows.scopes import reach_of
from memio.providers.sqlite._rows.sessions import only_session
from memio.providers.sqlite._search.index import TERMS_AT_ONCE, any_term
from memio.providers.sqlite._search.tags import matching
from memio.toolkit import Term, query_terms

_NAMED_AUTHOR = 1.5
"""How much more a message counts whose author is named in the query, as in "What did Ann think of …?"."""


def search(db: Connection, query: str, limit: int, session_id: str | None, scope: Scope) -> list[Message]:
    """Return the best matches first. Runs inside a transaction of the engine."""
    restriction = _restriction(db, session_id, scope)
    if restriction is None:
        return []
    terms = query_terms(query)
    if not terms:
        return _scan(db, query, restriction, limit)
    best = _best(db, terms, restriction, limit)
    return [row.message(score) for seq, score in best for row in select(db, "m.seq = ?", (seq,))]


def _restriction(db: Connection, session_id: str | None, scope: Scope) -> str | None:
    """Return the expression that all rows of a search must match, or `None` when nothing can be found."""
    if session_id is not None:
        session = only_session(db, session_id, scope)
        return None if session is None else matching(f"s{session}")
    reach = reach_of(db, scope)
    return None if reach is None else matching(reach.tokens)


def _best(db: Connection, terms: Sequence[Term], restriction: str, limit: int) -> list[tuple[int, float]]:
    scores = dict(INDEX.best(db, terms, restriction, limit))
    if len(terms) <= TERMS_AT_ONCE:  # a longer query is a text rather than a question about an author
        named = f"name : ({any_term(terms)})"
        by_named = INDEX.best(db, terms, f"{restriction} AND {named}" if restriction else named, limit)
        scores.update((seq, score * _NAMED_AUTHOR) for seq, score in by_named)
    return nsmallest(limit, scores.items(), key=lambda item: (-item[1], -item[0]))


def _scan(db: Connection, query: str, restriction: str, limit: int) -> list[Message]:
    """Find a query without any word as a part of the content; the score is its share of the content."""
    condition, values = INDEX.condition("m.seq", restriction)
    # Numbers only, because what is sorted is in memory.
    found = db.execute(
        f"SELECT m.seq FROM message m WHERE {condition} "  # noqa: S608  # from above
        "AND instr(m.content, ?) ORDER BY length(m.content), m.seq DESC LIMIT ?",
        (*values, query, limit),
    ).fetchall()
    rows = (row for (seq,) in found for row in select(db, "m.seq = ?", (seq,)))
    return [row.message(len(query) / len(row.content)) for row in rows]
