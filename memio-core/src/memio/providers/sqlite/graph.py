"""A graph in an SQLite file."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from memio.capabilities import Feature
from memio.models import Page, Triple
from memio.owners import ANYWHERE, NO_OWNER, Owner, Scope, is_none
from memio.protocols import Order
from memio.providers.sqlite._columns.scopes import Condition, all_of
from memio.providers.sqlite._rows import graph as rows
from memio.providers.sqlite._rows.counts import page_of_owners
from memio.providers.sqlite._store import SqliteStore
from memio.toolkit.values import microseconds_of


class SqliteGraphAdapter(SqliteStore):
    """Stores triples; see `SqliteStore` for its arguments."""

    features = frozenset[str](
        {
            Feature.ATTRIBUTION,
            Feature.USER_SCOPE,
            Feature.AGENT_SCOPE,
            Feature.NAMESPACES,
            Feature.OWNERS,
            Feature.METADATA,
            Feature.TIME_RANGE,
            Feature.NEWEST_FIRST,
            Feature.COUNT,
            Feature.CLIENT_IDS,
        }
    )

    async def add(self, *, triples: Sequence[Triple], owner: Owner = NO_OWNER) -> list[Triple]:
        """Store triples, all or none; one that the owner has already is stored once."""
        return await self._engine.write(lambda db: rows.add(db, triples, owner))

    async def restore_records(self, *, records: Sequence[Triple]) -> int:
        """Store triples of any users, in one transaction."""
        return await self._engine.write(lambda db: rows.restore(db, records))

    async def get(
        self,
        *,
        entity: str,
        limit: int,
        cursor: str | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
        scope: Scope = ANYWHERE,
    ) -> Page[Triple]:
        """Return a page of the triples that have the entity at either end, in the order of adding."""
        chosen = all_of(rows.has_entity(entity), _times(since, until))
        read = self._engine.search if _times(since, until).values else self._engine.lookup
        return await read(lambda db: rows.page(db, limit, cursor, scope, chosen))

    async def get_all(
        self,
        *,
        limit: int,
        cursor: str | None = None,
        order: Order = "oldest",
        since: datetime | None = None,
        until: datetime | None = None,
        scope: Scope = ANYWHERE,
    ) -> Page[Triple]:
        """Return a page in the order of adding, or of the newest first."""
        times = _times(since, until)
        newest = order == "newest"
        # A missing label has no token in the index, so that triples of others are read too.
        short = not times.values and (scope.owner is not None or not any(map(is_none, scope.fixed.values())))
        read = self._engine.lookup if short else self._engine.search
        return await read(lambda db: rows.page(db, limit, cursor, scope, times, newest=newest))

    async def search(
        self,
        *,
        query: str,
        limit: int,
        since: datetime | None = None,
        until: datetime | None = None,
        scope: Scope = ANYWHERE,
    ) -> list[Triple]:
        """Return the best matches first; any word of the query may match, in any part of a triple."""
        times = _times(since, until)
        return await self._engine.search(lambda db: rows.search(db, query, limit, scope, times))

    async def count(
        self, *, since: datetime | None = None, until: datetime | None = None, scope: Scope = ANYWHERE
    ) -> int:
        """Return how many triples there are."""
        times = _times(since, until)
        return await self._engine.search(lambda db: rows.count(db, scope, times))

    async def get_owners(self, *, limit: int, cursor: str | None = None, scope: Scope = ANYWHERE) -> Page[Owner]:
        """Return a page of the owners that have triples."""
        return await self._engine.search(lambda db: page_of_owners(db, scope, limit, cursor, "triples"))

    async def delete(self, *, triple_id: str, scope: Scope = ANYWHERE) -> None:
        """Delete one triple."""
        await self._engine.write(lambda db: rows.delete(db, triple_id, scope))

    async def delete_entity(self, *, entity: str, scope: Scope = ANYWHERE) -> None:
        """Delete every triple that has the entity at either end."""
        await self._engine.write(lambda db: rows.delete_entity(db, entity, scope))

    async def delete_all(self, *, scope: Scope = ANYWHERE) -> None:
        """Delete every triple in scope, at once."""
        await self._engine.write(lambda db: rows.delete_all(db, scope))


def _times(since: datetime | None, until: datetime | None) -> Condition:
    return rows.added_within(microseconds_of(since), microseconds_of(until))
