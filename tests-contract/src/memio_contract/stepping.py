"""Calls that are interrupted at each of their awaits, one after the other."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Generator
from typing import Any


class Stepped:
    """Awaits a call, and awaits something else whenever the call waits.

    So a law meets a store at every await of a call, and not only at those that the scheduler happens
    to show.

    Args:
        call: The call.
        between: Awaited at each await of the call, with its number, from 1.
    """

    def __init__(self, call: Awaitable[Any], between: Callable[[int], Awaitable[None]]) -> None:
        self._call = call
        self._between = between

    def __await__(self) -> Generator[Any, Any, Any]:
        """Go through the call, await by await."""
        steps: Any = self._call.__await__()
        number = 0
        error: BaseException | None = None
        while True:
            try:
                waiting = steps.send(None) if error is None else steps.throw(error)
            except StopIteration as end:
                return end.value
            number, error = number + 1, None
            yield from self._between(number).__await__()
            try:
                yield waiting
            except BaseException as raised:  # noqa: BLE001  # handed on to the call
                error = raised


async def cancelled_at(number: int, call: Awaitable[Any]) -> tuple[bool, Any]:
    """Carry out a call and cancel it at one of its awaits.

    Args:
        number: At which await, from 1; 0 cancels it before it begins.
        call: The call.

    Returns:
        Whether the call was done before that await, and its answer if so.
    """

    async def cancel(at: int) -> None:
        task = asyncio.current_task()
        if at == number and task is not None:
            task.cancel()

    async def run() -> Any:
        return await Stepped(call, cancel)

    task = asyncio.ensure_future(run())
    if number == 0:
        # One turn of the loop, so that the call has begun and no coroutine is left unawaited.
        asyncio.get_running_loop().call_soon(task.cancel)
    try:
        return True, await task
    except asyncio.CancelledError:
        return False, None
