"""A session of openai-agents on SQLite; it has no search, so its messages are read."""

import asyncio
from importlib import import_module
from typing import Any

agents: Any = import_module("agents")  # not installed where types are checked


async def main() -> None:
    """Store one message and read it."""
    session = agents.SQLiteSession("alice", "cold.db")
    await session.add_items([{"role": "user", "content": "Alice likes coffee"}])
    assert len(await session.get_items()) == 1
    session.close()


asyncio.run(main())
