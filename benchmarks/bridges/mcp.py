"""The tools of `memio-mcp` over stdio, beside the call on memio and a tool that does nothing.

That tool has the same types: the SDK's client checks each result against the schema of its tool.
"""

from __future__ import annotations

import os
import sys
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager
from importlib import import_module
from pathlib import Path
from typing import Any

from benchmarks.bridges import ALONE, BRIDGE, NATIVE, Round, Rounds

from memio import Memio

RECORDS = 1_000
EMPTY = """
from memio_mcp.records import Memories, Memory
from mcp.server.mcpserver import MCPServer
server = MCPServer("nothing", log_level="WARNING")

@server.tool()
async def add(content: str) -> Memory:
    "Store nothing."
    return {"id": "1", "content": content, "created_at": "2026-03-01T12:00:00+00:00"}

@server.tool()
async def search(query: str, limit: int) -> Memories:
    "Find the same each time."
    one = {"id": "1", "content": query, "created_at": "2026-03-01T12:00:00+00:00"}
    return {"memories": [one] * limit}

server.run("stdio")
"""


@asynccontextmanager
async def opened(folder: Path) -> AsyncGenerator[Rounds]:
    """Fill the files, start both servers, and yield the calls."""
    async with AsyncExitStack() as stack:
        memories: list[Memio] = []
        for name in ("served", "alone"):
            config: Any = {"facts": {"provider": "sqlite", "path": str(folder / f"{name}.db")}}
            memio = await stack.enter_async_context(Memio.from_config(config))
            await memio.facts.add_many([text_of(number) for number in range(RECORDS)])
            memories.append(memio)
        await memories[0].aclose()
        facts = memories[1].facts
        bridge = await _connect(stack, ["-m", "memio_mcp"], MEMIO_SQLITE_PATH=str(folder / "served.db"))
        nothing = await _connect(stack, ["-c", EMPTY])

        async def called(session: Any, tool: str, **arguments: Any) -> None:
            assert not (await session.call_tool(tool, arguments)).is_error

        def calls(number: int) -> Round:
            text = text_of(RECORDS + number)
            return {
                "add a memory": {
                    BRIDGE: lambda: called(bridge, "add_memory", content=text),
                    ALONE: lambda: facts.add(text),
                    NATIVE: lambda: called(nothing, "add", content=text),
                },
                "search, 10 memories": {
                    BRIDGE: lambda: called(bridge, "search_memories", query="coffee", limit=10),
                    ALONE: lambda: facts.search("coffee", limit=10),
                    NATIVE: lambda: called(nothing, "search", query="coffee", limit=10),
                },
            }

        yield calls


async def _connect(stack: AsyncExitStack, arguments: list[str], **variables: str) -> Any:
    """Start a server in a process of its own, and return a session with it."""
    library: Any = import_module("mcp")  # not installed where types are checked
    kept = {name: value for name, value in os.environ.items() if not name.startswith("MEMIO_")}
    server = library.StdioServerParameters(command=sys.executable, args=arguments, env=kept | variables)
    read, write = await stack.enter_async_context(library.stdio_client(server))
    session = await stack.enter_async_context(library.ClientSession(read, write))
    await session.initialize()
    return session


def text_of(number: int) -> str:
    """Return the text of a memory."""
    return f"note {number} about {'coffee' if number % 20 == 0 else 'tea'}"
