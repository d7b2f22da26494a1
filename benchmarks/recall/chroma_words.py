"""Chroma offline: without a model it finds the texts that contain a word of the question, and does not rank them."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from benchmarks.locomo import Conversation
from benchmarks.recall import chroma


class Store(chroma.Store):
    """One collection for all conversations, with meaningless vectors."""

    async def remember(self, conversation: Conversation, **more: Any) -> None:
        """Store a conversation."""
        await super().remember(conversation, embeddings=[[0.0]] * len(conversation.turns), **more)

    async def find(self, name: str, question: str, limit: int) -> list[str]:
        """Return the ids of the first turns of a conversation with any of the words."""
        words: list[Any] = [{"$contains": word} for word in re.findall(r"\w+", question)]
        wanted = words[0] if len(words) == 1 else {"$or": words}
        found = self.collection.get(where={"conversation": name}, where_document=wanted, limit=limit, include=[])
        return [str(key).partition(" ")[2] for key in found["ids"]]


async def open_store(folder: Path) -> Store:
    """Open a new database in the folder."""
    return Store(folder, embedding_function=None)
