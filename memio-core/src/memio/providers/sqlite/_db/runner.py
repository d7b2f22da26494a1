"""One thread of a pool: its connection, and the transactions in which it runs jobs."""

from __future__ import annotations

import concurrent.futures
from contextlib import nullcontext
from copy import copy
from queue import Empty
from sqlite3 import Connection
from sqlite3 import Error as SqliteError
from threading import Lock, Semaphore

from memio.errors import MemioError, ProviderError
from memio.providers.sqlite._connection.deferred import apply_deferred, drop_deferred
from memio.providers.sqlite._connection.interrupts import interruptible, watch
from memio.providers.sqlite._db.errors import explain
from memio.providers.sqlite._db.files import Files
from memio.providers.sqlite._db.jobs import Job, Queue, Result, deliver
from memio.providers.sqlite._db.schema import check_unchanged

Ended = concurrent.futures.Future[None]
"""Done when a thread has ended. Not an asyncio future, because it belongs to no event loop."""


class Runner:
    """Runs queued jobs in one thread, on a connection that no other thread uses.

    Args:
        queue: The queue of the pool.
        idle: Counts the threads of the pool that wait for a job.
        files: Opens the connection.
        path: The file, for errors.
        batch: How many queued jobs share a transaction at most.
        writes: Whether the jobs may write.

    Attributes:
        lock: Held while a transaction is open. Whoever holds it may disconnect.
    """

    def __init__(self, queue: Queue, idle: Semaphore, files: Files, path: str, batch: int, *, writes: bool) -> None:
        self.lock = Lock()
        self._queue = queue
        self._idle = idle
        self._files = files
        self._path = path
        self._batch = batch
        self._writes = writes
        self._begin = "BEGIN IMMEDIATE" if writes else "BEGIN"
        self._connection: Connection | None = None

    def run(self, ended: Ended) -> None:
        """Run jobs until the queue yields `None`, close the connection, and mark `ended` as done."""
        try:
            while self._run_batch():
                pass
        finally:
            with self.lock:
                self.disconnect()
            ended.set_result(None)

    def disconnect(self) -> None:
        """Close the connection; the next job opens another one."""
        connection, self._connection = self._connection, None
        if connection is not None:
            self._files.close(connection)

    def _run_batch(self) -> bool:
        """Run the queued jobs as one batch; return False on shutdown."""
        job = self._next()
        jobs: list[Job] = []
        while job is not None and not job.exclusive:
            if not job.future.cancelled():
                jobs.append(job)
            if len(jobs) == self._batch:
                break
            try:
                job = self._queue.get_nowait()
            except Empty:
                break
        if jobs:
            with self.lock:
                results = self._run_together(jobs)
            deliver(results)
        if job is not None and job.exclusive and not job.future.cancelled():
            with self.lock:
                result = self._run_exclusive(job)
            deliver([result])
        return job is not None

    def _next(self) -> Job | None:
        try:
            return self._queue.get_nowait()
        except Empty:
            self._idle.release()
            return self._queue.get()

    def _run_together(self, jobs: list[Job]) -> list[Result]:
        """Run jobs in one transaction; when it must be rolled back, run each in a separate one."""
        try:
            connection = self._connect()
            connection.execute(self._begin)
        except Exception as error:  # noqa: BLE001  # every error is the result of the calls that wait for these jobs
            return self._refuse(jobs, error)
        try:
            check_unchanged(connection, self._path)
            results = [self._run(job, connection) for job in jobs]
            apply_deferred(connection)
            self._commit(connection)
        except Exception as error:  # noqa: BLE001  # as above
            self._roll_back(connection)
            if len(jobs) == 1 or (isinstance(error, ProviderError) and error.outcome == "unknown"):
                return self._refuse(jobs, error)
            # One job may be at fault, and the others must not fail with it.
            return [result for job in jobs if not job.future.cancelled() for result in self._run_together([job])]
        return results

    def _run_exclusive(self, job: Job) -> Result:
        try:
            return Result(job, job.work(self._connect()), None)
        except Exception as error:  # noqa: BLE001  # as above
            if self._connection is not None:
                self._roll_back(self._connection)
            return self._refuse([job], error)[0]

    def _run(self, job: Job, connection: Connection) -> Result:
        before = connection.total_changes
        try:
            with interruptible(job.future) if job.reads else nullcontext():
                return Result(job, job.work(connection), None)
        except MemioError as error:
            if connection.total_changes != before:
                raise  # so that the transaction is rolled back
            return Result(job, None, error)

    def _commit(self, connection: Connection) -> None:
        try:
            connection.execute("COMMIT")
        except SqliteError as error:
            raise explain(error, self._path, committing=self._writes) from error

    def _roll_back(self, connection: Connection) -> None:
        """Roll back, if need be by closing the connection."""
        drop_deferred(connection)
        try:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
        except SqliteError:
            self.disconnect()

    def _connect(self) -> Connection:
        if self._connection is None:
            self._connection = self._files.open(writes=self._writes)
            watch(self._connection)
        else:
            self._files.check()
        return self._connection

    def _refuse(self, jobs: list[Job], error: Exception) -> list[Result]:
        """Return the error as the result of every job: a copy for each, because each is raised in another task."""
        explained = explain(error, self._path) if isinstance(error, SqliteError) else error
        return [Result(job, None, explained if len(jobs) == 1 else copy(explained)) for job in jobs]
