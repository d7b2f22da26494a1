"""Closing what a client owns: once, for callers in any event loop."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextlib import suppress
from threading import Lock
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from asyncio import AbstractEventLoop, Task
    from concurrent.futures import Future

    Done = Future[bool]
    """Done when a task that closes has ended; its result is whether everything was closed."""

_INTERVAL = 0.5
"""Seconds between two checks that the loop in which a task closes still runs."""


Closer = Callable[[], Awaitable[None]]
"""Closes one thing."""


class Closing:
    """Closes a list of things, each once and one after another, also when some fail.

    The first caller starts a task in its loop, which goes on when the caller is cancelled. All callers wait for it.
    When its loop ends before, one of those who wait closes the rest; or else the next caller does.
    """

    def __init__(self) -> None:
        self._left: list[Closer] | None = None
        self._errors: list[BaseException] = []
        self._lock = Lock()
        self._task: Task[None] | None = None
        self._done: Done | None = None

    async def wait(self, closers: Callable[[], list[Closer]]) -> None:
        """Close everything, or wait until it is closed.

        Args:
            closers: Returns what closes each thing, in order. It is called when closing begins.

        Raises:
            BaseExceptionGroup: Some could not be closed; it holds their errors.
        """
        from asyncio import get_running_loop, wait, wrap_future

        loop = get_running_loop()
        while True:
            done = self._under_way(loop, closers)
            waiting = wrap_future(done)
            try:
                await wait({waiting}, timeout=_INTERVAL)
                if waiting.done() and waiting.result():
                    return
            finally:
                waiting.cancel()

    def _under_way(self, loop: AbstractEventLoop, closers: Callable[[], list[Closer]]) -> Done:
        """Return the end of the task that closes; start one in `loop` where there is none."""
        with self._lock:
            if self._task is None or self._done is None or _is_lost(self._task, self._done):
                self._task = loop.create_task(self._close(closers))
                self._done = _end_of(self._task)
            return self._done

    async def _close(self, closers: Callable[[], list[Closer]]) -> None:
        from asyncio import CancelledError, current_task

        cancellation: CancelledError | None = None
        if self._left is None:
            self._left = closers()
        for close in list(self._left):
            try:
                await close()
            except BaseException as error:  # noqa: BLE001  # kept, and raised below, after the others were closed
                if isinstance(error, CancelledError) and cast("Task[None]", current_task()).cancelling():
                    cancellation = error  # the loop is ending; what was being closed is left for the next caller
                    continue
                self._errors.append(error)
            with suppress(ValueError):
                self._left.remove(close)
        if cancellation is not None:
            raise cancellation
        if self._errors:
            raise BaseExceptionGroup("closing the client failed in part", self._errors)


def _is_lost(task: Task[None], done: Done) -> bool:
    """Return whether a task has ended without closing everything, or cannot go on because its loop does not run."""
    if not done.done():
        return not task.get_loop().is_running()
    return done.exception() is None and not done.result()


def _end_of(task: Task[None]) -> Done:
    """Return the end of a task, for which other loops can wait."""
    from concurrent.futures import Future

    done: Done = Future()
    done.set_running_or_notify_cancel()  # from now on, a caller that waits for it cannot cancel it

    def report(task: Task[None]) -> None:
        if task.cancelled():
            done.set_result(False)
        elif (error := task.exception()) is not None:
            done.set_exception(error)
        else:
            done.set_result(True)

    task.add_done_callback(report)
    return done
