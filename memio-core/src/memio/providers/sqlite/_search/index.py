"""The full-text index of a kind, and ranking in it.

The number of a row in the index is its `seq` and the class of its length: ranking then needs nothing but what the index
returns. Changes of a transaction are collected and applied in the order of these numbers, because FTS5 writes out what
it has collected whenever a number is less than the one before.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from heapq import nlargest
from itertools import chain, groupby
from operator import itemgetter
from sqlite3 import Connection
from typing import NamedTuple

from memio.providers.sqlite._connection.deferred import deferred
from memio.providers.sqlite._connection.interrupts import end_if_cancelled
from memio.providers.sqlite._search.entry import CONTEXT, NAME, Entry, any_form
from memio.providers.sqlite._search.tags import all_of
from memio.toolkit import LENGTH_BITS, LENGTHS, NAMED_SPEAKER, Term, Weights, length_class, weights

_LENGTH = (1 << LENGTH_BITS) - 1
_LAST = (1 << 63) - 1

_SUMMED_AT_ONCE = 250_000
"""How many rows are ranked at once; each takes about a hundred bytes of memory."""
_HELD_BACK = 1_000_000
"""How many characters of changes wait for the end of a transaction."""
_JUDGED_AT_FIRST, _JUDGED_AT_ONCE = 32, 4_096
"""How many rows are judged at once: the first ones are often enough."""
_NAMES = 128
"""A query of more terms is a text rather than a question about somebody."""

Accept = Callable[[Sequence[int]], Collection[int]]
"""Returns which of some rows are wanted, given and returned as `seq`."""

Score = tuple[float, int]
"""A score and the number of its row in the index: in this order, the newest of equals is the greatest."""


class Span(NamedTuple):
    """Where a search looks: its statistics are those of these rows alone.

    Attributes:
        tags: An expression of tags that these rows match; empty for all rows.
        size: How many rows there are.
    """

    tags: str
    size: int


class _Word(NamedTuple):
    """A term of a query in an index.

    Attributes:
        own: The expression for the rows that have it.
        context: The expression for the rows whose context has it; empty where the index has no context.
    """

    own: str
    context: str

    @property
    def anywhere(self) -> str:
        return f"({self.own} OR {self.context})" if self.context else self.own


class _Matches(NamedTuple):
    """The numbers of the rows that have a word, and of those whose context has it."""

    own: list[int]
    context: list[int]

    def rows(self) -> int:
        return len({*self.own, *self.context}) if self.context else len(self.own)


class _Extent(NamedTuple):
    """How many rows have a word, themselves or in their context, and the first and the last of them."""

    rows: int
    first: int
    last: int


class TextIndex:
    """The full-text index of one kind.

    Args:
        table: The name of the index.
        conversation: Whether its rows have context and names.

    Attributes:
        table: The name of the index.
        key: What its rows are ordered by, in SQL: numbers whose order is that of `seq`.
    """

    def __init__(self, table: str, *, conversation: bool = False) -> None:
        self.table = table
        self._conversation = conversation
        self.key = f"{table}.rowid"
        # The names are constants of this provider; values are always passed separately.
        self._insert = f"INSERT INTO {table} (rowid, words) VALUES (?, ?)"  # noqa: S608  # as above
        self._delete = f"INSERT INTO {table} ({table}, rowid, words) VALUES ('delete', ?, ?)"  # noqa: S608  # as above
        matching = f"FROM {table} WHERE {table} MATCH ?"
        self._find = f"SELECT rowid {matching} AND rowid BETWEEN ? AND ?"  # as above
        self._extent = f"SELECT count(*), ifnull(min(rowid), 0), ifnull(max(rowid), 0) {matching}"  # as above

    # Changes

    def change(self, db: Connection, seq: int, old: Entry | None, new: Entry | None) -> None:
        """Replace the entry of a row. It is done before the commit, or before the index is read.

        Args:
            db: The connection.
            seq: The number of the row in its table.
            old: Exactly what the index has for it; `None` for nothing.
            new: What it gets; `None` for nothing.
        """
        waiting = deferred(db)
        changes = waiting.get(self.table)
        if changes is None:
            changes = waiting[self.table] = _Changes(self)
        changes.note(seq, old, new)
        if changes.size > _HELD_BACK:
            self._settle(db)

    def rebuild(self, db: Connection, entries: Iterable[tuple[int, Entry]]) -> None:
        """Fill the index anew with entries, by ascending numbers of their rows."""
        self.clear(db)
        db.executemany(self._insert, ((_number(seq, entry), entry.text) for seq, entry in entries))

    def clear(self, db: Connection) -> None:
        """Remove every row."""
        deferred(db).pop(self.table, None)
        db.execute(f"INSERT INTO {self.table} ({self.table}) VALUES ('delete-all')")  # noqa: S608  # a name of this provider

    def apply(self, db: Connection, changes: Iterable[tuple[int, Entry | None, Entry | None]]) -> None:
        """Replace entries at once, each given as in `change`, and no row twice."""
        steps: list[tuple[int, bool, str]] = []
        for seq, old, new in changes:
            if old == new:
                continue
            if old is not None:
                steps.append((_number(seq, old), False, old.text))
            if new is not None:
                steps.append((_number(seq, new), True, new.text))
        steps.sort()
        for added, some in groupby(steps, itemgetter(1)):
            db.executemany(self._insert if added else self._delete, ((number, text) for number, _, text in some))

    def _settle(self, db: Connection) -> None:
        changes = deferred(db).pop(self.table, None)
        if changes is not None:
            changes.apply(db)

    # Searching

    def joined(self, db: Connection, table: str, row: str) -> str:
        """Return the tables, in SQL, for the rows of a table together with their rows of the index.

        Args:
            db: The connection that it is for.
            table: The table.
            row: The name that its rows get.
        """
        self._settle(db)
        return f"{self.table} CROSS JOIN {table} {row} ON {row}.seq = {self.table}.rowid >> {LENGTH_BITS}"

    def best(
        self,
        db: Connection,
        terms: Sequence[Term],
        span: Span,
        limit: int,
        *,
        filters: str = "",
        accept: Accept | None = None,
    ) -> list[tuple[int, float]]:
        """Return `seq` and score of the best rows that have any of the terms; of equal ones, the newest first.

        Args:
            db: The connection.
            terms: From `query_terms`.
            span: Where to search.
            limit: How many rows at most.
            filters: An expression of tags that all rows must match as well. It does not change scores.
            accept: Chooses rows, some at a time in the order of their scores, until there are enough. It does not
                change scores.
        """
        self._settle(db)
        words = [_Word(any_form([term]), any_form([term], CONTEXT) if self._conversation else "") for term in terms]
        names = any_form(terms, NAME) if self._conversation and len(terms) <= _NAMES else ""
        best: list[Score] = []
        for sums in self._sums(db, words, span, filters):
            named = set(self._rows(db, names, span, filters, min(sums), max(sums))) if names else ()
            scores = _scores(sums, named)
            best = nlargest(limit, chain(best, scores)) if accept is None else _accepted(best, scores, limit, accept)
        return [(row >> LENGTH_BITS, score) for score, row in best]

    def _sums(self, db: Connection, words: Sequence[_Word], span: Span, filters: str) -> Iterator[dict[int, int]]:
        """Yield the sums of the rows that have any of the words, some rows at a time."""
        if span.size <= _SUMMED_AT_ONCE and not filters:
            matches = (self._matches(db, word, span) for word in words)
            if sums := _sum((each, weights(span.size, each.rows())) for each in matches):
                yield sums
            return
        extents = [self._extent_of(db, word, span) for word in words]
        for first, last in _ranges([each for each in extents if each.rows]):
            found = (
                (self._matches(db, word, span, filters, first, last), weights(span.size, extent.rows))
                for word, extent in zip(words, extents, strict=True)
                if extent.rows
            )
            if sums := _sum(found):
                yield sums

    def _matches(
        self, db: Connection, word: _Word, span: Span, filters: str = "", first: int = 0, last: int = _LAST
    ) -> _Matches:
        """Return the rows of a range that have a word."""
        own = self._rows(db, word.own, span, filters, first, last)
        context = self._rows(db, word.context, span, filters, first, last) if word.context else []
        return _Matches(own, context)

    def _rows(self, db: Connection, words: str, span: Span, filters: str, first: int, last: int) -> list[int]:
        end_if_cancelled()
        return [row for (row,) in db.execute(self._find, (all_of(span.tags, filters, words), first, last))]

    def _extent_of(self, db: Connection, word: _Word, span: Span) -> _Extent:
        end_if_cancelled()
        return _Extent(*db.execute(self._extent, (all_of(span.tags, word.anywhere),)).fetchone())


class _Changes:
    """The changes of an index in a transaction that are still to be made."""

    def __init__(self, index: TextIndex) -> None:
        self.size = 0
        self._index = index
        self._rows: dict[int, tuple[Entry | None, Entry | None]] = {}

    def note(self, seq: int, old: Entry | None, new: Entry | None) -> None:
        """Add a change. Of several changes of a row, what it had first is replaced by what it got last."""
        if seq in self._rows:
            old = self._rows[seq][0]
        self._rows[seq] = old, new
        if old is not None:
            self.size += len(old.text)
        if new is not None:
            self.size += len(new.text)

    def apply(self, db: Connection) -> None:
        """Make the changes."""
        self._index.apply(db, ((seq, old, new) for seq, (old, new) in self._rows.items()))


def place_of(seq: int, *, back: bool = False) -> int:
    """Return the number in an index beyond which are the rows after a `seq`, or with `back` those before it."""
    return max(0, min(seq, _LAST >> LENGTH_BITS)) << LENGTH_BITS | (0 if back else _LENGTH)


def _number(seq: int, entry: Entry) -> int:
    """Return the number of a row in the index."""
    return seq << LENGTH_BITS | length_class(entry.words)


def _ranges(extents: Sequence[_Extent]) -> Iterator[tuple[int, int]]:
    """Yield the first and last number of ranges that together hold all rows, each with not too many of them."""
    if not extents:
        return
    first, last = min(each.first for each in extents), max(each.last for each in extents)
    parts = 1 + sum(each.rows for each in extents) // _SUMMED_AT_ONCE
    step = (last - first) // parts + 1
    for begin in range(first, last + 1, step):
        yield begin, begin + step - 1


def _sum(found: Iterable[tuple[_Matches, Weights]]) -> dict[int, int]:
    """Return for each row the sum of the weights of the words that it has."""
    sums: dict[int, int] = {}
    get = sums.get
    for (own, context), weight in found:
        for row in own:
            sums[row] = get(row, 0) + weight.own
        if context:
            both = set(own)
            for row in context:
                sums[row] = get(row, 0) + (weight.both - weight.own if row in both else weight.context)
    return sums


def _scores(sums: dict[int, int], named: Collection[int]) -> Iterator[Score]:
    """Yield the score of each row."""
    if not named:
        return ((total / LENGTHS[row & _LENGTH], row) for row, total in sums.items())
    return (
        (total / LENGTHS[row & _LENGTH] * (NAMED_SPEAKER if row in named else 1), row) for row, total in sums.items()
    )


def _accepted(best: list[Score], scores: Iterable[Score], limit: int, accept: Accept) -> list[Score]:
    """Return the best of those that were accepted before and of those that are accepted now."""
    ranked = sorted(scores, reverse=True)
    place, size = 0, max(limit, _JUDGED_AT_FIRST)
    while place < len(ranked) and (len(best) < limit or ranked[place] > best[-1]):
        end_if_cancelled()
        some = ranked[place : place + size]
        wanted = accept([row >> LENGTH_BITS for _, row in some])
        best = nlargest(limit, chain(best, (score for score in some if score[1] >> LENGTH_BITS in wanted)))
        place, size = place + size, min(4 * size, _JUDGED_AT_ONCE)
    return best
