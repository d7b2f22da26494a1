"""Chroma's persistent client with the same vectors."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import Any

from benchmarks.texts import vector

MOST = 5_000
"""Records in one call; Chroma takes somewhat more."""


class Peer:
    """One collection."""

    def __init__(self, collection: Any) -> None:
        self.collection = collection

    async def fill(self, records: list[tuple[str, str]]) -> None:
        """Store texts with their owners and vectors."""
        for begin in range(0, len(records), MOST):
            some = records[begin : begin + MOST]
            self.collection.add(
                ids=[str(number) for number in range(begin, begin + len(some))],
                documents=[text for text, _ in some],
                metadatas=[{"owner": owner} for _, owner in some],
                embeddings=[vector(number) for number in range(begin, begin + len(some))],
            )

    async def search(self, query: str, owner: str | None) -> None:
        """Find the ten nearest of an owner, or of everybody."""
        found = self.collection.query(
            query_embeddings=[vector(int(query.rpartition("unique")[2]))],
            n_results=10,
            where={"owner": owner} if owner else None,
        )
        assert found["ids"][0]

    async def close(self) -> None:
        """Do nothing: the database ends with its process."""


async def open_peer(folder: Path) -> Peer:
    """Open the database in the folder."""
    chromadb = import_module("chromadb")  # not installed where types are checked
    client = chromadb.PersistentClient(str(folder), settings=chromadb.Settings(anonymized_telemetry=False))
    return Peer(client.get_or_create_collection("facts", embedding_function=None))
