"""`MemioSession` beside the `SQLiteSession` of the Agents SDK, in a session of some hundred items."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, closing
from importlib import import_module
from pathlib import Path
from typing import Any

from benchmarks.bridges import ALONE, BRIDGE, NATIVE, Round, Rounds

from memio import Memio, MemioConfig, Message

MESSAGES = 500


@asynccontextmanager
async def opened(folder: Path) -> AsyncGenerator[Rounds]:
    """Fill the sessions, and yield the calls."""
    config: MemioConfig = {"history": {"provider": "sqlite", "path": str(folder / "history.db")}}
    # Not installed where types are checked.
    native: Any = import_module("agents").SQLiteSession("monday", folder / "session.db")
    async with Memio.from_config(config) as memio:
        with closing(native):
            bridge: Any = import_module("memio_openai_agents").MemioSession("monday", memio)
            alone = memio.scoped(agent_id="alone")
            for number in range(MESSAGES):
                for session in (bridge, native):
                    await session.add_items([item_of(number)])
                await alone.history.add(session_id="monday", messages=[message_of(number)])

            def calls(number: int) -> Round:
                item, message = item_of(number), message_of(number)
                return {
                    "append an item": {
                        BRIDGE: lambda: bridge.add_items([item]),
                        ALONE: lambda: alone.history.add(session_id="monday", messages=[message]),
                        NATIVE: lambda: native.add_items([item]),
                    },
                    "the last 50 items": {
                        BRIDGE: lambda: bridge.get_items(50),
                        ALONE: lambda: alone.history.get("monday", limit=50),
                        NATIVE: lambda: native.get_items(50),
                    },
                }

            yield calls


def item_of(number: int) -> dict[str, Any]:
    """Return an item: every second one is an answer of a model, with its parts."""
    text = f"message {number} of the chat"
    if number % 2:
        return {"role": "user", "content": text}
    return {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": text}]}


def message_of(number: int) -> Message:
    """Return what the bridge stores for an item."""
    text = f"message {number} of the chat"
    if number % 2:
        return Message(role="user", content=text)
    return Message(role="assistant", content=text, data=item_of(number))
