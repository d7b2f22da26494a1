"""A session of openai-agents on PostgreSQL, through SQLAlchemy and asyncpg; no index of the text."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from importlib import import_module
from typing import Any, Self


class Peer:
    """One session."""

    def __init__(self, dsn: str, schema: str) -> None:
        self.schema = schema
        library: Any = import_module("sqlalchemy.ext.asyncio")  # not installed where types are checked
        url = dsn.replace("postgresql://", "postgresql+asyncpg://")
        self.engine = library.create_async_engine(
            url, connect_args={"server_settings": {"search_path": schema}}, pool_size=10
        )

    @classmethod
    async def open(cls, dsn: str, schema: str) -> Self:
        """Make the tables in a schema of their own."""
        peer = cls(dsn, schema)
        await peer._execute(f"CREATE SCHEMA {schema}")
        memory: Any = import_module("agents.extensions.memory")
        peer.session = memory.SQLAlchemySession("monday", engine=peer.engine, create_tables=True)
        return peer

    session: Any

    async def close(self) -> None:
        """Drop the tables, and close the connections."""
        await self._execute(f"DROP SCHEMA {self.schema} CASCADE")
        await self.engine.dispose()

    async def _execute(self, statement: str) -> None:
        async with self.engine.begin() as connection:
            await connection.execute(import_module("sqlalchemy").text(statement))

    async def calls(self, name: str, arguments: Sequence[tuple[Any, ...]]) -> list[Callable[[], Awaitable[Any]]]:
        """Return calls of a method, ready to be awaited."""
        return [partial(getattr(self, name), *each) for each in arguments]

    async def append(self, texts: list[str]) -> None:
        """Store messages."""
        await self.session.add_items([{"role": "user", "content": text} for text in texts])

    async def last(self) -> None:
        """Read the last fifty."""
        assert len(await self.session.get_items(limit=50)) == 50
