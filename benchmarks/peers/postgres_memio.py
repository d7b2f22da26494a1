"""memio's facts and history on PostgreSQL, through the client."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from importlib import import_module
from typing import Any, Self

from memio import Memio, Message, Owner

asyncpg: Any = import_module("asyncpg")  # it comes without types


class Peer:
    """Facts of many owners, and one session."""

    def __init__(self, dsn: str, schema: str) -> None:
        self.dsn, self.schema = dsn, schema
        store = {"provider": "postgres", "dsn": dsn, "schema_name": schema, "pool_size": 10}
        self.memio = Memio.from_config({"facts": store, "history": store})
        self.ids: list[tuple[str, Owner]] = []

    @classmethod
    async def open(cls, dsn: str, schema: str) -> Self:
        """Make the tables."""
        peer = cls(dsn, schema)
        await peer.memio.facts.get_all(limit=1)
        return peer

    async def close(self) -> None:
        """Close the connections, and drop the tables."""
        await self.memio.aclose()
        await self.execute(f"DROP SCHEMA {self.schema} CASCADE")

    async def execute(self, statement: str) -> None:
        """Run a statement on a connection of its own."""
        connection = await asyncpg.connect(self.dsn, statement_cache_size=0)
        await connection.execute(statement)
        await connection.close()

    async def analyze(self) -> None:
        """Update the statistics of the planner, as autovacuum does after a while."""
        await self.execute(f"VACUUM ANALYZE {self.schema}.fact")

    async def calls(self, name: str, arguments: Sequence[tuple[Any, ...]]) -> list[Callable[[], Awaitable[Any]]]:
        """Return calls of a method, ready to be awaited."""
        return [partial(getattr(self, name), *each) for each in arguments]

    async def add(self, owner: str, text: str) -> None:
        """Store one fact."""
        await self.memio.facts.add(text, owner=Owner(owner))

    async def add_many(self, owner: str, texts: list[str]) -> None:
        """Store many facts in one transaction."""
        facts = await self.memio.facts.add_many(texts, owner=Owner(owner))
        self.ids += [(fact.id, fact.owner) for fact in facts]

    async def get(self, number: int) -> None:
        """Read one fact by its id."""
        fact_id, owner = self.ids[number]
        await self.memio.facts.get(fact_id, owner=owner)

    async def page(self, owner: str) -> None:
        """Read the first hundred facts of an owner."""
        await self.memio.facts.get_all(limit=100, owner=Owner(owner))

    async def search(self, query: str, owner: str) -> None:
        """Find the ten best of an owner."""
        await self.memio.facts.search(query, limit=10, owner=Owner(owner))

    async def search_all(self, query: str) -> None:
        """Find the ten best of all owners."""
        await self.memio.facts.search(query, limit=10)

    async def append(self, texts: list[str]) -> None:
        """Store messages at the end of the session."""
        await self.memio.history.add(
            session_id="monday", messages=[Message(role="user", content=text) for text in texts], owner=Owner("ann")
        )

    async def last(self) -> None:
        """Read the last fifty messages of the session."""
        assert len(await self.memio.history.get("monday", limit=50, owner=Owner("ann"))) == 50
