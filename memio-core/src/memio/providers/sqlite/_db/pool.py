"""A pool of threads that take jobs from one queue."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from queue import SimpleQueue
from threading import Lock, Semaphore, Thread
from time import monotonic
from weakref import finalize

from memio.errors import ProviderError
from memio.providers.sqlite._db.errors import closed, failure
from memio.providers.sqlite._db.files import Files
from memio.providers.sqlite._db.jobs import Job, Queue, Result, deliver, take_all
from memio.providers.sqlite._db.runner import Ended, Runner


class Pool:
    """A queue of jobs, and the threads that run them.

    `concurrent.futures.ThreadPoolExecutor` is not used: docs/design.md gives the reasons.

    Args:
        files: Opens a connection for each thread.
        path: The file, for errors.
        writes: Whether the jobs may write.
        batch: How many queued jobs share a transaction at most.
        threads: How many threads there may be; each is started when all others are busy. Default 1.
    """

    def __init__(self, files: Files, path: str, *, writes: bool, batch: int, threads: int = 1) -> None:
        self._files = files
        self._path = path
        self._writes = writes
        self._batch = batch
        self._most = threads
        self._queue: Queue = SimpleQueue()
        self._ended: list[Ended] = []
        self._runners: list[Runner] = []
        self._lock = Lock()
        # Not the lock above, which a fork holds while it waits for transactions: calls are submitted on event loops.
        self._entry = Lock()
        """Held while a job is submitted: after `stop` no job gets into the queue, where no thread would take it."""
        self._idle = Semaphore(0)
        self._stopped = False
        # The threads hold the queue and not the pool: when a pool is garbage-collected without being closed, they end.
        finalize(self, _end_threads, self._queue, self._ended).atexit = False

    def submit(self, job: Job) -> None:
        """Put a job into the queue. Its future is settled in its event loop. Any thread may call it.

        Raises:
            ClosedError: The pool was stopped.
        """
        with self._entry:
            if self._stopped:
                raise closed()
            self._queue.put(job)
            # After the job is in the queue: a new thread finds it there, and does not count itself as idle before.
            if len(self._ended) < self._most and not self._idle.acquire(blocking=False):
                self._start_thread()

    def stop(self) -> list[Ended]:
        """Let the threads end after the jobs that are queued; return a future for the end of each."""
        with self._entry:
            if not self._stopped:
                self._stopped = True
                _end_threads(self._queue, self._ended)
            return self._ended

    def pause(self, seconds: float) -> Callable[[], None] | None:
        """Close the connections between two transactions; they are opened again when there is something to do.

        Args:
            seconds: How long to wait for running transactions.

        Returns:
            A function that lets the threads continue, or `None` when a transaction is still running.
        """
        deadline = monotonic() + seconds
        with ExitStack() as locks, self._lock:
            for runner in self._runners:
                if not runner.lock.acquire(timeout=max(0, deadline - monotonic())):
                    return None
                locks.callback(runner.lock.release)
                runner.disconnect()
            return locks.pop_all().close

    def _start_thread(self) -> None:
        with self._lock:
            if len(self._ended) == self._most:
                return
            ended = Ended()
            ended.set_running_or_notify_cancel()  # from now on, a task that waits for it cannot cancel it
            runner = Runner(self._queue, self._idle, self._files, self._path, self._batch, writes=self._writes)
            # Daemons: an engine that was not closed must not keep the process alive. What was answered is on the disk.
            thread = Thread(target=runner.run, args=(ended,), name="memio-sqlite", daemon=True)
            self._ended.append(ended)
            self._runners.append(runner)
            try:
                thread.start()
            except RuntimeError as error:
                self._ended.remove(ended)
                self._runners.remove(runner)
                # Jobs wait for the threads that run. Where there is none, they would wait for ever.
                if not self._ended:
                    deliver([Result(job, None, _no_thread(error)) for job in take_all(self._queue)])


def _no_thread(error: RuntimeError) -> ProviderError:
    return failure(
        f"no thread can be started for SQLite ({error}), and nothing was done: end other threads, raise the limit of "
        "the system, or call before the interpreter shuts down",
        cause=error,
    )


def _end_threads(queue: Queue, ended: list[Ended]) -> None:
    for _ in ended:
        queue.put(None)
