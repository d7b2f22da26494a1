"""The tables of facts and of documents, which are alike, each with its full-text index.

Every method runs inside a transaction of the engine.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import cache, partial
from sqlite3 import Connection
from typing import Any, Generic, NamedTuple, TypeVar

from memio.errors import ConflictError
from memio.models import Page
from memio.providers.sqlite._rows.cursors import read_cursor, write_cursor
from memio.providers.sqlite._rows.labels import drop_all_unused_labels, drop_labels, find_label, intern_label
from memio.providers.sqlite._rows.parts import Part, part_of, release_for, weight_of
from memio.providers.sqlite._rows.values import metadata_text, new_ids, now, read_metadata
from memio.providers.sqlite._search.entry import Entry, entry_of
from memio.providers.sqlite._search.index import Span, TextIndex
from memio.providers.sqlite._search.tags import all_of, tags
from memio.toolkit import only, query_terms, same_json

R = TypeVar("R")
Filters = Mapping[str, Any]

_DELETED_AT_ONCE = 500
_NO_LIMIT = -1


class Scope(NamedTuple):
    """The owners to which a call is confined; `None` means all."""

    user: str | None = None
    agent: str | None = None


class New(NamedTuple):
    """A record to store. Without an id it gets a new one, and without times the present."""

    content: str
    metadata: dict[str, Any] | None
    owner: Scope
    id: str | None
    created_at: int | None = None
    updated_at: int | None = None


class Row(NamedTuple):
    """A row of the table; times are microseconds."""

    seq: int
    id: str
    user: int
    agent: int
    user_id: str | None
    agent_id: str | None
    content: str
    metadata: dict[str, Any]
    created_at: int
    updated_at: int


class RecordTable(Generic[R]):
    """The records of one kind.

    Args:
        name: The table, and the noun for a record in errors.
        record: Returns the record of a row and its score.
    """

    def __init__(self, name: str, record: Callable[[Row, float | None], R]) -> None:
        self._name = name
        self._record = record
        self._index = _index_of(name)
        self._insert = (
            f"INSERT INTO {name} (seq, id, user, agent, content, metadata, created_at, updated_at) "  # noqa: S608  # the name is a constant of this provider
            "VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
        )
        self._columns = _columns_of(name)

    def add(self, db: Connection, items: Iterable[New]) -> list[R]:
        """Store records and return them in order; one that is there already, by its id, is returned as it is."""
        return [self._record(row, None) for row in self._store(db, items)[0]]

    def restore(self, db: Connection, items: Iterable[New]) -> int:
        """Store records with the times that they have, and return how many were not there yet."""
        return self._store(db, items)[1]

    def _store(self, db: Connection, items: Iterable[New]) -> tuple[list[Row], int]:
        """Return the rows of the items in order, and how many of them are new."""
        number_of = cache(partial(intern_label, db))
        moment = now()
        ids = new_ids()
        seq = self._last(db)
        rows: list[Row] = []
        fresh: dict[tuple[str, int, int], Row] = {}
        for content, metadata, owner, record_id, created_at, updated_at in items:
            key = (record_id or next(ids), number_of(owner.user), number_of(owner.agent))
            row = (fresh.get(key) or self._stored(db, key)) if record_id else None
            if row is None:
                release_for(db, content)
                seq += 1
                created = moment if created_at is None else created_at
                updated = created if updated_at is None else updated_at
                row = fresh[key] = Row(seq, *key, *owner, content, metadata or {}, created, updated)
            elif row.content != content or not same_json(row.metadata, metadata or {}):
                raise ConflictError(self._name, row.id)
            rows.append(row)
        db.executemany(self._insert, map(_stored, fresh.values()))
        for row in fresh.values():
            self._index.change(db, row.seq, None, _entry(row))
        return rows, len(fresh)

    def get(self, db: Connection, record_id: str, scope: Scope) -> R:
        """Return one record."""
        return self._record(self._find(db, record_id, scope), None)

    def page(self, db: Connection, scope: Scope, filters: Filters | None, limit: int, cursor: str | None) -> Page[R]:
        """Return a page in insertion order."""
        after = read_cursor(db, self._name, cursor)
        part = self._listed(db, scope, filters, after, limit)
        return Page([self._record(_read(row), None) for row in part.rows], write_cursor(db, self._name, part))

    def search(self, db: Connection, query: str, scope: Scope, filters: Filters | None, limit: int) -> list[R]:
        """Return the best matches first."""
        terms = query_terms(query)
        if not terms:
            return self._scan(db, query, scope, filters, limit)
        owner = self._owner(db, scope)
        if owner is None:
            return []
        span = Span([all_of(owner)], self._count(db, scope, owner))
        best = self._index.best(db, terms, span, limit, filters=all_of(tags(filters)))
        return [self._record(row, score) for seq, score in best for row in self._rows(db, "r.seq = ?", (seq,))]

    def update(self, db: Connection, record_id: str, content: str, metadata: dict[str, Any] | None, scope: Scope) -> R:
        """Replace the content of a record, and its metadata unless that is `None`."""
        old = self._find(db, record_id, scope)
        new = old._replace(
            content=content,
            metadata=old.metadata if metadata is None else metadata,
            updated_at=max(now(), old.updated_at),
        )
        db.execute(
            f"UPDATE {self._name} SET content = ?, metadata = ?, updated_at = ? WHERE seq = ?",  # noqa: S608  # as above
            (new.content, metadata_text(new.metadata), new.updated_at, new.seq),
        )
        self._index.change(db, new.seq, _entry(old), _entry(new))
        return self._record(new, None)

    def delete(self, db: Connection, record_id: str, scope: Scope) -> None:
        """Delete one record."""
        row = self._find(db, record_id, scope)
        self._remove(db, row)
        drop_labels(db, (row.user, row.agent))

    def delete_all(self, db: Connection, scope: Scope) -> None:
        """Delete every record in scope."""
        if scope == Scope():
            db.execute(f"DELETE FROM {self._name}")  # noqa: S608  # as above
            self._index.clear(db)
            drop_all_unused_labels(db)
        else:
            last = 0
            owners = {find_label(db, label) for label in scope if label is not None}
            more = True
            while more:
                rows, more = self._listed(db, scope, None, last, _DELETED_AT_ONCE)
                for row in map(_read, rows):
                    self._remove(db, row)
                    owners.update((row.user, row.agent))
                    last = row.seq
            drop_labels(db, owners)

    def _last(self, db: Connection) -> int:
        """Return the highest number that a row ever had."""
        row = db.execute("SELECT seq FROM sqlite_sequence WHERE name = ?", (self._name,)).fetchone()
        return int(row[0]) if row else 0

    def _stored(self, db: Connection, key: tuple[str, int, int]) -> Row | None:
        rows = self._rows(db, "r.id = ? AND r.user = ? AND r.agent = ?", key)
        return rows[0] if rows else None

    def _remove(self, db: Connection, row: Row) -> None:
        db.execute(f"DELETE FROM {self._name} WHERE seq = ?", (row.seq,))  # noqa: S608  # as above
        self._index.change(db, row.seq, _entry(row), None)

    def _find(self, db: Connection, record_id: str, scope: Scope) -> Row:
        conditions = ["r.id = ?"]
        values = [record_id]
        for column, label in (("u", scope.user), ("a", scope.agent)):
            if label is not None:
                conditions.append(f"{column}.text = ?")
                values.append(label)
        return only(self._rows(db, f"{' AND '.join(conditions)} LIMIT 2", values), self._name, record_id)

    def _listed(
        self, db: Connection, scope: Scope, filters: Filters | None, after: int, limit: int
    ) -> Part[tuple[Any, ...]]:
        """Return the columns of rows in insertion order, each for `_read`."""
        condition, values = self._condition(db, scope, filters, after, limit + 1)
        found = db.execute(f"{self._columns}{condition} ORDER BY r.seq LIMIT ?", (*values, limit + 1))
        return part_of(db, found, limit, _weight)

    def _condition(
        self, db: Connection, scope: Scope, filters: Filters | None, after: int, limit: int
    ) -> tuple[str, tuple[Any, ...]]:
        """Return the condition for the rows after `after`, at least the first `limit` of them, and its values."""
        if not filters and scope.agent is None:
            if scope.user is None:
                return "r.seq > ?", (after,)
            return "r.user = ? AND r.seq > ?", (find_label(db, scope.user), after)
        owner = self._owner(db, scope)
        if owner is None:
            return "FALSE", ()
        return self._index.first(db, "r.seq", all_of([*owner, *tags(filters)]), after, limit)

    def _owner(self, db: Connection, scope: Scope) -> list[str] | None:
        """Return the tags that all rows in scope have, or `None` when there can be no such row."""
        user, agent = (0 if label is None else find_label(db, label) for label in scope)
        return None if user is None or agent is None else tags(user=user, agent=agent)

    def _count(self, db: Connection, scope: Scope, owner: list[str]) -> int:
        """Return how many rows are in scope."""
        if scope.user is not None and scope.agent is not None:
            return self._index.count(db, all_of(owner))
        condition, values = ("TRUE", ()) if not owner else self._condition(db, scope, None, 0, _NO_LIMIT)
        return int(db.execute(f"SELECT count(*) FROM {self._name} r WHERE {condition}", values).fetchone()[0])  # noqa: S608  # as above

    def _scan(self, db: Connection, query: str, scope: Scope, filters: Filters | None, limit: int) -> list[R]:
        """Find a query without any word as a part of the content; the score is its share of the content."""
        condition, values = self._condition(db, scope, filters, 0, _NO_LIMIT)
        # Numbers only, because what is sorted is in memory.
        found = db.execute(
            f"SELECT r.seq FROM {self._name} r WHERE {condition} AND instr(r.content, ?) "  # noqa: S608  # as above
            "ORDER BY length(r.content), r.seq DESC LIMIT ?",
            (*values, query, limit),
        ).fetchall()
        rows = (row for (seq,) in found for row in self._rows(db, "r.seq = ?", (seq,)))
        return [self._record(row, len(query) / len(row.content)) for row in rows]

    def _rows(self, db: Connection, condition: str, values: Iterable[Any]) -> list[Row]:
        return [*map(_read, db.execute(self._columns + condition, tuple(values)))]


def reindex(db: Connection, name: str) -> None:
    """Build the index of a table anew from its rows, so that it holds nothing else."""
    rows = map(_read, db.execute(f"{_columns_of(name)} TRUE ORDER BY r.seq"))
    _index_of(name).rebuild(db, ((row.seq, _entry(row)) for row in rows))


def _index_of(name: str) -> TextIndex:
    return TextIndex(f"{name}_text")


def _columns_of(name: str) -> str:
    return (
        "SELECT r.seq, r.id, r.user, r.agent, u.text, a.text, r.content, r.metadata, r.created_at, r.updated_at "  # noqa: S608  # the name is a constant of this provider
        f"FROM {name} r LEFT JOIN label u ON u.id = r.user LEFT JOIN label a ON a.id = r.agent WHERE "
    )


def _entry(row: Row) -> Entry:
    """Return what the index holds for a row."""
    return entry_of(row.content, tags(row.metadata, user=row.user, agent=row.agent))


def _weight(columns: tuple[Any, ...]) -> int:
    return weight_of(columns[6], columns[7])


def _read(columns: tuple[Any, ...]) -> Row:
    return Row._make((*columns[:7], read_metadata(columns[7]), *columns[8:]))


def _stored(row: Row) -> tuple[Any, ...]:
    """Return the columns of the table; the labels of owners are in another table."""
    seq, record_id, user, agent, _, _, content, metadata, created_at, updated_at = row
    return seq, record_id, user, agent, content, metadata_text(metadata), created_at, updated_at
