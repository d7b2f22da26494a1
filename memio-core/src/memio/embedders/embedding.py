"""What a client with an embedder does for the stores that use it."""

from __future__ import annotations

from asyncio import sleep
from collections.abc import Iterator, Mapping
from time import monotonic

from memio._call.store import CheckedStore
from memio._loops.belonging import StoreLoop
from memio._loops.own import OwnLoop
from memio.capabilities import Kind
from memio.embedders.shared import SharedEmbedder
from memio.embedders.worker import Worker
from memio.errors import OtherModelError, UnavailableError
from memio.owners import Scope
from memio.plugins import Closable
from memio.protocols import Embedded, EmbeddingCount

_FIRST_LOOK, _LONGEST_LOOK = 0.02, 0.25
"""Seconds between two counts of what is pending."""

_STALLED = 90.0
"""Seconds without progress after which nothing is to be expected: a claim of another process lasts one minute."""

_BATCH = 64
"""Records of one call."""


class Embedding:
    """The embedder of a client, and the work that it makes.

    Args:
        embedder: The embedder. The stores use it already.
        stores: The stores that use it, by kind.
    """

    def __init__(self, embedder: SharedEmbedder, stores: Mapping[Kind, CheckedStore]) -> None:
        self.embedder = embedder
        self.kinds = tuple(stores)
        # A store may serve several kinds.
        self._stores = {id(store.store): store for store in reversed(list(stores.values()))}
        self._workers: list[tuple[StoreLoop, Worker]] = []
        by_loop: dict[int, list[CheckedStore]] = {}
        for store in self._stores.values():
            by_loop.setdefault(0 if store.loop.anywhere else id(store.loop), []).append(store)
        self._of_store: dict[int, Worker] = {}
        for together in by_loop.values():
            loop = together[0].loop
            calls = {id(one.store): one.loop.calls_of(one.store) for one in together}
            worker = Worker(calls, background=loop.anywhere)
            self._workers.append((OwnLoop() if loop.anywhere else loop, worker))
            self._of_store.update(dict.fromkeys(calls, worker))
        self._of_kind = {kind: self._of_store[id(store.store)] for kind, store in stores.items()}

    def called(self, kind: Kind, *, wrote: bool) -> None:
        """Note a call of a store; `wrote` states whether it stored texts."""
        worker = self._of_kind.get(kind)
        if worker is not None:
            worker.called(wrote=wrote)

    def destination_of(self, kind: Kind) -> str | None:
        """Return where the texts of a kind are sent; `None` where they stay on this machine."""
        return self.embedder.destination if kind in self.kinds else None

    async def wait(self, scope: Scope, timeout: float | None) -> EmbeddingCount:  # noqa: ASYNC109  # it returns then
        """Wait until what is stored now in a scope is embedded, or refused, or the time is up.

        Raises:
            OtherModelError: Nothing is embedded, because the vectors of a store are of another model.
        """
        began, look = monotonic(), _FIRST_LOOK
        for key, worker in self._of_store.items():
            worker.look_again(key)
        marks: dict[int, int | None] = dict.fromkeys(self._stores)
        moved, before = began, -1
        while True:
            counts = {key: await self._count(store, scope, marks[key]) for key, store in self._stores.items()}
            marks = {key: count.mark if marks[key] is None else marks[key] for key, count in counts.items()}
            for key, count in counts.items():
                if count.pending and (other_model := self._of_store[key].other_model(key)):
                    error = OtherModelError(other_model)
                    raise error.locate(operation="wait_embedded", provider=self._stores[key].provider)
            pending = sum(count.pending for count in counts.values())
            left = None if timeout is None else timeout - (monotonic() - began)
            if pending != before:
                moved, before = monotonic(), pending
            stalled = timeout is None and monotonic() - moved > _STALLED
            if not pending or stalled or (left is not None and left <= 0):
                return EmbeddingCount(pending, sum(count.failed for count in counts.values()))
            await sleep(look if left is None else min(look, left))
            look = min(look * 1.5, _LONGEST_LOOK)

    async def count(self, scope: Scope) -> dict[Kind, Embedded]:
        """Return what is pending and failed now, by kind; a store of several kinds counts under the first."""
        return {store.kind: await self._count(store, scope, None) for store in self._ordered()}

    async def other_model(self) -> str | None:
        """Return why nothing is embedded, where the vectors of a store are of another model; nothing is embedded."""
        try:
            for store in self._ordered():
                await store.call_directly("embed_pending", limit=0)
        except OtherModelError as error:
            return error.message
        return None

    async def embed(self) -> dict[Kind, int]:
        """Embed everything that is pending, and return how many texts that were, by kind.

        Raises:
            OtherModelError: The vectors of a store are of another model; what other stores have is embedded before.
        """
        embedded: dict[Kind, int] = {}
        refused: OtherModelError | None = None
        for store in self._ordered():
            try:
                embedded[store.kind] = await self._drained(store)
            except OtherModelError as error:
                refused = refused or error
        if refused is not None:
            raise refused
        return embedded

    async def reindex(self, limit: int | None) -> dict[Kind, int]:
        """Embed texts with the model of the embedder, and return how many are left, by kind."""
        left: dict[Kind, int] = {}
        for store in self._ordered():
            left[store.kind] = await self._reindexed(store, limit)
            self._of_store[id(store.store)].look_again(id(store.store))
        return left

    def closers(self) -> list[tuple[StoreLoop, Closable]]:
        """Return what ends the work, and the loop in which to close it, in order; the embedder is closed after it."""
        return list(self._workers)

    def _ordered(self) -> Iterator[CheckedStore]:
        yield from sorted(self._stores.values(), key=lambda store: self.kinds.index(store.kind))

    async def _count(self, store: CheckedStore, scope: Scope, before: int | None) -> Embedded:
        keywords = store.confined("count_pending", scope)
        given = {} if before is None else {"before": before}
        counted: Embedded = await store.call_directly("count_pending", **keywords, **given)
        return counted

    async def _drained(self, store: CheckedStore) -> int:
        embedded, moved, seen = 0, monotonic(), -1
        while True:
            done: Embedded = await store.call_directly("embed_pending", limit=_BATCH)
            embedded += done.pending
            if done.pending or done.failed:
                moved = monotonic()
                continue
            # What is left is claimed by the worker, or by another process.
            left = (await store.call_directly("count_pending")).pending
            if not left or monotonic() - moved > _STALLED:
                return embedded
            if left != seen:
                moved, seen = monotonic(), left
            await sleep(_LONGEST_LOOK)

    async def _reindexed(self, store: CheckedStore, limit: int | None) -> int:
        if limit is not None:
            left: int = await store.call_directly("reindex", limit=limit)
            return left
        moved, before = monotonic(), -1
        while left := await store.call_directly("reindex", limit=_BATCH):
            if left != before:
                moved, before = monotonic(), left
            elif monotonic() - moved > _STALLED:
                raise UnavailableError(
                    f"{left} texts of the {store.kind} wait to be embedded and none was for {_STALLED:g} s: another "
                    "process may be embedding them, so try again later",
                    retryable=True,
                ).locate(operation=f"{store.kind}.reindex", provider=store.provider)
            else:
                await sleep(_LONGEST_LOOK)
        return 0
