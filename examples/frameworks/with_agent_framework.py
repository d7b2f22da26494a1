"""A history provider of the Microsoft Agent Framework. Needs agent-framework-core."""

import asyncio
from collections.abc import Sequence
from typing import Any

from agent_framework import Agent, AgentSession, BaseChatClient, ChatResponse, HistoryProvider, Message

from memio import Memio
from memio import Message as Stored


class MemioHistory(HistoryProvider):
    """Keeps the messages of sessions in memio."""

    def __init__(self, memio: Memio, user: str) -> None:
        super().__init__("memio")
        self.history = memio.scoped(user_id=user).history

    async def get_messages(self, session_id: str | None, **_: Any) -> list[Message]:
        """Return the last fifty messages of a session."""
        stored = await self.history.get(session_id or "default", limit=50)
        return [Message.from_dict(message.data) for message in stored]

    async def save_messages(self, session_id: str | None, messages: Sequence[Message], **_: Any) -> None:
        """Store messages, with their text to be searched."""
        new = [Stored(role=str(each.role), content=each.text, data=each.to_dict()) for each in messages]
        if new:
            await self.history.add(session_id=session_id or "default", messages=new)


class Parrot(BaseChatClient):
    """A model that repeats how many messages it got."""

    def _inner_get_response(self, *, messages: Sequence[Message], **_: Any) -> Any:
        async def answer() -> ChatResponse:
            return ChatResponse(messages=[Message(role="assistant", contents=[f"{len(messages)} messages"])])

        return answer()


async def main() -> None:
    """Run an agent twice in one session, each time with another client, as after a restart."""
    for question in ("I take my coffee black", "How do I take my coffee?"):
        async with Memio.from_config({"history": {"provider": "sqlite", "path": "agent.db"}}) as memio:
            agent = Agent(client=Parrot(), context_providers=[MemioHistory(memio, "alice")])
            print((await agent.run(question, session=AgentSession(session_id="chat"))).text)


asyncio.run(main())
