"""The floor: asyncpg with the statements that memio sends, and nothing else.

memio carries out each call in a schema of its own, and what it sends is recorded. Sent again, with the name of another
schema, it does the same there.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import Any, Self

from benchmarks.peers import postgres_memio
from benchmarks.peers.postgres_memio import asyncpg

from memio import Memio
from memio.providers.postgres._db.connection import Connection
from memio.providers.postgres._db.schema import statements

Sent = list[tuple[str, tuple[Any, ...]]]
"""Statements, each with its values."""


class Peer(postgres_memio.Peer):
    """Facts of many owners."""

    def __init__(self, dsn: str, schema: str) -> None:
        super().__init__(dsn, f"{schema}_recorded")
        self.replayed = schema
        self._sent: Sent = []

    @classmethod
    async def open(cls, dsn: str, schema: str) -> Self:
        """Make the tables twice, and record what connections of memio send."""
        peer = cls(dsn, schema)
        peer._listen()
        await peer.memio.facts.get_all(limit=1)
        peer.pool = await asyncpg.create_pool(dsn, min_size=10, max_size=10, statement_cache_size=0, reset=_keep)
        await peer.pool.execute(";\n".join((f"CREATE SCHEMA {schema}", *statements(schema))))
        return peer

    memio: Memio
    pool: Any

    async def close(self) -> None:
        """Close the connections, and drop the tables."""
        await self.pool.execute(f"DROP SCHEMA {self.replayed} CASCADE")
        await self.pool.close()
        await super().close()

    async def analyze(self) -> None:
        """Update the statistics of the planner."""
        await super().analyze()
        await self.execute(f"VACUUM ANALYZE {self.replayed}.fact")

    async def calls(self, name: str, arguments: Sequence[tuple[Any, ...]]) -> list[Callable[[], Awaitable[Any]]]:
        """Return what sends again what memio has sent for calls of a method."""
        return [partial(self._replay, await self._recorded(getattr(self, name), each)) for each in arguments]

    def _listen(self) -> None:
        fetch, execute = Connection.fetch, Connection.execute

        async def noted_fetch(connection: Connection, sql: str, *values: Any) -> Any:
            self._sent.append((sql, values))
            return await fetch(connection, sql, *values)

        async def noted_execute(connection: Connection, sql: str, *values: Any, **more: Any) -> None:
            if not values:  # otherwise it fetches
                self._sent.append((sql, ()))
            await execute(connection, sql, *values, **more)

        for name, noted in (("fetch", noted_fetch), ("execute", noted_execute)):
            setattr(Connection, name, noted)

    async def _recorded(self, method: Callable[..., Awaitable[None]], arguments: tuple[Any, ...]) -> Sent:
        self._sent.clear()
        await method(*arguments)
        return [(sql.replace(self.schema, self.replayed), values) for sql, values in self._sent]

    async def _replay(self, sent: Sent) -> None:
        async with self.pool.acquire() as connection:
            for sql, values in sent:
                if values:
                    await connection.fetch(sql, *values)
                else:
                    await connection.execute(sql)


async def _keep(_: Any) -> None:
    """Reset nothing."""
