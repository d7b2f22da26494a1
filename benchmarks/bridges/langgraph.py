"""`MemioStore` beside LangGraph's `AsyncSqliteStore`, both with a write-ahead log and a commit for each write."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from importlib import import_module
from pathlib import Path
from typing import Any

from benchmarks.bridges import ALONE, BRIDGE, NATIVE, Round, Rounds

from memio import Memio, MemioConfig

ITEMS = 1_000
PLACE = ("alice", "memories")
SPAN: dict[str, Any] = {"namespace_prefix": ("alice",), "agent_id": "langgraph"}


@asynccontextmanager
async def opened(folder: Path) -> AsyncGenerator[Rounds]:
    """Fill both stores, and yield the calls."""
    config: MemioConfig = {"documents": {"provider": "sqlite", "path": str(folder / "memio.db")}}
    library: Any = import_module("langgraph.store.sqlite.aio")  # not installed where types are checked
    opening = library.AsyncSqliteStore.from_conn_string(str(folder / "store.db"))
    async with Memio.from_config(config) as memio, opening as native:
        await native.conn.execute("PRAGMA journal_mode = WAL")
        await native.setup()
        bridge: Any = import_module("memio_langgraph").MemioStore(memio, fields=["text"])
        documents = memio.documents
        for number in range(ITEMS):
            await bridge.aput(PLACE, f"k{number}", value_of(number))
            await native.aput(PLACE, f"k{number}", value_of(number))

        def calls(number: int) -> Round:
            key, value = f"k{number % ITEMS}", value_of(ITEMS + number)
            query, wanted = value["text"], {"tag": "a", "number": {"$gt": 100}}
            return {
                "put": {
                    BRIDGE: lambda: bridge.aput(PLACE, key, value),
                    ALONE: lambda: documents.put(
                        key, value["text"], data=value, metadata=value, namespace=PLACE, agent_id="langgraph"
                    ),
                    NATIVE: lambda: native.aput(PLACE, key, value),
                },
                "get": {
                    BRIDGE: lambda: bridge.aget(PLACE, key),
                    ALONE: lambda: documents.get(key, namespace=PLACE, agent_id="langgraph"),
                    NATIVE: lambda: native.aget(PLACE, key),
                },
                "search for words": {
                    BRIDGE: lambda: bridge.asearch(("alice",), query=query, limit=10),
                    ALONE: lambda: documents.search(query, limit=10, **SPAN),
                },
                "list 10 items": {
                    BRIDGE: lambda: bridge.asearch(("alice",), limit=10),
                    ALONE: lambda: documents.get_all(limit=10, order="newest", **SPAN),
                    NATIVE: lambda: native.asearch(("alice",), limit=10),
                },
                "list 10 items of a filter": {
                    BRIDGE: lambda: bridge.asearch(("alice",), limit=10, filter=wanted),
                    ALONE: lambda: documents.get_all(limit=10, order="newest", filters=wanted, **SPAN),
                    NATIVE: lambda: native.asearch(("alice",), limit=10, filter=wanted),
                },
            }

        yield calls


def value_of(number: int) -> dict[str, Any]:
    """Return the value of an item."""
    return {"text": f"note {number} about coffee and tea", "number": number, "tag": "ab"[number % 2]}
