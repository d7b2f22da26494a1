"""The records of a span whose vectors are nearest to that of a query, alone or together with those that have its words.

All vectors of the span are compared. An index of vectors returns the nearest ones of everybody, of which few or none
may be in the span, and what it finds depends on what others have stored.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from memio.providers.postgres._db.database import Database
from memio.providers.postgres._meaning.embedding import vector_text
from memio.providers.postgres._meaning.models import COLUMNS, Model, other_model
from memio.providers.postgres._meaning.queue import Place
from memio.providers.postgres._rows.scopes import EVERYTHING, all_of
from memio.providers.postgres._search import Record, Search, Statement, judged, search_rows
from memio.toolkit import FUSED, fused

Found = list[tuple[Record, float]]


class Question(NamedTuple):
    """A query as a vector.

    Attributes:
        table: The table that is searched.
        model: The model that has made the vector.
        vector: The vector.
        weight: The weight of the meaning beside words; `None` for a search by meaning alone.
        warn: Called with a message where the vectors of the database are of another model.
    """

    table: str
    model: str
    vector: Sequence[float]
    weight: float | None
    warn: Callable[[str], None]


async def search_meant(database: Database, question: Question, search: Search, query: str, limit: int) -> Found:
    """Return the best rows first, each with its score.

    Args:
        database: The database.
        question: The query as a vector.
        search: Where to look.
        query: What a caller searches for.
        limit: How many rows at most.

    Raises:
        OtherModelError: The search goes by meaning alone, and the vectors of the database are of another model.
    """
    vector = await database.vector()
    place = Place(database.schema, question.table)
    if question.weight is None:
        return await _nearest(database, search, place, question, vector, limit)
    bare = search._replace(columns=f"r.seq, {place.columns('r')}, r.{place.number} AS number, r.metadata", joined="")
    number = max(limit, FUSED)
    by_words = await search_rows(database.read, bare, query, number)
    by_meaning = await _nearest(database, bare, place, question, vector, number)
    rows = {row["seq"]: row for row, _ in (*by_words, *by_meaning)}
    best = fused(_ranked(by_words), _ranked(by_meaning), question.weight, limit)
    return await _rows(database, search, place, [(rows[seq], score) for seq, score in best])


def _ranked(found: Found) -> list[tuple[int, float]]:
    return [(row["seq"], score) for row, score in found]


async def _rows(database: Database, search: Search, place: Place, best: Found) -> Found:
    """Return the rows of a ranking with the columns of a search, without those that were changed or deleted since."""
    if not best:
        return []
    value = search.parameters.copy()
    given = place.given(value, [(*(row[name] for name in place.identity), row["number"]) for row, _ in best])
    rows = await database.read(
        f"SELECT {search.columns} FROM {given} JOIN {place.table} r ON {place.same('r', 'n')} "
        f"AND r.{place.number} = n.text_seq {search.joined} WHERE {_span(search)} AND ({search.pick})",
        value.values,
    )
    found = {row["seq"]: row for row in rows}
    return [(found[row["seq"]], score) for row, score in best if row["seq"] in found]


async def _nearest(
    database: Database, search: Search, place: Place, question: Question, vector: str, limit: int
) -> Found:
    """Return the rows whose vectors are nearest; of equal ones, the newest first."""

    def statement(most: int) -> Statement:
        return _statement(search, place, question, vector, most)

    rows = await judged(database.read, search.accept, statement, limit)
    if not rows and not await _check(database, place, question):
        return []
    return [(row, row["score"]) for row in rows]


async def _check(database: Database, place: Place, question: Question) -> bool:
    """Return whether the vectors of the database are of the model of the query, where there are any."""
    rows = await database.read(
        f"SELECT {COLUMNS} FROM {place.schema}.model WHERE source = $1 AND current",
        [place.name],
    )
    if not rows:
        return True
    model = Model(*rows[0])
    if not model.dimensions or (model.name, model.dimensions) == (question.model, len(question.vector)):
        return True
    error = other_model(place.name, model, question.model, len(question.vector))
    if question.weight is None:
        raise error
    question.warn(error.message)
    return False


def _statement(search: Search, place: Place, question: Question, vector: str, limit: int) -> Statement:
    value = search.parameters.copy()
    operator = f"OPERATOR({vector.rpartition('.')[0]}.<=>)"
    cosine = f"1 - (r.vector {operator} {value(vector_text(question.vector))}::text::{vector})"
    # Scores first, so that no vector is sorted or hashed with its record. Vectors have the columns of the span, too.
    sql = f"""
WITH near AS MATERIALIZED (
    SELECT r.owner, r.text_seq, max(coalesce(nullif({cosine}, 'NaN'), 0)) AS score
    FROM {place.vectors} r
    WHERE r.model = (
        SELECT m.number FROM {place.schema}.model m WHERE m.source = {value(place.name)}::text AND m.current
            AND m.name = {value(question.model)}::text AND m.dimensions = {value(len(question.vector))}::integer
    ) AND r.vector IS NOT NULL AND {_span(search)}
    GROUP BY r.owner, r.text_seq
), best AS (
    SELECT {place.columns("r")}, r.seq, n.score
    FROM near n JOIN {place.table} r ON r.owner = n.owner AND r.{place.number} = n.text_seq
    WHERE {search.pick}
    ORDER BY n.score DESC, r.seq DESC
    LIMIT {value(limit)}
)
SELECT {search.columns}, best.score
FROM best JOIN {place.table} r USING ({place.keys}) {search.joined}
ORDER BY best.score DESC, {search.key} DESC
"""
    return Statement(sql, value.values)


def _span(search: Search) -> str:
    """Return the condition for the span, with that for all of its owners, by which an index finds it."""
    return all_of(f"r.owner = ANY({search.owners})" if search.owners else EVERYTHING, search.span)
