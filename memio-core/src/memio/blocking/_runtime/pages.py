"""Iteration over a listing, without async."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TypeVar

from memio.facades.facade import next_cursor
from memio.models import Page

T = TypeVar("T")


def pages(page: Callable[[str | None], Page[T]]) -> Iterator[T]:
    """Yield the records of a listing, page after page.

    Each page is a call of its own, and between pages nothing is open: it may be left half-way.
    """
    cursor: str | None = None
    while True:
        records = page(cursor)
        yield from records
        cursor = next_cursor(records, cursor)
        if cursor is None:
            return
