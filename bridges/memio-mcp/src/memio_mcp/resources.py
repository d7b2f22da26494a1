"""Records and sessions as resources, which people attach to a conversation."""

from __future__ import annotations

import json
from collections.abc import Generator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from mcp.server.mcpserver.resources import ResourceSecurity

from memio import MemioError
from memio.models import Page
from memio_mcp.failures import as_resource_error
from memio_mcp.records import memories_of, relations_of, sessions_of, uri

if TYPE_CHECKING:
    from mcp.server.mcpserver import MCPServer

    from memio.client import Stores

JSON = "application/json"
PAGE = 100
NOT_PATHS = ResourceSecurity(reject_path_traversal=False, reject_absolute_paths=False, reject_null_bytes=False)
"""Ids and entities are texts that memio compares whole; they lead to no file."""


def add_resources(server: MCPServer[Any], memio: Stores) -> None:
    """Offer the records of one owner as resources.

    Args:
        server: The server.
        memio: The client, confined to the owner.
    """
    if "facts" in memio.kinds:
        _memories(server, memio)
    if "history" in memio.kinds:
        _sessions(server, memio)
    if "graph" in memio.kinds:
        _entities(server, memio)


def _memories(server: MCPServer[Any], memio: Stores) -> None:
    @server.resource("memio://memories", name="memories", description="The first memories, as JSON.", mime_type=JSON)
    async def first() -> str:
        return await listed()

    @server.resource(
        "memio://memories{?cursor}",
        name="more memories",
        description="Memories, as JSON; with next_cursor as cursor, those after.",
        mime_type=JSON,
        security=NOT_PATHS,
    )
    async def listed(cursor: str | None = None) -> str:
        with _reported():
            return _json(memories_of(await memio.facts.get_all(limit=PAGE, cursor=cursor)))

    @server.resource(
        "memio://memories/{memory_id}",
        name="memory",
        description="One memory, complete, as JSON.",
        mime_type=JSON,
        security=NOT_PATHS,
    )
    async def one(memory_id: str) -> str:
        with _reported():
            return _json(_record(await memio.facts.get(memory_id)))

    _ = first, one


def _sessions(server: MCPServer[Any], memio: Stores) -> None:
    @server.resource("memio://sessions", name="sessions", description="The first sessions, as JSON.", mime_type=JSON)
    async def first() -> str:
        return await listed()

    @server.resource(
        "memio://sessions{?cursor}",
        name="more sessions",
        description="Sessions, as JSON; with next_cursor as cursor, those after.",
        mime_type=JSON,
        security=NOT_PATHS,
    )
    async def listed(cursor: str | None = None) -> str:
        with _reported():
            sessions = await memio.history.get_all(limit=PAGE, cursor=cursor)
            found: Any = sessions_of(sessions)
            for session in found["sessions"]:
                session["resource"] = uri("sessions", session["session_id"])
            return _json(found)

    @server.resource(
        "memio://sessions/{session_id}{?cursor}",
        name="session",
        description="The latest messages of a session, complete, as JSON; with next_cursor as cursor, those before.",
        mime_type=JSON,
        security=NOT_PATHS,
    )
    async def one(session_id: str, cursor: str | None = None) -> str:
        with _reported():
            return _json(_page("messages", await memio.history.get(session_id, limit=PAGE, cursor=cursor)))

    _ = first, one


def _entities(server: MCPServer[Any], memio: Stores) -> None:
    @server.resource(
        "memio://entities/{entity}{?cursor}",
        name="entity",
        description="The relations of an entity, as JSON; with next_cursor as cursor, those after.",
        mime_type=JSON,
        security=NOT_PATHS,
    )
    async def one(entity: str, cursor: str | None = None) -> str:
        with _reported():
            return _json(relations_of(await memio.graph.get(entity, limit=PAGE, cursor=cursor)))

    _ = one


@contextmanager
def _reported() -> Generator[None]:
    """Make an error of memio that of a resource."""
    try:
        yield
    except MemioError as error:
        raise as_resource_error(error) from error


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=True, indent=1)


def _page(name: str, page: Page[Any]) -> dict[str, Any]:
    return {name: [_record(record) for record in page], "next_cursor": page.next_cursor}


def _record(record: Any) -> dict[str, Any]:
    """Return the fields of a record that are not empty, without its owner, who is the same for all."""
    fields = {name: getattr(record, name) for name in record.__dataclass_fields__}
    labels = ("user_id", "agent_id", "namespace", "score")
    held = {name: value for name, value in fields.items() if name not in labels and value not in (None, {})}
    return {name: value.isoformat() if hasattr(value, "isoformat") else value for name, value in held.items()}
