"""The records of a span whose vectors are nearest to that of a query.

Every function runs inside a transaction of the engine, in a thread. Importing this module loads numpy.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from sqlite3 import Connection
from typing import Any, NamedTuple

import numpy as np

from memio.providers.sqlite._columns.scopes import Condition
from memio.providers.sqlite._connection.interrupts import end_if_cancelled
from memio.providers.sqlite._meaning.matrix import TableMatrix
from memio.providers.sqlite._meaning.members import Members
from memio.providers.sqlite._meaning.models import KEY_BITS, LAST, Model
from memio.providers.sqlite._search.index import Accept
from memio.toolkit.vectors import Floats, Integers, QueryVector, best_of_each, mean_of

EXACT = 20_000
"""Up to how many vectors of a span are compared; of more, those whose bits are nearest."""
_CANDIDATES, _CANDIDATES_EACH = 1_000, 4
"""How many records are compared after their bits were, at least, and for each one that is wanted."""
_OLDEST = 2_048
"""How many records of a span stand for all of them in the mean, where not all are compared."""
_READ_AT_ONCE = 4_096
_JUDGED_AT_FIRST, _JUDGED_AT_ONCE = 128, 4_096
_MANY_GONE = 10_000
"""After how many records that are no longer there the bits are read anew, where they are most of those looked at."""


class Search(NamedTuple):
    """A search in a table.

    Attributes:
        table: The table.
        model: The model of its vectors.
        query: The vector of the query, of the same model.
        matrix: The bits of the vectors; `None` where all vectors are to be compared.
    """

    table: str
    model: Model
    query: QueryVector
    matrix: TableMatrix | None


def nearest(
    db: Connection, search: Search, members: Members, limit: int, accept: Accept | None
) -> list[tuple[int, float]]:
    """Return number and score of the nearest records; of equal ones, the newest first.

    Args:
        db: The connection.
        search: What is searched for.
        members: The records of the span.
        limit: How many at most.
        accept: Chooses records. It does not change scores.
    """
    if search.matrix is None:
        mean = _mean(_read(db, search, members))
        return _first(_scored(search, mean, _read(db, search, members)), limit, accept)
    if members.size <= EXACT:
        rows = [*islice(_read(db, search, members), EXACT + 1)]
        if len(rows) <= EXACT:
            return _first(_scored(search, _mean(rows), rows), limit, accept)
    number = max(_CANDIDATES, _CANDIDATES_EACH * limit)
    among = _numbers(db, members)
    candidates = _candidates(db, search, search.matrix, among, number, accept)
    return _scored(search, _mean(_oldest(db, search, among)), candidates)[:limit]


def _numbers(db: Connection, members: Members) -> Integers | None:
    """Return the numbers of the records of a span, ascending; `None` for all of the table."""
    if not members.condition.values:
        return None
    found = db.execute(
        f"SELECT {members.row}.seq FROM {members.tables} WHERE {members.condition.sql}",  # noqa: S608  # texts of this provider
        members.condition.values,
    )
    return np.sort(np.fromiter((seq for (seq,) in found), dtype=np.int64))


def _oldest(db: Connection, search: Search, among: Integers | None) -> Iterable[tuple[int, bytes]]:
    """Return the rows of the oldest records of a span, whose mean stands for that of all."""
    if among is not None:
        return _of_records(db, search, among[:_OLDEST].tolist())
    return db.execute(
        f"SELECT key, vector FROM {search.table}_vector WHERE key & {LAST} BETWEEN ? AND ? ORDER BY key LIMIT ?",  # noqa: S608  # as above
        (*search.model.keys(), _OLDEST),
    )


def _mean(rows: Iterable[tuple[int, bytes]]) -> Floats | None:
    """Return the mean of the vectors of some rows."""
    return mean_of([vector for _, vector in some] for some in _in_parts(rows))


def _in_parts(rows: Iterable[tuple[int, bytes]]) -> Iterator[list[tuple[int, bytes]]]:
    remaining = iter(rows)
    while some := [*islice(remaining, _READ_AT_ONCE)]:
        end_if_cancelled()
        yield some


def _candidates(
    db: Connection, search: Search, matrix: TableMatrix, among: Integers | None, number: int, accept: Accept | None
) -> list[tuple[int, bytes]]:
    """Return the rows of the records whose bits are nearest."""
    bits = matrix.completed(db, search.table, search.model)
    rows: list[tuple[int, bytes]] = []
    looked_at = found_records = 0
    for some in bits.nearest(search.query, number, among):
        for at in range(0, len(some), number):
            end_if_cancelled()
            part = some[at : at + number]
            read = [*_of_records(db, search, part if accept is None else _in_order(part, accept))]
            looked_at += len(part)
            found_records += len({key >> KEY_BITS for key, _ in read})
            rows += read
            if found_records >= number:
                return _of_first(rows, number)
    if accept is None and looked_at - found_records > max(_MANY_GONE, looked_at // 2):
        matrix.drop()
    return rows


def _in_order(records: Sequence[int], accept: Accept) -> list[int]:
    wanted = accept(records)
    return [record for record in records if record in wanted]


def _of_first(rows: list[tuple[int, bytes]], number: int) -> list[tuple[int, bytes]]:
    """Return the rows of the first records, so that how many are compared is the same for everybody."""
    kept = set(islice(dict.fromkeys(key >> KEY_BITS for key, _ in rows), number))
    return [row for row in rows if row[0] >> KEY_BITS in kept]


def _read(db: Connection, search: Search, members: Members) -> Iterator[tuple[int, bytes]]:
    """Yield the keys and vectors of the records of a span, those of a record one after the other."""
    if not members.condition.values:
        return db.execute(
            f"SELECT key, vector FROM {search.table}_vector WHERE key & {LAST} BETWEEN ? AND ?",  # noqa: S608  # as above
            search.model.keys(),
        )
    return _joined(db, search, members.tables, f"{members.row}.seq", members.condition)


def _of_records(db: Connection, search: Search, records: Iterable[int]) -> Iterator[tuple[int, bytes]]:
    """Yield the keys and vectors of some records, in the order in which they are given."""
    given = f"[{','.join(map(str, records))}]"
    return _joined(db, search, "(SELECT value FROM json_each(?)) j", "j.value", Condition("TRUE", (given,)))


def _joined(
    db: Connection, search: Search, tables: str, number: str, condition: Condition
) -> Iterator[tuple[int, bytes]]:
    least, greatest = search.model.keys()
    # The integers are written out, so that the values of the condition are the only parameters, wherever it has them.
    return db.execute(
        f"SELECT v.key, v.vector FROM {tables} CROSS JOIN {search.table}_vector v "  # noqa: S608  # as above
        f"ON v.key BETWEEN ({number} << {KEY_BITS}) + {least} AND ({number} << {KEY_BITS}) + {greatest} "
        f"WHERE {condition.sql}",
        condition.values,
    )


def _scored(search: Search, mean: Floats | None, rows: Iterable[tuple[int, bytes]]) -> list[tuple[int, float]]:
    """Return the records of some rows by their scores, each by its best window, as seen from a mean."""
    records: list[int] = []
    parts: list[Floats] = []
    for some in _in_parts(rows):
        records.extend(key >> KEY_BITS for key, _ in some)
        parts.append(search.query.scores([vector for _, vector in some], mean))
    return best_of_each(records, np.concatenate(parts)) if parts else []


def _first(ranked: list[tuple[int, Any]], limit: int, accept: Accept | None) -> list[tuple[int, float]]:
    """Return the first records that are accepted."""
    if accept is None:
        return ranked[:limit]
    found: list[tuple[int, float]] = []
    place, size = 0, max(limit, _JUDGED_AT_FIRST)
    while place < len(ranked) and len(found) < limit:
        end_if_cancelled()
        some = ranked[place : place + size]
        wanted = accept([record for record, _ in some])
        found += [each for each in some if each[0] in wanted]
        place, size = place + size, min(4 * size, _JUDGED_AT_ONCE)
    return found[:limit]
