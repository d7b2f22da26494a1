"""What calls put into the queue of a pool, and how results get back to their event loops."""

from __future__ import annotations

from asyncio import AbstractEventLoop, Future
from collections.abc import Callable, Iterator
from contextlib import suppress
from queue import Empty, SimpleQueue
from sqlite3 import Connection
from typing import Any, NamedTuple


class Job(NamedTuple):
    """The work of one call, and the future that gets its result.

    Attributes:
        work: A function of the connection.
        reads: Whether it only reads. A read is interrupted when its future is cancelled.
        loop: The event loop of the future.
        future: Gets the result or the error.
        exclusive: Whether the work begins and ends its own transactions, so that it shares none.
    """

    work: Callable[[Connection], Any]
    reads: bool
    loop: AbstractEventLoop
    future: Future[Any]
    exclusive: bool = False


class Result(NamedTuple):
    """The value that a job has returned, or its error."""

    job: Job
    value: Any
    error: Exception | None


Queue = SimpleQueue[Job | None]
"""Jobs, in the order of their calls; `None` ends the thread that takes it."""


def take_all(queue: Queue) -> Iterator[Job]:
    """Empty the queue and yield its jobs."""
    with suppress(Empty):
        while True:
            job = queue.get_nowait()
            if job is not None:
                yield job


def deliver(results: list[Result]) -> None:
    """Settle the futures of jobs in their event loops, with one wake-up for each loop."""
    by_loop: dict[AbstractEventLoop, list[Result]] = {}
    for result in results:
        by_loop.setdefault(result.job.loop, []).append(result)
    for loop, part in by_loop.items():
        with suppress(RuntimeError):  # the loop was closed, so nothing waits for the future
            loop.call_soon_threadsafe(_settle, part)


def _settle(results: list[Result]) -> None:
    for job, value, error in results:
        if job.future.done():  # cancelled in the meantime
            continue
        if error is None:
            job.future.set_result(value)
        else:
            job.future.set_exception(error)
