"""What was read from the server a short time ago, and need not be read again."""

from __future__ import annotations

from time import monotonic
from typing import Generic, TypeVar

T = TypeVar("T")

FRESH = 60.0
"""Seconds for which an answer is used again."""


class Fresh(Generic[T]):
    """One value, which is forgotten after `FRESH` seconds."""

    def __init__(self) -> None:
        self._value: T | None = None
        self._until = 0.0

    def get(self) -> T | None:
        """Return the value; `None` when there is none, or it is too old."""
        return self._value if monotonic() < self._until else None

    def set(self, value: T) -> None:
        """Keep a value that the server has just returned."""
        self._value, self._until = value, monotonic() + FRESH

    def drop(self) -> None:
        """Forget the value: the server did not accept it."""
        self._value = None


class Seen:
    """The ids of records that the server returned a short time ago, and of those that were deleted since.

    The server answers 404 for a record that never was as for one that is gone. A record that was seen was there, so
    its deletion is done; only an earlier attempt, a proxy's repetition or another client can have deleted it.
    """

    MOST = 2_000
    """Ids that are remembered; the oldest are forgotten first."""

    def __init__(self) -> None:
        self._until: dict[str, float] = {}

    def add(self, record_id: str) -> None:
        """Note that the server returned a record, unless it was deleted here: the answer may have been late."""
        if self._until.pop(record_id, None) == 0.0:
            self._keep(record_id, 0.0)
        else:
            self._keep(record_id, monotonic() + FRESH)

    def deleted(self, record_id: str) -> None:
        """Note that a record was deleted. The server never uses an id again."""
        self._until.pop(record_id, None)
        self._keep(record_id, 0.0)

    def __contains__(self, record_id: str) -> bool:
        return self._until.get(record_id, 0.0) > monotonic()

    def _keep(self, record_id: str, until: float) -> None:
        self._until[record_id] = until
        if len(self._until) > self.MOST:
            del self._until[next(iter(self._until))]
