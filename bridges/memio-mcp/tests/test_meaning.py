"""What is added is found by its meaning, where the backend searches by meaning."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

import pytest
from mcp import Client
from mcp_clients import MEMORY, call

from memio import Memio, Owner
from memio_mcp import create_server

pytestmark = pytest.mark.skipif(
    not hasattr(Memio, "wait_embedded"), reason="this version of memio-core does not search by meaning"
)

TOPICS = ({"coffee", "espresso", "drink"}, {"bicycle", "ride", "wheels"})


class ByTopic:
    """An embedder that takes its time: texts about one topic mean the same."""

    model = "topics"
    dimensions = 2
    max_chars = 1000
    destination = None

    async def embed_documents(self, texts: Sequence[str]) -> list[list[float]]:
        await asyncio.sleep(0.2)
        return await self.embed_queries(texts)

    async def embed_queries(self, texts: Sequence[str]) -> list[list[float]]:
        return [[float(bool(topic & set(text.lower().split()))) + 0.01 for topic in TOPICS] for text in texts]

    async def aclose(self) -> None:
        return None


def test_a_memory_is_found_by_its_meaning_right_after_it_was_added() -> None:
    pytest.importorskip("numpy", reason="numpy, which searches by meaning need, is not installed")

    async def main() -> None:
        config: Any = {"facts": MEMORY}
        options: Any = {"embedder": ByTopic()}
        async with (
            Memio.from_config(config, **options) as memio,
            Client(create_server(memio, owner=Owner(user_id="alice"))) as client,
        ):
            for number in range(3):
                await call(client, "add_memory", content=f"has a bicycle with number {number}")
                added = await call(client, "add_memory", content=f"likes espresso of kind {number}")
                found = await call(client, "search_memories", query="what drink", limit=number + 1)
                assert added in found["memories"]
                assert all("espresso" in memory["content"] for memory in found["memories"])
                assert "note" not in found

    asyncio.run(main())
