"""The published memio 0.3.1 on a Letta server, up to the first recalled memory."""

import asyncio
import os
from importlib import import_module
from typing import Any

memio: Any = import_module("memio")  # another memio than the one that types are checked with
letta: Any = import_module("memio.providers.letta")


async def main() -> None:
    """Store one fact and find it."""
    store = letta.LettaFactAdapter(agent_id=os.environ["LETTA_AGENT_ID"], base_url=os.environ["LETTA_BASE_URL"])
    client = memio.Memio(facts=store)
    fact = await client.facts.add(content="Alice likes coffee")
    assert await client.facts.search(query="Alice likes coffee", limit=1)
    await client.facts.delete(fact_id=fact.id)


asyncio.run(main())
