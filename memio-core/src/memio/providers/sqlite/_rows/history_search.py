"""Searching messages."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from sqlite3 import Connection

from memio.models import Message
from memio.providers.sqlite._meaning.question import Question
from memio.providers.sqlite._rows.message_selection import Found, MessageSelection, find
from memio.providers.sqlite._rows.messages import INDEX, select
from memio.providers.sqlite._rows.selection import judge, passing
from memio.providers.sqlite._search.index import Span
from memio.toolkit import query_terms


def search(
    db: Connection, query: str, limit: int, selection: MessageSelection, question: Question | None = None
) -> list[Message]:
    """Return the best matches first. Runs inside a transaction of the engine.

    The scores are those among all messages of the session, or of the owners in scope.

    Args:
        db: The connection.
        query: The query; without any word, it is found as a part of the content.
        limit: How many at most.
        selection: The messages that count.
        question: The query as a vector; default none, so that words alone count.
    """
    found = find(db, selection)
    if found is None:
        return []
    terms = query_terms(query)
    if terms or question is not None:
        accept = judge(db, "message m", found.condition, selection.filters)
        span = Span(found.tags, found.size)

        def by_words(number: int) -> list[tuple[int, float]]:
            return INDEX.best(db, terms, span, number, filters=found.filters, accept=accept)

        if question is None:
            best = by_words(limit)
        else:
            best = question.best(db, found.members(selection.scope), limit, accept, by_words)
    else:
        every = _containing(db, query, found)
        chosen = passing(db, "message", selection.filters, every) if selection.filters else every
        best = [*islice(chosen, limit)]
    rows = (row for seq, _ in best for row in select(db, "m.seq = ?", (seq,)))
    return [row.message(score) for row, (_, score) in zip(rows, best, strict=True)]


def _containing(db: Connection, query: str, found: Found) -> Iterator[tuple[int, float]]:
    """Find a query without any word as a part of the content; the score is its share of the content."""
    tables, condition = found.source(db)
    # Numbers only, because what is sorted is in memory.
    return db.execute(
        f"SELECT m.seq, ? * 1.0 / length(m.content) FROM {tables} WHERE {condition.sql} AND instr(m.content, ?) "  # noqa: S608  # texts of this provider
        "ORDER BY length(m.content), m.seq DESC",
        (len(query), *condition.values, query),
    )
