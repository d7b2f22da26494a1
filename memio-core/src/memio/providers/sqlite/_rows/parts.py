"""Reads that are bounded by the number of rows and by the memory that they take."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from sqlite3 import Connection
from sys import getsizeof
from typing import Any, Generic, NamedTuple, TypeVar

R = TypeVar("R")

BYTES = 4_000_000
"""How much the rows of one part weigh at most, without the last one. Pages of small records weigh less."""

_PARSED = 16
"""How much more memory a value takes than its JSON. Long texts take as much, nested lists 40 times."""

_LARGE = 1024 * 1024
"""From how many characters on the pages of a text are not kept in memory."""

_RELEASE = "PRAGMA shrink_memory"
"""Makes SQLite release the pages of the texts that were just read or written."""


class Part(NamedTuple, Generic[R]):
    """Some rows of a listing.

    Attributes:
        rows: The rows.
        more: Whether there are more after them.
    """

    rows: list[R]
    more: bool


def part_of(db: Connection, rows: Iterable[R], limit: int, weight: Callable[[R], int]) -> Part[R]:
    """Return the first rows: at most `limit`, and none after those that weigh `BYTES` together.

    Args:
        db: The connection that they are read with.
        rows: The rows as they are read. At most one is read that is not returned.
        limit: How many are returned at most.
        weight: How much memory a row takes, in bytes.
    """
    taken: list[R] = []
    total = 0
    more = False
    for row in rows:
        if more := len(taken) == limit or total >= BYTES:
            break
        taken.append(row)
        total += weight(row)
    if total >= BYTES:
        db.execute(_RELEASE)
    return Part(taken, more)


def release_for(db: Connection, text: str) -> None:
    """Release memory before a large text is written: the pages of the one before are not needed again."""
    if len(text) >= _LARGE:
        db.execute(_RELEASE)


def weight_of(text: str, metadata: str | None) -> int:
    """Return how much memory a text and JSON values take, the latter when they are parsed; in bytes.

    Args:
        text: The content of a record.
        metadata: The JSON of its metadata.
    """
    size = getsizeof(text)  # not its length: one emoji in it, and each character takes four bytes
    return size if metadata is None else size + _PARSED * len(metadata)


def weight_by(*, content: int, metadata: int, data: int) -> Callable[[Sequence[Any]], int]:
    """Return the function that weighs rows as `weight_of` does, given at which places their columns are."""

    def weight(row: Sequence[Any]) -> int:  # one call for a row, because a page takes as long as its rows
        size = getsizeof(row[content])
        if row[metadata] is not None:
            size += _PARSED * len(row[metadata])
        return size if row[data] is None else size + _PARSED * len(row[data])

    return weight
