"""Threads with event loops, and a store that belongs to one of them."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from contextvars import ContextVar
from typing import Any, Self

from memio import Fact, NotFoundError, Page

REQUEST: ContextVar[str] = ContextVar("REQUEST", default="none")


def in_threads(count: int, work: Callable[[int], Awaitable[Any]]) -> list[Any]:
    """Run an async function in threads with a new event loop each, all at once, and return the results."""
    together = threading.Barrier(count)

    def run(number: int) -> Any:
        together.wait(30)
        return asyncio.run(as_coroutine(work(number)))

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(run, range(count)))


async def as_coroutine(awaitable: Awaitable[Any]) -> Any:
    return await awaitable


class LoopThread:
    """An event loop that runs in a thread until the block ends."""

    def __enter__(self) -> Self:
        self.loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self.loop.run_forever)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.loop.call_soon_threadsafe(self.loop.stop)
        self._thread.join()
        for task in asyncio.all_tasks(self.loop):
            task.cancel()
        self.loop.run_until_complete(asyncio.sleep(0))
        self.loop.close()

    def start(self, call: Awaitable[Any]) -> Any:
        """Start a call there and return a future of `concurrent.futures`."""
        return asyncio.run_coroutine_threadsafe(as_coroutine(call), self.loop)

    def run(self, call: Awaitable[Any]) -> Any:
        """Run a call there, and wait for its result."""
        return self.start(call).result(30)


class LoopBound:
    """A store of facts that works in the loop of its first call only, as one over a pool of connections does.

    Attributes:
        loops: The loops that it was called in.
        entered: Set when `add` is called.
        go: Lets `add` return, when `waits` is set.
        contexts: The value of `REQUEST` in each call.
    """

    features = frozenset({"client_ids"})
    guarantees = frozenset({"stable_ids", "verbatim"})
    provider = "bound"

    def __init__(self, *, waits: bool = False) -> None:
        self.waits = waits
        self.loops: set[asyncio.AbstractEventLoop] = set()
        self.facts: dict[str, Fact] = {}
        self.entered = threading.Event()
        self.go = threading.Event()
        self.ended = threading.Event()
        self.contexts: list[str] = []
        self.closed_in: list[asyncio.AbstractEventLoop] = []
        self._turn: asyncio.Semaphore | None = None

    async def _enter(self) -> None:
        self.loops.add(asyncio.get_running_loop())
        assert len(self.loops) == 1, "called from a second loop"
        self.contexts.append(REQUEST.get())
        REQUEST.set("changed by the store")

    async def add(self, *, content: str, fact_id: str | None = None) -> Fact:
        await self._enter()
        if self._turn is None:
            self._turn = asyncio.Semaphore(2)
        async with self._turn:  # which belongs to the loop where a task first waits for it
            self.entered.set()
            try:
                while self.waits and not self.go.is_set():  # noqa: ASYNC110  # another loop sets it
                    await asyncio.sleep(0.001)
                await asyncio.sleep(0)
            finally:
                self.ended.set()
            fact = Fact(id=fact_id or str(len(self.facts)), content=content)
            self.facts[fact.id] = fact
            return fact

    async def get(self, *, fact_id: str) -> Fact:
        await self._enter()
        if fact_id not in self.facts:
            raise NotFoundError("fact", fact_id)
        return self.facts[fact_id]

    async def get_all(self, *, limit: int, cursor: str | None) -> Page[Fact]:
        await self._enter()
        start = int(cursor or 0)
        # Two at a time, so that the client asks again until the page is full.
        page = list(self.facts.values())[start : start + min(limit, 2)]
        end = start + len(page)
        return Page(page, str(end) if end < len(self.facts) else None)

    async def search(self, *, query: str, limit: int) -> list[Fact]:
        await self._enter()
        return [fact for fact in self.facts.values() if query in fact.content][:limit]

    async def delete(self, *, fact_id: str) -> None:
        await self._enter()
        del self.facts[fact_id]

    async def delete_all(self) -> None:
        await self._enter()
        self.facts.clear()

    async def aclose(self) -> None:
        self.closed_in.append(asyncio.get_running_loop())
