"""memio's conversation search: a session for each session, with speakers and dates."""

from __future__ import annotations

from itertools import groupby
from pathlib import Path

from benchmarks.locomo import Conversation

from memio import Memio, Message


class Store:
    """One user for each conversation."""

    def __init__(self, memio: Memio) -> None:
        self.memio = memio

    async def remember(self, conversation: Conversation) -> None:
        """Store a conversation."""
        for session, turns in groupby(conversation.turns, key=lambda turn: turn.session):
            messages = [
                Message(role="user", name=turn.speaker, content=turn.text, timestamp=turn.moment, id=turn.id)
                for turn in turns
            ]
            await self.memio.history.add(session_id=session, messages=messages, user_id=conversation.name)

    async def find(self, name: str, question: str, limit: int) -> list[str]:
        """Return the ids of the best turns of a conversation."""
        found = await self.memio.history.search(query=question, limit=limit, user_id=name)
        return [str(message.id) for message in found]

    async def close(self) -> None:
        """Close the file."""
        await self.memio.aclose()


async def open_store(folder: Path) -> Store:
    """Open a new file in the folder."""
    return Store(Memio.from_config({"history": {"provider": "sqlite", "path": str(folder / "memio.db")}}))
