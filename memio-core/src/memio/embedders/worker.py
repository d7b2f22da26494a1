"""Embeds in the background what a client stores."""

from __future__ import annotations

import logging
from asyncio import Task, TimerHandle, get_running_loop, sleep, wait
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from threading import Lock
from time import monotonic
from typing import Protocol
from weakref import ref

from memio._loops.own import OwnLoop
from memio.errors import ClosedError, NotSupportedError, OtherModelError, ProviderError, RateLimitError
from memio.protocols import Embedded

QUIET = 0.05
"""Seconds without a write before the first batch: writes that follow each other share one, and have the processor to
themselves."""

LATEST = 1.0
"""Seconds after which the first batch begins, however many writes follow each other."""

_GLANCE = 0.01
"""Seconds between two looks whether there was a write."""

FIRST_PAUSE = 1.0
LONGEST_PAUSE = 300.0
"""Seconds until the embedder is asked again after a failure: each pause is twice the one before."""

LOOK_AGAIN = 60.0
"""Seconds until a store is looked at again whose pending texts cannot be embedded here now: another process has claimed
them, for a minute, or the vectors of the store are of another model."""

CLOSING = 5.0
"""Seconds in which closing embeds what is pending."""

_FEWEST, _MOST = 16, 256
"""Records of one batch. There are more where batches are fast, so that a claim is never held for long."""
_FAST, _SLOW = 2.0, 10.0

_logger = logging.getLogger("memio.embedders")


class Pending(Protocol):
    """A store whose texts are embedded, to be called in the loop of the worker."""

    async def embed_pending(self, *, limit: int) -> Embedded:
        """See `memio.protocols.SupportsEmbedding`."""
        ...

    async def count_pending(self) -> Embedded:
        """See `memio.protocols.SupportsEmbedding`."""
        ...


@dataclass(slots=True)
class _Watched:
    """A store, and when to look at it again.

    Attributes:
        store: The store.
        due: The time after which the worker looks for work by itself; `None` where only a write makes it look.
        rests: Whether a write does not make it look before that time.
        failures: How often it failed since it last succeeded.
        other_model: Why nothing is embedded, where the vectors of the store are of another model.
    """

    store: Pending
    due: float | None = None
    rests: bool = False
    failures: int = 0
    other_model: str = ""

    def look_at(self, due: float | None, *, rests: bool = False) -> None:
        self.due, self.rests = due, rests


