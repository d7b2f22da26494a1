"""Iteration over a listing, page after page."""

from __future__ import annotations

from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import TypeVar

from memio._call.cursors import next_cursor
from memio.models import Page

T = TypeVar("T")

PAGE = 100
"""How many records the iterations ask for at once by default."""


async def pages(part: Callable[[str | None], Awaitable[Page[T]]]) -> AsyncIterator[T]:
    """Yield the records of a listing, one part after another.

    A record is dropped when it is handed out: at most one part is in memory.
    """
    cursor: str | None = None
    while True:
        page = await part(cursor)
        cursor = next_cursor(page, cursor)
        records = deque(page)
        del page
        while records:
            yield records.popleft()
        if cursor is None:
            return
