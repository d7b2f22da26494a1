"""Searching messages. A message counts more when the query names who wrote it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from heapq import nsmallest
from itertools import islice
from sqlite3 import Connection

from memio.models import Message
from memio.providers.sqlite._rows.message_selection import Found, MessageSelection, find
from memio.providers.sqlite._rows.messages import INDEX, select
from memio.providers.sqlite._rows.selection import passing
from memio.providers.sqlite._search.index import ALL, TERMS_AT_ONCE, any_term
from memio.toolkit import Term, query_terms

_NAMED_AUTHOR = 1.5
"""How much more a message counts whose author is named in the query, as in "What did Ann think of …?"."""


def search(db: Connection, query: str, limit: int, selection: MessageSelection) -> list[Message]:
    """Return the best matches first. Runs inside a transaction of the engine."""
    found = find(db, selection)
    if found is None:
        return []
    terms = query_terms(query)
    most = ALL if selection.filters else limit
    ranked = _best(db, terms, found, most) if terms else _containing(db, query, found, most)
    if selection.filters:
        ranked = passing(db, "message", selection.filters, iter(ranked))
    best = [*islice(ranked, limit)]
    rows = (row for seq, _ in best for row in select(db, "m.seq = ?", (seq,)))
    return [row.message(score) for row, (_, score) in zip(rows, best, strict=True)]


def _best(db: Connection, terms: Sequence[Term], found: Found, limit: int) -> list[tuple[int, float]]:
    within = found.within()
    scores = dict(INDEX.best(db, terms, found.restriction, limit, within))
    if len(terms) <= TERMS_AT_ONCE:  # a longer query is a text rather than a question about an author
        named = f"name : ({any_term(terms)})"
        restriction = f"{found.restriction} AND {named}" if found.restriction else named
        by_named = INDEX.best(db, terms, restriction, limit, within)
        scores.update((seq, score * _NAMED_AUTHOR) for seq, score in by_named)
    return nsmallest(len(scores) if limit == ALL else limit, scores.items(), key=lambda item: (-item[1], -item[0]))


def _containing(db: Connection, query: str, found: Found, limit: int) -> Iterable[tuple[int, float]]:
    """Find a query without any word as a part of the content; the score is its share of the content."""
    tables, condition = found.source()
    # Numbers only, because what is sorted is in memory.
    return db.execute(
        f"SELECT m.seq, ? * 1.0 / length(m.content) FROM {tables} WHERE {condition.sql} AND instr(m.content, ?) "  # noqa: S608  # texts of this provider
        "ORDER BY length(m.content), m.seq DESC LIMIT ?",
        (len(query), *condition.values, query, limit),
    )