class Worker:
    """Embeds the pending texts of stores that are called in one event loop.

    Its task runs while there is something to do, and a timer starts it again where there will be. Neither keeps the
    worker alive, and so not the client.

    Args:
        stores: The stores, by a key for each.
        background: Whether they are called on memio's background loop; otherwise in the loop of the callers.
    """

    def __init__(self, stores: Mapping[int, Pending], *, background: bool) -> None:
        self._watched = {key: _Watched(store) for key, store in stores.items()}
        self._background = OwnLoop() if background else None
        self._lock = Lock()
        self._started = False
        self._wanted = False
        self._running = False
        self._closed = False
        self._wrote = 0.0
        self._hurry = False
        self._batch = _FEWEST
        self._reported = ""
        self._task: Task[None] | None = None
        self._timer: TimerHandle | None = None

    def called(self, *, wrote: bool) -> None:
        """Note a call of one of the stores. After the first, and after each that stored texts, it looks for work."""
        if not wrote and self._started:
            return
        self._wrote = monotonic()
        self._wake()

    def _wake(self) -> None:
        """Start the task, unless it runs."""
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

    def look_again(self, key: int) -> None:
        """Look for work in a store anew, because somebody waits for it: what is known of its model may be outdated."""
        self._hurry = True
        watched = self._watched[key]
        if watched.other_model:
            watched.other_model = ""
            watched.look_at(None)
        self._wake()

    def other_model(self, key: int) -> str:
        """Return why nothing of a store is embedded, where its vectors are of another model; otherwise nothing."""
        return self._watched[key].other_model

    async def aclose(self) -> None:
        """Embed what is pending, for up to five seconds, and end the task. It is called in the loop of the worker."""
        with self._lock:
            self._closed = True
        if self._timer is not None:
            self._timer.cancel()
        task = self._task
        if task is None or task.done() or task.get_loop() is not get_running_loop():
            return
        await wait({task}, timeout=CLOSING)
        if not task.done():
            task.cancel()
            await wait({task})

    def _start(self) -> None:
        self._task = get_running_loop().create_task(_run(ref(self)))

    def gathers(self, began: float) -> bool:
        """Return whether the first batch waits for the end of the writes that follow each other."""
        if self._closed or self._hurry:
            return False
        moment = monotonic()
        return moment - self._wrote < QUIET and moment - began < LATEST

    async def turn(self) -> bool:
        """Embed one batch of each store, and return whether to go on at once."""
        with self._lock:
            self._wanted = False
        self._hurry = False
        found = False
        try:
            for watched in self._watched.values():
                if not watched.rests or watched.due is None or watched.due <= monotonic():
                    found = await self._embed(watched) or found
        except ClosedError:
            self.ended()
            return False
        if found:
            return True
        with self._lock:
            self._running = self._wanted
        if not self._running:
            self._set_timer()
        return self._running

    def ended(self) -> None:
        """Note that the task ended before its time."""
        with self._lock:
            self._running = False

    async def _embed(self, watched: _Watched) -> bool:
        """Embed one batch of a store, and return whether there was something to embed."""
        try:
            began = monotonic()
            done = await watched.store.embed_pending(limit=self._batch)
            found = bool(done.pending or done.failed)
            elsewhere = not found and (await watched.store.count_pending()).pending
        except ClosedError:
            raise
        except NotSupportedError:  # it is only read
            watched.look_at(None)
            return False
        except OtherModelError as error:  # the store has logged it
            watched.other_model = error.message
            watched.look_at(monotonic() + LOOK_AGAIN, rests=True)
            return False
        except Exception as error:  # noqa: BLE001  # a store or embedder may raise anything: it is logged, and tried again
            self._pause_after(watched, error)
            return False
        watched.failures, watched.other_model = 0, ""
        watched.look_at(monotonic() + LOOK_AGAIN if elsewhere else None)
        if found:
            self._reported = ""
            seconds = monotonic() - began
            if seconds > _SLOW:
                self._batch = max(_FEWEST, self._batch // 2)
            elif seconds < _FAST:
                self._batch = min(_MOST, self._batch * 2)
        return found

    def _pause_after(self, watched: _Watched, error: Exception) -> None:
        watched.failures += 1
        pause = min(FIRST_PAUSE * 2.0 ** (watched.failures - 1), LONGEST_PAUSE)
        cause = error.cause if isinstance(error, ProviderError) else None
        if isinstance(cause, RateLimitError) and cause.retry_after is not None:
            pause = max(pause, min(cause.retry_after, LONGEST_PAUSE))
        text = str(error)  # a handler may keep what it gets, and the error would keep the client
        if watched.failures == 1 and text != self._reported:  # stores share an embedder
            self._reported = text
            _logger.warning(
                "texts wait to be embedded, and are found by their words until then: %s: %s", type(error).__name__, text
            )
        watched.look_at(monotonic() + pause, rests=True)

    def _set_timer(self) -> None:
        """Look again when the first of the stores is due."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        due = [watched.due for watched in self._watched.values() if watched.due is not None]
        if due:
            seconds = max(min(due) - monotonic(), 0.0)
            self._timer = get_running_loop().call_later(seconds, partial(_look, ref(self)))


def _start(worker: ref[Worker]) -> None:
    if (alive := worker()) is not None:
        alive._start()  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]  # both are this module's


def _look(worker: ref[Worker]) -> None:
    if (alive := worker()) is not None:
        alive._wake()  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]  # as above


async def _run(worker: ref[Worker]) -> None:
    """Let a worker take its turns, until there is nothing to do or the worker is gone."""
    try:
        began = monotonic()
        while (alive := worker()) is not None and alive.gathers(began):
            del alive
            await sleep(_GLANCE)
        while (alive := worker()) is not None and await alive.turn():
            del alive
            await sleep(0)
    except BaseException:  # the task was cancelled
        if (alive := worker()) is not None:
            alive.ended()
        raise
