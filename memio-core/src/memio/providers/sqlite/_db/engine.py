"""The engine: one writer, readers beside it, and the way of a call to them and back."""

from __future__ import annotations

from asyncio import get_running_loop, wrap_future
from collections.abc import Callable
from contextlib import ExitStack
from os import getpid
from sqlite3 import Connection
from time import monotonic
from typing import Any, TypeVar, cast

from memio.providers.sqlite._db import forks
from memio.providers.sqlite._db.erase import Eraser
from memio.providers.sqlite._db.failures import failure, read_only
from memio.providers.sqlite._db.files import Files
from memio.providers.sqlite._db.open import Location
from memio.providers.sqlite._db.worker import Job, Worker
from memio.providers.sqlite.settings import MEMORY

T = TypeVar("T")
Work = Callable[[Connection], T]
"""What a call does in its thread, inside a transaction that the engine begins and ends."""

WRITES_PER_COMMIT = 256
"""How many waiting writes share one commit: the more, the longer the first of them waits."""
LOOKUPS_PER_SNAPSHOT = 64
SEARCH_THREADS = 3


class Engine:
    """Runs the work of calls on one SQLite file in threads of its own.

    Writes go to one thread, which commits what waits at the same moment together and answers
    each call after its commit. Short reads go to a second thread, and searches to a few more; all have
    their own connections, so that they wait for nobody. A database in memory has one connection
    and hence one thread. Threads and connections begin with the first call that needs them.
    """

    def __init__(self, location: Location) -> None:
        self._closed = False
        self._process: int | None = None
        self._path = location.path
        self._read_only = location.read_only
        self._files = Files(location)
        self._eraser = Eraser(location.path, location.busy_timeout)
        self._writer = Worker(self._files, location.path, writes=True, batch=WRITES_PER_COMMIT)
        if location.path == MEMORY:
            self._lookups = self._searches = self._writer
        else:
            self._lookups = Worker(self._files, location.path, writes=False, batch=LOOKUPS_PER_SNAPSHOT)
            self._searches = Worker(self._files, location.path, writes=False, batch=1, threads=SEARCH_THREADS)
            forks.watch(self)

    async def write(self, work: Work[T]) -> T:
        """Run `work` in a write transaction; its answer comes after the commit.

        `work` may raise a `MemioError`; what it had written by then is undone. A call that is cancelled
        before its turn does nothing; afterwards it is carried out as a whole.
        """
        return await self._ask(self._writer, work, reads=False)

    async def lookup(self, work: Work[T]) -> T:
        """Run a read that takes well under a millisecond."""
        return await self._ask(self._lookups, work, reads=True)

    async def search(self, work: Work[T]) -> T:
        """Run a read that may take longer. When the call is cancelled, the read ends soon after."""
        return await self._ask(self._searches, work, reads=True)

    async def erase(self) -> None:
        """Rewrite the file without anything that was deleted. Other writes wait meanwhile, reads do not.

        Calls that wait at the same time share the work. It may be called again after it failed.
        """
        await self._ask(self._writer, self._eraser.job(), reads=False, alone=True)

    async def aclose(self) -> None:
        """Finish every call that was made, then close the file. Closing again waits for the same end.

        Reads that were cancelled are not finished. In a process that was forked from the one that used it, there is
        nothing to close: threads and connections are that one's.
        """
        self._closed = True
        if self._process not in (None, getpid()):
            return
        try:
            for ending in (*self._lookups.stop(), *self._searches.stop()):
                await wrap_future(ending)
        finally:
            endings = self._writer.stop()
        # The writer's connection is the last one, which tidies up the files beside the database. Two that close at
        # the same moment would each leave that to the other.
        for ending in endings:
            await wrap_future(ending)

    def pause(self, seconds: float) -> Callable[[], None] | None:
        """Close all connections until the returned function is called, so that the process can be forked.

        Args:
            seconds: How long to wait for the calls that are under way.

        Returns:
            What lets calls go on, or `None` when one is still under way.
        """
        deadline = monotonic() + seconds
        with ExitStack() as paused:
            for worker in (self._writer, self._lookups, self._searches):
                go_on = worker.pause(deadline - monotonic())
                if go_on is None:
                    return None
                paused.callback(go_on)
            paused.enter_context(self._files.paused())
            return paused.pop_all().close

    @property
    def path(self) -> str:
        """The file."""
        return self._path

    async def _ask(self, worker: Worker, work: Work[T], *, reads: bool, alone: bool = False) -> T:
        if self._closed:
            raise RuntimeError("this sqlite store is closed: make a new client, or close it after the last call")
        if self._read_only and not reads:
            raise read_only(self._path)
        if self._process is None:
            self._process = getpid()
        elif self._process != getpid():
            # Threads are not forked, so nobody would ever answer; and SQLite forbids to go on with the connections.
            raise failure(
                "this sqlite store was in use already when this process was forked, and nothing was done: make a new "
                "client in the new process, or start it by another method, such as multiprocessing's 'spawn'"
            )
        loop = get_running_loop()
        future = loop.create_future()
        worker.submit(Job(cast("Work[Any]", work), reads, loop, future, alone))
        return cast("T", await future)
