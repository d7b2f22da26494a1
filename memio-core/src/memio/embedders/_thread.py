"""A thread for the blocking calls of a model that runs in this process."""

from __future__ import annotations

from asyncio import AbstractEventLoop, Future, get_running_loop
from collections.abc import Callable
from contextlib import suppress
from queue import SimpleQueue
from threading import Thread
from typing import Any, TypeVar
from weakref import finalize

T = TypeVar("T")

_END = 5.0
"""Seconds to wait for the end of the thread, which has nothing to do any more."""


class ModelThread:
    """Runs blocking functions, one after another, in a daemon thread that starts with the first of them.

    It is used from one event loop. The thread ends when it is closed, or when nothing refers to this object any more.
    """

    def __init__(self, name: str) -> None:
        self._name = name
        self._jobs: SimpleQueue[_Job | None] = SimpleQueue()
        self._thread: Thread | None = None

    async def run(self, function: Callable[[], T]) -> T:
        """Call a function in the thread, after those that were passed before.

        A caller that is cancelled does not wait; the function is not called when it has not begun.
        """
        if self._thread is None:
            # Not an executor: its threads end before clients are closed at the end of the process.
            self._thread = Thread(target=_work, args=(self._jobs,), name=self._name, daemon=True)
            self._thread.start()
            finalize(self, self._jobs.put, None).atexit = False
        job = _Job(function)
        self._jobs.put(job)
        result: T = await job.result
        return result

    async def aclose(self) -> None:
        """Wait for the function that is running, and end the thread."""
        if self._thread is not None:
            await self.run(lambda: None)
            self._jobs.put(None)
            self._thread.join(_END)
            self._thread = None


class _Job:
    def __init__(self, function: Callable[[], Any]) -> None:
        self._function = function
        self._loop: AbstractEventLoop = get_running_loop()
        self.result: Future[Any] = self._loop.create_future()

    def run(self) -> None:
        if self.result.cancelled():
            return
        value: Any = None
        failure: BaseException | None = None
        try:
            value = self._function()
        except BaseException as error:  # noqa: BLE001  # raised where the result is awaited
            failure = error
        with suppress(RuntimeError):  # the loop was closed, so nothing waits there
            self._loop.call_soon_threadsafe(self._end, value, failure)

    def _end(self, value: Any, failure: BaseException | None) -> None:
        if self.result.cancelled():
            return
        if failure is None:
            self.result.set_result(value)
        else:
            self.result.set_exception(failure)


def _work(jobs: SimpleQueue[_Job | None]) -> None:
    while (job := jobs.get()) is not None:
        job.run()
        del job  # it holds what the caller passed, and is not needed while the next one is waited for
