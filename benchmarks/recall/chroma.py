"""Chroma with its default embedding, where its model is on this machine already: it comes from the network."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import Any

from benchmarks.locomo import Conversation
from benchmarks.samples import Skipped


class Store:
    """One collection for all conversations."""

    def __init__(self, folder: Path, **options: Any) -> None:
        chromadb = import_module("chromadb")  # not installed where types are checked
        client = chromadb.PersistentClient(str(folder), settings=chromadb.Settings(anonymized_telemetry=False))
        self.collection = client.create_collection("turns", **options)

    async def remember(self, conversation: Conversation, **more: Any) -> None:
        """Store a conversation."""
        turns = conversation.turns
        self.collection.add(
            ids=[f"{conversation.name} {turn.id}" for turn in turns],
            documents=[f"{turn.speaker}: {turn.text}" for turn in turns],
            metadatas=[{"conversation": conversation.name}] * len(turns),
            **more,
        )

    async def find(self, name: str, question: str, limit: int) -> list[str]:
        """Return the ids of the nearest turns of a conversation."""
        found = self.collection.query(query_texts=[question], n_results=limit, where={"conversation": name})
        return [str(key).partition(" ")[2] for key in found["ids"][0]]

    async def close(self) -> None:
        """Do nothing: the database ends with its process."""


async def open_store(folder: Path) -> Store:
    """Open a new database in the folder."""
    model = import_module("chromadb.utils.embedding_functions").ONNXMiniLM_L6_V2  # as above
    if not Path(model.DOWNLOAD_PATH, model.EXTRACTED_FOLDER_NAME, "model.onnx").is_file():
        raise Skipped("its embedding model is not on this machine, and the benchmark loads none")
    return Store(folder)
