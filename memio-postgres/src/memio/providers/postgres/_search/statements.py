"""The statements of a search.

The score of a row needs only which terms of the query it has, and how many rows of the span have each of them; see
`memio.toolkit.ranking`. One statement finds these rows, counts them, ranks them and returns the best.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from memio.providers.postgres._parameters import Parameters
from memio.providers.postgres._search.queries import TermQuery, any_of, term_queries
from memio.providers.postgres._search.words import DIGESTED
from memio.toolkit import LENGTHS, NAMED_SPEAKER, Term
from memio.toolkit.ranking import BOTH, CONTEXT, ONE

Record = Any
"""A row as asyncpg returns it: `row["name"]`, or taken apart like a tuple."""

_MEASURES = f"('{{{','.join(map(str, LENGTHS))}}}'::float8[])"
"""By what the sum of each class of lengths is divided."""

_NAMES = 128
"""A query of more terms is a text rather than a question about somebody."""


class Search(NamedTuple):
    """Where a search looks, in SQL. The rows are called `r` everywhere.

    Attributes:
        table: The qualified table.
        key: What orders the rows by time of adding: `r.seq`. Of equal scores, the newest row is first.
        columns: What is selected of each row that is returned; of `r` and of what `joined` adds.
        joined: What follows the table for `columns`, such as a `JOIN` with the owners; it neither adds nor drops rows.
        span: The rows whose statistics count, as a condition on `r`: all rows of an owner, or of a session. It is
            about columns of the key alone.
        pick: Those of them that may be returned, as a condition on `r`: times, expiry, and what SQL knows of a filter.
        text: What a query without any word is looked for in, as an expression on `r`; the score is its share of it.
        parameters: The values of the parameters in all of these. The search adds its own.
        accept: Judges a row exactly, by its `columns`; `None` where `pick` is exact. It is applied before the limit.
        conversation: Whether rows have context and names.
        owners: The owners of the rows in `span`, as an expression of the type `bytea[]`, so that the index of words
            finds those of an owner; empty for the rows of all.
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
    owners: str = ""


class Statement(NamedTuple):
    """A statement and its values. Its rows have the columns of a search, and the score as the last one."""

    sql: str
    values: Sequence[Any]


class _Arrays(NamedTuple):
    """The columns of the table of terms, and the arrays that they come from."""

    columns: str
    sources: str


def ranking(search: Search, terms: Sequence[Term], limit: int) -> Statement:
    """Return the statement for the best rows that have any of some terms.

    Args:
        search: Where to look.
        terms: From `memio.toolkit.query_terms`.
        limit: How many rows at most.
    """
    value = search.parameters.copy()
    queries = term_queries(terms)
    any_term = any_of([*(each.words for each in queries), f"'{DIGESTED}'"])
    span = _indexed_span(search)
    identity = ("owner", "session", "seq") if search.conversation else ("owner", "seq")
    keys = ", ".join(identity)
    weight = "w.weight"
    named = context = "FALSE"
    if search.conversation:
        named = _named(value, terms)
        weight += f" * CASE WHEN NOT w.context THEN 1 WHEN w.own THEN {BOTH}::float8 ELSE {CONTEXT}::float8 END"
        context = "h.length >= 0 AND h.words @@ t.context"
    arrays = _arrays(value, queries, terms if search.conversation else ())
    own = "h.length < 0 OR h.words @@ t.own" if search.conversation else "TRUE"
    sql = f"""
WITH hit AS MATERIALIZED (
    SELECT {", ".join(f"r.{column}" for column in identity)}, r.length, r.words,
        ({search.pick}) AS picked, {named} AS named
    FROM {search.table} r
    WHERE {span} AND r.words @@ {value(any_term)}::text::tsquery
), weighed AS (
    SELECT {keys}, h.length, h.picked, h.named, {context} AS context, {own} AS own,
        {ONE} * (1 + ln(((SELECT count(*) FROM {search.table} r WHERE {search.span}) + 1)
            / (count(*) OVER (PARTITION BY t.term) + 0.5::float8))) AS weight
    FROM hit h CROSS JOIN unnest({arrays.sources}) WITH ORDINALITY t({arrays.columns}, term)
    WHERE h.words @@ t.words OR (h.length < 0 AND h.words @@ t.digests)
), best AS (
    SELECT {keys}, sum(round({weight}))
        / {_MEASURES}[1 + CASE WHEN w.length < 0 THEN -1 - w.length ELSE w.length END]
        * CASE WHEN w.named THEN {NAMED_SPEAKER} ELSE 1 END AS score
    FROM weighed w
    WHERE w.picked
    GROUP BY {keys}, w.length, w.named
    ORDER BY score DESC, w.seq DESC
    LIMIT {value(limit)}
)
SELECT {search.columns}, best.score
FROM best JOIN {search.table} r USING ({keys}) {search.joined}
ORDER BY best.score DESC, {search.key} DESC
"""
    return Statement(sql, value.values)


def containing(search: Search, query: str, limit: int) -> Statement:
    """Return the statement for the rows that have a query without any word in their text, the shortest text first."""
    value = search.parameters.copy()
    part = f"{value(query)}::text"
    sql = f"""
SELECT {search.columns}, char_length({part})::float8 / char_length({search.text}) AS score
FROM {search.table} r {search.joined}
WHERE {_indexed_span(search)} AND ({search.pick}) AND strpos({search.text}, {part}) > 0
ORDER BY char_length({search.text}), {search.key} DESC
LIMIT {value(limit)}
"""  # as above
    return Statement(sql, value.values)


def _indexed_span(search: Search) -> str:
    """Return the condition for the rows in the span, with that of the index of words where it helps."""
    return f"ARRAY[r.owner] && {search.owners} AND {search.span}" if search.owners else search.span


def _arrays(value: Parameters, queries: Sequence[TermQuery], spoken: Sequence[Term]) -> _Arrays:
    """Return the table of terms.

    Args:
        value: Gets the values.
        queries: The queries of the terms.
        spoken: The terms again, where rows are messages, which have context.
    """
    arrays = {"words": [each.words for each in queries], "digests": [each.digests for each in queries]}
    if spoken:
        arrays["own"] = [each.words for each in term_queries(spoken, "A")]
        arrays["context"] = [each.words for each in term_queries(spoken, "C")]
    return _Arrays(", ".join(arrays), ", ".join(f"{value(each)}::text[]::tsquery[]" for each in arrays.values()))


def _named(value: Parameters, terms: Sequence[Term]) -> str:
    """Return the condition that a term names the speaker of a row."""
    if len(terms) > _NAMES:
        return "FALSE"
    queries = term_queries(terms, "B")
    words, digests = any_of(each.words for each in queries), any_of(each.digests for each in queries)
    words, digests = (f"r.words @@ {value(each)}::text::tsquery" for each in (words, digests))
    return f"CASE WHEN r.length < 0 THEN {digests} ELSE {words} END"
