"""The floor: letta-client alone, with the fewest requests that do the work.

Letta cannot read a passage by its id. Here it is the newest one that is read, which takes one request.
"""

from __future__ import annotations

from typing import Any

from letta_client import AsyncLetta


class Store:
    """Passages and conversations of one agent."""

    def __init__(self, client: Any, agent: str) -> None:
        self.client: Any = client
        self.agent = agent
        self.sessions: dict[str, str] = {}

    async def add(self, text: str) -> str:
        """Store a passage and return its id."""
        (passage,) = await self.client.agents.passages.create(self.agent, text=text)
        return str(passage.id)

    async def get(self, name: str) -> None:
        """Read the newest passage."""
        (passage,) = await self.client.agents.passages.list(self.agent, limit=1, ascending=False)
        assert passage.id == name

    async def page(self) -> None:
        """Read the first hundred passages."""
        assert await self.client.agents.passages.list(self.agent, limit=100)

    async def search(self, query: str) -> None:
        """Find the ten best."""
        assert (await self.client.agents.passages.search(self.agent, query=query, top_k=10)).results

    async def update(self, name: str, text: str) -> str:
        """Replace a text: a new passage, then the end of the old one. Its time and tags are not kept."""
        new = await self.add(text)
        await self.delete(name)
        return new

    async def delete(self, name: str) -> None:
        """Delete one passage."""
        await self.client.agents.passages.delete(name, agent_id=self.agent)

    async def turn(self, session: str, text: str) -> None:
        """Send a message and return the agent's answer."""
        if session not in self.sessions:
            self.sessions[session] = (await self.client.conversations.create(agent_id=self.agent)).id
        messages = [{"role": "user", "content": text}]
        stream = await self.client.conversations.messages.create(self.sessions[session], messages=messages)
        async for _ in stream:
            pass

    async def last(self, session: str) -> None:
        """Read the last fifty messages."""
        assert (await self.client.conversations.messages.list(self.sessions[session], limit=50)).items

    async def close(self) -> None:
        """Close the connections."""
        await self.client.close()


async def open_store(url: str, agent: str) -> Store:
    """Return the passages and conversations of an agent."""
    return Store(AsyncLetta(base_url=url), agent)
