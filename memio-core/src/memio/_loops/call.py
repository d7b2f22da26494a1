"""One call on the background loop, made from another thread."""

from __future__ import annotations

from asyncio import Task
from collections.abc import Awaitable, Callable
from typing import Any, Generic, TypeVar

from memio._loops.background import Background

T = TypeVar("T")


class Call(Generic[T]):
    """A call of an async function; subclasses wait for its end.

    Args:
        background: The loop that it runs on.
        function: Returns the awaitable. It is called on the loop, with a copy of the context variables of the caller.
    """

    def __init__(self, background: Background, function: Callable[[], Awaitable[T]]) -> None:
        self._background = background
        self._function = function
        self._task: Task[Any] | None = None
        self._cancelled = False

    def _start(self) -> None:
        """Start the call."""
        self._background.call_soon(self._start_there)

    def _cancel(self) -> None:
        """Cancel the call, or keep it from starting."""
        self._cancelled = True
        self._background.call_soon(self._cancel_there)

    def _notify(self) -> None:
        """Note that the call has ended, or will not start. Called on the background loop, perhaps more than once."""
        raise NotImplementedError

    def _start_there(self) -> None:
        if self._cancelled:
            self._notify()
            return
        self._task = self._background.task(self._function)
        self._task.add_done_callback(lambda _: self._notify())

    def _cancel_there(self) -> None:
        if self._task is None:
            self._notify()
        else:
            self._task.cancel()
