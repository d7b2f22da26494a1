"""A small store of facts, in memory, that implements `SupportsEmbedding`."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace
from uuid import uuid4

from memio import Fact, Feature, Guarantee, NotFoundError, Page
from memio.errors import OtherModelError, ProviderError, UnavailableError
from memio.owners import ANYWHERE, NO_OWNER, Owner, Scope
from memio.protocols import Embedded, StoreEmbedder

ALONE = 3
"""How often a text is refused alone until it counts as failed."""


@dataclass
class Row:
    """One fact, and what is known of its vector."""

    fact: Fact
    number: int
    vector: Sequence[float] | None = None
    model: str = ""
    refusals: int = 0
    claimed: bool = False

    @property
    def failed(self) -> bool:
        return self.refusals >= ALONE


class MemoryFacts:
    """Facts of all owners, by id."""

    features: frozenset[str] = frozenset(
        {Feature.ATTRIBUTION, Feature.USER_SCOPE, Feature.UPDATE, Feature.KEYWORD_SEARCH}
    )
    guarantees: frozenset[str] = frozenset({Guarantee.STABLE_IDS, Guarantee.ANY_LOOP})
    provider = "memory"

    def __init__(self, *, any_loop: bool = True) -> None:
        self.rows: dict[str, Row] = {}
        self.embedder: StoreEmbedder | None = None
        self.numbers = 0
        self.current = ""
        self.embedded_in: set[object] = set()
        self.embedding_fails: list[Exception] = []
        self.closed = False
        if not any_loop:
            self.guarantees = self.guarantees - {Guarantee.ANY_LOOP}

    def use_embedder(self, embedder: StoreEmbedder) -> None:
        self.embedder = embedder
        self.features = self.features | {Feature.SEMANTIC_SEARCH}

    async def add(self, *, content: str, owner: Owner = NO_OWNER) -> Fact:
        fact = Fact(id=uuid4().hex, content=content, user_id=owner.user_id, agent_id=owner.agent_id)
        self.numbers += 1
        self.rows[fact.id] = Row(fact, self.numbers)
        return fact

    async def get(self, *, fact_id: str, scope: Scope = ANYWHERE) -> Fact:
        return self._row(fact_id, scope).fact

    async def get_all(self, *, limit: int, cursor: str | None, scope: Scope = ANYWHERE) -> Page[Fact]:
        return Page([row.fact for row in self._rows(scope)][:limit])

    async def search(self, *, query: str, limit: int, mode: str = "auto", scope: Scope = ANYWHERE) -> list[Fact]:
        words = set(query.split())
        scores = {row.fact.id: float(len(words & set(row.fact.content.split()))) for row in self._rows(scope)}
        vector = None
        if self.embedder is not None and mode != "keyword":
            vector = await self.embedder.embed_query(query, required=mode == "semantic")
        if vector is not None:
            for row in self._rows(scope):
                nearness = sum(a * b for a, b in zip(vector, row.vector or (), strict=False))
                scores[row.fact.id] = nearness + (0.0 if mode == "semantic" else scores[row.fact.id])
        found = sorted((one for one in scores.items() if one[1] > 0), key=lambda one: -one[1])
        return [replace(self.rows[fact_id].fact, score=score) for fact_id, score in found[:limit]]

    async def update(self, *, fact_id: str, content: str = "", scope: Scope = ANYWHERE) -> Fact:
        row = self._row(fact_id, scope)
        self.numbers += 1
        self.rows[fact_id] = Row(replace(row.fact, content=content), self.numbers)
        return self.rows[fact_id].fact

    async def delete(self, *, fact_id: str, scope: Scope = ANYWHERE) -> None:
        self._row(fact_id, scope)
        del self.rows[fact_id]

    async def delete_all(self, *, scope: Scope = ANYWHERE) -> None:
        for row in self._rows(scope):
            del self.rows[row.fact.id]

    async def aclose(self) -> None:
        self.closed = True

    async def embed_pending(self, *, limit: int) -> Embedded:
        assert not self.closed
        self.embedded_in.add(asyncio.get_running_loop())
        if self.embedding_fails:
            raise self.embedding_fails.pop(0)
        assert self.embedder is not None
        self.current = self.current or self.embedder.model
        if self.current != self.embedder.model:
            raise OtherModelError("another model is the current one: run memio reindex")
        return await self._embed([row for row in self.rows.values() if self._pending(row)][:limit])

    async def count_pending(self, *, before: int | None = None, scope: Scope = ANYWHERE) -> Embedded:
        rows = [row for row in self._rows(scope) if before is None or row.number <= before]
        pending = sum(row.vector is None and not row.failed for row in rows)
        return Embedded(pending, sum(row.failed for row in rows), self.numbers)

    async def reindex(self, *, limit: int) -> int:
        assert self.embedder is not None
        model = self.embedder.model
        for row in self.rows.values():
            row.refusals = 0
        rows = [row for row in self.rows.values() if row.model != model]
        if limit:
            await self._embed(rows[:limit])
        left = sum(row.model != model and not row.failed for row in self.rows.values())
        if not left:
            self.current = model
        return left

    def _pending(self, row: Row) -> bool:
        return row.vector is None and not row.failed and not row.claimed

    async def _embed(self, rows: list[Row]) -> Embedded:
        assert self.embedder is not None
        if not rows:
            return Embedded(0, 0)
        for row in rows:
            row.claimed = True
        try:
            vectors = await self.embedder.embed_documents([row.fact.content for row in rows])
        except UnavailableError:
            raise
        except ProviderError:
            if len(rows) == 1:
                rows[0].refusals += 1
                return Embedded(0, 1)
            half = len(rows) // 2
            one, other = await self._embed(rows[:half]), await self._embed(rows[half:])
            return Embedded(one.pending + other.pending, one.failed + other.failed)
        finally:
            for row in rows:
                row.claimed = False
        for row, vector in zip(rows, vectors, strict=True):
            row.vector, row.model = vector, self.embedder.model
        return Embedded(len(rows), 0)

    def _rows(self, scope: Scope) -> list[Row]:
        return [row for row in list(self.rows.values()) if scope.matches(row.fact.owner)]

    def _row(self, fact_id: str, scope: Scope) -> Row:
        row = self.rows.get(fact_id)
        if row is None or not scope.matches(row.fact.owner):
            raise NotFoundError("fact", fact_id)
        return row
