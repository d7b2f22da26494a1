"""memio's document search: each turn a separate document, `speaker: text`, as isolated notes would be."""

from __future__ import annotations

from pathlib import Path

from benchmarks.locomo import Conversation

from memio import Memio
from memio.protocols import DocumentInput


class Store:
    """One user for each conversation."""

    def __init__(self, memio: Memio) -> None:
        self.memio = memio

    async def remember(self, conversation: Conversation) -> None:
        """Store a conversation."""
        items: list[DocumentInput] = [
            {"content": f"{turn.speaker}: {turn.text}", "doc_id": turn.id} for turn in conversation.turns
        ]
        await self.memio.documents.add_many(items, user_id=conversation.name)

    async def find(self, name: str, question: str, limit: int) -> list[str]:
        """Return the ids of the best turns of a conversation."""
        return [found.id for found in await self.memio.documents.search(query=question, limit=limit, user_id=name)]

    async def close(self) -> None:
        """Close the file."""
        await self.memio.aclose()


async def open_store(folder: Path) -> Store:
    """Open a new file in the folder."""
    return Store(Memio.from_config({"documents": {"provider": "sqlite", "path": str(folder / "memio.db")}}))
