"""Calls that are watched, or interrupted, at each of their awaits."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Generator
from typing import Any

PATIENCE = 2.0
"""Seconds for which a call is held while somebody looks. A look may have to wait for what the call holds."""


class Stepped:
    """Awaits a call, and calls a function each time that it begins to wait.

    Args:
        call: The call.
        waits: Called at each await of the call, with its number, from 1.
    """

    def __init__(self, call: Awaitable[Any], waits: Callable[[int], None]) -> None:
        self._call = call
        self._waits = waits

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
            self._waits(number)
            try:
                yield waiting
            except BaseException as raised:  # noqa: BLE001  # handed on to the call
                error = raised
            error = (yield from self._held()) or error

    def _held(self) -> Generator[Any, Any, asyncio.CancelledError | None]:
        """Keep the call from going on; return the cancellation that came meanwhile."""
        yield from ()
        return None


async def waits_of(call: Awaitable[Any]) -> tuple[int, Any]:
    """Carry out a call, and return how often it waited, and its answer."""
    numbers = [0]
    answer = await Stepped(call, numbers.append)
    return numbers[-1], answer


def chosen(waits: int, most: int) -> list[int]:
    """Return at which awaits of a call to interrupt it: before it begins (0), and at each, or at some all over it.

    Args:
        waits: How often the call waits.
        most: How many to choose.
    """
    if waits < most:
        return list(range(waits + 1))
    return [round(place * waits / (most - 1)) for place in range(most)]


async def cancelled_at(number: int, call: Awaitable[Any]) -> tuple[bool, Any]:
    """Carry out a call and cancel it at one of its awaits.

    Args:
        number: At which await, from 1; 0 cancels it before it begins.
        call: The call.

    Returns:
        Whether the call was done before that await, and its answer if so.
    """

    def cancel(at: int) -> None:
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


async def swallows_cancellation(number: int, call: Awaitable[Any]) -> bool:
    """Carry out a call, cancel it at one of its awaits, and return whether it ended with an answer nevertheless.

    Args:
        number: At which await, from 1. A call that waits less often is not cancelled, and does not count.
        call: The call.
    """
    cancelled: list[int] = []

    def cancel(at: int) -> None:
        task = asyncio.current_task()
        if at == number and task is not None:
            cancelled.append(at)
            task.cancel()

    async def run() -> Any:
        return await Stepped(call, cancel)

    task = asyncio.ensure_future(run())
    try:
        await task
    except asyncio.CancelledError:
        return False
    return bool(cancelled)


async def watched(call: Awaitable[Any], look: Callable[[int], Awaitable[None]], *, patience: float = PATIENCE) -> Any:
    """Carry out a call, and look each time that it waited, before it goes on.

    So a reader sees every state that the call leaves between two of its awaits, and not only those
    that the scheduler happens to show. The call and the reader have a task each: what belongs to a task, such as
    the scopes in which networks are waited for, stays apart.

    Args:
        call: The call.
        look: Awaited with the number of the await, from 1. It never runs twice at once.
        patience: Seconds for which the call is held while `look` goes on.

    Returns:
        The answer of the call, when the last look has ended.
    """
    held = _Watched(call, look, patience)

    async def run() -> Any:
        return await held

    try:
        return await asyncio.ensure_future(run())
    finally:
        await held.last()


class _Watched(Stepped):
    """A call that is held after each of its awaits until somebody has looked."""

    def __init__(self, call: Awaitable[Any], look: Callable[[int], Awaitable[None]], patience: float) -> None:
        super().__init__(call, self._note)
        self._look = look
        self._patience = patience
        self._number = 0
        self._looking: asyncio.Future[None] | None = None

    async def last(self) -> None:
        """Wait for the look that is under way."""
        if self._looking is not None:
            await self._looking

    def _note(self, number: int) -> None:
        self._number = number

    def _held(self) -> Generator[Any, Any, asyncio.CancelledError | None]:
        if self._looking is not None:
            if not self._looking.done():
                return None  # it waits for what the call holds: the call has to go on
            self._looking.result()
        self._looking = asyncio.ensure_future(self._look(self._number))
        clock = asyncio.get_running_loop().time
        end = clock() + self._patience
        cancelled = None
        # A network that gives up a wait cancels it again and again until the call has taken notice.
        while not self._looking.done() and (left := end - clock()) > 0:
            try:
                yield from asyncio.wait([self._looking], timeout=left).__await__()
            except asyncio.CancelledError as raised:
                cancelled = raised
        return cancelled
