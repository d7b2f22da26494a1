"""Ranking in the full-text index."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from heapq import nsmallest
from itertools import islice
from sqlite3 import Connection
from typing import Any, NamedTuple

from memio.providers.sqlite._db.interrupts import end_if_cancelled
from memio.toolkit import Term

TERMS_AT_ONCE = 128
"""An expression of more terms takes longer than several shorter ones."""


ALL = -1
"""No limit."""


class Within(NamedTuple):
    """A condition in SQL for the rows of an index, where an expression of tokens would be too long."""

    condition: str = "TRUE"
    values: tuple[Any, ...] = ()


_EVERYWHERE = Within()


def any_term(terms: Iterable[Term]) -> str:
    """Return the FTS5 expression for the rows that have one of the terms, quoted, so that no term is syntax."""
    return " OR ".join(f'"{term.text}" *' if term.prefix else f'"{term.text}"' for term in terms)


class TextIndex:
    """The full-text index of one kind.

    Args:
        table: The name of the index.
        columns: Its text columns with their weights; the column `tags` follows them, without a weight.
    """

    def __init__(self, table: str, **columns: float) -> None:
        self.table = table
        names = ", ".join((*columns, "tags"))
        places = ", ".join("?" * (len(columns) + 1))
        weights = ", ".join(str(weight) for weight in (*columns.values(), 0))
        self._words = f"{{{' '.join(columns)}}}"
        # The names are constants of this provider; values are always passed separately.
        self._insert = f"INSERT INTO {table} (rowid, {names}) VALUES (?, {places})"  # noqa: S608  # as above
        self._delete = f"INSERT INTO {table} ({table}, rowid, {names}) VALUES ('delete', ?, {places})"  # noqa: S608  # as above
        self._ranked = (
            f"SELECT {table}.rowid, bm25({table}, {weights}) AS rank_ FROM {table} WHERE {table} MATCH ? AND "  # noqa: S608  # as above
        )
        self._in_order = f" ORDER BY rank_, {table}.rowid DESC LIMIT ?"

    def add(self, db: Connection, rows: Iterable[tuple[int | str, ...]]) -> None:
        """Index rows: each its number, its text columns in order, and its tags."""
        db.executemany(self._insert, rows)

    def remove(self, db: Connection, seq: int, *texts: str) -> None:
        """Remove a row. The texts must be exactly those with which it was added."""
        db.execute(self._delete, (seq, *texts))

    def clear(self, db: Connection) -> None:
        """Remove every row."""
        db.execute(f"INSERT INTO {self.table} ({self.table}) VALUES ('delete-all')")  # noqa: S608  # a name of this provider

    def best(
        self, db: Connection, terms: Sequence[Term], restriction: str, limit: int, within: Within = _EVERYWHERE
    ) -> Iterator[tuple[int, float]]:
        """Yield row and score of the best rows that have any of the terms; of equal ones, the newest first.

        Args:
            db: The connection.
            terms: From `query_terms`.
            restriction: An expression that all rows must match, or nothing.
            limit: How many rows at most; `ALL` for all.
            within: Another condition for all rows; default none.
        """
        if len(terms) <= TERMS_AT_ONCE:
            ranked = self._ranked + within.condition
            found: Iterable[tuple[int, float]] = db.execute(
                ranked + self._in_order, (self._expression(terms, restriction), *within.values, limit)
            )
        else:
            found = self._best_of_many(db, terms, restriction, limit, within)
        return ((seq, -rank) for seq, rank in found)

    def _best_of_many(
        self, db: Connection, terms: Sequence[Term], restriction: str, limit: int, within: Within
    ) -> list[tuple[int, float]]:
        # bm25 is a sum over the terms, so they can be searched for in portions.
        ranks: dict[int, float] = {}
        rest = iter(terms)
        while portion := list(islice(rest, TERMS_AT_ONCE)):
            end_if_cancelled()
            expression = self._expression(portion, restriction)
            for seq, rank in db.execute(self._ranked + within.condition, (expression, *within.values)):
                ranks[seq] = ranks.get(seq, 0.0) + rank
        return nsmallest(len(ranks) if limit == ALL else limit, ranks.items(), key=lambda item: (item[1], -item[0]))

    def condition(self, column: str, restriction: str) -> tuple[str, tuple[str, ...]]:
        """Return the SQL condition for the rows that match a restriction, and its values.

        Args:
            column: The column that holds the number of the row.
            restriction: An expression that all rows must match, or nothing.
        """
        if not restriction:
            return "TRUE", ()
        return f"{column} IN (SELECT rowid FROM {self.table} WHERE {self.table} MATCH ?)", (restriction,)  # noqa: S608  # as above

    def _expression(self, terms: Sequence[Term], restriction: str) -> str:
        words = f"{self._words} : ({any_term(terms)})"
        return f"{restriction} AND {words}" if restriction else words
