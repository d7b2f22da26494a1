"""Documents in a PostgreSQL database."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from memio.capabilities import Feature
from memio.models import Document, Page
from memio.owners import ANYWHERE, NO_OWNER, Owner, Scope
from memio.protocols import OMITTED, DocumentInput, Mode, Order
from memio.providers.postgres._db.database import Database
from memio.providers.postgres._rows.record_rows import New, Row
from memio.providers.postgres._rows.records import Records, Selection, changes_of
from memio.providers.postgres._semantic_store import PostgresTextStore
from memio.toolkit import trusted
from memio.toolkit.values import from_microseconds, microseconds_of, new_id, new_ids

_make_document = trusted(Document)


def _document(row: Row, score: float | None) -> Document:
    # Taking a row apart at once is faster than by its attributes.
    _, record_id, version, created, updated, expires, metadata, content, data, user, agent, namespace = row
    created_at = from_microseconds(created)
    return _make_document(
        id=record_id,
        content=content,
        user_id=user,
        agent_id=agent,
        namespace=namespace,
        metadata=metadata,
        data=data,
        score=score,
        created_at=created_at,
        updated_at=created_at if updated == created else from_microseconds(updated),
        expires_at=None if expires is None else from_microseconds(expires),
        version=str(version),
    )


def _new(item: DocumentInput, fresh: str) -> New:
    given = item.get("doc_id")
    return New(
        id=given or fresh,
        named=given is not None,
        content=item["content"],
        metadata=item.get("metadata"),
        owner=item.get("owner", NO_OWNER),
        expires_at=microseconds_of(item.get("expires_at")),
        data=item.get("data"),
    )


def _restored(record: Document) -> New:
    return New(
        id=record.id,
        named=True,
        content=record.content,
        metadata=record.metadata,
        owner=record.owner,
        expires_at=microseconds_of(record.expires_at),
        data=record.data,
        created_at=microseconds_of(record.created_at),
        updated_at=microseconds_of(record.updated_at),
    )


class PostgresDocumentAdapter(PostgresTextStore):
    """Stores documents; see `PostgresStore` for its arguments."""

    table = "document"
    weight_of_meaning = 0.5
    features = frozenset[str](
        {
            Feature.ATTRIBUTION,
            Feature.USER_SCOPE,
            Feature.AGENT_SCOPE,
            Feature.NAMESPACES,
            Feature.OWNERS,
            Feature.METADATA,
            Feature.FILTERS,
            Feature.FILTER_OPERATORS,
            Feature.TIME_RANGE,
            Feature.NEWEST_FIRST,
            Feature.COUNT,
            Feature.CLIENT_IDS,
            Feature.UPDATE,
            Feature.PUT,
            Feature.VERSIONS,
            Feature.EXPIRY,
            Feature.KEYWORD_SEARCH,
            Feature.DATA,
        }
    )
    _tables = ("document",)

    def _use(self, database: Database) -> None:
        super()._use(database)
        self._records = Records(database, "document", _document)

    async def add(
        self,
        *,
        content: str,
        metadata: dict[str, Any] | None = None,
        data: Any = None,
        owner: Owner = NO_OWNER,
        doc_id: str | None = None,
        expires_at: datetime | None = None,
    ) -> Document:
        """Store a new document. Until it is updated, `updated_at` is `created_at`."""
        new = New(doc_id or new_id(), doc_id is not None, content, metadata, owner, microseconds_of(expires_at), data)
        (document,) = await self._records.add([new])
        return document

    async def add_many(self, *, items: Sequence[DocumentInput]) -> list[Document]:
        """Store many documents in one transaction: all of them, or none and the error of the first that cannot be."""
        return await self._records.add([*map(_new, items, new_ids())])

    async def restore_records(self, *, records: Sequence[Document]) -> int:
        """Store records exactly as they are, in one transaction; each gets a version of this database."""
        return await self._records.restore([*map(_restored, records)])

    async def put(
        self,
        *,
        doc_id: str,
        content: str,
        metadata: dict[str, Any] | None = None,
        data: Any = None,
        owner: Owner = NO_OWNER,
        expires_at: datetime | None = None,
        if_version: str | None = None,
    ) -> Document:
        """Store a document under an id, in the place of the one that has it, if there is one."""
        new = New(doc_id, True, content, metadata, owner, microseconds_of(expires_at), data)
        return await self._records.put(new, if_version)

    async def get(self, *, doc_id: str, scope: Scope = ANYWHERE) -> Document:
        """Return one document."""
        return await self._records.get(doc_id, scope)

    async def get_all(
        self,
        *,
        limit: int,
        cursor: str | None = None,
        order: Order = "oldest",
        scope: Scope = ANYWHERE,
        filters: Mapping[str, Any] | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
    ) -> Page[Document]:
        """Return a page in the order of adding, or in the reverse."""
        selection = Selection(scope, filters, microseconds_of(since), microseconds_of(until))
        return await self._records.page(selection, limit, cursor, newest=order == "newest")

    async def search(
        self,
        *,
        query: str,
        limit: int,
        mode: Mode = "auto",
        scope: Scope = ANYWHERE,
        filters: Mapping[str, Any] | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
    ) -> list[Document]:
        """Return the best matches first; any word of the query may match."""
        selection = Selection(scope, filters, microseconds_of(since), microseconds_of(until))
        return await self._records.search(query, selection, limit, await self._find(query, mode))

    async def count(
        self,
        *,
        scope: Scope = ANYWHERE,
        filters: Mapping[str, Any] | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
    ) -> int:
        """Return how many documents there are."""
        selection = Selection(scope, filters, microseconds_of(since), microseconds_of(until))
        return await self._records.count(selection)

    async def update(
        self,
        *,
        doc_id: str,
        content: str = OMITTED,
        metadata: dict[str, Any] = OMITTED,
        data: Any = OMITTED,
        expires_at: datetime | None = OMITTED,
        if_version: str | None = None,
        scope: Scope = ANYWHERE,
    ) -> Document:
        """Change what is given; the rest stays as it is."""
        changes = changes_of(content=content, metadata=metadata, data=data, expires_at=expires_at)
        return await self._records.update(doc_id, changes, if_version, scope)

    async def delete(self, *, doc_id: str, if_version: str | None = None, scope: Scope = ANYWHERE) -> None:
        """Delete one document."""
        await self._records.delete(doc_id, if_version, scope)

    async def delete_all(self, *, scope: Scope = ANYWHERE) -> None:
        """Delete every document in scope, at once."""
        await self._records.delete_all(scope)

    async def get_owners(self, *, limit: int, cursor: str | None = None, scope: Scope = ANYWHERE) -> Page[Owner]:
        """Return a page of the owners that have documents."""
        return await self._records.owners(scope, limit, cursor)

    async def purge(self) -> int:
        """Remove the documents that have expired, a few hundred in a transaction, and return how many there were."""
        return await self._records.purge()
