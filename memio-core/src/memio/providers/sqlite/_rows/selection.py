"""Which facts or documents a call is about, and reading them: listed, searched and counted.

A filter is judged in Python, exactly, before rows are counted or cut by a limit. What the index and SQL can tell
beforehand only leaves out records that do not pass.

Every function runs inside a transaction of the engine. `table` is the name of a table.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import islice
from sqlite3 import Connection
from typing import Any, NamedTuple

from memio.owners import ANYWHERE, Scope
from memio.providers.sqlite._columns.scopes import Condition, Reach, all_of, condition_of, reach_of, total, within
from memio.providers.sqlite._connection.interrupts import end_if_cancelled
from memio.providers.sqlite._meaning.members import Members
from memio.providers.sqlite._meaning.question import Question
from memio.providers.sqlite._rows.filters import certain_condition_of_filter, condition_of_filter
from memio.providers.sqlite._rows.record_rows import SELECT, Columns, index_of, row_at
from memio.providers.sqlite._search.index import Accept, Span, place_of
from memio.providers.sqlite._search.tags import all_of as all_of_tags
from memio.providers.sqlite._search.tags import filter_tags
from memio.toolkit import Term, matches
from memio.toolkit.values import read_metadata

_OWNERS = "CROSS JOIN owner o ON o.id = r.owner"
_FEW = 2_000
"""Up to how many rows of an owner are looked at: tags take as long as there are rows of all owners that have them."""
_JUDGED_AT_ONCE = 256
"""After how many rows it is checked whether the caller has cancelled."""


class Selection(NamedTuple):
    """Which records a call is about.

    Attributes:
        scope: Those of these owners.
        filters: Those whose metadata passes this filter.
        since: Those that were created at this time or later, in microseconds.
        until: Those that were created before this time.
        moment: Those that have not expired at this time; `None` for all.
    """

    scope: Scope = ANYWHERE
    filters: Mapping[str, Any] | None = None
    since: int | None = None
    until: int | None = None
    moment: int | None = None


def is_short(selection: Selection) -> bool:
    """Return whether a page of a selection is read in well under a millisecond, because its rows are found in order."""
    return not selection.filters and selection.since is None and selection.until is None


class _Source(NamedTuple):
    """Where the rows of a selection are read, in order; those that a filter refuses are among them.

    Attributes:
        tables: The tables.
        key: The column by which they are ordered, which is their number.
        condition: Which rows of these.
        indexed: Whether the key is that of an index.
    """

    tables: str
    key: str
    condition: Condition
    indexed: bool = False


def in_order(
    db: Connection, table: str, selection: Selection, place: int = 0, *, back: bool = False
) -> Iterator[Columns]:
    """Yield the columns of the records beyond a place, in the order of adding, or with `back` in the reverse."""
    if selection.filters:
        # The numbers first, so that no text is read of records that do not pass.
        return (row for seq in _numbers(db, table, selection, place, back=back) for row in row_at(db, table, seq))
    source = _source(db, table, selection, _OWNERS)
    if source is None:
        return iter(())
    return _read(db, SELECT, source, place, back=back)


def count(db: Connection, table: str, selection: Selection) -> int:
    """Return how many records there are."""
    if selection.filters:
        return sum(1 for _ in _numbers(db, table, selection))
    source = _source(db, table, selection)
    if source is None:
        return 0
    found = db.execute(
        f"SELECT count(*) FROM {source.tables} WHERE {source.condition.sql}",  # noqa: S608  # texts from below
        source.condition.values,
    )
    return int(found.fetchone()[0])


def best(
    db: Connection, table: str, terms: list[Term], selection: Selection, limit: int, question: Question | None = None
) -> list[tuple[int, float]]:
    """Return number and score of the best records that have any of the terms; of equal ones, the newest first.

    With a question, those that are near to it are found as well, or alone.

    The scores are those among all records in scope, those included that the filter, a time or their expiry leaves out.
    """
    reach = reach_of(db, selection.scope)
    if reach is None:
        return []
    filters = selection.filters or {}
    span = Span(reach.tags, total(db, f"{table}s", selection.scope))
    tags = _filter_tags(db, table, filters, reach)
    expiry = _expiry(db, table, selection.moment)
    accept = judge(db, f"{table} r", all_of(expiry, *_conditions(selection._replace(moment=None))), filters)

    def by_words(number: int) -> list[tuple[int, float]]:
        return index_of(table).best(db, terms, span, number, filters=tags, accept=accept)

    if question is None:
        return by_words(limit)
    owners = condition_of(selection.scope)
    tables = f"owner o CROSS JOIN {table} r ON r.owner = o.id" if owners.values else f"{table} r"
    return question.best(db, Members(tables, "r", owners, span.size), limit, accept, by_words)


def judge(db: Connection, rows: str, condition: Condition, filters: Mapping[str, Any] | None) -> Accept | None:
    """Return what chooses the rows for which a condition holds and that pass a filter; `None` where all do.

    Args:
        db: The connection.
        rows: The table with a name of one letter for its rows, as in `fact r`.
        condition: What must hold.
        filters: The filter.
    """
    if not condition.values and not filters:
        return None
    row = rows[-1]
    judged = _judged(row, filters or {})
    found = (
        f"SELECT {judged.sql} FROM json_each(?) CROSS JOIN {rows} ON {row}.seq = json_each.value "  # noqa: S608  # texts from here
        f"WHERE {condition.sql}"
    )

    def accept(numbers: Sequence[int]) -> Collection[int]:
        given = f"[{','.join(map(str, numbers))}]"
        read = db.execute(found, (*judged.values, given, *condition.values))
        return {seq for seq, passes, text in read if passes or not filters or matches(read_metadata(text), filters)}

    return accept


def containing(db: Connection, table: str, query: str, selection: Selection, limit: int) -> list[int]:
    """Return the numbers of the records that have a text in their content, the shortest first."""
    source = _source(db, table, selection)
    if source is None:
        return []
    # Numbers only, because what is sorted is in memory.
    found = db.execute(
        f"SELECT r.seq, 0.0 FROM {source.tables} WHERE {source.condition.sql} AND instr(r.content, ?) "  # noqa: S608  # texts from below
        "ORDER BY length(r.content), r.seq DESC",
        (*source.condition.values, query),
    )
    chosen = passing(db, table, selection.filters, found) if selection.filters else found
    return [seq for seq, _ in islice(chosen, limit)]


def _read(
    db: Connection, select: str, source: _Source, place: int, *, back: bool, given: tuple[Any, ...] = ()
) -> Iterator[Columns]:
    beyond, order = ("<", "DESC") if back else (">", "ASC")
    beyond_place = place_of(place, back=back) if source.indexed else place
    sql, values = source.condition
    return db.execute(
        f"{select} FROM {source.tables} WHERE {sql} AND {source.key} {beyond} ? ORDER BY {source.key} {order}",
        (*given, *values, beyond_place),
    )


def _numbers(db: Connection, table: str, selection: Selection, place: int = 0, *, back: bool = False) -> Iterator[int]:
    """Yield the numbers of records, with the filter applied."""
    source = _source(db, table, selection)
    if source is None:
        return
    filters = selection.filters or {}
    judged = _judged("r", filters)
    rows = _read(db, f"SELECT {judged.sql}", source, place, back=back, given=judged.values)
    for done, (seq, passes, metadata) in enumerate(rows):
        if done % _JUDGED_AT_ONCE == 0:
            end_if_cancelled()
        if passes or matches(read_metadata(metadata), filters):
            yield seq


def _judged(row: str, filters: Mapping[str, Any]) -> Condition:
    """Return what to read of rows: their number, whether they certainly pass a filter, and their metadata."""
    certain = certain_condition_of_filter(filters, f"{row}.metadata") or Condition("FALSE")
    return Condition(f"{row}.seq, ({certain.sql}) IS TRUE, {row}.metadata", certain.values)


def passing(
    db: Connection, table: str, filters: Mapping[str, Any], found: Iterator[tuple[int, float]]
) -> Iterator[tuple[int, float]]:
    """Yield those of the rows that pass a filter."""
    for done, (seq, score) in enumerate(found):
        if done % _JUDGED_AT_ONCE == 0:
            end_if_cancelled()
        (metadata,) = db.execute(f"SELECT metadata FROM {table} WHERE seq = ?", (seq,)).fetchone()  # noqa: S608  # as above
        if matches(read_metadata(metadata), filters):
            yield seq, score


def _source(db: Connection, table: str, selection: Selection, joined: str = "") -> _Source | None:
    """Return where the rows are read, or `None` when there are none."""
    reach = reach_of(db, selection.scope)
    if reach is None:
        return None
    tags = _filter_tags(db, table, selection.filters or {}, reach)
    if not tags and (reach.owner is not None or not reach.tags):
        owner = Condition() if reach.owner is None else Condition("r.owner = ?", (reach.owner,))
        return _Source(f"{table} r {joined}", "r.seq", all_of(owner, *_conditions(selection)))
    index = index_of(table)
    match = Condition(f"{index.table} MATCH ?", (all_of_tags(reach.tags, tags),))
    condition = all_of(match, *_conditions(selection))
    return _Source(f"{index.joined(db, table, 'r')} {joined}", index.key, condition, indexed=True)


def _filter_tags(db: Connection, table: str, filters: Mapping[str, Any], reach: Reach) -> str:
    """Return the tags of a filter, where looking at the metadata of every row of an owner would take longer."""
    if not filters:
        return ""
    if reach.owner is not None:
        (rows,) = db.execute(f"SELECT {table}s FROM owner WHERE id = ?", (reach.owner,)).fetchone()  # noqa: S608  # as above
        if rows <= _FEW:
            return ""
    return filter_tags(filters)


def _conditions(selection: Selection) -> Iterator[Condition]:
    """Yield what must hold of the records themselves."""
    if selection.moment is not None:
        yield not_expired(selection.moment)
    yield within("r.created_at", selection.since, selection.until)
    yield condition_of_filter(selection.filters or {}, "r.metadata")


def _expiry(db: Connection, table: str, moment: int | None) -> Condition:
    """Return the condition that records `r` have not expired, where one has that is still there."""
    if moment is None or not has_expired(db, table, moment):
        return Condition()
    return not_expired(moment)


def not_expired(moment: int) -> Condition:
    """Return the condition that records `r` have not expired at a moment."""
    return Condition("(r.expires_at IS NULL OR r.expires_at > ?)", (moment,))


def has_expired(db: Connection, table: str, moment: int) -> bool:
    """Return whether a record of the table has expired, and has not been removed yet."""
    found = db.execute(f"SELECT 1 FROM {table} WHERE expires_at <= ? LIMIT 1", (moment,))  # noqa: S608  # as above
    return found.fetchone() is not None
