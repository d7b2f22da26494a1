"""Work on files and digests in threads, so that other tasks run while a large record is written."""

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

BATCH = 200
"""Records that one call of a thread works on."""
BATCH_BYTES = 1_000_000
"""Bytes of memory, or of a file, that one call of a thread works on; a single record may have more."""


async def run_in_thread_uncancelled(function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Call a function in a thread. When this is cancelled, wait until the function ends: it may use an open file."""
    task = create_task(to_thread(function, *args, **kwargs))
    try:
        return await shield(task)
    except CancelledError:
        while not task.done():
            with suppress(CancelledError):
                await wait([task])
        task.exception()  # retrieved, so that asyncio does not log it; the cancellation is raised
        raise


async def batches(records: AsyncIterator[tuple[Kind, Record]]) -> AsyncIterator[tuple[Kind, list[Record]]]:
    """Yield records in batches of one kind. A batch is emptied when the next one is requested."""
    batch: list[Record] = []
    batch_kind: Kind | None = None
    size = 0
    async for kind, record in records:
        if batch_kind is not None and kind != batch_kind:
            yield batch_kind, batch
            batch.clear()
            size = 0
        batch_kind = kind
        batch.append(record)
        size += memory_of(record)
        del record  # the batch alone holds it, and is emptied before the next record is read
        if len(batch) == BATCH or size >= BATCH_BYTES:
            yield kind, batch
            batch.clear()
            batch_kind, size = None, 0
    if batch_kind is not None:
        yield batch_kind, batch
