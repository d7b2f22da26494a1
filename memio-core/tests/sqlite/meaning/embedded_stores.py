"""Stores with an embedder, for tests."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from memio import Message, Owner
from memio.protocols import Embedded
from memio.providers.sqlite import SqliteDocumentAdapter, SqliteFactAdapter, SqliteHistoryAdapter

ANN, BOB = Owner(user_id="ann"), Owner(user_id="bob")
NOTHING = Embedded(0, 0)
Store = SqliteFactAdapter | SqliteDocumentAdapter | SqliteHistoryAdapter
Open = Callable[..., Any]


class Kind:
    """The same calls for each kind."""

    def __init__(self, adapter: type[Any]) -> None:
        self.adapter = adapter
        self.table = adapter.table

    def __repr__(self) -> str:
        return self.table

    async def add(self, store: Any, content: str, owner: Owner = ANN, **more: Any) -> Any:
        if self.table == "message":
            session = more.pop("session_id", "s")
            turn = await store.add(
                session_id=session, messages=[Message(role="user", content=content, **more)], owner=owner
            )
            return turn.stored[0]
        return await store.add(content=content, owner=owner, **more)


FACTS, DOCUMENTS, MESSAGES = (Kind(each) for each in (SqliteFactAdapter, SqliteDocumentAdapter, SqliteHistoryAdapter))


async def drain(store: Store) -> None:
    for _ in range(10_000):
        if await store.embed_pending(limit=100) == NOTHING:
            return
    raise AssertionError("there is always something to embed")


async def texts(found: Awaitable[Sequence[Any]]) -> list[str]:
    return [record.content for record in await found]
