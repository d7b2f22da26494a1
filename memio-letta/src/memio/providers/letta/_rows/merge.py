"""Reading the conversations of a session as one, where clients that began it at the same moment made several."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import AsyncExitStack, aclosing
from typing import NamedTuple

from memio.models import Message
from memio.providers.letta._rows.messages import Messages
from memio.providers.letta._rows.sessions import Conversation


class Seen(NamedTuple):
    """A message that is shown, and its place."""

    message: Message
    conversation_id: str
    row_id: str


async def merged(
    messages: Messages,
    conversations: Sequence[Conversation],
    *,
    newest_first: bool,
    anchors: dict[str, str | None],
) -> AsyncGenerator[Seen]:
    """Yield the messages of conversations that are shown, in the order in which they were added.

    One more request where messages of two conversations have the same date, which is whole seconds.

    Args:
        messages: Reads conversations.
        conversations: Oldest first.
        newest_first: Whether to go back in time.
        anchors: By conversation id, the message after which to go on.
    """
    order = _Order(messages, conversations, newest_first=newest_first)
    async with AsyncExitStack() as stack:
        sources: dict[int, AsyncGenerator[Seen]] = {}
        heads: dict[int, Seen] = {}
        for rank, conversation in enumerate(conversations):
            source = _shown(messages, conversation, newest_first=newest_first, anchor=anchors.get(conversation.id))
            sources[rank] = await stack.enter_async_context(aclosing(source))
            await _advance(rank, sources, heads)
        while heads:
            rank = await order.first(heads)
            yield heads.pop(rank)
            await _advance(rank, sources, heads)


class _Order:
    """Finds which of several messages comes first, each being of another conversation."""

    def __init__(self, messages: Messages, conversations: Sequence[Conversation], *, newest_first: bool) -> None:
        self._messages = messages
        self._conversations = conversations
        self._newest_first = newest_first
        self._following: dict[tuple[str, int], frozenset[str]] = {}

    async def first(self, heads: Mapping[int, Seen]) -> int:
        """Return the rank of the conversation whose message comes first."""
        dates = [head.message.timestamp for head in heads.values() if head.message.timestamp]
        date = max(dates) if self._newest_first else min(dates)
        tied = sorted(rank for rank, head in heads.items() if head.message.timestamp == date)
        found = tied[0]
        for rank in tied[1:]:
            if not await self._is_later(heads[found], found, heads[rank], rank):
                found = rank
        return found

    async def _is_later(self, one: Seen, one_rank: int, other: Seen, other_rank: int) -> bool:
        """Return whether the other message comes after the one, in the direction of reading."""
        known = self._following.get((other.row_id, one_rank))
        if known is not None:
            return one.row_id not in known
        place = one.row_id, other_rank
        if place not in self._following:
            self._following[place] = await self._messages.following(
                self._conversations[other_rank], one.row_id, newest_first=self._newest_first
            )
        return other.row_id in self._following[place]


async def _advance(rank: int, sources: dict[int, AsyncGenerator[Seen]], heads: dict[int, Seen]) -> None:
    head = await anext(sources[rank], None)
    if head is not None:
        heads[rank] = head


async def _shown(
    messages: Messages, conversation: Conversation, *, newest_first: bool, anchor: str | None
) -> AsyncGenerator[Seen]:
    rows = messages.scan(conversation, newest_first=newest_first, anchor=anchor)
    async with aclosing(rows):
        async for row in rows:
            if row.message is not None:
                yield Seen(row.message, conversation.id, row.id)
