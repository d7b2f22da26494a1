"""A deterministic embedder for tests of stores that search by meaning."""

from __future__ import annotations

import re
from collections.abc import Sequence
from zlib import crc32

_MEANS = {
    "physician": "doctor",
    "surgeon": "doctor",
    "automobile": "car",
    "vehicle": "car",
    "beverage": "coffee",
    "espresso": "coffee",
    "feline": "cat",
    "kitten": "cat",
}
"""Words that mean what another one means."""


def meanings(text: str) -> list[str]:
    """Return what the words of a text mean, in their order.

    Example:
        >>> from memio_contract.embedder import meanings
        >>> meanings("A physician, and a doctor.")
        ['a', 'doctor', 'and', 'a', 'doctor']
    """
    words: list[str] = re.findall(r"\w+", text.lower())
    return [_MEANS.get(word, word) for word in words]


class MeaningEmbedder:
    """Embeds a text by the meanings of its words: those of *physician* and *doctor* are the same.

    It needs no package, and gives the same vectors everywhere. Nothing is near that shares no meaning.

    Example:
        >>> import asyncio
        >>> from memio_contract import MeaningEmbedder
        >>> one, other = asyncio.run(MeaningEmbedder().embed_documents(["physician", "doctor"]))
        >>> one == other
        True
    """

    model = "memio-contract-words-1"
    dimensions = 256
    max_chars = 1000
    destination: str | None = None

    async def embed_documents(self, texts: Sequence[str]) -> Sequence[Sequence[float]]:
        """Return the vectors of texts."""
        return [self._vector(text) for text in texts]

    async def embed_queries(self, texts: Sequence[str]) -> Sequence[Sequence[float]]:
        """Return the vectors of queries."""
        return [self._vector(text) for text in texts]

    async def aclose(self) -> None:
        """Do nothing."""

    def _vector(self, text: str) -> list[float]:
        vector = [0.0] * self.dimensions
        for meaning in meanings(text):
            vector[crc32(meaning.encode()) % self.dimensions] += 1.0
        return vector
