"""Reading a session that lies in several conversations as if it were one."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from contextlib import AsyncExitStack, aclosing
from typing import NamedTuple

from memio.models import Message
from memio.providers.letta._messages import Messages
from memio.providers.letta._sessions import Conversation


class Seen(NamedTuple):
    """A visible message and where it stands."""

    message: Message
    conversation_id: str
    row_id: str


async def merged(
    messages: Messages,
    operation: str,
    conversations: Sequence[Conversation],
    *,
    newest_first: bool,
    anchors: dict[str, str | None],
) -> AsyncGenerator[Seen]:
    """Yield the visible messages of conversations in the order of time; at the same time, older conversations first.

    Args:
        messages: Reads conversations.
        operation: How errors call it.
        conversations: Oldest first.
        newest_first: Whether to go back in time.
        anchors: By conversation id, the message after which to go on.
    """
    async with AsyncExitStack() as stack:
        sources: dict[int, AsyncGenerator[Seen]] = {}
        heads: dict[int, Seen] = {}
        for rank, conversation in enumerate(conversations):
            source = _visible(
                messages, operation, conversation, newest_first=newest_first, anchor=anchors.get(conversation.id)
            )
            sources[rank] = await stack.enter_async_context(aclosing(source))
            await _advance(rank, sources, heads)
        while heads:
            times = {rank: (head.message.timestamp, rank) for rank, head in heads.items()}
            rank = (max if newest_first else min)(times, key=times.__getitem__)
            yield heads.pop(rank)
            await _advance(rank, sources, heads)


async def _advance(rank: int, sources: dict[int, AsyncGenerator[Seen]], heads: dict[int, Seen]) -> None:
    head = await anext(sources[rank], None)
    if head is not None:
        heads[rank] = head


async def _visible(
    messages: Messages, operation: str, conversation: Conversation, *, newest_first: bool, anchor: str | None
) -> AsyncGenerator[Seen]:
    rows = messages.scan(operation, conversation, newest_first=newest_first, anchor=anchor)
    async with aclosing(rows):
        async for row in rows:
            if row.message is not None:
                yield Seen(row.message, conversation.id, row.id)
