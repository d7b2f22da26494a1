"""Stores that are called on memio's background loop, by callers in any loop and thread."""

from __future__ import annotations

from asyncio import AbstractEventLoop, CancelledError, Future, get_running_loop
from collections.abc import Awaitable, Callable
from concurrent.futures import Future as ThreadFuture
from contextlib import suppress
from functools import partial
from typing import Any, TypeVar, cast

from memio._loops.background import Background, background
from memio._loops.call import Call
from memio.plugins import Closable

T = TypeVar("T")


class OwnLoop:
    """The background loop, as the stores of one client use it.

    A client that was used before the process was forked refuses calls in the child process.
    """

    anywhere = True

    def __init__(self) -> None:
        self._background: Background | None = None

    def check(self, running: object) -> None:  # noqa: ARG002  # every loop is accepted
        """Refuse a call after a fork, and at the end of the process."""
        self._bound().check()

    def calls_of(self, store: Any) -> Any:
        """Return an object whose methods run on the background loop."""
        return _OnLoop(store, self)

    async def close(self, closable: Closable) -> None:
        """Close it on the background loop. Where that has ended, there is nothing left to close."""
        if not self._bound().ended:
            await self.call(closable.aclose)

    async def call(self, function: Callable[[], Awaitable[T]]) -> T:
        """Call an async function on the background loop, with a copy of the caller's context variables.

        A caller that is cancelled cancels the call, and waits until it has ended.
        """
        loop = self._bound()
        if loop.is_current:
            return await function()
        return await _AwaitedCall(loop, function).result()

    def start(self, function: Callable[[], Awaitable[T]]) -> ThreadFuture[T]:
        """Start a call on the background loop. Cancelling the future cancels it, and does not wait for its end."""
        return _StartedCall(self._bound(), function).future()

    def call_soon(self, action: Callable[[], object]) -> None:
        """Call a function on the background loop, and do not wait for it."""
        self._bound().call_soon(action)

    @property
    def is_current(self) -> bool:
        """Whether the caller is on the background loop."""
        return self._bound().is_current

    def _bound(self) -> Background:
        if self._background is None:
            self._background = background()
        return self._background


class _OnLoop:
    """A store whose methods run on the background loop."""

    def __init__(self, store: Any, loop: OwnLoop) -> None:
        self._store = store
        self._loop = loop

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._store, name)
        if method is None:  # which counts as the absence of an optional method
            return None
        return partial(self._call, method)

    async def _call(self, method: Callable[..., Awaitable[Any]], **keywords: Any) -> Any:
        return await self._loop.call(partial(method, **keywords))


class _AwaitedCall(Call[T]):
    """A call that a task in another loop waits for."""

    async def result(self) -> T:
        """Start the call, wait for its end, and return its result.

        Raises:
            BaseException: What the call raised. A cancellation of the waiting task cancels the call, and is raised
                after the call has ended.
        """
        self._loop: AbstractEventLoop = get_running_loop()
        self._ended = False
        self._waiter: Future[None] = self._loop.create_future()
        cancellation: CancelledError | None = None
        self._start()
        while not self._ended:
            try:
                await self._waiter
            except CancelledError as error:
                cancellation = error
                self._waiter = self._loop.create_future()
                self._cancel()
            except BaseException:  # the waiting coroutine is closed, because its loop has ended
                self._cancel()
                raise
        try:
            if cancellation is not None:
                raise cancellation
            return cast("T", cast("Any", self._task).result())
        finally:
            # The traceback of the error references this frame: this ends the reference cycle.
            del self, cancellation

    def _notify(self) -> None:
        if self._task is not None and self._task.done() and not self._task.cancelled():
            self._task.exception()  # retrieved, also when the caller was cancelled and raises that
        with suppress(RuntimeError):  # the caller's loop was closed, so nothing waits there
            self._loop.call_soon_threadsafe(self._wake)

    def _wake(self) -> None:
        self._ended = True
        if not self._waiter.done():
            self._waiter.set_result(None)


class _StartedCall(Call[T]):
    """A call that nothing needs to wait for."""

    def future(self) -> ThreadFuture[T]:
        """Start the call, and return what becomes of it."""
        self._future: ThreadFuture[T] = ThreadFuture()
        self._start()
        self._future.add_done_callback(self._cancelled_by)
        return self._future

    def _cancelled_by(self, future: ThreadFuture[T]) -> None:
        if future.cancelled():
            self._cancel()

    def _notify(self) -> None:
        task = self._task
        error = task.exception() if task is not None and not task.cancelled() else None
        if task is None or task.cancelled():
            self._future.cancel()
        elif self._future.set_running_or_notify_cancel():
            if error is not None:
                self._future.set_exception(error)
            else:
                self._future.set_result(task.result())
