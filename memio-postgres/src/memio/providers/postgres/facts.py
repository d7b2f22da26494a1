"""Facts in a PostgreSQL database."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from memio.capabilities import Feature
from memio.models import Fact, Page
from memio.owners import ANYWHERE, NO_OWNER, Owner, Scope
from memio.protocols import OMITTED, FactInput, Mode, Order
from memio.providers.postgres._db.database import Database
from memio.providers.postgres._rows.record_rows import New, Row
from memio.providers.postgres._rows.records import Records, Selection, changes_of
from memio.providers.postgres._semantic_store import PostgresTextStore
from memio.toolkit import trusted
from memio.toolkit.values import from_microseconds, microseconds_of, new_id, new_ids

_make_fact = trusted(Fact)


def _fact(row: Row, score: float | None) -> Fact:
    # Taking a row apart at once is faster than by its attributes.
    _, record_id, version, created, updated, expires, metadata, content, _, user, agent, namespace = row
    created_at = from_microseconds(created)
    return _make_fact(
        id=record_id,
        content=content,
        user_id=user,
        agent_id=agent,
        namespace=namespace,
        metadata=metadata,
        score=score,
        created_at=created_at,
        updated_at=created_at if updated == created else from_microseconds(updated),
        expires_at=None if expires is None else from_microseconds(expires),
        version=str(version),
    )


def _new(item: FactInput, fresh: str) -> New:
    given = item.get("fact_id")
    return New(
        id=given or fresh,
        named=given is not None,
        content=item["content"],
        metadata=item.get("metadata"),
        owner=item.get("owner", NO_OWNER),
        expires_at=microseconds_of(item.get("expires_at")),
    )


def _restored(record: Fact) -> New:
    return New(
        id=record.id,
        named=True,
        content=record.content,
        metadata=record.metadata,
        owner=record.owner,
        expires_at=microseconds_of(record.expires_at),
        created_at=microseconds_of(record.created_at),
        updated_at=microseconds_of(record.updated_at),
    )


class PostgresFactAdapter(PostgresTextStore):
    """Stores facts; see `PostgresStore` for its arguments."""

    table = "fact"
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
        }
    )
    _tables = ("fact",)

    def _use(self, database: Database) -> None:
        super()._use(database)
        self._records = Records(database, "fact", _fact)

    async def add(
        self,
        *,
        content: str,
        metadata: dict[str, Any] | None = None,
        owner: Owner = NO_OWNER,
        fact_id: str | None = None,
        expires_at: datetime | None = None,
    ) -> Fact:
        """Store a new fact. Until it is updated, `updated_at` is `created_at`."""
        new = New(fact_id or new_id(), fact_id is not None, content, metadata, owner, microseconds_of(expires_at))
        (fact,) = await self._records.add([new])
        return fact

    async def add_many(self, *, items: Sequence[FactInput]) -> list[Fact]:
        """Store many facts in one transaction: all of them, or none and the error of the first that cannot be."""
        return await self._records.add([*map(_new, items, new_ids())])

    async def restore_records(self, *, records: Sequence[Fact]) -> int:
        """Store records exactly as they are, in one transaction; each gets a version of this database."""
        return await self._records.restore([*map(_restored, records)])

    async def put(
        self,
        *,
        fact_id: str,
        content: str,
        metadata: dict[str, Any] | None = None,
        owner: Owner = NO_OWNER,
        expires_at: datetime | None = None,
        if_version: str | None = None,
    ) -> Fact:
        """Store a fact under an id, in the place of the one that has it, if there is one."""
        new = New(fact_id, True, content, metadata, owner, microseconds_of(expires_at))
        return await self._records.put(new, if_version)

    async def get(self, *, fact_id: str, scope: Scope = ANYWHERE) -> Fact:
        """Return one fact."""
        return await self._records.get(fact_id, scope)

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
    ) -> Page[Fact]:
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
    ) -> list[Fact]:
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
        """Return how many facts there are."""
        selection = Selection(scope, filters, microseconds_of(since), microseconds_of(until))
        return await self._records.count(selection)

    async def update(
        self,
        *,
        fact_id: str,
        content: str = OMITTED,
        metadata: dict[str, Any] = OMITTED,
        expires_at: datetime | None = OMITTED,
        if_version: str | None = None,
        scope: Scope = ANYWHERE,
    ) -> Fact:
        """Change what is given; the rest stays as it is."""
        changes = changes_of(content=content, metadata=metadata, expires_at=expires_at)
        return await self._records.update(fact_id, changes, if_version, scope)

    async def delete(self, *, fact_id: str, if_version: str | None = None, scope: Scope = ANYWHERE) -> None:
        """Delete one fact."""
        await self._records.delete(fact_id, if_version, scope)

    async def delete_all(self, *, scope: Scope = ANYWHERE) -> None:
        """Delete every fact in scope, at once."""
        await self._records.delete_all(scope)

    async def get_owners(self, *, limit: int, cursor: str | None = None, scope: Scope = ANYWHERE) -> Page[Owner]:
        """Return a page of the owners that have facts."""
        return await self._records.owners(scope, limit, cursor)

    async def purge(self) -> int:
        """Remove the facts that have expired, a few hundred in a transaction, and return how many there were."""
        return await self._records.purge()
