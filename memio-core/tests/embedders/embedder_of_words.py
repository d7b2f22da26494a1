"""Embedders for tests."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from zlib import crc32

DIMENSIONS = 32

MEANINGS = {"coffee": "beverage", "tea": "beverage", "dog": "animal", "cat": "animal"}
"""Words that mean the same as another."""


def vector_of(text: str) -> list[float]:
    """Return the vector of a text: each word counts where its meaning is hashed to."""
    vector = [0.0] * DIMENSIONS
    for word in text.lower().split():
        vector[crc32(MEANINGS.get(word, word).encode()) % DIMENSIONS] += 1.0
    return vector


class WordEmbedder:
    """Embeds by words and their meanings. It records what it is asked, and where."""

    model = "words-1"
    dimensions = DIMENSIONS
    max_chars = 200
    destination: str | None = None

    def __init__(self) -> None:
        self.texts: list[str] = []
        self.queries: list[str] = []
        self.loops: set[object] = set()
        self.closed_in: list[object] = []

    async def embed_documents(self, texts: Sequence[str]) -> Sequence[Sequence[float]]:
        """Return the vectors of texts."""
        self.texts += texts
        return await self.answer(texts)

    async def embed_queries(self, texts: Sequence[str]) -> Sequence[Sequence[float]]:
        """Return the vectors of queries."""
        self.queries += texts
        return await self.answer(texts)

    async def answer(self, texts: Sequence[str]) -> Sequence[Sequence[float]]:
        """Return the vectors; tests replace it."""
        self.loops.add(asyncio.get_running_loop())
        await asyncio.sleep(0)
        return [vector_of(text) for text in texts]

    async def aclose(self) -> None:
        """Record where it was closed."""
        self.closed_in.append(asyncio.get_running_loop())
