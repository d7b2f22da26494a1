"""Embeds in the background what a client stores."""

from __future__ import annotations

import logging
from asyncio import Task, get_running_loop, sleep, wait
from collections.abc import Sequence
from contextlib import suppress
from functools import partial
from threading import Lock
from time import monotonic
from typing import Protocol
from weakref import ref

from memio._loops.own import OwnLoop
from memio.errors import ClosedError, ProviderError, RateLimitError
from memio.protocols import Embedded

GATHER = 0.02
"""Seconds between the first write and the first batch, so that writes which follow each other share one."""

FIRST_PAUSE = 1.0
LONGEST_PAUSE = 300.0
"""Seconds until the embedder is asked again after a failure: each pause is twice the one before."""

CLOSING = 5.0
"""Seconds in which closing embeds what is pending."""

_SLICE = 2.0
"""Seconds between two checks, in a pause, that the client still exists."""

_FEWEST, _MOST = 16, 256
"""Records of one batch. There are more where batches are fast, so that a claim is never held for long."""
_FAST, _SLOW = 2.0, 10.0

_logger = logging.getLogger("memio.embedders")


class Pending(Protocol):
    """A store whose texts are embedded, to be called in the loop of the worker."""

    async def embed_pending(self, *, limit: int) -> Embedded:
        """See `memio.protocols.SupportsEmbedding`."""
        ...


class Worker:
    """Embeds the pending texts of stores that are called in one event loop.

    Its task runs while there is something to do. The task does not keep the worker alive, and so not the client.

    Args:
        stores: The stores.
        background: Whether they are called on memio's background loop; otherwise in the loop of the callers.
    """

    def __init__(self, stores: Sequence[Pending], *, background: bool) -> None:
        self._stores = stores
        self._background = OwnLoop() if background else None
        self._lock = Lock()
        self._started = False
        self._wanted = False
        self._running = False
        self._pausing = False
        self._closed = False
        self._batch = _FEWEST
        self._failures = 0
        self._task: Task[None] | None = None

    def called(self, *, wrote: bool) -> None:
        """Note a call of one of the stores. After the first, and after each that stored texts, it looks for work."""
        if not wrote and self._started:
            return
        with self._lock:
            self._started = self._wanted = True
            if self._running or self._closed:
                return
            self._running = True
        if self._background is None:
            self._start()
        else:
            with suppress(RuntimeError):  # the process is ending
                self._background.call_soon(partial(_start, ref(self)))

    async def aclose(self) -> None:
        """Embed what is pending, for up to five seconds, and end the task. It is called in the loop of the worker."""
        with self._lock:
            self._closed = True
        task = self._task
        if task is None or task.done() or task.get_loop() is not get_running_loop():
            return
        if not self._pausing:
            await wait({task}, timeout=CLOSING)
        if not task.done():
            task.cancel()
            await wait({task})

    def _start(self) -> None:
        self._task = get_running_loop().create_task(_run(ref(self)))

    async def turn(self) -> float | None:
        """Embed one batch of each store. Return the seconds until the next turn, or `None` when there is none."""
        with self._lock:
            self._pausing = self._wanted = False
        try:
            found = await self._embed()
        except ClosedError:
            return None
        except Exception as error:  # noqa: BLE001  # a store or embedder may raise anything: it is logged, and tried again
            return self._pause_after(error)
        self._failures = 0
        if found:
            return 0.0
        with self._lock:
            self._running = self._wanted
        return 0.0 if self._running else None

    def ended(self) -> None:
        """Note that the task ended, perhaps before its time."""
        with self._lock:
            self._running = self._pausing = False

    async def _embed(self) -> bool:
        found = False
        for store in self._stores:
            began = monotonic()
            done = await store.embed_pending(limit=self._batch)
            if not (done.pending or done.failed):
                continue
            found = True
            seconds = monotonic() - began
            if seconds > _SLOW:
                self._batch = max(_FEWEST, self._batch // 2)
            elif seconds < _FAST:
                self._batch = min(_MOST, self._batch * 2)
        return found

    def _pause_after(self, error: Exception) -> float:
        self._failures += 1
        pause = min(FIRST_PAUSE * 2.0 ** (self._failures - 1), LONGEST_PAUSE)
        cause = error.cause if isinstance(error, ProviderError) else None
        if isinstance(cause, RateLimitError) and cause.retry_after is not None:
            pause = max(pause, min(cause.retry_after, LONGEST_PAUSE))
        if self._failures == 1:
            _logger.warning(
                "texts wait to be embedded, and are found by their words until then: %s: %s",
                type(error).__name__,
                str(error),  # a handler may keep what it gets, and the error would keep the client
            )
        with self._lock:
            self._pausing = True
        return pause


def _start(worker: ref[Worker]) -> None:
    if (alive := worker()) is not None:
        alive._start()  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]  # both are this module's


async def _run(worker: ref[Worker]) -> None:
    """Let a worker take its turns, until nothing is pending or the worker is gone."""
    left = GATHER
    try:
        while True:
            # Nothing here holds the worker during a pause.
            while left > 0:
                await sleep(min(left, _SLICE))
                left -= _SLICE
                if worker() is None:
                    return
            if (alive := worker()) is None:
                return
            pause = await alive.turn()
            del alive
            if pause is None:
                return
            left = pause
            await sleep(0)
    finally:
        if (alive := worker()) is not None:
            alive.ended()
