"""Embedding the texts of a table: claimed in one transaction, embedded outside of any, stored in another."""

from __future__ import annotations

from asyncio import sleep
from collections.abc import Awaitable, Callable, Sequence
from typing import NamedTuple, TypeVar

from memio.owners import Scope
from memio.protocols import Embedded, StoreEmbedder
from memio.providers.postgres._db.connection import Connection
from memio.providers.postgres._db.database import Database
from memio.providers.postgres._meaning import queue
from memio.providers.postgres._meaning.horizon import Horizon
from memio.providers.postgres._meaning.models import (
    COLUMNS,
    Model,
    adopt_model,
    check_model,
    find_model,
    intern_model,
    lock_models,
    make_current,
    other_model,
)
from memio.providers.postgres._meaning.queue import Claimed, Place
from memio.providers.postgres._parameters import Parameters
from memio.providers.postgres._rows.scopes import owned_in
from memio.toolkit.meaning import embed_claimed

T = TypeVar("T")

NOTHING = Embedded(0, 0)
_PAUSE = 1.0
"""Seconds before the answer that there is something left, where nothing could be claimed."""

Choose = Callable[[Connection, str, str, str], Awaitable[Model]]


class _Work(NamedTuple):
    """Texts that were claimed, and for which model."""

    model: Model
    texts: list[Claimed]


class Embedding:
    """Embeds the texts of a table with the embedder of a client.

    Args:
        database: The database.
        table: The table.
        embedder: The embedder.
    """

    def __init__(self, database: Database, table: str, embedder: StoreEmbedder) -> None:
        self._database = database
        self._place = Place(database.schema, table)
        self._embedder = embedder
        self._horizon = Horizon(self._place.table)

    async def embed_pending(self, limit: int) -> Embedded:
        """Embed at most so many records; return how many got their vectors, and how many were refused.

        Raises:
            OtherModelError: The table has vectors of another model.
        """
        if limit < 1:
            await self._transact(self._check_current)
            return NOTHING
        return await self._embed(limit, adopt_model)

    async def count(self, scope: Scope, before: int | None) -> Embedded:
        """Return how many texts in scope have no vector of the embedder's model yet, and how many were refused."""

        async def work(connection: Connection) -> Embedded:
            parameters = Parameters()
            span = owned_in(self._place.schema, scope, parameters)
            model = await self._find(connection)
            return await queue.count(connection, self._place, model, span, before, parameters)

        return await self._transact(work)

    async def reindex(self, limit: int) -> int:
        """Embed at most so many records for the embedder's model beside the current one; return how many are left."""
        if limit < 1:
            return await self._transact(self._count_left)
        await self._transact(self._begin)
        done = await self._embed(limit, intern_model)
        left = await self._transact(self._finish)
        if left and done == NOTHING:
            await sleep(_PAUSE)  # another process, or one that was killed a moment ago, has claimed them
        return left

    async def _embed(self, limit: int, choose: Choose) -> Embedded:
        stored = refused = 0
        while stored + refused < limit:
            work = await self._claim(choose, limit - stored - refused)
            if not work.texts:
                break
            some = await self._embed_claimed(work)
            stored, refused = stored + some.pending, refused + some.failed
        return Embedded(stored, refused)

    async def _claim(self, choose: Choose, limit: int) -> _Work:
        place = self._place

        async def work(connection: Connection) -> _Work:
            settled = await self._horizon.settled(connection)
            await lock_models(connection, place.schema, place.name)
            model = await choose(connection, place.schema, place.name, self._embedder.model)
            return _Work(model, await queue.claim(connection, place, model, limit, self._embedder.max_chars, settled))

        return await self._transact(work)

    async def _embed_claimed(self, work: _Work) -> Embedded:
        def check(length: int) -> None:
            self._check(work.model, length)

        return await embed_claimed(self._embedder, work.texts, _Claims(self, work.model.number), check)

    async def store(self, number: int, vectors: Sequence[tuple[Claimed, Sequence[Sequence[float]]]]) -> int:
        """Store the vectors of texts for a model; none where it has been given up meanwhile.

        Raises:
            OtherModelError: They are of another length than those that others have stored meanwhile.
        """
        vector = await self._database.vector()
        length = next((len(some[0]) for _, some in vectors if some), 0)
        texts = [(text, [*map(vector_text, some)]) for text, some in vectors]
        place = self._place

        async def work(connection: Connection) -> int:
            if length:
                await connection.execute(
                    f"UPDATE {place.schema}.model SET dimensions = $1 "
                    "WHERE source = $2 AND number = $3 AND dimensions = 0",
                    length,
                    place.name,
                    number,
                )
            rows = await connection.fetch(
                f"SELECT {COLUMNS} FROM {place.schema}.model WHERE source = $1 AND number = $2 FOR SHARE",
                place.name,
                number,
            )
            if not rows:
                return 0
            self._check(Model(*rows[0]), length)
            return await queue.store(connection, place, number, vector, texts)

        return await self._transact(work)

    async def refuse(self, number: int, text: Claimed) -> None:
        """Note that the embedder refused a text alone."""
        await self._transact(lambda connection: queue.refuse(connection, self._place, number, text))

    async def release(self, number: int, texts: Sequence[Claimed]) -> None:
        """Let texts be claimed again at once."""
        await self._transact(lambda connection: queue.release(connection, self._place, number, texts))

    def _check(self, model: Model, length: int) -> None:
        if length and model.dimensions not in (0, length):
            raise other_model(self._place.name, model, self._embedder.model, length)

    async def _transact(self, work: Callable[[Connection], Awaitable[T]]) -> T:
        await self._database.vector()
        return await self._database.transact(work)

    # Inside transactions

    async def _check_current(self, connection: Connection) -> None:
        await check_model(connection, self._place.schema, self._place.name, self._embedder.model)

    async def _find(self, connection: Connection) -> Model | None:
        return await find_model(connection, self._place.schema, self._place.name, self._embedder.model)

    async def _count_left(self, connection: Connection) -> int:
        model = await self._find(connection)
        counted = await queue.count(connection, self._place, model)
        return counted.pending + (counted.failed if model is not None and model.current else 0)

    async def _begin(self, connection: Connection) -> None:
        await lock_models(connection, self._place.schema, self._place.name)
        model = await intern_model(connection, self._place.schema, self._place.name, self._embedder.model)
        if model.current and not (await queue.count(connection, self._place, model)).pending:
            await queue.retry_failed(connection, self._place, model)

    async def _finish(self, connection: Connection) -> int:
        """Make the model the current one where nothing is left to be embedded for it."""
        await lock_models(connection, self._place.schema, self._place.name)
        model = await self._find(connection)
        left = (await queue.count(connection, self._place, model)).pending
        if not left and model is not None and not model.current:
            await make_current(connection, self._place.schema, self._place.name, model.number)
        return left


class _Claims(NamedTuple):
    """Texts that were claimed for a model."""

    embedding: Embedding
    number: int

    async def store(self, vectors: Sequence[tuple[Claimed, Sequence[Sequence[float]]]]) -> int:
        return await self.embedding.store(self.number, vectors)

    async def refuse(self, text: Claimed) -> None:
        await self.embedding.refuse(self.number, text)

    async def release(self, texts: Sequence[Claimed]) -> None:
        await self.embedding.release(self.number, texts)


def vector_text(vector: Sequence[float]) -> str:
    """Return a vector as PostgreSQL reads it. Its numbers are at most 1, since all that counts is its direction."""
    greatest = max(map(abs, vector), default=0.0) or 1.0
    return f"[{','.join([format(number / greatest, '.6g') for number in vector])}]"
