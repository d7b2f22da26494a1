"""Chroma's persistent client with vectors that are given; called in the event loop's own thread, the shortest way."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import Any, Self

from benchmarks.texts import vector

MOST = 5_000
"""Records in one call; Chroma takes somewhat more."""


class Peer:
    """One collection."""

    def __init__(self, collection: Any) -> None:
        self.collection = collection
        self.count = 0
        self.vectors: list[list[float]] = []

    def prepare(self, records: int) -> None:
        """Make the vectors of so many records; this is not measured."""
        self.vectors = [vector(number) for number in range(records)]

    @classmethod
    async def open(cls, folder: Path) -> Self:
        """Open a new database in the folder."""
        chromadb = import_module("chromadb")  # not installed where types are checked
        client = chromadb.PersistentClient(str(folder), settings=chromadb.Settings(anonymized_telemetry=False))
        return cls(client.create_collection("facts", embedding_function=None))

    async def close(self) -> None:
        """Do nothing: the database ends with its process."""

    async def add(self, text: str) -> None:
        """Store one record with its vector."""
        self._add([text])

    async def add_many(self, texts: list[str]) -> None:
        """Store many records with their vectors."""
        for first in range(0, len(texts), MOST):
            self._add(texts[first : first + MOST])

    def _add(self, texts: list[str]) -> None:
        first, self.count = self.count, self.count + len(texts)
        ids = list(map(str, range(first, self.count)))
        self.collection.add(ids=ids, documents=texts, embeddings=self.vectors[first : self.count])

    async def get(self, number: int) -> None:
        """Read one record by its id."""
        assert len(self.collection.get(ids=[str(number)])["ids"]) == 1

    async def page(self) -> None:
        """Read a hundred records."""
        assert len(self.collection.get(limit=100)["ids"]) == 100

    async def search(self, query: str, seed: int) -> None:
        """Find the ten nearest."""
        del query
        assert self.collection.query(query_embeddings=[vector(seed)], n_results=10)["ids"][0]
