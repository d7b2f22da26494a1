"""Facts in an SQLite file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from memio.capabilities import Feature
from memio.models import Fact, Page
from memio.protocols import FactInput
from memio.providers.sqlite._rows.records import New, RecordTable, Row, Scope
from memio.providers.sqlite._rows.values import from_microseconds, to_microseconds
from memio.providers.sqlite._store import SqliteStore
from memio.toolkit import trusted

_make_fact = trusted(Fact)


def _fact(row: Row, score: float | None) -> Fact:
    created = from_microseconds(row.created_at)
    return _make_fact(
        id=row.id,
        content=row.content,
        user_id=row.user_id,
        agent_id=row.agent_id,
        metadata=row.metadata,
        score=score,
        created_at=created,
        updated_at=created if row.updated_at == row.created_at else from_microseconds(row.updated_at),
    )


def _new(item: FactInput) -> New:
    owner = Scope(item.get("user_id"), item.get("agent_id"))
    return New(item["content"], item.get("metadata"), owner, item.get("fact_id"))


def _restored(record: Fact) -> New:
    times = (None if time is None else to_microseconds(time) for time in (record.created_at, record.updated_at))
    return New(record.content, record.metadata, Scope(record.user_id, record.agent_id), record.id, *times)


_FACTS = RecordTable("fact", _fact)


class SqliteFactAdapter(SqliteStore):
    """Stores facts; see `SqliteStore` for its arguments."""

    features = frozenset[str](
        {
            Feature.ATTRIBUTION,
            Feature.USER_SCOPE,
            Feature.AGENT_SCOPE,
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
        agent_id: str | None = None,
        fact_id: str | None = None,
    ) -> Fact:
        """Store a new fact. Until it is updated, `updated_at` is `created_at`."""
        new = New(content, metadata, Scope(user_id, agent_id), fact_id)
        (fact,) = await self._engine.write(lambda db: _FACTS.add(db, [new]))
        return fact

    async def add_many(self, *, items: Sequence[FactInput]) -> list[Fact]:
        """Store many facts in one transaction: all of them, or none and the error of the first that cannot be."""
        return await self._engine.write(lambda db: _FACTS.add(db, map(_new, items)))

    async def restore_records(self, *, records: Sequence[Fact]) -> int:
        """Store records exactly as they are, in one transaction."""
        return await self._engine.write(lambda db: _FACTS.restore(db, map(_restored, records)))

    async def get(self, *, fact_id: str, user_id: str | None = None, agent_id: str | None = None) -> Fact:
        """Return one fact."""
        scope = Scope(user_id, agent_id)
        return await self._engine.lookup(lambda db: _FACTS.get(db, fact_id, scope))

    async def get_all(
        self,
        *,
        limit: int,
        cursor: str | None = None,
        user_id: str | None = None,
        agent_id: str | None = None,
        filters: Mapping[str, Any] | None = None,
    ) -> Page[Fact]:
        """Return a page in insertion order."""
        scope = Scope(user_id, agent_id)
        return await self._engine.lookup(lambda db: _FACTS.page(db, scope, filters, limit, cursor))

    async def search(
        self,
        *,
        query: str,
        limit: int,
        user_id: str | None = None,
        agent_id: str | None = None,
        filters: Mapping[str, Any] | None = None,
    ) -> list[Fact]:
        """Return the best matches first; any word of the query may match."""
        scope = Scope(user_id, agent_id)
        return await self._engine.search(lambda db: _FACTS.search(db, query, scope, filters, limit))

    async def update(
        self,
        *,
        fact_id: str,
        content: str,
        metadata: dict[str, Any] | None = None,
        user_id: str | None = None,
        agent_id: str | None = None,
    ) -> Fact:
        """Replace the content of a fact; metadata left out stays as it is."""
        scope = Scope(user_id, agent_id)
        return await self._engine.write(lambda db: _FACTS.update(db, fact_id, content, metadata, scope))

    async def delete(self, *, fact_id: str, user_id: str | None = None, agent_id: str | None = None) -> None:
        """Delete one fact."""
        scope = Scope(user_id, agent_id)
        await self._engine.write(lambda db: _FACTS.delete(db, fact_id, scope))

    async def delete_all(self, *, user_id: str | None = None, agent_id: str | None = None) -> None:
        """Delete every fact in scope, at once."""
        scope = Scope(user_id, agent_id)
        await self._engine.write(lambda db: _FACTS.delete_all(db, scope))
