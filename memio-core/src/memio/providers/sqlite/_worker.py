"""The threads that own the connections, and what they do with the jobs that wait."""

from __future__ import annotations

from asyncio import AbstractEventLoop, Future
from collections.abc import Callable
from concurrent.futures import Future as End
from contextlib import suppress
from copy import copy
from queue import Empty, SimpleQueue
from sqlite3 import Connection
from sqlite3 import Error as SqliteError
from threading import Lock, Semaphore, Thread
from typing import Any, NamedTuple
from weakref import finalize

from memio.errors import MemioError, ProviderError
from memio.providers.sqlite._failures import explain
from memio.providers.sqlite._open import Location, open_file


class Job(NamedTuple):
    """What one call wants done, and where its answer goes."""

    work: Callable[[Connection], Any]
    loop: AbstractEventLoop
    future: Future[Any]


class Answer(NamedTuple):
    """The result of a job, or its error."""

    job: Job
    result: Any
    error: Exception | None


Queue = SimpleQueue[Job | None]
"""Jobs, in turn; `None` ends the thread that takes it."""


class Worker:
    """A queue of jobs, and the threads that serve it.

    Args:
        location: The file; each thread opens a connection of its own.
        writes: Whether the jobs may write.
        batch: How many waiting jobs share a transaction at most.
        threads: How many threads there may be; each is started when all others are busy.
    """

    def __init__(self, location: Location, *, writes: bool, batch: int, threads: int = 1) -> None:
        self._location = location
        self._writes = writes
        self._batch = batch
        self._most = threads
        self._queue: Queue = SimpleQueue()
        self._ends: list[End[None]] = []
        self._lock = Lock()
        self._idle = Semaphore(0)
        self._stopped = False
        # The threads know the queue and not the worker: when a worker is forgotten instead of closed, they end.
        finalize(self, _stop, self._queue, self._ends).atexit = False

    def submit(self, job: Job) -> None:
        """Put a job in the queue. Its future is settled in its loop."""
        self._queue.put(job)
        # After the job is in the queue: a new thread finds it there, and does not count itself as idle before.
        if len(self._ends) < self._most and not self._idle.acquire(blocking=False):
            self._start_thread()

    def stop(self) -> list[End[None]]:
        """Let the threads end after the jobs that are queued; return what tells that they have ended."""
        with self._lock:
            if not self._stopped:
                self._stopped = True
                _stop(self._queue, self._ends)
            return self._ends

    def _start_thread(self) -> None:
        with self._lock:
            if len(self._ends) == self._most:
                return
            end: End[None] = End()
            end.set_running_or_notify_cancel()  # from now on, nobody who waits for it can cancel it
            self._ends.append(end)
        turn = _Thread(self._queue, self._idle, self._location, self._batch, writes=self._writes)
        # Daemons: an engine that nobody closed must not keep the process alive. What was answered is on the disk.
        Thread(target=turn.run, args=(end,), name="memio-sqlite", daemon=True).start()


def _stop(queue: Queue, ends: list[End[None]]) -> None:
    for _ in ends:
        queue.put(None)


class _Thread:
    """What one thread does, with the connection that it alone uses."""

    def __init__(self, queue: Queue, idle: Semaphore, location: Location, batch: int, *, writes: bool) -> None:
        self._queue = queue
        self._idle = idle
        self._location = location
        self._batch = batch
        self._writes = writes
        self._begin = "BEGIN IMMEDIATE" if writes else "BEGIN"
        self._connection: Connection | None = None

    def run(self, end: End[None]) -> None:
        """Serve the queue until it says to end."""
        try:
            while self._serve_those_who_wait():
                pass
        finally:
            self._disconnect()
            end.set_result(None)

    def _serve_those_who_wait(self) -> bool:
        """Take what waits and carry it out; tell whether to go on."""
        job = self._next()
        jobs: list[Job] = []
        while job is not None:
            if not job.future.cancelled():
                jobs.append(job)
            if len(jobs) == self._batch:
                break
            try:
                job = self._queue.get_nowait()
            except Empty:
                break
        if jobs:
            _deliver(self._carry_out(jobs))
        return job is not None

    def _next(self) -> Job | None:
        try:
            return self._queue.get_nowait()
        except Empty:
            self._idle.release()
            return self._queue.get()

    def _carry_out(self, jobs: list[Job]) -> list[Answer]:
        """Run the jobs in one transaction; when it must be undone, each in one of its own."""
        try:
            connection = self._connection = self._connection or open_file(self._location, writes=self._writes)
            connection.execute(self._begin)
        except Exception as error:  # noqa: BLE001  # whatever it is, it is the answer of those who wait for it
            return self._refuse(jobs, error)
        try:
            answers = [self._run(job, connection) for job in jobs]
            self._commit(connection)
        except Exception as error:  # noqa: BLE001  # as above
            self._undo(connection)
            if len(jobs) == 1 or (isinstance(error, ProviderError) and error.outcome == "unknown"):
                return self._refuse(jobs, error)
            # The fault may be one job's alone, and the others must not suffer from it.
            return [answer for job in jobs if not job.future.cancelled() for answer in self._carry_out([job])]
        return answers

    def _run(self, job: Job, connection: Connection) -> Answer:
        before = connection.total_changes
        try:
            return Answer(job, job.work(connection), None)
        except MemioError as error:
            if connection.total_changes != before:
                raise
            return Answer(job, None, error)

    def _commit(self, connection: Connection) -> None:
        try:
            connection.execute("COMMIT")
        except SqliteError as error:
            raise explain(error, self._location.path, committing=self._writes) from error

    def _undo(self, connection: Connection) -> None:
        """Roll back; a connection that cannot even do that is given up, which rolls back as well."""
        try:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
        except SqliteError:
            self._disconnect()

    def _disconnect(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            with suppress(SqliteError):  # nothing is left to be done on it, and its locks end with it
                connection.close()

    def _refuse(self, jobs: list[Job], error: Exception) -> list[Answer]:
        """Answer every job with the error, each with one of its own: each is raised somewhere else."""
        told = explain(error, self._location.path) if isinstance(error, SqliteError) else error
        return [Answer(job, None, told if len(jobs) == 1 else copy(told)) for job in jobs]


def _deliver(answers: list[Answer]) -> None:
    """Hand the answers to the loops that wait for them, with one wake-up for each loop."""
    by_loop: dict[AbstractEventLoop, list[Answer]] = {}
    for answer in answers:
        by_loop.setdefault(answer.job.loop, []).append(answer)
    for loop, part in by_loop.items():
        with suppress(RuntimeError):  # the loop was closed, so nobody waits any more
            loop.call_soon_threadsafe(_settle, part)


def _settle(answers: list[Answer]) -> None:
    for job, result, error in answers:
        if job.future.done():  # cancelled on the way
            continue
        if error is None:
            job.future.set_result(result)
        else:
            job.future.set_exception(error)
