"""What happens to open databases when the process is forked.

SQLite keeps a table of its locks in memory. A child inherits it, but not the threads that would release them, nor the
locks themselves. So before a fork all connections are closed, between two transactions, and opened again afterwards.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import cache
from typing import Protocol
from weakref import WeakSet

_PATIENCE = 5.0
"""Seconds that a fork waits for calls that are under way."""


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
_paused: list[Callable[[], None]] = []
_busy: set[str] = set()
_spoilt: set[str] = set()


def watch(engine: Pausable) -> None:
    """Pause the engine whenever this process is forked."""
    _register()
    _engines.add(engine)


def is_spoilt(path: str) -> bool:
    """Return whether this process was forked while a file was being used for longer than a fork waits."""
    return path in _spoilt


@cache
def _register() -> None:
    if hasattr(os, "register_at_fork"):
        os.register_at_fork(before=_before, after_in_parent=_in_parent, after_in_child=_in_child)


def _before() -> None:
    for engine in list(_engines):
        go_on = engine.pause(_PATIENCE)
        if go_on is None:
            _busy.add(engine.path)
        else:
            _paused.append(go_on)


def _in_parent() -> None:
    while _paused:
        _paused.pop()()
    _busy.clear()


def _in_child() -> None:
    _spoilt.update(_busy)
    _engines.clear()
    _in_parent()
