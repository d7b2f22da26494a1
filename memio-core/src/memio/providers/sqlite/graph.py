"""A graph in an SQLite file."""

from __future__ import annotations

from collections.abc import Sequence

from memio.capabilities import Feature
from memio.models import Page, Triple
from memio.providers.sqlite._rows import graph as rows
from memio.providers.sqlite._store import SqliteStore


class SqliteGraphAdapter(SqliteStore):
    """Stores triples; see `SqliteStore` for its arguments."""

    features = frozenset[str]({Feature.ATTRIBUTION, Feature.USER_SCOPE, Feature.METADATA, Feature.CLIENT_IDS})

    async def add(self, *, triples: Sequence[Triple], user_id: str | None = None) -> list[Triple]:
        """Store triples, all or none; one that the owner has already is stored once."""
        return await self._engine.write(lambda db: rows.add(db, triples, user_id))

    async def restore_records(self, *, records: Sequence[Triple]) -> int:
        """Store triples of any users, in one transaction."""
        return await self._engine.write(lambda db: rows.restore(db, records))

    async def get(
        self, *, entity: str, limit: int, cursor: str | None = None, user_id: str | None = None
    ) -> Page[Triple]:
        """Return a page of the triples that have the entity at either end."""
        return await self._engine.lookup(lambda db: rows.page(db, limit, cursor, user_id, entity))

    async def get_all(self, *, limit: int, cursor: str | None = None, user_id: str | None = None) -> Page[Triple]:
        """Return a page in insertion order."""
        return await self._engine.lookup(lambda db: rows.page(db, limit, cursor, user_id))

    async def search(self, *, query: str, limit: int, user_id: str | None = None) -> list[Triple]:
        """Return the best matches first; any word of the query may match, in any part of a triple."""
        return await self._engine.search(lambda db: rows.search(db, query, limit, user_id))

    async def delete(self, *, triple_id: str, user_id: str | None = None) -> None:
        """Delete one triple."""
        await self._engine.write(lambda db: rows.delete(db, triple_id, user_id))

    async def delete_entity(self, *, entity: str, user_id: str | None = None) -> None:
        """Delete every triple that has the entity at either end."""
        await self._engine.write(lambda db: rows.delete_entity(db, entity, user_id))

    async def delete_all(self, *, user_id: str | None = None) -> None:
        """Delete every triple in scope, at once."""
        await self._engine.write(lambda db: rows.delete_all(db, user_id))
