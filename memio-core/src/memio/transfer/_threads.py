"""Work on files and digests, away from the event loop: other tasks go on while a big record is written."""

from __future__ import annotations

from asyncio import CancelledError, create_task, shield, to_thread, wait
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from typing import ParamSpec, TypeVar

from memio._call.sizes import memory_of
from memio.capabilities import Kind
from memio.models import Record

P = ParamSpec("P")
T = TypeVar("T")

EVERY = 200
"""Records that are handled at once."""
BYTES = 1_000_000
"""Bytes of memory, or of a file, that are handled at once; a single record may have more."""


async def aside(function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Call a function in a thread, and wait for its end also when this is cancelled: it may use an open file."""
    working = create_task(to_thread(function, *args, **kwargs))
    try:
        return await shield(working)
    except CancelledError:
        while not working.done():
            with suppress(CancelledError):
                await wait([working])
        working.exception()  # seen, and less than the cancellation
        raise


async def batches(records: AsyncIterator[tuple[Kind, Record]]) -> AsyncIterator[tuple[Kind, list[Record]]]:
    """Yield records some at a time, those of one kind together. A list is emptied when the next is asked for."""
    waiting: list[Record] = []
    of: Kind | None = None
    size = 0
    async for kind, record in records:
        if of is not None and (kind != of or len(waiting) == EVERY or size >= BYTES):
            yield of, waiting
            waiting.clear()
            size = 0
        of = kind
        waiting.append(record)
        size += memory_of(record)
    if of is not None:
        yield of, waiting
