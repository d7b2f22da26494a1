"""How the operations of a store are carried out: awaited, or at once by blocking calls.

The operations are written once, as coroutines over `memio.documents`. For the blocking face, they get a stand-in whose
methods never wait, so that such a coroutine runs to its end in one step.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from typing import TYPE_CHECKING, Any, TypeVar, cast

if TYPE_CHECKING:
    from memio import Documents
    from memio.blocking.documents import Documents as BlockingDocuments

T = TypeVar("T")

Call = Callable[[], Coroutine[Any, Any, T]]
Gather = Callable[[Sequence[Call[T]]], Awaitable[list[T | BaseException]]]
"""Carries out calls and returns, in their order, what each returned or raised."""

AT_ONCE = 16
"""Calls of a batch that run at the same time."""


async def together(calls: Sequence[Call[T]]) -> list[T | BaseException]:
    """Carry out calls concurrently, up to `AT_ONCE` at a time."""
    free = asyncio.Semaphore(AT_ONCE)

    async def run(call: Call[T]) -> T:
        async with free:
            return await call()

    return await asyncio.gather(*map(run, calls), return_exceptions=True)


async def one_by_one(calls: Sequence[Call[T]]) -> list[T | BaseException]:
    """Carry out calls in their order; an error of one does not keep the others from being carried out."""
    results: list[T | BaseException] = []
    for call in calls:
        try:
            results.append(await call())
        except Exception as error:  # noqa: BLE001  # the caller raises it
            results.append(error)
    return results


class _AtOnce:
    """Documents whose methods are coroutines, and block instead of waiting."""

    def __init__(self, documents: BlockingDocuments) -> None:
        self._documents = documents
        self.features = documents.features

    def __getattr__(self, name: str) -> Callable[..., Coroutine[Any, Any, Any]]:
        method = getattr(self._documents, name)

        async def call(*args: Any, **keywords: Any) -> Any:
            return method(*args, **keywords)

        return call


def at_once(documents: BlockingDocuments) -> Documents:
    """Return blocking documents in the form of async ones, for coroutines that `run` carries out."""
    return cast("Documents", _AtOnce(documents))


def run(coroutine: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine that never waits."""
    try:
        coroutine.send(None)
    except StopIteration as done:
        return cast("T", done.value)
    finally:
        coroutine.close()
    raise RuntimeError("an operation of the blocking face waited for an event loop")
