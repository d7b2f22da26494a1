"""Documents in an SQLite file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from memio.capabilities import Feature
from memio.models import Document, Page
from memio.protocols import DocumentInput
from memio.providers.sqlite._rows.records import New, RecordTable, Row, Scope
from memio.providers.sqlite._rows.values import from_microseconds, to_microseconds
from memio.providers.sqlite._store import SqliteStore
from memio.toolkit import trusted

_make_document = trusted(Document)


def _document(row: Row, score: float | None) -> Document:
    created = from_microseconds(row.created_at)
    return _make_document(
        id=row.id,
        content=row.content,
        user_id=row.user_id,
        metadata=row.metadata,
        score=score,
        created_at=created,
        updated_at=created if row.updated_at == row.created_at else from_microseconds(row.updated_at),
    )


def _new(item: DocumentInput) -> New:
    return New(item["content"], item.get("metadata"), Scope(item.get("user_id")), item.get("doc_id"))


def _restored(record: Document) -> New:
    times = (None if time is None else to_microseconds(time) for time in (record.created_at, record.updated_at))
    return New(record.content, record.metadata, Scope(record.user_id), record.id, *times)


_DOCUMENTS = RecordTable("document", _document)


class SqliteDocumentAdapter(SqliteStore):
    """Stores documents; see `SqliteStore` for its arguments."""

    features = frozenset[str](
        {
            Feature.ATTRIBUTION,
            Feature.USER_SCOPE,
            Feature.METADATA,
            Feature.FILTERS,
            Feature.CLIENT_IDS,
            Feature.UPDATE,
        }
    )

    async def add(
        self,
        *,
        content: str,
        metadata: dict[str, Any] | None = None,
        user_id: str | None = None,
        doc_id: str | None = None,
    ) -> Document:
        """Store a new document. Until it is updated, `updated_at` is `created_at`."""
        new = New(content, metadata, Scope(user_id), doc_id)
        (document,) = await self._engine.write(lambda db: _DOCUMENTS.add(db, [new]))
        return document

    async def add_many(self, *, items: Sequence[DocumentInput]) -> list[Document]:
        """Store many documents in one transaction: all of them, or none and the error of the first that cannot be."""
        return await self._engine.write(lambda db: _DOCUMENTS.add(db, map(_new, items)))

    async def restore_records(self, *, records: Sequence[Document]) -> int:
        """Store records exactly as they are, in one transaction."""
        return await self._engine.write(lambda db: _DOCUMENTS.restore(db, map(_restored, records)))

    async def get(self, *, doc_id: str, user_id: str | None = None) -> Document:
        """Return one document."""
        scope = Scope(user_id)
        return await self._engine.lookup(lambda db: _DOCUMENTS.get(db, doc_id, scope))

    async def get_all(
        self,
        *,
        limit: int,
        cursor: str | None = None,
        user_id: str | None = None,
        filters: Mapping[str, Any] | None = None,
    ) -> Page[Document]:
        """Return a page in insertion order."""
        scope = Scope(user_id)
        return await self._engine.lookup(lambda db: _DOCUMENTS.page(db, scope, filters, limit, cursor))

    async def search(
        self,
        *,
        query: str,
        limit: int,
        user_id: str | None = None,
        filters: Mapping[str, Any] | None = None,
    ) -> list[Document]:
        """Return the best matches first; any word of the query may match."""
        scope = Scope(user_id)
        return await self._engine.search(lambda db: _DOCUMENTS.search(db, query, scope, filters, limit))

    async def update(
        self,
        *,
        doc_id: str,
        content: str,
        metadata: dict[str, Any] | None = None,
        user_id: str | None = None,
    ) -> Document:
        """Replace the content of a document; metadata left out stays as it is."""
        scope = Scope(user_id)
        return await self._engine.write(lambda db: _DOCUMENTS.update(db, doc_id, content, metadata, scope))

    async def delete(self, *, doc_id: str, user_id: str | None = None) -> None:
        """Delete one document."""
        scope = Scope(user_id)
        await self._engine.write(lambda db: _DOCUMENTS.delete(db, doc_id, scope))

    async def delete_all(self, *, user_id: str | None = None) -> None:
        """Delete every document in scope, at once."""
        scope = Scope(user_id)
        await self._engine.write(lambda db: _DOCUMENTS.delete_all(db, scope))
