"""Adding, changing and deleting facts and documents, whose tables are alike, each with its full-text index.

Every method runs inside a transaction of the engine.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from datetime import datetime
from functools import lru_cache, partial
from sqlite3 import Connection
from typing import Any, Generic, NamedTuple, TypeVar

from memio.errors import ConflictError
from memio.models import Page
from memio.owners import ANYWHERE, NO_OWNER, Owner, Scope
from memio.protocols import OMITTED
from memio.providers.sqlite._columns.owners import (
    OwnerRow,
    add_to_count,
    clear_count,
    find_owner,
    intern_owner,
    subtract_from_count,
    tags_of,
)
from memio.providers.sqlite._columns.scopes import Condition, all_of, condition_of
from memio.providers.sqlite._columns.values import last_number, now
from memio.providers.sqlite._db.progress import Progress, counted
from memio.providers.sqlite._meaning import queue
from memio.providers.sqlite._meaning.question import Question
from memio.providers.sqlite._rows.counts import count_all, page_of_owners, unexpired
from memio.providers.sqlite._rows.cursors import END, read_cursor, write_cursor
from memio.providers.sqlite._rows.parts import part_of, release_for
from memio.providers.sqlite._rows.record_rows import (
    Columns,
    Row,
    entry,
    index_of,
    parsed,
    read,
    row_at,
    rows_where,
    weight,
    written,
)
from memio.providers.sqlite._rows.selection import (
    Selection,
    best,
    containing,
    count,
    has_expired,
    in_order,
    not_expired,
)
from memio.toolkit import only, query_terms, same_json
from memio.toolkit.values import data_text, metadata_text, microseconds_of, new_ids

R = TypeVar("R")

_DELETED_AT_ONCE = 500
_PURGED_BY_A_WRITE = 16
_TAGS_KEPT = 10_000
"""Of how many owners the tokens are kept in memory while an index is built."""


class New(NamedTuple):
    """A record to store. Without an id it gets a new one, and without times the present. Times are microseconds."""

    content: str
    metadata: dict[str, Any] | None = None
    owner: Owner = NO_OWNER
    id: str | None = None
    expires_at: int | None = None
    data: Any = None
    created_at: int | None = None
    updated_at: int | None = None


def changes_of(*, expires_at: datetime | None, **fields: Any) -> dict[str, Any]:
    """Return the fields of a row that an update changes: those that are not `OMITTED`."""
    changes = {name: value for name, value in fields.items() if value is not OMITTED}
    if expires_at is not OMITTED:
        changes["expires_at"] = microseconds_of(expires_at)
    return changes


class RecordTable(Generic[R]):
    """The records of one kind.

    Args:
        name: The table, and the noun for a record in errors. With an `s`, it is the column that counts its rows.
        record: Returns the record of the values of a `Row` and of a score.
    """

    def __init__(self, name: str, record: Callable[[Columns, float | None], R]) -> None:
        self._name = name
        self._count = f"{name}s"
        self._record = record
        self._index = index_of(name)
        self._insert = (
            f"INSERT INTO {name} "  # noqa: S608  # the name is a constant of this provider
            "(seq, id, owner, version, created_at, updated_at, expires_at, metadata, content, data) "
            "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
        )

    def add(self, db: Connection, items: Iterable[New]) -> list[R]:
        """Store records and return them in order; one that is there already, by its id, is returned as it is."""
        return [self._record(row, None) for row in self._store(db, items)[0]]

    def restore(self, db: Connection, items: Iterable[New]) -> int:
        """Store records with the times that they have, and return how many were not there yet."""
        return self._store(db, items)[1]

    def put(self, db: Connection, new: New, if_version: str | None) -> R:
        """Store a record, in the place of the one that has its id, if there is one.

        Raises:
            ConflictError: It does not have the version `if_version`.
        """
        owner = find_owner(db, new.owner)
        moment = now()
        old = self._stored(db, (str(new.id), owner.id)) if owner else None
        if old is not None and _is_expired(old, moment):
            old = None
        if if_version is not None:
            self._check_version(str(new.id), old, if_version)
        if old is None:
            return self.add(db, [new])[0]
        row = old._replace(content=new.content, metadata=new.metadata or {}, data=new.data, expires_at=new.expires_at)
        row = self._replace(db, old, row, moment)
        self._purge_some(db, moment)
        return self._record(row, None)

    def get(self, db: Connection, record_id: str, scope: Scope) -> R:
        """Return one record."""
        return self._record(self._find(db, record_id, scope, now()), None)

    def page(self, db: Connection, selection: Selection, limit: int, cursor: str | None, *, newest: bool) -> Page[R]:
        """Return a page in the order of adding, or of the newest first."""
        listing = f"{self._name}{'newest' if newest else ''}"
        place = read_cursor(db, listing, cursor, END if newest else 0)
        rows = in_order(db, self._name, selection._replace(moment=now()), place, back=newest)
        part = part_of(db, rows, limit, weight)
        return Page([self._record(parsed(row), None) for row in part.rows], write_cursor(db, listing, part))

    def search(
        self, db: Connection, query: str, selection: Selection, limit: int, question: Question | None = None
    ) -> list[R]:
        """Return the best matches first; a query without any word is found as a part of the content.

        Args:
            db: The connection.
            query: The query.
            selection: The records that count.
            limit: How many at most.
            question: The query as a vector; default none, so that words alone count.
        """
        selection = selection._replace(moment=now())
        terms = query_terms(query)
        if terms or question is not None:
            found = best(db, self._name, terms, selection, limit, question)
            return [self._record(row, score) for seq, score in found for row in self._at(db, seq)]
        # The score is the share of the content.
        rows = (row for seq in containing(db, self._name, query, selection, limit) for row in self._at(db, seq))
        return [self._record(row, len(query) / len(row.content)) for row in rows]

    def count(self, db: Connection, selection: Selection) -> int:
        """Return how many records there are."""
        selection = selection._replace(moment=now())
        if selection.filters or (selection.since, selection.until) != (None, None):
            return count(db, self._name, selection)
        return count_all(db, self._name, self._count, selection)

    def owners(self, db: Connection, scope: Scope, limit: int, cursor: str | None) -> Page[Owner]:
        """Return a page of the owners that have records."""
        return page_of_owners(db, scope, limit, cursor, self._count, unexpired(self._name, self._count), now())

    def update(
        self, db: Connection, record_id: str, changes: Mapping[str, Any], if_version: str | None, scope: Scope
    ) -> R:
        """Change fields of a record, as `changes_of` returns them. A new time of expiry alone makes no new version.

        Raises:
            ConflictError: The record does not have the version `if_version`.
        """
        moment = now()
        old = self._find(db, record_id, scope, moment)
        if if_version is not None:
            self._check_version(record_id, old, if_version)
        row = old._replace(**changes)
        if set(changes) == {"expires_at"}:
            self._set_expiry(db, row)
        else:
            row = self._replace(db, old, row, moment)
        self._purge_some(db, moment)
        return self._record(row, None)

    def delete(self, db: Connection, record_id: str, if_version: str | None, scope: Scope) -> None:
        """Delete one record.

        Raises:
            ConflictError: It does not have the version `if_version`.
        """
        row = self._find(db, record_id, scope, now())
        if if_version is not None:
            self._check_version(record_id, row, if_version)
        self._delete(db, [row])

    def delete_all(self, db: Connection, scope: Scope) -> None:
        """Delete every record in scope, expired ones as well."""
        if scope == ANYWHERE:
            db.execute(f"DELETE FROM {self._name}")  # noqa: S608  # as above
            queue.all_deleted(db, self._name)
            self._index.clear(db)
            clear_count(db, self._count)
            return
        last = 0
        more = True
        while more:
            rows, more = part_of(db, in_order(db, self._name, Selection(scope), last), _DELETED_AT_ONCE, weight)
            if rows:
                last = rows[-1][0]
                self._delete(db, [*map(read, rows)])

    def purge(self, db: Connection) -> int:
        """Remove some of the records that have expired, and return how many; 0 when there is none left."""
        return self._purge(db, now(), _DELETED_AT_ONCE)

    def _store(self, db: Connection, items: Iterable[New]) -> tuple[list[Row], int]:
        """Return the rows of the items in order, and how many of them are new."""
        moment = now()
        ids = new_ids()
        seq = last_number(db, self._name)
        rows: list[Row] = []
        fresh: dict[tuple[str, int], Row] = {}
        owners: dict[Owner, OwnerRow] = {}
        current, owner = None, OwnerRow(0, "")
        for item in items:
            if item.owner is not current:  # most batches are of one owner, whose hash takes longer than this
                current = item.owner
                owner = owners.get(current) or owners.setdefault(current, intern_owner(db, current))
            key = (item.id or next(ids), owner.id)
            row = (fresh.get(key) or self._stored(db, key)) if item.id else None
            if row is not None and _is_expired(row, moment):
                if fresh.pop(key, None) is None:
                    self._remove(db, row, owner.tags)
                    add_to_count(db, self._count, owner.id, -1)
                row = None
            if row is None:
                release_for(db, item.content)
                seq += 1
                row = fresh[key] = _new_row(item, seq, *key, moment)
            elif not _is_same(row, item):
                raise ConflictError(self._name, row.id)
            elif item.expires_at not in (None, row.expires_at):
                row = row._replace(expires_at=item.expires_at)
                if key in fresh:
                    fresh[key] = row
                else:
                    self._set_expiry(db, row)
            rows.append(row)
        self._insert_all(db, fresh.values(), owners.values())
        self._purge_some(db, moment)
        return rows, len(fresh)

    def _insert_all(self, db: Connection, rows: Collection[Row], owners: Iterable[OwnerRow]) -> None:
        tags = dict(owners)
        db.executemany(self._insert, map(written, rows))
        for row in rows:
            self._index.change(db, row.seq, None, entry(row, tags[row.owner]))
        for owner, number in _numbers(rows).items():
            add_to_count(db, self._count, owner, number)

    def _replace(self, db: Connection, old: Row, new: Row, moment: int) -> Row:
        """Write a row in the place of another one, as a new version."""
        db.execute("UPDATE sqlite_sequence SET seq = seq + 1 WHERE name = ?", (self._name,))
        new = new._replace(version=last_number(db, self._name), updated_at=max(moment, old.updated_at))
        release_for(db, new.content)
        db.execute(
            f"UPDATE {self._name} SET version = ?, updated_at = ?, metadata = ?, content = ?, data = ? WHERE seq = ?",  # noqa: S608  # as above
            (new.version, new.updated_at, metadata_text(new.metadata), new.content, data_text(new.data), new.seq),
        )
        if new.expires_at != old.expires_at:
            self._set_expiry(db, new)
        if new.content != old.content:
            queue.changed(db, self._name, new.seq)
        tags = tags_of(db, old.owner)
        self._index.change(db, new.seq, entry(old, tags), entry(new, tags))
        return new

    def _set_expiry(self, db: Connection, row: Row) -> None:
        db.execute(f"UPDATE {self._name} SET expires_at = ? WHERE seq = ?", (row.expires_at, row.seq))  # noqa: S608  # as above

    def _purge_some(self, db: Connection, moment: int) -> None:
        if has_expired(db, self._name, moment):
            self._purge(db, moment, _PURGED_BY_A_WRITE)

    def _purge(self, db: Connection, moment: int, limit: int) -> int:
        """Remove records that have expired, at most a number of them; return how many."""
        condition = "r.expires_at <= ? ORDER BY r.expires_at LIMIT ?"
        expired, _ = part_of(db, rows_where(db, self._name, condition, (moment, limit)), limit, weight)
        self._delete(db, [*map(read, expired)])
        return len(expired)

    def _delete(self, db: Connection, rows: Collection[Row]) -> None:
        """Remove rows, and the owners that have no record any more."""
        tags: dict[int, str] = {}
        for row in rows:
            if row.owner not in tags:
                tags[row.owner] = tags_of(db, row.owner)
            self._remove(db, row, tags[row.owner])
        for owner, number in _numbers(rows).items():
            subtract_from_count(db, self._count, owner, number)

    def _remove(self, db: Connection, row: Row, tags: str) -> None:
        db.execute(f"DELETE FROM {self._name} WHERE seq = ?", (row.seq,))  # noqa: S608  # as above
        queue.deleted(db, self._name, [row.seq])
        self._index.change(db, row.seq, entry(row, tags), None)

    def _stored(self, db: Connection, key: tuple[str, int]) -> Row | None:
        for columns in rows_where(db, self._name, "r.id = ? AND r.owner = ?", key):
            return read(columns)
        return None

    def _find(self, db: Connection, record_id: str, scope: Scope, moment: int) -> Row:
        where = all_of(Condition("r.id = ?", (record_id,)), not_expired(moment), condition_of(scope))
        found = rows_where(db, self._name, f"{where.sql} LIMIT 2", where.values)
        return read(only([*found], self._name, record_id))

    def _at(self, db: Connection, seq: int) -> Iterator[Row]:
        return map(read, row_at(db, self._name, seq))

    def _check_version(self, record_id: str, row: Row | None, version: str) -> None:
        if row is None or str(row.version) != version:
            raise ConflictError(self._name, record_id, reason="version")


def reindex(db: Connection, name: str, progress: Progress) -> None:
    """Build the index of a table anew from its rows, so that it holds nothing else."""
    tags = lru_cache(maxsize=_TAGS_KEPT)(partial(tags_of, db))
    rows = map(read, counted(db, name, rows_where(db, name, "TRUE ORDER BY r.seq", ()), progress))
    index_of(name).rebuild(db, ((row.seq, entry(row, tags(row.owner))) for row in rows))


def _new_row(item: New, seq: int, record_id: str, owner: int, moment: int) -> Row:
    created = moment if item.created_at is None else item.created_at
    return Row(
        seq,
        record_id,
        owner,
        seq,  # which is a version that no record had
        created,
        created if item.updated_at is None else item.updated_at,
        item.expires_at,
        item.metadata or {},
        item.content,
        item.data,
        item.owner.user_id,
        item.owner.agent_id,
        item.owner.namespace,
    )


def _numbers(rows: Iterable[Row]) -> dict[int, int]:
    """Return how many of the rows each owner has."""
    numbers: dict[int, int] = {}
    for row in rows:
        numbers[row.owner] = numbers.get(row.owner, 0) + 1
    return numbers


def _is_same(row: Row, item: New) -> bool:
    return (
        row.content == item.content and same_json(row.metadata, item.metadata or {}) and same_json(row.data, item.data)
    )


def _is_expired(row: Row, moment: int) -> bool:
    return row.expires_at is not None and row.expires_at <= moment
