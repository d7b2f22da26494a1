"""Chroma offline: without a model it can tell which texts contain a word of the question, and ranks nothing."""

from __future__ import annotations

import re
from importlib import import_module
from pathlib import Path
from typing import Any

from benchmarks.locomo import Conversation


class Store:
    """One collection for all conversations."""

    def __init__(self, collection: Any) -> None:
        self.collection = collection

    async def remember(self, conversation: Conversation) -> None:
        """Store a conversation."""
        turns = conversation.turns
        self.collection.add(
            ids=[f"{conversation.name} {turn.id}" for turn in turns],
            documents=[f"{turn.speaker}: {turn.text}" for turn in turns],
            metadatas=[{"conversation": conversation.name}] * len(turns),
            embeddings=[[0.0]] * len(turns),
        )

    async def find(self, name: str, question: str, limit: int) -> list[str]:
        """Return the ids of the first turns of a conversation with any of the words."""
        words: list[Any] = [{"$contains": word} for word in re.findall(r"\w+", question)]
        wanted = words[0] if len(words) == 1 else {"$or": words}
        found = self.collection.get(where={"conversation": name}, where_document=wanted, limit=limit, include=[])
        return [str(key).partition(" ")[2] for key in found["ids"]]

    async def close(self) -> None:
        """Do nothing: the database ends with its process."""


async def open_store(folder: Path) -> Store:
    """Open a new database in the folder."""
    chromadb = import_module("chromadb")  # not installed where types are checked
    client = chromadb.PersistentClient(str(folder), settings=chromadb.Settings(anonymized_telemetry=False))
    return Store(client.create_collection("turns", embedding_function=None))
