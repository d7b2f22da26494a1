"""LangGraph's store on SQLite as it comes, without an embedding model: its search ignores the query."""

from __future__ import annotations

from contextlib import AsyncExitStack
from importlib import import_module
from pathlib import Path
from typing import Any

from benchmarks.locomo import Conversation


class Store:
    """One namespace for each conversation."""

    def __init__(self, store: Any, stack: AsyncExitStack) -> None:
        self.store, self.stack = store, stack

    async def remember(self, conversation: Conversation) -> None:
        """Store a conversation."""
        library = import_module("langgraph.store.base")
        place = ("turns", conversation.name)
        turns = conversation.turns
        await self.store.abatch(
            [library.PutOp(place, turn.id, {"text": f"{turn.speaker}: {turn.text}"}) for turn in turns]
        )

    async def find(self, name: str, question: str, limit: int) -> list[str]:
        """Return the keys of the best turns of a conversation."""
        return [str(item.key) for item in await self.store.asearch(("turns", name), query=question, limit=limit)]

    async def close(self) -> None:
        """Close the file."""
        await self.stack.aclose()


async def open_store(folder: Path) -> Store:
    """Open a new file in the folder."""
    library = import_module("langgraph.store.sqlite.aio")  # not installed where types are checked
    stack = AsyncExitStack()
    store = await stack.enter_async_context(library.AsyncSqliteStore.from_conn_string(str(folder / "store.db")))
    await store.setup()
    return Store(store, stack)
