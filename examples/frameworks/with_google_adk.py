"""A memory service of Google's Agent Development Kit. Needs google-adk."""

import asyncio

from google.adk.events.event import Event
from google.adk.memory.base_memory_service import BaseMemoryService, SearchMemoryResponse
from google.adk.memory.memory_entry import MemoryEntry
from google.adk.sessions.session import Session
from google.genai import types

from memio import Memio, Message


class MemioMemoryService(BaseMemoryService):
    """Keeps the events of sessions as messages; a session may be added again and again."""

    def __init__(self, memio: Memio) -> None:
        self.memio = memio

    async def add_session_to_memory(self, session: Session) -> None:
        """Store the events that have a text, each under its id."""
        messages = [
            Message(
                role="user" if event.author == "user" else "assistant",
                content="\n".join(part.text for part in event.content.parts if part.text),
                data={"author": event.author, "content": event.content.model_dump(mode="json", exclude_none=True)},
                id=event.id,
            )
            for event in session.events
            if event.content and any(part.text for part in event.content.parts or [])
        ]
        scoped = self.memio.scoped(user_id=session.user_id, namespace=(session.app_name,))
        if messages:
            await scoped.history.add(session_id=session.id, messages=messages)

    async def search_memory(self, *, app_name: str, user_id: str, query: str) -> SearchMemoryResponse:
        """Return what the user and the agents said that matches best."""
        found = await self.memio.history.search(query, limit=5, user_id=user_id, namespace=(app_name,))
        return SearchMemoryResponse(
            memories=[MemoryEntry.model_validate({**each.data, "id": each.id}) for each in found]
        )


async def main() -> None:
    """Remember a session, and find it from another one."""
    async with Memio.from_config({"history": {"provider": "sqlite", "path": "adk.db"}}) as memio:
        service = MemioMemoryService(memio)
        content = types.Content(role="user", parts=[types.Part(text="I take my coffee black")])
        session = Session(
            id="s1", app_name="cafe", user_id="alice", events=[Event(author="user", content=content, id="e1")]
        )
        for _ in range(2):
            await service.add_session_to_memory(session)
        response = await service.search_memory(app_name="cafe", user_id="alice", query="coffee")
        print([entry.content.parts[0].text for entry in response.memories])


asyncio.run(main())
