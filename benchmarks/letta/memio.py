"""memio's letta provider, through the client: of this memio and of the published 0.3.1, by the environment."""

from __future__ import annotations

from memio import Memio, Message
from memio.providers.letta import LettaFactAdapter, LettaHistoryAdapter


class Store:
    """Facts and conversations of one agent."""

    def __init__(self, memio: Memio) -> None:
        self.memio = memio

    async def add(self, text: str) -> str:
        """Store a fact and return its id."""
        return (await self.memio.facts.add(content=text)).id

    async def get(self, name: str) -> None:
        """Read one fact by its id."""
        assert (await self.memio.facts.get(fact_id=name)).id == name

    async def page(self) -> None:
        """Read the first hundred facts."""
        assert await self.memio.facts.get_all(limit=100)

    async def search(self, query: str) -> None:
        """Find the ten best."""
        assert await self.memio.facts.search(query=query, limit=10)

    async def update(self, name: str, text: str) -> str:
        """Replace a text and return the id that the fact has now."""
        return (await self.memio.facts.update(fact_id=name, content=text)).id

    async def delete(self, name: str) -> None:
        """Delete one fact."""
        await self.memio.facts.delete(fact_id=name)

    async def turn(self, session: str, text: str) -> None:
        """Send a message and return the agent's answer."""
        await self.memio.history.add(session_id=session, messages=[Message(role="user", content=text)])

    async def last(self, session: str) -> None:
        """Read the last fifty messages."""
        assert await self.memio.history.get(session_id=session, limit=50)

    async def close(self) -> None:
        """Close the connections, where memio can: 0.3.1 leaves them open."""
        if hasattr(self.memio, "aclose"):
            await self.memio.aclose()


async def open_store(url: str, agent: str) -> Store:
    """Return the stores of an agent."""
    facts = LettaFactAdapter(base_url=url, agent_id=agent)
    return Store(Memio(facts=facts, history=LettaHistoryAdapter(base_url=url, agent_id=agent)))
