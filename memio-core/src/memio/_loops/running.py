"""The event loop that a call is made in."""

from __future__ import annotations

from collections.abc import Callable


def get_running_loop() -> object:
    """Return the running event loop of asyncio.

    Raises:
        RuntimeError: No event loop of asyncio is running, as under trio.
    """
    try:
        return (_get_running_loop or _imported())()
    except RuntimeError:
        raise RuntimeError(
            "memio runs on asyncio, and no event loop of asyncio is running here: start the program with asyncio.run. "
            "Under trio, call memio.blocking in a worker thread, as with trio.to_thread.run_sync"
        ) from None


_get_running_loop: Callable[[], object] | None = None


def _imported() -> Callable[[], object]:
    """Import asyncio at the first call, and not with memio, which has to start fast."""
    global _get_running_loop  # noqa: PLW0603  # an import is one a process
    from asyncio import get_running_loop

    _get_running_loop = get_running_loop
    return get_running_loop
