"""Targets for the stores of the proof."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from tempfile import TemporaryDirectory
from typing import Any

from memio.providers.sqlite import (
    SqliteDocumentAdapter,
    SqliteFactAdapter,
    SqliteGraphAdapter,
    SqliteHistoryAdapter,
)
from memio_contract import ContractTarget, MeaningEmbedder
from proof.dict_stores import STORES, backends

SQLITE: dict[str, type[Any]] = {
    "facts": SqliteFactAdapter,
    "history": SqliteHistoryAdapter,
    "documents": SqliteDocumentAdapter,
    "graph": SqliteGraphAdapter,
}


def on_dict(stores: Mapping[str, type[Any]] = STORES, **more: Any) -> ContractTarget:
    """Return a target of stores that are made on the backend of their kind."""

    @asynccontextmanager
    async def fresh() -> AsyncIterator[Any]:
        shared = backends()
        yield lambda: {kind: store(shared[kind]) for kind, store in stores.items()}

    return ContractTarget(fresh=fresh, provider="dict", kinds=tuple(stores), **more)


def on_sqlite(stores: Mapping[str, type[Any]] = SQLITE, **more: Any) -> ContractTarget:
    """Return a target of sqlite stores in a new file."""

    @asynccontextmanager
    async def fresh() -> AsyncIterator[Any]:
        with TemporaryDirectory() as folder:
            path = f"{folder}/memio.db"
            yield lambda: {kind: store(path=path, durability="normal") for kind, store in stores.items()}

    more.setdefault("embedder", MeaningEmbedder)
    return ContractTarget(fresh=fresh, provider="sqlite", kinds=tuple(stores), **more)
