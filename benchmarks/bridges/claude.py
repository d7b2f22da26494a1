"""`MemioSessionStore` beside the `InMemorySessionStore` of the Agent SDK, which keeps nothing."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from importlib import import_module
from pathlib import Path
from typing import Any

from benchmarks.bridges import ALONE, BRIDGE, NATIVE, Round, Rounds

from memio import Memio, MemioConfig, Message

ENTRIES = 50


@asynccontextmanager
async def opened(folder: Path) -> AsyncGenerator[Rounds]:
    """Fill the sessions, and yield the calls."""
    place = {"provider": "sqlite", "path": str(folder / "memio.db")}
    config: MemioConfig = {"history": place, "documents": place}
    key = {"project_key": "shop", "session_id": "monday"}
    native: Any = import_module("claude_agent_sdk").InMemorySessionStore()  # not installed where types are checked
    async with Memio.from_config(config) as memio:
        bridge: Any = import_module("memio_claude").MemioSessionStore(memio)
        alone = memio.scoped(agent_id="alone")
        for number in range(ENTRIES):
            for store in (bridge, native):
                await store.append(key, [entry_of(number)])
            await alone.history.add(session_id="monday", messages=[message_of(number)])
        summary = {"data": {"first_prompt": "message 0"}, "mtime": 0, "last": None}
        await alone.documents.add("message 0", doc_id="monday", data=summary)

        async def append(number: int) -> None:
            """Make the calls of memio of which an append consists: the entry, and the summary of its session."""
            await alone.history.add(session_id="monday", messages=[message_of(number)])
            document = await alone.documents.get("monday")
            await alone.history.get("monday", limit=2)
            data = {**summary, "mtime": number, "last": str(number)}
            await alone.documents.update(
                doc_id="monday", content="message 0", data=data, if_version=str(document.version)
            )

        async def load() -> list[Any]:
            return [message.data async for message in alone.history.iter_messages("monday")]

        def calls(number: int) -> Round:
            entry = entry_of(ENTRIES + number)
            return {
                "append an entry": {
                    BRIDGE: lambda: bridge.append(key, [entry]),
                    ALONE: lambda: append(ENTRIES + number),
                    NATIVE: lambda: native.append(key, [entry]),
                },
                "load the session": {
                    BRIDGE: lambda: bridge.load(key),
                    ALONE: load,
                    NATIVE: lambda: native.load(key),
                },
            }

        yield calls


def entry_of(number: int) -> dict[str, Any]:
    """Return an entry of a transcript."""
    return {
        "type": "user",
        "uuid": f"entry-{number}",
        "timestamp": "2026-03-01T12:00:00.000Z",
        "message": {"role": "user", "content": f"message {number} of the chat"},
    }


def message_of(number: int) -> Message:
    """Return what the bridge stores for an entry."""
    text = f"message {number} of the chat"
    return Message(role="user", content=text, data=entry_of(number), id=f"entry-{number}")
