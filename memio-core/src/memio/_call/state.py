"""What the façades of one client share."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from memio.plugins import Middleware


@dataclass(slots=True)
class ClientState:
    """A client's middleware, its event loop, and whether it is open."""

    middleware: tuple[Middleware, ...] = ()
    closed: bool = False
    _loop: object = None
    _running_loop: Callable[[], object] | None = None

    def check(self) -> None:
        """Refuse a call on a closed client, or from another event loop than the first call's."""
        if self._running_loop is None:
            # Not imported with memio, which has to start fast: a program that runs a loop has imported asyncio.
            from asyncio import get_running_loop

            self._running_loop = get_running_loop
        try:
            loop = self._running_loop()
        except RuntimeError:
            raise no_loop() from None
        if loop is not self._loop:
            if self._loop is not None:
                raise RuntimeError(
                    "this client belongs to the event loop of its first call: make one client per loop, "
                    "inside the coroutine that asyncio.run starts"
                )
            self._loop = loop
        if self.closed:
            raise RuntimeError("this client is closed: make another, or stay inside the block that opened it")


def no_loop() -> RuntimeError:
    """Return what to raise where no event loop of asyncio is running."""
    return RuntimeError(
        "memio runs on asyncio, and no event loop of asyncio is running here: start the program with asyncio.run. "
        "Under trio, call memio.blocking in a worker thread, as with trio.to_thread.run_sync"
    )


def check_loop() -> None:
    """Refuse to go on without an event loop of asyncio, as under trio."""
    from asyncio import get_running_loop

    try:
        get_running_loop()
    except RuntimeError:
        raise no_loop() from None
