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
- `INDEXES`: the indexes of each searched table, as SQL with `{table}` for its qualified and `{name}` for its bare name.

`Words.vector` is the text of a `tsvector`: rows pass it as a parameter of type `text` and cast it
(`$1::text::tsvector`).
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Any, NamedTuple

from memio.providers.postgres._db.parameters import Parameters

__all__ = ["INDEXES", "Search", "Spoken", "Words", "conversation_words", "search_rows", "words_of"]

INDEXES = ("CREATE INDEX {name}_words ON {table} USING gin (words)",)
"""The indexes of a searched table. Each also has one that begins with the owner: `(owner, seq)`, and for messages
`(owner, session, seq)`."""

Record = Any
"""A row as asyncpg returns it: `row["name"]`, or taken apart like a tuple."""

Read = Callable[[str, Sequence[Any]], Awaitable[list[Record]]]
"""Runs a statement that only reads, with its values."""


class Words(NamedTuple):
    """What a row holds to be found by: the text of the `tsvector` in `words`, and the number in `length`."""

    vector: str
    length: int


class Spoken(NamedTuple):
    """A message in a conversation.

    Attributes:
        content: Its text; of a long message that is only context of others, its first 1,001 characters are enough.
        name: Who wrote it, where that is known.
        day: The words of the day on which it was sent, from `memio.toolkit.date_words`.
    """

    content: str
    name: str | None
    day: str


class Search(NamedTuple):
    """Where a search looks, in SQL. The rows are called `r` everywhere.

    Attributes:
        table: The qualified table.
        key: What orders the rows by time of adding: `r.seq`. Of equal scores, the newest row is first.
        columns: What is selected of each row that is returned; of `r` and of what `joined` adds.
        joined: What follows the table for `columns`, such as a `JOIN` with the owners; it neither adds nor drops rows.
        span: The rows whose statistics count, as a condition on `r`: all rows of an owner, or of a session.
        pick: Those of them that may be returned, as a condition on `r`: times, expiry, and what SQL knows of a filter.
        text: What a query without any word is looked for in, as an expression on `r`; the score is its share of it.
        parameters: The values of the parameters in all of these. The search adds its own.
        accept: Judges a row exactly, by its `columns`; `None` where `pick` is exact. It is applied before the limit.
        conversation: Whether rows have context and names.
    """

    table: str
    key: str
    columns: str
    joined: str
    span: str
    pick: str
    text: str
    parameters: Parameters
    accept: Callable[[Record], bool] | None = None
    conversation: bool = False


def words_of(text: str) -> Words:
    """Return what a row with this text holds to be found by."""
    raise NotImplementedError


def conversation_words(before: Sequence[Spoken], messages: Sequence[Spoken], after: Sequence[Spoken]) -> list[Words]:
    """Return what each of some messages of a session, one after the other, holds to be found by.

    Args:
        before: The two messages before the first of them, in order; fewer where there are fewer.
        messages: The messages.
        after: The message after the last of them, where there is one.
    """
    raise NotImplementedError


async def search_rows(read: Read, search: Search, query: str, limit: int) -> list[tuple[Record, float]]:
    """Return the best rows first, each with its score.

    Args:
        read: Runs a statement.
        search: Where to look.
        query: What a caller searches for.
        limit: How many rows at most.
    """
    raise NotImplementedError
