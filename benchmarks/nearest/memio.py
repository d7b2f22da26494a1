"""memio with vectors that are made from the number of a text, or without any."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks.texts import DIMENSIONS, vector

from memio import Memio
from memio.protocols import FactInput

PORTION = 5_000


class Numbers:
    """Makes the vector of a text from the number at its end."""

    model = "numbers-1"
    dimensions = DIMENSIONS
    max_chars = 2000
    destination: str | None = None

    async def embed_documents(self, texts: Sequence[str]) -> list[list[float]]:
        """Return vectors."""
        return [vector(int(text.rpartition("unique")[2])) for text in texts]

    async def embed_queries(self, texts: Sequence[str]) -> list[list[float]]:
        """Return vectors."""
        return await self.embed_documents(texts)

    async def aclose(self) -> None:
        """Do nothing."""


class Peer:
    """One file."""

    def __init__(self, memio: Memio) -> None:
        self.memio = memio

    async def fill(self, records: list[tuple[str, str]]) -> None:
        """Store texts with their owners, and wait until they have vectors."""
        for begin in range(0, len(records), PORTION):
            items: list[FactInput] = [
                {"content": text, "user_id": owner} for text, owner in records[begin : begin + PORTION]
            ]
            await self.memio.facts.add_many(items)
        await self.memio.wait_embedded()

    async def search(self, query: str, owner: str | None) -> None:
        """Find the ten best of an owner, or of everybody."""
        await (self.memio.facts.search(query, user_id=owner) if owner else self.memio.facts.search(query))

    async def close(self) -> None:
        """Close the file."""
        await self.memio.aclose()


async def open_peer(folder: Path, *, vectors: bool) -> Peer:
    """Open the file in the folder."""
    config: Any = {"facts": {"provider": "sqlite", "path": str(folder / "memio.db")}}
    return Peer(Memio.from_config(config, embedder=Numbers() if vectors else None))
