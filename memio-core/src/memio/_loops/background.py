"""The event loop in a thread, which the blocking clients of a process share with clients that use `own_loop`."""

from __future__ import annotations

import asyncio
import atexit
import os
from collections.abc import Awaitable, Callable, Iterator
from contextlib import suppress
from functools import partial
from threading import Event, Lock, Thread
from threading import get_ident as this_thread
from typing import Any, cast

from memio.errors import ClosedError
from memio.plugins import Closable

END_TIMEOUT = 5.0
"""Seconds to wait for the end of an interrupted call, and for open clients to close at the end of the process."""


class Background:
    """An event loop in a daemon thread, and the clients that are open on it.

    The thread starts immediately and ends with the process. Clients that are still open then are closed first.
    """

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._process = os.getpid()
        self._ended = False
        self._clients: dict[int, Closable] = {}
        self._tasks: set[asyncio.Task[Any]] = set()
        self._thread = Thread(target=self._run, name="memio-loop", daemon=True)
        try:
            self._thread.start()
        except RuntimeError:
            self._loop.close()
            raise
        atexit.register(self._at_exit)

    def check(self) -> None:
        """Refuse a call that could never return: after a fork, or at the end of the process."""
        if os.getpid() != self._process:
            raise RuntimeError(
                "this client was used before the process was forked, and its event loop exists only in the parent "
                "process: make another client in this process"
            )
        if self._ended:
            raise ClosedError("this client is closed: the process is ending")

    @property
    def is_current(self) -> bool:
        """Whether the caller is on this loop."""
        return this_thread() == self._thread.ident

    @property
    def ended(self) -> bool:
        """Whether the loop has ended, or exists only in the process that this one was forked from."""
        return self._ended or os.getpid() != self._process

    def call_soon(self, action: Callable[[], object]) -> None:
        """Call `action` on the loop, with the context variables of the calling thread."""
        self._loop.call_soon_threadsafe(action)

    def task(self, function: Callable[[], Awaitable[Any]]) -> asyncio.Task[Any]:
        """Start a task that calls an async function. It must be called on the loop."""
        task = self._loop.create_task(_called(function))
        # The loop holds weak references to tasks, and the thread that waited for this one may have stopped waiting.
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    def register(self, client: Closable) -> None:
        """Add a client that is closed at the end of the process."""
        self._clients[id(client)] = client

    def unregister(self, client: Closable) -> None:
        """Remove a client that is closed."""
        self._clients.pop(id(client), None)

    def close_unreferenced(self, client: Closable) -> None:
        """Close a client that has no references any more, without waiting.

        The garbage collector calls it, in any thread and at any moment, so it takes no lock.
        """
        if os.getpid() == self._process:
            with suppress(RuntimeError):  # the loop has ended, and the client was closed before
                self.call_soon(partial(self._close_if_registered, client))

    def _close_if_registered(self, client: Closable) -> None:
        if id(client) in self._clients and not self._ended:
            self.task(client.aclose).add_done_callback(lambda _: self.unregister(client))

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        try:
            self._run_until_stopped()
            if tasks := asyncio.all_tasks(self._loop):
                for task in tasks:
                    task.cancel()
                self._loop.run_until_complete(asyncio.wait(tasks, timeout=END_TIMEOUT))
            self._loop.run_until_complete(self._loop.shutdown_asyncgens())
        finally:
            asyncio.set_event_loop(None)
            self._loop.close()

    def _run_until_stopped(self) -> None:
        while True:
            try:
                self._loop.run_forever()
            except (SystemExit, KeyboardInterrupt):
                continue  # a store raised it: its task holds it, and raises it where the call was made
            return

    def _at_exit(self) -> None:
        """Close the open clients, then the loop. All threads except daemons have ended before."""
        if os.getpid() != self._process:
            return
        self._ended = True
        ready = Event()
        closing: list[asyncio.Task[Any]] = []

        def close_all() -> None:
            closing.append(self.task(partial(_close, list(self._clients.values()))))
            closing[0].add_done_callback(lambda _: ready.set())

        self.call_soon(close_all)
        try:
            if not ready.wait(END_TIMEOUT):
                raise TimeoutError(
                    f"memio.blocking: {len(self._clients)} open clients did not close in {END_TIMEOUT:g} s"
                )
            closing[0].result()
        finally:
            self.call_soon(self._loop.stop)
            self._thread.join(END_TIMEOUT)


async def _called(function: Callable[[], Awaitable[Any]]) -> Any:
    return await function()


async def _close(clients: list[Closable]) -> None:
    """Close clients concurrently; an error of one does not affect the others."""
    results = await asyncio.gather(*(client.aclose() for client in clients), return_exceptions=True)
    if errors := [result for result in results if isinstance(result, BaseException)]:
        # What is raised at exit is printed without the members of a group.
        messages = "; ".join(f"{type(error).__name__}: {error}" for group in errors for error in _single(group))
        raise BaseExceptionGroup(f"not all open clients could be closed: {messages}", errors)


def _single(error: BaseException) -> Iterator[BaseException]:
    """Yield the errors that a group consists of."""
    if isinstance(error, BaseExceptionGroup):
        for member in cast("BaseExceptionGroup[BaseException]", error).exceptions:
            yield from _single(member)
    else:
        yield error


_lock = Lock()
_current: Background | None = None


def background() -> Background:
    """Return the background loop of this process; the first call starts it."""
    global _current  # noqa: PLW0603  # one a process
    with _lock:
        if _current is None:
            _current = Background()
        return _current


def _after_fork() -> None:
    """Drop the loop of the parent process, and the lock, which another of its threads may have held."""
    global _current, _lock
    _current, _lock = None, Lock()


if hasattr(os, "register_at_fork"):  # not on Windows
    os.register_at_fork(after_in_child=_after_fork)
