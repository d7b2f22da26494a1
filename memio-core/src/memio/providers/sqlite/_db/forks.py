"""Open databases in a process that forks.

SQLite keeps a table of its locks in memory. A child inherits it, but not the threads that would release them, nor the
locks. So before a fork all connections are closed, between two transactions, and opened again afterwards.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import cache
from typing import Protocol
from weakref import WeakSet

_SECONDS_TO_WAIT = 5.0
"""How long a fork waits for calls that are under way."""


class Pausable(Protocol):
    """An engine."""

    @property
    def path(self) -> str:
        """Its file."""
        ...

    def pause(self, seconds: float) -> Callable[[], None] | None:
        """Close its connections until the returned function is called."""
        ...


_engines: WeakSet[Pausable] = WeakSet()
_resumes: list[Callable[[], None]] = []
_busy: set[str] = set()
_unusable: set[str] = set()


def watch(engine: Pausable) -> None:
    """Pause the engine whenever this process is forked."""
    _register()
    _engines.add(engine)


def is_unusable(path: str) -> bool:
    """Return whether this process was forked while a call on a file took longer than a fork waits."""
    return path in _unusable


@cache
def _register() -> None:
    if hasattr(os, "register_at_fork"):
        os.register_at_fork(before=_before, after_in_parent=_after_in_parent, after_in_child=_after_in_child)


def _before() -> None:
    for engine in list(_engines):
        resume = engine.pause(_SECONDS_TO_WAIT)
        if resume is None:
            _busy.add(engine.path)
        else:
            _resumes.append(resume)


def _after_in_parent() -> None:
    while _resumes:
        _resumes.pop()()
    _busy.clear()


def _after_in_child() -> None:
    _unusable.update(_busy)
    _engines.clear()
    _after_in_parent()
