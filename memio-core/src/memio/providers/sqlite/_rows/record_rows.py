"""The rows of facts and of documents: their columns, and what the full-text index holds for each."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from sqlite3 import Connection
from typing import Any, NamedTuple

from memio.providers.sqlite._columns.namespaces import from_path
from memio.providers.sqlite._rows.parts import weight_by
from memio.providers.sqlite._search.entry import Entry, entry_of
from memio.providers.sqlite._search.index import TextIndex
from memio.providers.sqlite._search.tags import record_tags
from memio.toolkit.values import data_text, loads, metadata_text

Columns = tuple[Any, ...]

SELECT = (
    "SELECT r.seq, r.id, r.owner, r.version, r.created_at, r.updated_at, r.expires_at, r.metadata, r.content, r.data, "
    "o.user, o.agent, o.path"
)
"""Reads the columns of a row, for `read`: of a record `r` and its owner `o`."""
_METADATA = 7

weight = weight_by(metadata=_METADATA, content=8, data=9)
"""Returns how much memory a row of some columns takes, in bytes."""


class Row(NamedTuple):
    """A record. Times are microseconds; metadata and data are not shared with another row."""

    seq: int
    id: str
    owner: int
    version: int
    created_at: int
    updated_at: int
    expires_at: int | None
    metadata: dict[str, Any]
    content: str
    data: Any
    user_id: str | None
    agent_id: str | None
    namespace: tuple[str, ...]


def parsed(columns: Columns) -> Columns:
    """Return the values of a `Row` for some columns, for those who need no names."""
    seq, record_id, owner, version, created, updated, expires, metadata, content, data, user, agent, path = columns
    return (
        seq,
        record_id,
        owner,
        version,
        created,
        updated,
        expires,
        {} if metadata is None else loads(metadata),
        content,
        None if data is None else loads(data),
        user or None,
        agent or None,
        from_path(path) if path else (),
    )


def read(columns: Columns) -> Row:
    """Return the row of some columns."""
    return Row._make(parsed(columns))


def written(row: Row) -> Columns:
    """Return the columns of the table for a row, in the order of `SELECT`. The labels are in another table."""
    return *row[:_METADATA], metadata_text(row.metadata), row.content, data_text(row.data)


def rows_where(db: Connection, table: str, condition: str, values: Iterable[Any]) -> Iterator[Columns]:
    """Yield the columns of the records `r`, of owners `o`, for which a condition holds."""
    return db.execute(f"{SELECT} FROM {table} r CROSS JOIN owner o ON o.id = r.owner WHERE {condition}", tuple(values))


def row_at(db: Connection, table: str, seq: int) -> Iterator[Columns]:
    """Yield the columns of the record with a number, if there is one."""
    return rows_where(db, table, "r.seq = ?", (seq,))


def index_of(table: str) -> TextIndex:
    """Return the full-text index of a table."""
    return TextIndex(f"{table}_text")


def entry(row: Row, owner_tags: str) -> Entry:
    """Return what the index holds for a row."""
    return entry_of(row.content, record_tags(owner_tags, row.metadata))
