"""The stores that the suite is run on: memio's, and those of LangGraph."""

from __future__ import annotations

import sqlite3
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

from langchain_core.embeddings import Embeddings
from langgraph.store.memory import InMemoryStore

from memio_langgraph import MemioStore


class Characters(Embeddings):
    """Embeds a text by how often it has each character, so that equal texts are nearest."""

    dims = 512

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        return [self.embed_query(text) for text in texts]

    def embed_query(self, text: str) -> list[float]:
        counts = [0.0] * self.dims
        for character in text:
            counts[ord(character) % self.dims] += 1
        return counts


INDEX: Any = {"dims": Characters.dims, "embed": Characters(), "fields": ["$"]}
# LangGraph's index on SQLite is a loadable extension, which most builds of Python cannot load.
SQLITE_INDEX: Any = INDEX if hasattr(sqlite3.Connection, "enable_load_extension") else None
TTL: Any = {"refresh_on_read": True, "sweep_interval_minutes": 1 / 600, "omit_expired": True}


def memio() -> MemioStore:
    return MemioStore({"documents": {"provider": "sqlite", "path": ":memory:"}})


def in_memory() -> InMemoryStore:
    return InMemoryStore(index=INDEX)


@contextmanager
def sqlite() -> Iterator[Any]:
    from langgraph.store.sqlite import SqliteStore

    with (
        tempfile.TemporaryDirectory() as folder,
        SqliteStore.from_conn_string(str(Path(folder, "store.db")), index=SQLITE_INDEX, ttl=TTL) as store,
    ):
        store.conn.execute("PRAGMA synchronous = OFF")  # the checks ask for nothing that it loses
        store.setup()
        store.start_ttl_sweeper()
        try:
            yield store
        finally:
            store.stop_ttl_sweeper(timeout=5)


@asynccontextmanager
async def sqlite_async() -> AsyncIterator[Any]:
    from langgraph.store.sqlite.aio import AsyncSqliteStore

    with tempfile.TemporaryDirectory() as folder:
        path = str(Path(folder, "store.db"))
        async with AsyncSqliteStore.from_conn_string(path, index=SQLITE_INDEX, ttl=TTL) as store:
            await store.conn.execute("PRAGMA synchronous = OFF")
            await store.setup()
            await store.start_ttl_sweeper()
            try:
                yield store
            finally:
                await store.stop_ttl_sweeper(timeout=5)
