"""Iteration over a listing, for the blocking client."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from typing import TypeVar

from memio._call.cursors import next_cursor
from memio.models import Page

T = TypeVar("T")


def pages(part: Callable[[str | None], Page[T]]) -> Iterator[T]:
    """Yield the records of a listing, one part after another.

    Each part is a separate call, and nothing is open between the calls: the iteration may be left unfinished. A record
    is dropped when it is yielded: at most one part is in memory.
    """
    cursor: str | None = None
    while True:
        page = part(cursor)
        cursor = next_cursor(page, cursor)
        records = deque(page)
        del page
        while records:
            yield records.popleft()
        if cursor is None:
            return
