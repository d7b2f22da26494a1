"""The server: the tools and resources of one owner."""

from __future__ import annotations

from typing import Any

from mcp.server.mcpserver import MCPServer
from mcp.server.mcpserver.tools import Tool

from memio import InvalidInputError, Memio, Owner, __version__
from memio_mcp.embedding import Embedding
from memio_mcp.resources import add_resources
from memio_mcp.tools.conversations import conversation_tools
from memio_mcp.tools.entities import entity_tools
from memio_mcp.tools.memories import memory_tools

KINDS = ("facts", "history", "graph")
"""The kinds of memory that have tools."""

EMBEDDING_SECONDS = 5.0

_INSTRUCTIONS = (
    "Long-term memory. Search it before you answer something that earlier conversations may have settled, and add what "
    "will be useful later: preferences, decisions, facts about people and projects."
)


def create_server(
    memio: Memio,
    *,
    owner: Owner | None = None,
    read_only: bool = False,
    no_delete: bool = False,
    embedding_seconds: float = EMBEDDING_SECONDS,
) -> MCPServer[Any]:
    """Return a server with the tools of the kinds that a client has.

    Args:
        memio: The client. It stays yours: close it when the server has ended.
        owner: The one owner whose records the tools see; left out, the owner without labels. A model can neither see
            nor change it.
        read_only: Whether the tools that change something are left out.
        no_delete: Whether the tools that delete are left out. What an update replaces is gone all the same.
        embedding_seconds: How long a search waits at most for what was just added, where the backend searches by
            meaning.

    Raises:
        InvalidInputError: The client has none of facts, history and graph.
        NotSupportedError: A store cannot keep owners apart.

    Example:
        >>> import asyncio
        >>> from mcp import Client
        >>> from memio import Memio, Owner
        >>> from memio_mcp import create_server
        >>> async def main():
        ...     async with Memio.from_config({"facts": {"provider": "sqlite", "path": ":memory:"}}) as memio:
        ...         async with Client(create_server(memio, owner=Owner(user_id="alice"))) as client:
        ...             await client.call_tool("add_memory", {"content": "likes coffee"})
        ...             return await client.call_tool("search_memories", {"query": "coffee"})
        >>> asyncio.run(main()).structured_content["memories"][0]["content"]
        'likes coffee'
    """
    if not any(kind in memio.kinds for kind in KINDS):
        raise InvalidInputError(
            f"the tools need one of {', '.join(KINDS)}, and this client has {', '.join(memio.kinds)}: add a line "
            'such as facts = "sqlite" to the configuration'
        )
    confined = memio.scoped(owner=Owner() if owner is None else owner)
    writes, deletes = not read_only, not (read_only or no_delete)
    facts = confined.facts if "facts" in memio.kinds else None
    tools: list[Tool] = []
    if facts is not None:
        embedding = Embedding(confined, embedding_seconds)
        tools += memory_tools(facts, embedding, writes=writes, deletes=deletes)
    if "history" in memio.kinds:
        tools += conversation_tools(confined.history)
    if "graph" in memio.kinds:
        tools += entity_tools(confined.graph, facts, writes=writes, deletes=deletes)
    server: MCPServer[Any] = MCPServer(
        "memio", title="Memory", instructions=_INSTRUCTIONS, version=__version__, tools=tools, log_level="WARNING"
    )
    add_resources(server, confined)
    return server
