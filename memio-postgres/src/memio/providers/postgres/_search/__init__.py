"""Words: what a row holds to be found by, and searching.

Tables that are searched (`fact`, `document`, `message`, `triple`) have two columns for it, which only this package
writes values for and reads:

- `words tsvector`: the words of the row, each with a weight: `A` for its own, `B` for those of the speaker's name
  (which count as its own as well), `C` for those of its context (see `conversation_words`).
- `length integer`: how many words count for its length.

Rows call these functions, and nothing else:

- `words_of(text) -> Words`: for facts, documents and triples.
- `conversation_words(before, messages, after) -> list[Words]`: for messages, which also have the words of their
  neighbours. Rows call it for what they add, and again for the neighbours of what they add or delete.
- `search_rows(read, search, query, limit) -> list[tuple[Record, float]]`: the best rows first, each with its score.
- `judged(read, accept, statement, limit) -> list[Record]`: the best rows of any ranking that pass a filter.
- `INDEXES`: the indexes of each searched table, as SQL with `{table}` for its qualified and `{name}` for its bare
  name.

`Words.vector` is the text of a `tsvector`: rows pass it as a parameter of type `text` and cast it
(`$1::text::tsvector`).
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from memio.providers.postgres._search.statements import Record, Search, Statement, containing, ranking
from memio.providers.postgres._search.words import Spoken, Words, conversation_words, words_of
from memio.toolkit import query_terms

__all__ = [
    "INDEXES",
    "Find",
    "Record",
    "Search",
    "Spoken",
    "Statement",
    "Words",
    "conversation_words",
    "judged",
    "search_rows",
    "words_of",
]

INDEXES = ("CREATE INDEX {name}_words ON {table} USING gin ((ARRAY[owner]), words) WITH (fastupdate = off)",)
"""The indexes of a searched table. Each also has one that begins with the owner: `(owner, seq)`, and for messages
`(owner, session, seq)`. An array of one owner has an operator class in every PostgreSQL; the owner itself has one only
with the extension `btree_gin`. Without fast updates, an insert takes a fifth longer, and no search reads through a list
of what was inserted last."""

Read = Callable[[str, Sequence[Any]], Awaitable[list[Record]]]
"""Runs a statement that only reads, with its values."""

Find = Callable[[Search, str, int], Awaitable[list[tuple[Record, float]]]]
"""Returns the best rows of a search for a query, at most so many, each with its score."""

_JUDGED_AT_FIRST = 32
_MORE = 8
"""How many rows are judged at first, and how many times as many then: the first ones are often enough."""


async def search_rows(read: Read, search: Search, query: str, limit: int) -> list[tuple[Record, float]]:
    """Return the best rows first, each with its score.

    The score of a row depends on the rows in the span alone. A query without any word finds rows that contain it.

    Args:
        read: Runs a statement.
        search: Where to look.
        query: What a caller searches for.
        limit: How many rows at most.
    """
    terms = query_terms(query)

    def statement(most: int) -> Statement:
        return ranking(search, terms, most) if terms else containing(search, query, most)

    rows = await judged(read, search.accept, statement, limit)
    return [(row, row["score"]) for row in rows]


async def judged(
    read: Read, accept: Callable[[Record], bool] | None, statement: Callable[[int], Statement], limit: int
) -> list[Record]:
    """Return the best rows that are accepted.

    Args:
        read: Runs a statement.
        accept: Judges a row; `None` where all are accepted.
        statement: Returns the statement for so many of the best rows.
        limit: How many rows at most.
    """
    if accept is None:
        return await read(*statement(limit))
    most = max(limit, _JUDGED_AT_FIRST)
    while True:
        rows = await read(*statement(most))
        accepted = [row for row in rows if accept(row)]
        if len(accepted) >= limit or len(rows) < most:
            return accepted[:limit]
        most *= _MORE
