"""Runs the calls of one client: shared by the blocking client, its scoped clients and their façades."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial
from threading import Lock
from typing import NoReturn, ParamSpec, TypeVar
from weakref import finalize

from memio._call.middleware import as_list
from memio._loops.background import Background, background
from memio._values.text import type_name
from memio.blocking._runtime.call import BlockingCall
from memio.client import Memio
from memio.errors import ClosedError

P = ParamSpec("P")
T = TypeVar("T")


class Runner:
    """Runs the calls of one client on the background loop.

    A client that belongs to its runner is closed when the last reference to the runner is gone.

    Args:
        client: The async client.
        owns: Whether the client belongs to the runner, which closes it; default `True`.
    """

    def __init__(self, client: Memio, *, owns: bool = True) -> None:
        self._client = client
        self._owns = owns
        self._closed = False
        self._background: Background | None = None
        self._lock = Lock()

    def call(self, function: Callable[P, Awaitable[T]], *args: P.args, **kwargs: P.kwargs) -> T:
        """Call an async function of the client on the background loop, and wait for its result.

        Raises:
            ClosedError: The client is closed.
            RuntimeError: The client was inherited through a fork, or the caller is on that loop.
            BaseException: What the function raised, or what interrupted the wait.
        """
        loop = self._background or self._bind()
        loop.check()
        if loop.is_current:
            raise RuntimeError(
                "a client of memio.blocking was called on the event loop that runs its calls, from middleware or a "
                "store: await memio.Memio there"
            )
        if self._closed:
            raise ClosedError("this blocking client is closed: make another with Memio.over(client)")
        return BlockingCall(loop, partial(function, *args, **kwargs)).result()

    def close(self) -> None:
        """Close the client, and wait until it is closed. A client that does not belong to the runner stays open.

        At the end of the process the client is closed already. After a fork it does nothing in the child process: what
        the client holds belongs to the parent.
        """
        if not self._owns:
            self._closed = True
            return
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
                if self._owns:
                    loop.register(self._client)
                    finalize(self, loop.close_unreferenced, self._client).atexit = False
                self._background = loop
            return self._background


def lent(client: Memio) -> Runner:
    """Return the runner of a client that others use and close.

    Raises:
        TypeError: It is not a `memio.Memio`.
        RuntimeError: Some of its stores belong to one event loop.
    """
    if not isinstance(client, Memio):  # pyright: ignore[reportUnnecessaryIsInstance]  # callers may be untyped
        raise TypeError(
            f"over() takes a memio.Memio, got a {type_name(client)}: confine the blocking client instead, as in "
            "over(client).scoped(…)"
        )
    stores = client._stores.values()  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]  # both are part of the library
    bound = sorted({store.provider for store in stores if not store.loop.anywhere})
    if bound:
        raise RuntimeError(
            f"the client's stores of {' and '.join(bound)} belong to one event loop, so no other thread can call them: "
            "make the client with own_loop=True, as in memio.Memio.from_config(…, own_loop=True)"
        )
    return Runner(client, owns=False)


def listed(values: T) -> T:
    """Return the items of an iterator as a list, and any other value unchanged.

    The iterator is read in the caller's thread, because it may call a blocking client itself.
    """
    result: T = as_list(values)
    return result
