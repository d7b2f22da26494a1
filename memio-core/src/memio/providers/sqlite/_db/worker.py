"""The threads that own the connections, and what they do with the jobs that wait."""

from __future__ import annotations

import concurrent.futures
from asyncio import AbstractEventLoop, Future
from collections.abc import Callable, Iterator
from contextlib import ExitStack, nullcontext, suppress
from copy import copy
from queue import Empty, SimpleQueue
from sqlite3 import Connection
from sqlite3 import Error as SqliteError
from threading import Lock, Semaphore, Thread
from time import monotonic
from typing import Any, NamedTuple
from weakref import finalize

from memio.errors import MemioError, ProviderError
from memio.providers.sqlite._db.failures import explain, failure
from memio.providers.sqlite._db.files import Files
from memio.providers.sqlite._db.interrupts import reading_for, watch


class Job(NamedTuple):
    """What one call wants done, and where its answer goes.

    A read may be ended early when its future is cancelled. What is to be done alone has no transaction around it,
    and shares none.
    """

    work: Callable[[Connection], Any]
    reads: bool
    loop: AbstractEventLoop
    future: Future[Any]
    alone: bool = False


class Answer(NamedTuple):
    """The result of a job, or its error."""

    job: Job
    result: Any
    error: Exception | None


Queue = SimpleQueue[Job | None]
"""Jobs, in turn; `None` ends the thread that takes it."""

Ending = concurrent.futures.Future[None]
"""Done when a thread has ended. Not an asyncio future: it belongs to no loop."""


class Worker:
    """A queue of jobs, and the threads that serve it.

    Args:
        files: What opens a connection for each thread.
        path: The file, for errors.
        writes: Whether the jobs may write.
        batch: How many waiting jobs share a transaction at most.
        threads: How many threads there may be; each is started when all others are busy.
    """

    def __init__(self, files: Files, path: str, *, writes: bool, batch: int, threads: int = 1) -> None:
        self._files = files
        self._path = path
        self._writes = writes
        self._batch = batch
        self._most = threads
        self._queue: Queue = SimpleQueue()
        self._endings: list[Ending] = []
        self._servers: list[_Server] = []
        self._lock = Lock()
        self._idle = Semaphore(0)
        self._stopped = False
        # The threads know the queue and not the worker: when a worker is forgotten instead of closed, they end.
        finalize(self, _stop, self._queue, self._endings).atexit = False

    def submit(self, job: Job) -> None:
        """Put a job in the queue. Its future is settled in its loop."""
        self._queue.put(job)
        # After the job is in the queue: a new thread finds it there, and does not count itself as idle before.
        if len(self._endings) < self._most and not self._idle.acquire(blocking=False):
            self._start_thread()

    def stop(self) -> list[Ending]:
        """Let the threads end after the jobs that are queued; return what tells that they have ended."""
        with self._lock:
            if not self._stopped:
                self._stopped = True
                _stop(self._queue, self._endings)
            return self._endings

    def pause(self, seconds: float) -> Callable[[], None] | None:
        """Close the connections between two transactions; they are opened again when there is something to do.

        Args:
            seconds: How long to wait for what is under way.

        Returns:
            What lets the threads go on, or `None` when something is still under way.
        """
        deadline = monotonic() + seconds
        with ExitStack() as turns, self._lock:
            for server in self._servers:
                if not server.turn.acquire(timeout=max(0, deadline - monotonic())):
                    return None
                turns.callback(server.turn.release)
                server.disconnect()
            return turns.pop_all().close

    def _start_thread(self) -> None:
        with self._lock:
            if len(self._endings) == self._most:
                return
            ending = Ending()
            ending.set_running_or_notify_cancel()  # from now on, nobody who waits for it can cancel it
            server = _Server(self._queue, self._idle, self._files, self._path, self._batch, writes=self._writes)
            # Daemons: an engine that nobody closed must not keep the process alive. What was answered is on the disk.
            thread = Thread(target=server.run, args=(ending,), name="memio-sqlite", daemon=True)
            self._endings.append(ending)
            self._servers.append(server)
            try:
                thread.start()
            except RuntimeError as error:
                self._endings.remove(ending)
                self._servers.remove(server)
                # Jobs wait for the threads that there are. Where there is none, nobody else takes from the queue.
                if not self._endings:
                    _deliver([Answer(job, None, _no_thread(error)) for job in _taken_out(self._queue)])


