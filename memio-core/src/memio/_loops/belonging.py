"""Which event loop a store belongs to: any, that of its first call, or memio's own one."""

from __future__ import annotations

from collections.abc import Collection, Hashable
from threading import Lock
from typing import TYPE_CHECKING, Any, Protocol

from memio._loops.running import get_running_loop
from memio.capabilities import Guarantee
from memio.plugins import Closable

if TYPE_CHECKING:
    from asyncio import AbstractEventLoop

_INTERVAL = 0.5
"""Seconds between two checks that a loop in another thread still runs."""


class StoreLoop(Protocol):
    """Where a store is called and closed.

    Attributes:
        anywhere: Whether callers may be in any event loop and thread.
    """

    anywhere: bool

    def check(self, running: object) -> None:
        """Refuse a call from a loop that the store does not belong to; `running` is the caller's."""
        ...

    def calls_of(self, store: Any) -> Any:
        """Return an object with the methods of the store, to be called in the caller's loop."""
        ...

    async def close(self, closable: Closable) -> None:
        """Close a store, or what stores share."""
        ...


class StoreLoops:
    """The loops of the stores of one client.

    Args:
        own: Whether stores without the guarantee `any_loop` are called on memio's background loop.
    """

    def __init__(self, *, own: bool) -> None:
        self._own: StoreLoop | None = None
        if own:
            from memio._loops.own import OwnLoop

            self._own = OwnLoop()
        self._loops: dict[Hashable, StoreLoop] = {}

    def of(self, provider: str, guarantees: Collection[str], shared: Hashable) -> StoreLoop:
        """Return the loop of a store.

        Args:
            provider: The name of its provider, for errors.
            guarantees: What the store promises.
            shared: Equal for stores that share a connection, which belongs to one loop.
        """
        if Guarantee.ANY_LOOP in guarantees:
            return ANY_LOOP
        return self._loops.setdefault(shared, self._own or FirstLoop(provider))

    def of_shared(self, shared: Hashable) -> StoreLoop:
        """Return the loop of what stores share: the same as that of these stores."""
        return self._loops.get(shared, ANY_LOOP)


class AnyLoop:
    """A store with the guarantee `any_loop` is called where the caller is."""

    anywhere = True

    def check(self, running: object) -> None:
        """Accept every loop."""

    def calls_of(self, store: Any) -> Any:
        """Return the store."""
        return store

    async def close(self, closable: Closable) -> None:
        """Close it in the running loop."""
        await closable.aclose()


ANY_LOOP = AnyLoop()


class FirstLoop:
    """A store without that guarantee belongs to the event loop of its first call.

    Args:
        provider: The name of its provider, for errors.
    """

    anywhere = False

    def __init__(self, provider: str) -> None:
        self._provider = provider
        self._lock = Lock()
        self._loop: Any = None

    def check(self, running: object) -> None:
        """Bind the store to the loop of the first call, and refuse other loops."""
        if running is self._loop:
            return
        with self._lock:
            if self._loop is None:
                self._loop = running
                return
        raise RuntimeError(
            f"{self._provider} belongs to the event loop of its first call, and this call comes from another one: make "
            "one client per loop, inside the coroutine that asyncio.run starts, or make one for all loops and threads "
            "with own_loop=True, as in Memio.from_config(…, own_loop=True)"
        )

    def calls_of(self, store: Any) -> Any:
        """Return the store."""
        return store

    async def close(self, closable: Closable) -> None:
        """Close it in its loop when that runs in another thread, otherwise in the running one."""
        loop: AbstractEventLoop | None = self._loop
        if loop is None or loop is get_running_loop() or not await _closed_in(loop, closable):
            await closable.aclose()


async def _closed_in(loop: AbstractEventLoop, closable: Closable) -> bool:
    """Close something in a loop of another thread; return False when that loop does not run, or ends before."""
    from asyncio import run_coroutine_threadsafe, wait, wrap_future

    async def close() -> None:
        await closable.aclose()

    if not loop.is_running():
        return False
    closing = run_coroutine_threadsafe(close(), loop)
    waiting = wrap_future(closing)
    try:
        while not waiting.done():
            if not loop.is_running():
                return False
            await wait({waiting}, timeout=_INTERVAL)
        if waiting.cancelled():  # with its loop
            return False
        waiting.result()
    finally:
        waiting.cancel()
    return True
