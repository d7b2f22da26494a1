"""The tools for conversations: the history of memio, which applications write."""

from collections.abc import Iterator
from typing import Annotated, Any

from mcp.server.mcpserver.tools import Tool
from pydantic import Field

from memio import Feature
from memio.facades import History
from memio_mcp.arguments import Cursor, Limit, Query, Since, Until, times
from memio_mcp.records import Conversations, Messages, messages_of, sessions_of
from memio_mcp.tools.tool import tool

FIND = "Use list_sessions to see which sessions there are."


def conversation_tools(history: History) -> Iterator[Tool]:
    """Yield the tools for conversations of one owner. None of them changes anything."""
    newest: Any = {"order": "newest"} if Feature.NEWEST_FIRST in history.features else {}

    async def search_conversations(
        query: Query,
        limit: Limit = 10,
        session_id: Annotated[
            str | None, Field(min_length=1, description="Only this session; leave it out to search all of them.")
        ] = None,
        since: Since = None,
        until: Until = None,
    ) -> Messages:
        """Find what was said in earlier conversations, the best first. read_session shows what was said around it."""
        within: dict[str, Any] = {} if session_id is None else {"session_id": session_id}
        return messages_of(await history.search(query, limit=limit, **within, **times(since, until)))

    async def list_sessions(
        limit: Limit = 20, cursor: Cursor = None, since: Since = None, until: Until = None
    ) -> Conversations:
        """List earlier conversations, with when they were and how long they are."""
        return sessions_of(await history.get_all(limit=limit, cursor=cursor, **newest, **times(since, until)))

    async def read_session(
        session_id: Annotated[str, Field(min_length=1, description="The session, from another result.")],
        limit: Limit = 20,
        cursor: Cursor = None,
    ) -> Messages:
        """Read a conversation. It begins with the latest messages; next_cursor leads to those before them."""
        return messages_of(await history.get(session_id, limit=limit, cursor=cursor))

    yield tool(search_conversations, "Search conversations", FIND)
    yield tool(list_sessions, "List conversations", FIND)
    yield tool(read_session, "Read a conversation", FIND)
