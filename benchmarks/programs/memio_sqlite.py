"""memio on SQLite, up to the first recalled memory."""

import asyncio

from memio import Memio


async def main() -> None:
    """Store one fact and find it."""
    async with Memio.from_config({"facts": {"provider": "sqlite", "path": "cold.db"}}) as memio:
        await memio.facts.add(content="Alice likes coffee", user_id="alice")
        found = await memio.facts.search(query="coffee", user_id="alice")
        assert [fact.content for fact in found] == ["Alice likes coffee"]


asyncio.run(main())
