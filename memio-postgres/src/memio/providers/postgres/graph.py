"""A graph in a PostgreSQL database."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from memio.capabilities import Feature
from memio.models import Page, Triple
from memio.owners import ANYWHERE, NO_OWNER, Owner, Scope
from memio.protocols import Order
from memio.providers.postgres._db.database import Database
from memio.providers.postgres._parameters import Parameters
from memio.providers.postgres._rows.graph import Graph, has_entity
from memio.providers.postgres._rows.listing import Condition
from memio.providers.postgres._rows.scopes import EVERYTHING, all_of, within
from memio.providers.postgres._store import PostgresStore
from memio.toolkit.values import microseconds_of


class PostgresGraphAdapter(PostgresStore):
    """Stores triples; see `PostgresStore` for its arguments."""

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
    _tables = ("triple",)

    def _use(self, database: Database) -> None:
        super()._use(database)
        self._graph = Graph(database)

    async def add(self, *, triples: Sequence[Triple], owner: Owner = NO_OWNER) -> list[Triple]:
        """Store triples, all or none; one that the owner has already is stored once."""
        return await self._graph.add(triples, owner)

    async def restore_records(self, *, records: Sequence[Triple]) -> int:
        """Store triples of any users, in one transaction."""
        return await self._graph.restore(records)

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
        times = _times(since, until)

        def chosen(parameters: Parameters) -> str:
            return all_of(has_entity(entity, parameters), times(parameters))

        return await self._graph.page(limit, cursor, scope, chosen)

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
        return await self._graph.page(limit, cursor, scope, _times(since, until), newest=order == "newest")

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
        return await self._graph.search(query, limit, scope, _times(since, until))

    async def count(
        self, *, since: datetime | None = None, until: datetime | None = None, scope: Scope = ANYWHERE
    ) -> int:
        """Return how many triples there are."""
        return await self._graph.count(scope, _times(since, until))

    async def get_owners(self, *, limit: int, cursor: str | None = None, scope: Scope = ANYWHERE) -> Page[Owner]:
        """Return a page of the owners that have triples."""
        return await self._graph.owners(scope, limit, cursor)

    async def delete(self, *, triple_id: str, scope: Scope = ANYWHERE) -> None:
        """Delete one triple."""
        await self._graph.delete(triple_id, scope)

    async def delete_entity(self, *, entity: str, scope: Scope = ANYWHERE) -> None:
        """Delete every triple that has the entity at either end."""
        await self._graph.delete_some(scope, lambda parameters: has_entity(entity, parameters))

    async def delete_all(self, *, scope: Scope = ANYWHERE) -> None:
        """Delete every triple in scope, at once."""
        await self._graph.delete_some(scope, lambda _: EVERYTHING)


def _times(since: datetime | None, until: datetime | None) -> Condition:
    """Return the condition for triples that were added at a time."""
    return lambda parameters: within("r.created_at", microseconds_of(since), microseconds_of(until), parameters)
