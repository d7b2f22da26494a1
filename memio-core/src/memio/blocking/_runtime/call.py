"""One call of a thread: made on the background loop, waited for outside."""

from __future__ import annotations

from asyncio import CancelledError, Task
from collections.abc import Awaitable, Callable
from threading import Event
from typing import Any, Generic, TypeVar, cast

from memio.blocking._runtime import background
from memio.blocking._runtime.background import Background

T = TypeVar("T")


class Call(Generic[T]):
    """A call of an async function.

    Args:
        background: The loop that it is made on.
        function: Makes the awaitable, on the loop, with the context variables of the thread.
    """

    def __init__(self, background: Background, function: Callable[[], Awaitable[T]]) -> None:
        self._background = background
        self._function = function
        self._task: Task[Any] | None = None
        self._given_up = False
        self._ended = Event()

    def answer(self) -> T:
        """Make the call and wait for its answer.

        Raises:
            BaseException: What the call raised. An exception that meets the waiting thread instead, such as
                `KeyboardInterrupt`, cancels the call, and is raised once that has ended, with a note that says
                what became of it.
        """
        try:
            self._background.soon(self._start)
            self._ended.wait()
        except BaseException as interruption:
            self._give_up(interruption)
            raise
        try:
            return cast("T", cast("Task[Any]", self._task).result())
        finally:
            # The error's traceback holds this frame: without this, both would wait for the garbage collector.
            del self

    def _start(self) -> None:
        if self._given_up:
            self._ended.set()
            return
        self._task = self._background.task(self._function)
        self._task.add_done_callback(lambda _: self._ended.set())

    def _cancel(self) -> None:
        if self._task is None:
            self._ended.set()
        else:
            self._task.cancel()

    def _give_up(self, interruption: BaseException) -> None:
        """Cancel the call, wait until it has ended, but not for long, and note on the interruption how it ended."""
        self._given_up = True
        ended = False
        try:
            self._background.soon(self._cancel)
            ended = self._ended.wait(background.PATIENCE)
        finally:  # also when the second interrupt comes while the first one waits
            interruption.add_note(f"memio: {self._fate() if ended else STILL_RUNNING}")

    def _fate(self) -> str:
        if self._task is None:
            return "the call had not begun, and nothing was done"
        try:
            self._task.result()
        except CancelledError:
            return "the call was cancelled on its way; if it writes, that may have been done or not"
        except BaseException as error:  # noqa: BLE001  # told, beside the interruption that is raised
            return f"the call failed meanwhile with {type(error).__name__}: {error}"
        return "the call had been carried out, and its answer is lost"


STILL_RUNNING = "the call was told to stop, and had not when the wait for it ended; it may still be carried out"
