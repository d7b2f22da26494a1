"""memio on a Letta server, up to the first recalled memory."""

import asyncio

from memio import Memio


async def main() -> None:
    """Store one fact and find it."""
    async with Memio.from_config({"facts": "letta"}) as memio:
        fact = await memio.facts.add(content="Alice likes coffee")
        assert await memio.facts.search(query="Alice likes coffee", limit=1)
        await memio.facts.delete(fact_id=fact.id)


asyncio.run(main())
