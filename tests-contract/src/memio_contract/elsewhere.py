"""Calls in another event loop than that of the law."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from threading import Thread
from typing import Any, TypeVar

T = TypeVar("T")


async def in_another_loop(function: Callable[[], Awaitable[T]]) -> T:
    """Call an async function in a new event loop, in a new thread, and wait for its result."""
    loop = asyncio.get_running_loop()
    ended: asyncio.Future[T] = loop.create_future()

    async def called() -> T:
        return await function()

    def settle(set_end: Callable[[Any], None], end: Any) -> None:
        if not ended.done():
            set_end(end)

    def run() -> None:
        try:
            end: tuple[Callable[[Any], None], Any] = ended.set_result, asyncio.run(called())
        except BaseException as error:  # noqa: BLE001  # raised where the call was made
            end = ended.set_exception, error
        with suppress(RuntimeError):  # the law has ended, because the call took too long
            loop.call_soon_threadsafe(settle, *end)

    # A daemon: a call that never ends must not keep the process from ending.
    Thread(target=run, name="memio-contract", daemon=True).start()
    return await ended
