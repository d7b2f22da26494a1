"""LangGraph's store on SQLite, with the write-ahead log that memio has too; it commits with `synchronous=FULL`.

It keeps no text index: without an embedding model its search ignores the query.
"""

from __future__ import annotations

from contextlib import AsyncExitStack
from importlib import import_module
from pathlib import Path
from typing import Any, Self

PLACE = ("facts", "ann")


class Peer:
    """Items of one namespace."""

    waits_in_threads = True
    """The event loop goes on while a call waits, so others may call at the same time."""

    def __init__(self, store: Any, stack: AsyncExitStack) -> None:
        self.store, self.stack = store, stack
        self.count = 0

    @classmethod
    async def open(cls, folder: Path) -> Self:
        """Open a new file in the folder."""
        library = import_module("langgraph.store.sqlite.aio")  # not installed where types are checked
        stack = AsyncExitStack()
        opening = library.AsyncSqliteStore.from_conn_string(str(folder / "store.db"))
        store = await stack.enter_async_context(opening)
        await store.conn.execute("PRAGMA journal_mode = WAL")
        await store.setup()
        (durability,) = await (await store.conn.execute("PRAGMA synchronous")).fetchone()
        assert durability == 2  # SQLite's number of FULL
        return cls(store, stack)

    async def close(self) -> None:
        """Close the file."""
        await self.stack.aclose()

    async def add(self, text: str) -> None:
        """Store one item."""
        self.count += 1
        await self.store.aput(PLACE, str(self.count - 1), {"content": text})

    async def add_many(self, texts: list[str]) -> None:
        """Store many items, in the one batch that the store offers."""
        library = import_module("langgraph.store.base")
        puts: list[Any] = []
        for text in texts:
            puts.append(library.PutOp(PLACE, str(self.count), {"content": text}))
            self.count += 1
        await self.store.abatch(puts)

    async def get(self, number: int) -> None:
        """Read one item by its key."""
        assert await self.store.aget(PLACE, str(number)) is not None

    async def page(self) -> None:
        """Read a hundred items, the newest first."""
        assert len(await self.store.asearch(PLACE, limit=100)) == 100
