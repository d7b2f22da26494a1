# ruff: noqa: INP001, T201  # a script that prints its result
"""Create an agent on a local Letta server and print its id.

Run: python create_agent.py [BASE_URL]   (default http://127.0.0.1:8283; LETTA_API_KEY is read if set)
"""

from __future__ import annotations

import asyncio
import os
import sys

from letta_client import AsyncLetta

MODEL = "openai-proxy/gpt-4o-mini"
EMBEDDING = "openai/text-embedding-3-small"


async def create_agent(base_url: str) -> str:
    """Create an agent without tools, and return its id."""
    async with AsyncLetta(base_url=base_url, api_key=os.environ.get("LETTA_API_KEY")) as client:
        agent = await client.agents.create(
            name="memio-letta-test",
            model=MODEL,
            embedding=EMBEDDING,
            memory_blocks=[{"label": "human", "value": ""}],
            include_base_tools=False,
        )
    return agent.id


if __name__ == "__main__":
    print(asyncio.run(create_agent(sys.argv[1] if len(sys.argv) > 1 else "http://127.0.0.1:8283")))
