"""A graph in an SQLite file."""

from __future__ import annotations

from collections.abc import Sequence

from memio.capabilities import Feature
from memio.models import Page, Triple
from memio.owners import ANYWHERE, NOBODY, Owner, Scope
from memio.providers.sqlite._rows import graph as rows
from memio.providers.sqlite._store import SqliteStore


class SqliteGraphAdapter(SqliteStore):
    """Stores triples; see `SqliteStore` for its arguments."""

    features = frozenset[str](
        {
            Feature.ATTRIBUTION,
            Feature.USER_SCOPE,
            Feature.AGENT_SCOPE,
            Feature.NAMESPACES,
            Feature.METADATA,
            Feature.CLIENT_IDS,
        }
    )

    async def add(self, *, triples: Sequence[Triple], owner: Owner = NOBODY) -> list[Triple]:
        """Store triples, all or none; one that the owner has already is stored once."""
        return await self._engine.write(lambda db: rows.add(db, triples, owner))

    async def restore_records(self, *, records: Sequence[Triple]) -> int:
        """Store triples of any users, in one transaction."""
        return await self._engine.write(lambda db: rows.restore(db, records))

    async def get(self, *, entity: str, limit: int, cursor: str | None = None, scope: Scope = ANYWHERE) -> Page[Triple]:
        """Return a page of the triples that have the entity at either end."""
        return await self._engine.lookup(lambda db: rows.page(db, limit, cursor, scope, entity))

    async def get_all(self, *, limit: int, cursor: str | None = None, scope: Scope = ANYWHERE) -> Page[Triple]:
        """Return a page in insertion order."""
        return await self._engine.lookup(lambda db: rows.page(db, limit, cursor, scope))

    async def search(self, *, query: str, limit: int, scope: Scope = ANYWHERE) -> list[Triple]:
        """Return the best matches first; any word of the query may match, in any part of a triple."""
        return await self._engine.search(lambda db: rows.search(db, query, limit, scope))

    async def delete(self, *, triple_id: str, scope: Scope = ANYWHERE) -> None:
        """Delete one triple."""
        await self._engine.write(lambda db: rows.delete(db, triple_id, scope))

    async def delete_entity(self, *, entity: str, scope: Scope = ANYWHERE) -> None:
        """Delete every triple that has the entity at either end."""
        await self._engine.write(lambda db: rows.delete_entity(db, entity, scope))

    async def delete_all(self, *, scope: Scope = ANYWHERE) -> None:
        """Delete every triple in scope, at once."""
        await self._engine.write(lambda db: rows.delete_all(db, scope))
