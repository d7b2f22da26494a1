"""Runs the calls of one client: shared by the blocking client, its scoped clients and their façades."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial
from threading import Lock
from typing import NoReturn, ParamSpec, TypeVar
from weakref import finalize

from memio._call.middleware import as_list
from memio.blocking._runtime.background import Background, background
from memio.blocking._runtime.call import Call
from memio.client import Memio

P = ParamSpec("P")
T = TypeVar("T")


class Runner:
    """Runs the calls of one client on the background loop.

    The client is closed when the last reference to its runner is gone.

    Args:
        client: The async client.
    """

    def __init__(self, client: Memio) -> None:
        self._client = client
        self._background: Background | None = None
        self._lock = Lock()

    def call(self, function: Callable[P, Awaitable[T]], *args: P.args, **kwargs: P.kwargs) -> T:
        """Call an async function of the client on the background loop, and wait for its result.

        Raises:
            RuntimeError: The client is closed or was inherited through a fork, or the caller is on that loop.
            BaseException: What the function raised, or what interrupted the wait.
        """
        loop = self._background or self._bind()
        loop.check()
        return Call(loop, partial(function, *args, **kwargs)).result()

    def close(self) -> None:
        """Close the client, and wait until it is closed.

        At the end of the process the client is closed already. After a fork it does nothing in the child process: what
        the client holds belongs to the parent.
        """
        loop = self._background or self._bind()
        if loop.ended:
            return
        try:
            self.call(self._client.aclose)
        except Exception:
            loop.unregister(self._client)  # reported here, and not again at the end of the process
            raise
        loop.unregister(self._client)

    def __reduce__(self) -> NoReturn:
        # The slot of the runner is the first one, so that pickle raises this and not an error about a lock or a queue.
        raise TypeError(
            "a client of memio.blocking cannot be pickled or deep-copied, for example for another process: make a "
            "client there, from the same configuration"
        )

    def _bind(self) -> Background:
        """Bind the client to the loop of this process, at its first call."""
        with self._lock:
            if self._background is None:
                loop = background()
                loop.register(self._client)
                finalize(self, loop.close_unreferenced, self._client).atexit = False
                self._background = loop
            return self._background


def listed(values: T) -> T:
    """Return the items of an iterator as a list, and any other value unchanged.

    The iterator is read in the caller's thread, because it may call a blocking client itself.
    """
    result: T = as_list(values)
    return result
