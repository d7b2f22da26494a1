"""LangGraph's store on PostgreSQL. Without an embedding model its search ignores the query."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from contextlib import AsyncExitStack
from functools import partial
from importlib import import_module
from typing import Any, Self


class Peer:
    """Items of many namespaces."""

    def __init__(self, dsn: str, schema: str) -> None:
        self.dsn, self.schema = dsn, schema
        self.stack = AsyncExitStack()
        self.places: list[tuple[tuple[str, ...], str]] = []
        self.count = 0

    @classmethod
    async def open(cls, dsn: str, schema: str) -> Self:
        """Make the tables in a schema of their own."""
        peer = cls(dsn, schema)
        await peer._execute(f"CREATE SCHEMA {schema}")
        library = import_module("langgraph.store.postgres.aio")  # not installed where types are checked
        opening = library.AsyncPostgresStore.from_conn_string(
            f"{dsn}?options=-csearch_path%3D{schema}", pool_config={"min_size": 10, "max_size": 10}
        )
        peer.store = await peer.stack.enter_async_context(opening)
        await peer.store.setup()
        return peer

    store: Any

    async def close(self) -> None:
        """Close the connections, and drop the tables."""
        await self.stack.aclose()
        await self._execute(f"DROP SCHEMA {self.schema} CASCADE")

    async def analyze(self) -> None:
        """Update the statistics of the planner."""
        await self._execute(f"VACUUM ANALYZE {self.schema}.store")

    async def _execute(self, statement: str) -> None:
        psycopg: Any = import_module("psycopg")
        async with await psycopg.AsyncConnection.connect(self.dsn, autocommit=True) as connection:
            await connection.execute(statement)

    async def calls(self, name: str, arguments: Sequence[tuple[Any, ...]]) -> list[Callable[[], Awaitable[Any]]]:
        """Return calls of a method, ready to be awaited."""
        return [partial(getattr(self, name), *each) for each in arguments]

    async def add(self, owner: str, text: str) -> None:
        """Store one item."""
        self.count += 1
        await self.store.aput(("facts", owner), f"{self.count}", {"content": text})

    async def add_many(self, owner: str, texts: list[str]) -> None:
        """Store many items, in the one batch that the store offers."""
        library = import_module("langgraph.store.base")
        puts: list[Any] = []
        for text in texts:
            self.count += 1
            self.places.append((("facts", owner), f"{self.count}"))
            puts.append(library.PutOp(*self.places[-1], {"content": text}))
        await self.store.abatch(puts)

    async def get(self, number: int) -> None:
        """Read one item by its key."""
        assert await self.store.aget(*self.places[number]) is not None

    async def page(self, owner: str) -> None:
        """Read a hundred items, the newest first."""
        await self.store.asearch(("facts", owner), limit=100)
