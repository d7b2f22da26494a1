"""The rows of facts and of documents: their columns, and what a call stores."""

from __future__ import annotations

from typing import Any, NamedTuple

from memio.owners import NO_OWNER, Owner
from memio.providers.postgres._db.connection import Row as Columns
from memio.providers.postgres._rows.keys import key_of, owner_key
from memio.toolkit import same_json
from memio.toolkit.values import read_data, read_metadata

COLUMNS = (
    "r.seq, r.id, r.version, r.created_at, r.updated_at, r.expires_at, r.metadata, r.content, r.data, "
    "o.user_id, o.agent_id, o.namespace"
)
"""What is read of a record `r` and its owner `o`, for `read`."""


class Row(NamedTuple):
    """A record. Times are microseconds; metadata and data are not shared with another row."""

    seq: int
    id: str
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


class New(NamedTuple):
    """A record to store. Without times it gets that of the server. Times are microseconds.

    Attributes:
        id: Its id.
        named: Whether the id was given, so that there may be a record that has it.
    """

    id: str
    named: bool
    content: str
    metadata: dict[str, Any] | None = None
    owner: Owner = NO_OWNER
    expires_at: int | None = None
    data: Any = None
    created_at: int | None = None
    updated_at: int | None = None

    @property
    def key(self) -> tuple[bytes, bytes]:
        """The key of its row."""
        return owner_key(self.owner), key_of(self.id)


def read(columns: Columns) -> Row:
    """Return the row of some columns; those after the ones in `COLUMNS` are left out."""
    seq, record_id, version, created, updated, expires, metadata, content, data, user, agent, namespace = columns[:12]
    return Row._make(
        (
            seq,
            record_id,
            version,
            created,
            updated,
            expires,
            read_metadata(metadata),
            content,
            read_data(data),
            user,
            agent,
            tuple(namespace),
        )
    )


def stored(item: New, seq: int, version: int, created_at: int, updated_at: int) -> Row:
    """Return the row of a record that was stored, with what the server chose."""
    return Row._make(
        (
            seq,
            item.id,
            version,
            created_at,
            updated_at,
            item.expires_at,
            item.metadata or {},
            item.content,
            item.data,
            item.owner.user_id,
            item.owner.agent_id,
            item.owner.namespace,
        )
    )


def is_same(row: Row | New, item: New) -> bool:
    """Return whether adding an item again means a record that is stored, or is about to be."""
    return (
        row.content == item.content
        and same_json(row.metadata or {}, item.metadata or {})
        and same_json(row.data, item.data)
    )
