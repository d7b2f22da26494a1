"""What a blocking client, its scoped clients and their façades hold together."""

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


class Lifeline:
    """Carries the calls of one client to the background loop.

    When the last of those who hold it is gone, the client is closed.

    Args:
        client: The async client.
    """

    def __init__(self, client: Memio) -> None:
        self._client = client
        self._background: Background | None = None
        self._lock = Lock()

    def call(self, function: Callable[P, Awaitable[T]], *args: P.args, **kwargs: P.kwargs) -> T:
        """Call an async function of the client on the background loop, and wait for its answer.

        Raises:
            RuntimeError: The client is closed or was inherited through a fork, or the caller is on that loop.
            BaseException: What the function raised, or what interrupted the wait.
        """
        loop = self._background or self._bind()
        loop.check()
        return Call(loop, partial(function, *args, **kwargs)).answer()

    def close(self) -> None:
        """Close the client, and wait until it is.

        At the end of the process it was closed before. In a forked one it does nothing: what the client holds
        belongs to the process that opened it.
        """
        loop = self._background or self._bind()
        if loop.over:
            return
        try:
            self.call(self._client.aclose)
        except Exception:
            loop.closed(self._client)  # what failed is told now, and not once more at the end of the process
            raise
        loop.closed(self._client)

    def __reduce__(self) -> NoReturn:
        # The classes that hold this one name it first, so that pickle comes here before it meets a lock or a queue.
        raise TypeError(
            "a client of memio.blocking cannot be pickled, as for another process, or copied with what it holds: make "
            "another client there, from the same configuration"
        )

    def _bind(self) -> Background:
        """Bind the client to the loop of this process, with its first call."""
        with self._lock:
            if self._background is None:
                loop = background()
                loop.opened(self._client)
                finalize(self, loop.forsake, self._client).atexit = False
                self._background = loop
            return self._background


def listed(values: T) -> T:
    """Return what an iterator yields as a list, and anything else as it is.

    An iterator of the caller's is read in the caller's thread: it may well call a blocking client itself.
    """
    result: T = as_list(values)
    return result
