"""Giving up a read whose caller has gone: nobody waits for its answer, and others wait for its thread."""

from __future__ import annotations

from asyncio import Future
from collections.abc import Generator
from contextlib import contextmanager
from sqlite3 import Connection
from threading import local
from typing import Any

from memio.providers.sqlite._db.failures import failure

_STEPS_BETWEEN_LOOKS = 20_000
"""In steps of SQLite's virtual machine, some hundred microseconds' worth."""


class _OfThread(local):
    """What a thread is reading for, if it reads; a thread carries out one call at a time."""

    future: Future[Any] | None = None


_CURRENT = _OfThread()


@contextmanager
def reading_for(future: Future[Any]) -> Generator[None]:
    """Let the reads within this block end early when the future is cancelled."""
    _CURRENT.future = future
    try:
        yield
    finally:
        _CURRENT.future = None


def watch(db: Connection) -> None:
    """Let SQLite end a statement of a read that was given up. It never ends one of a write."""
    db.set_progress_handler(_given_up, _STEPS_BETWEEN_LOOKS)


def leave_if_given_up() -> None:
    """End a read that was given up, between two statements.

    Raises:
        ProviderError: It was given up. Nobody gets to see this error.
    """
    if _given_up():
        raise failure("the caller has given up this read")


def _given_up() -> bool:
    return _CURRENT.future is not None and _CURRENT.future.cancelled()
