"""One call: it runs on the background loop, and the calling thread waits for it."""

from __future__ import annotations

from asyncio import CancelledError, Task
from collections.abc import Awaitable, Callable
from threading import Event
from typing import Any, TypeVar, cast

from memio._loops import background
from memio._loops.background import Background
from memio._loops.call import Call

T = TypeVar("T")


class BlockingCall(Call[T]):
    """A call of an async function that a thread waits for.

    Args:
        background: The loop that it runs on.
        function: Returns the awaitable. It is called on the loop, with a copy of the context variables of the thread.
    """

    def __init__(self, background: Background, function: Callable[[], Awaitable[T]]) -> None:
        super().__init__(background, function)
        self._ended = Event()

    def result(self) -> T:
        """Start the call, wait for it, and return its result.

        Raises:
            BaseException: What the call raised. An exception in the waiting thread, such as `KeyboardInterrupt`,
                cancels the call, and is raised after the call has ended, with a note that states how it ended.
        """
        try:
            self._start()
            self._ended.wait()
        except BaseException as interruption:
            self._interrupt(interruption)
            raise
        try:
            return cast("T", cast("Task[Any]", self._task).result())
        finally:
            # The traceback of the error references this frame: this ends the reference cycle.
            del self

    def _notify(self) -> None:
        self._ended.set()

    def _interrupt(self, interruption: BaseException) -> None:
        """Cancel the call, wait up to `END_TIMEOUT` for its end, and add a note to the interruption: how it ended."""
        ended = False
        try:
            self._cancel()
            ended = self._ended.wait(background.END_TIMEOUT)
        finally:  # also after a second interrupt during this wait
            interruption.add_note(f"memio: {self._ending() if ended else STILL_RUNNING}")

    def _ending(self) -> str:
        if self._task is None:
            return "the call had not started, and nothing was done"
        try:
            self._task.result()
        except CancelledError:
            return "the call was cancelled while it ran; if it writes, the write may have been done or not"
        except BaseException as error:  # noqa: BLE001  # part of the note; the interruption is raised
            return f"the call failed with {type(error).__name__}: {error}"
        return "the call was completed, and its result is lost"


STILL_RUNNING = "the call was cancelled, and had not ended when the wait for it ended; it may still be completed"
