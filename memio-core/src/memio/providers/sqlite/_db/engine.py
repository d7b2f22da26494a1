"""The engine: one writing thread, several reading threads, and how calls wait for them."""

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
from memio.providers.sqlite._db.errors import closed, failure, read_only
from memio.providers.sqlite._db.files import Files
from memio.providers.sqlite._db.jobs import Job
from memio.providers.sqlite._db.location import Location
from memio.providers.sqlite._db.pool import Pool
from memio.providers.sqlite._db.progress import Reindex
from memio.providers.sqlite._usual import MEMORY

T = TypeVar("T")
Work = Callable[[Connection], T]
"""What a call does in a thread, inside a transaction that the engine begins and ends."""

WRITES_PER_COMMIT = 256
"""How many queued writes share one commit: the more, the longer the first of them waits."""
LOOKUPS_PER_SNAPSHOT = 64
SEARCH_THREADS = 3


class Engine:
    """Runs the work of calls on one SQLite file in threads.

    Writes go to one thread, which commits those that are queued at the same moment together and answers each call after
    its commit. Short reads go to a second thread, and searches to a few more. Each thread has a connection, so reads do
    not wait for writes. A database in memory has one connection and hence one thread. Threads and connections are made
    by the first call that needs them.

    Args:
        location: The file.
        reindex: Builds all full-text indexes anew, inside a transaction; used by `erase` and after a migration.
    """

    def __init__(self, location: Location, reindex: Reindex) -> None:
        self._closed = False
        self._process: int | None = None
        self._path = location.path
        self._read_only = location.read_only
        self._files = Files(location, reindex)
        self._eraser = Eraser(location.path, location.busy_timeout, reindex)
        self._writes = Pool(self._files, location.path, writes=True, batch=WRITES_PER_COMMIT)
        if location.path == MEMORY:
            self._lookups = self._searches = self._writes
        else:
            self._lookups = Pool(self._files, location.path, writes=False, batch=LOOKUPS_PER_SNAPSHOT)
            self._searches = Pool(self._files, location.path, writes=False, batch=1, threads=SEARCH_THREADS)
            forks.watch(self)

    async def write(self, work: Work[T]) -> T:
        """Run `work` in a write transaction and return its result after the commit.

        `work` may raise a `MemioError`; what it had written by then is rolled back. A call that is cancelled while
        it is queued does nothing; afterwards it is completed.
        """
        return await self._run(self._writes, work, reads=False)

    async def lookup(self, work: Work[T]) -> T:
        """Run a read that takes well under a millisecond."""
        return await self._run(self._lookups, work, reads=True)

    async def search(self, work: Work[T]) -> T:
        """Run a read that may take longer. When the call is cancelled, the read ends soon after."""
        return await self._run(self._searches, work, reads=True)

    async def erase(self) -> None:
        """Rewrite the file without anything that was deleted. Other writes wait meanwhile, reads do not.

        Calls that are queued at the same time share the rewrite. It may be called again after it failed.
        """
        await self._run(self._writes, self._eraser.job(), reads=False, exclusive=True)

    async def aclose(self) -> None:
        """Finish every call that was made, then close the file. A second call waits for the same end.

        Cancelled reads are not finished. In a forked process there is nothing to close: threads and connections belong
        to the process that used the engine.
        """
        self._closed = True
        if self._process not in (None, getpid()):
            return
        try:
            for ended in (*self._lookups.stop(), *self._searches.stop()):
                await wrap_future(ended)
        finally:
            writing = self._writes.stop()
        # The connection that closes last removes the log and its index. It is the writing one, because two that close
        # at the same moment would each leave that to the other.
        for ended in writing:
            await wrap_future(ended)

    def pause(self, seconds: float) -> Callable[[], None] | None:
        """Close all connections until the returned function is called, so that the process can be forked.

        Args:
            seconds: How long to wait for the calls that are under way.

        Returns:
            A function that lets calls continue, or `None` when a call is still under way.
        """
        deadline = monotonic() + seconds
        with ExitStack() as paused:
            for pool in (self._writes, self._lookups, self._searches):
                resume = pool.pause(deadline - monotonic())
                if resume is None:
                    return None
                paused.callback(resume)
            paused.enter_context(self._files.paused())
            return paused.pop_all().close

    @property
    def path(self) -> str:
        """The file."""
        return self._path

    @property
    def read_only(self) -> bool:
        """Whether writes are refused."""
        return self._read_only

    async def _run(self, pool: Pool, work: Work[T], *, reads: bool, exclusive: bool = False) -> T:
        if self._closed:
            raise closed()
        if self._read_only and not reads:
            raise read_only(self._path)
        if self._process is None:
            self._process = getpid()
        elif self._process != getpid():
            # Threads are not forked, so a job would wait for ever, and SQLite's connections must not cross a fork.
            raise failure(
                "this sqlite store was in use already when this process was forked, and nothing was done: make a new "
                "client in the new process, or start it by another method, such as multiprocessing's 'spawn'"
            )
        loop = get_running_loop()
        future = loop.create_future()
        pool.submit(Job(cast("Work[Any]", work), reads, loop, future, exclusive))
        return cast("T", await future)
