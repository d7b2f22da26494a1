"""Interrupting a read whose caller was cancelled, because other calls wait for its thread."""

from __future__ import annotations

from asyncio import Future
from collections.abc import Generator
from contextlib import contextmanager
from sqlite3 import Connection
from threading import local
from typing import Any

from memio.errors import ProviderError

_STEPS_BETWEEN_CHECKS = 20_000
"""Steps of SQLite's virtual machine; together they take some hundred microseconds."""


class _Thread(local):
    """The future that a thread is reading for, if it reads; a thread runs one job at a time."""

    future: Future[Any] | None = None


_CURRENT = _Thread()


@contextmanager
def interruptible(future: Future[Any]) -> Generator[None]:
    """Let the reads within this block end early when the future is cancelled."""
    _CURRENT.future = future
    try:
        yield
    finally:
        _CURRENT.future = None


def watch(db: Connection) -> None:
    """Let SQLite end statements of cancelled reads on this connection. It never ends a statement of a write."""
    db.set_progress_handler(_is_cancelled, _STEPS_BETWEEN_CHECKS)


def end_if_cancelled() -> None:
    """End a cancelled read between two statements.

    Raises:
        ProviderError: The read was cancelled. The error reaches no caller.
    """
    if _is_cancelled():
        raise ProviderError("the caller has cancelled this read", outcome="not_applied")


def _is_cancelled() -> bool:
    return _CURRENT.future is not None and _CURRENT.future.cancelled()
