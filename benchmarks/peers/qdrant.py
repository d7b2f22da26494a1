"""Qdrant's local mode with given vectors, which compares with all of them; called in the event loop's thread."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import Any, Self

from benchmarks.texts import DIMENSIONS, vector


class Peer:
    """One collection."""

    def __init__(self, client: Any, models: Any) -> None:
        self.client, self.models = client, models
        self.count = 0
        self.vectors: list[list[float]] = []

    def prepare(self, records: int) -> None:
        """Make the vectors of so many records; this is not measured."""
        self.vectors = [vector(number) for number in range(records)]

    @classmethod
    async def open(cls, folder: Path) -> Self:
        """Open a new database in the folder."""
        library = import_module("qdrant_client")  # not installed where types are checked
        client, models = library.QdrantClient(path=str(folder)), library.models
        chosen = models.VectorParams(size=DIMENSIONS, distance=models.Distance.COSINE)
        client.create_collection("facts", vectors_config=chosen)
        return cls(client, models)

    async def close(self) -> None:
        """Close the files."""
        self.client.close()

    async def add(self, text: str) -> None:
        """Store one record with its vector."""
        self._add([text])

    async def add_many(self, texts: list[str]) -> None:
        """Store many records with their vectors."""
        self._add(texts)

    def _add(self, texts: list[str]) -> None:
        points: list[Any] = []
        for text in texts:
            points.append(
                self.models.PointStruct(id=self.count, vector=self.vectors[self.count], payload={"content": text})
            )
            self.count += 1
        self.client.upsert("facts", points)

    async def get(self, number: int) -> None:
        """Read one record by its id."""
        assert len(self.client.retrieve("facts", [number])) == 1

    async def page(self) -> None:
        """Read a hundred records."""
        assert len(self.client.scroll("facts", limit=100)[0]) == 100

    async def search(self, query: str, seed: int) -> None:
        """Find the ten nearest."""
        del query
        assert self.client.query_points("facts", query=vector(seed), limit=10).points
