"""Embedding the texts of a table: claimed in one transaction, embedded outside of any, stored in another."""

from __future__ import annotations

from asyncio import sleep
from collections.abc import Callable, Sequence
from functools import partial
from sqlite3 import Connection
from typing import NamedTuple

from memio.errors import ClosedError, ProviderError, UnavailableError
from memio.owners import Scope
from memio.protocols import Embedded, StoreEmbedder
from memio.providers.sqlite._columns.values import now
from memio.providers.sqlite._db.engine import Engine
from memio.providers.sqlite._meaning import queue
from memio.providers.sqlite._meaning.models import (
    Model,
    adopt_model,
    check_model,
    find_model,
    intern_model,
    make_current,
    other_model,
    set_centre,
)
from memio.providers.sqlite._meaning.queue import Claimed
from memio.providers.sqlite._meaning.typical import TYPICAL
from memio.toolkit.meaning import embed_claimed

NOTHING = Embedded(0, 0)
_CENTRED_FROM = 300
"""How many records a table has had before the centre of its vectors is of use, even if each has 64 windows."""
_PAUSE = 1.0
"""Seconds before the answer that there is something left, where nothing could be claimed."""


class _Work(NamedTuple):
    """Texts that were claimed, and for which model."""

    model: Model
    texts: list[Claimed]


class Embedding:
    """Embeds the texts of a table with the embedder of a client.

    Args:
        engine: The engine of the store.
        table: The table.
        embedder: The embedder.
    """

    def __init__(self, engine: Engine, table: str, embedder: StoreEmbedder) -> None:
        self._engine = engine
        self._table = table
        self._embedder = embedder

    async def embed_pending(self, limit: int) -> Embedded:
        """Embed at most so many records; return how many got their vectors, and how many were refused.

        Raises:
            OtherModelError: The table has vectors of another model.
        """
        if limit < 1:
            await self._engine.search(lambda db: check_model(db, self._table, self._embedder.model, now()))
            return NOTHING
        return await self._embed(limit, self._adopt)

    async def count(self, scope: Scope, before: int | None) -> Embedded:
        """Return how many texts in scope have no vector of the embedder's model yet, and how many were refused."""
        return await self._engine.search(lambda db: queue.count(db, self._table, self._find(db), scope, before))

    async def reindex(self, limit: int) -> int:
        """Embed at most so many records for the embedder's model beside the current one; return how many are left."""
        if limit < 1:
            return await self._engine.search(self._count_left)
        await self._engine.write(self._begin)
        done = await self._embed(limit, self._intern)
        left = await self._engine.write(self._finish)
        if left and done == NOTHING:
            await sleep(_PAUSE)  # another process, or one that was killed a moment ago, has claimed them
        return left

    async def _embed(self, limit: int, choose: Callable[[Connection], Model]) -> Embedded:
        stored = refused = 0
        while stored + refused < limit:
            work = await self._engine.write(partial(self._claim, choose, limit - stored - refused))
            some = await self._embed_claimed(work) if work.texts else NOTHING
            if work.model.upto >= _CENTRED_FROM and work.model.dimensions and not work.model.centre:
                await self._find_centre(work.model)
            if not work.texts:
                break
            stored, refused = stored + some.pending, refused + some.failed
        return Embedded(stored, refused)

    async def _find_centre(self, model: Model) -> None:
        """Find where the vectors of the model lie, by texts that are the same for everybody."""
        from memio.toolkit.vectors import centre_of

        try:
            centre = centre_of(await self._embedder.embed_documents(TYPICAL))
        except (UnavailableError, ClosedError):
            raise
        except ProviderError:  # it refuses one of them: the bits are those of a centre at 0
            centre = bytes(4 * model.dimensions)
        await self._engine.write(lambda db: set_centre(db, model.number, centre))

    async def _embed_claimed(self, work: _Work) -> Embedded:
        def check(length: int) -> None:
            if work.model.dimensions not in (0, length):
                raise other_model(self._table, work.model, self._embedder.model, length)

        return await embed_claimed(
            self._embedder, work.texts, _Claims(self._engine, self._table, work.model.number), check
        )

    # Inside transactions

    def _find(self, db: Connection) -> Model | None:
        return find_model(db, self._table, self._embedder.model)

    def _intern(self, db: Connection) -> Model:
        return intern_model(db, self._table, self._embedder.model)

    def _adopt(self, db: Connection) -> Model:
        return adopt_model(db, self._table, self._embedder.model, now())

    def _claim(self, choose: Callable[[Connection], Model], limit: int, db: Connection) -> _Work:
        model = choose(db)
        return _Work(model, queue.claim(db, self._table, model, limit, self._embedder.max_chars, now()))

    def _count_left(self, db: Connection) -> int:
        model = self._find(db)
        counted = queue.count(db, self._table, model)
        return counted.pending + (counted.failed if model is not None and model.current else 0)

    def _begin(self, db: Connection) -> None:
        model = self._intern(db)
        if model.current and not queue.count(db, self._table, model).pending:
            queue.retry_failed(db, self._table, model)

    def _finish(self, db: Connection) -> int:
        """Make the model the current one where nothing is left to be embedded for it."""
        model = self._find(db)
        left = queue.count(db, self._table, model).pending
        if not left and model is not None and not model.current:
            make_current(db, self._table, model.number)
        return left


class _Claims(NamedTuple):
    """Texts that were claimed for a model."""

    engine: Engine
    table: str
    number: int

    async def store(self, vectors: Sequence[tuple[Claimed, Sequence[Sequence[float]]]]) -> int:
        from memio.toolkit.vectors import dimensions_of, pack

        given = [vector for _, some in vectors for vector in some]
        packed = pack(given) if given else []
        dimensions = dimensions_of(packed[0]) if packed else 0
        remaining = iter(packed)
        rows = [(text, [next(remaining) for _ in some]) for text, some in vectors]
        return await self.engine.write(lambda db: queue.store(db, self.table, self.number, dimensions, rows))

    async def refuse(self, text: Claimed) -> None:
        await self.engine.write(lambda db: queue.refuse(db, self.table, text))

    async def release(self, texts: Sequence[Claimed]) -> None:
        await self.engine.write(lambda db: queue.release(db, self.table, texts))
