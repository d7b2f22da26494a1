"""letta-client alone on a Letta server, up to the first recalled memory."""

import asyncio
import os

from letta_client import AsyncLetta


async def main() -> None:
    """Store one passage and find it."""
    agent = os.environ["LETTA_AGENT_ID"]
    async with AsyncLetta(base_url=os.environ["LETTA_BASE_URL"]) as client:
        (passage,) = await client.agents.passages.create(agent, text="Alice likes coffee")
        found = await client.agents.passages.search(agent, query="Alice likes coffee", top_k=1)
        assert found.results
        await client.agents.passages.delete(str(passage.id), agent_id=agent)


asyncio.run(main())