def _no_thread(error: RuntimeError) -> ProviderError:
    return failure(
        f"no thread can be started for SQLite ({error}), and nothing was done: end other threads, raise the limit of "
        "the system, or call before the interpreter shuts down",
        cause=error,
    )


def _taken_out(queue: Queue) -> Iterator[Job]:
    """Empty the queue and yield its jobs."""
    with suppress(Empty):
        while True:
            job = queue.get_nowait()
            if job is not None:
                yield job


def _stop(queue: Queue, endings: list[Ending]) -> None:
    for _ in endings:
        queue.put(None)


class _Server:
    """Serves the queue in one thread, with a connection that it alone uses."""

    def __init__(self, queue: Queue, idle: Semaphore, files: Files, path: str, batch: int, *, writes: bool) -> None:
        self.turn = Lock()
        self._queue = queue
        self._idle = idle
        self._files = files
        self._path = path
        self._batch = batch
        self._writes = writes
        self._begin = "BEGIN IMMEDIATE" if writes else "BEGIN"
        self._connection: Connection | None = None

    def run(self, ending: Ending) -> None:
        """Serve the queue until it says to end, and tell that it has."""
        try:
            while self._serve_those_who_wait():
                pass
        finally:
            with self.turn:
                self.disconnect()
            ending.set_result(None)

    def _serve_those_who_wait(self) -> bool:
        """Take what waits and carry it out; tell whether to go on."""
        job = self._next()
        jobs: list[Job] = []
        while job is not None:
            if not job.future.cancelled():
                jobs.append(job)
            if len(jobs) == self._batch or job.alone:
                break
            try:
                job = self._queue.get_nowait()
            except Empty:
                break
        alone = [jobs.pop()] if jobs and jobs[-1].alone else []
        if jobs:
            with self.turn:
                answers = self._carry_out(jobs)
            _deliver(answers)
        for lonely in alone:
            with self.turn:
                answers = [self._carry_out_alone(lonely)]
            _deliver(answers)
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
            connection = self._connect()
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

    def _carry_out_alone(self, job: Job) -> Answer:
        """Run a job that begins and ends transactions of its own."""
        try:
            return Answer(job, job.work(self._connect()), None)
        except Exception as error:  # noqa: BLE001  # as above
            if self._connection is not None:
                self._undo(self._connection)
            return self._refuse([job], error)[0]

    def _run(self, job: Job, connection: Connection) -> Answer:
        before = connection.total_changes
        try:
            with reading_for(job.future) if job.reads else nullcontext():
                return Answer(job, job.work(connection), None)
        except MemioError as error:
            if connection.total_changes != before:
                raise
            return Answer(job, None, error)

    def _commit(self, connection: Connection) -> None:
        try:
            connection.execute("COMMIT")
        except SqliteError as error:
            raise explain(error, self._path, committing=self._writes) from error

    def _undo(self, connection: Connection) -> None:
        """Roll back; a connection that cannot even do that is given up, which rolls back as well."""
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

    def disconnect(self) -> None:
        """Close the connection; the next job opens another one."""
        connection, self._connection = self._connection, None
        if connection is not None:
            self._files.close(connection)

    def _refuse(self, jobs: list[Job], error: Exception) -> list[Answer]:
        """Answer every job with the error, each with one of its own: each is raised somewhere else."""
        explained = explain(error, self._path) if isinstance(error, SqliteError) else error
        return [Answer(job, None, explained if len(jobs) == 1 else copy(explained)) for job in jobs]


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
