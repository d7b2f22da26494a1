"""Dividing what a call adds into statements that a server can take: a message to it has a gigabyte at most."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import TypeVar

K = TypeVar("K")
T = TypeVar("T")

_ROWS, _CHARACTERS = 5_000, 32_000_000
"""How many rows a statement adds at most, and how many characters of text, without the last one."""


def parts_of(items: Mapping[K, T], characters: Callable[[T], int]) -> Iterator[dict[K, T]]:
    """Yield items in parts, in order.

    Args:
        items: The items, by their keys.
        characters: Returns about how many characters one takes.
    """
    part: dict[K, T] = {}
    size = 0
    for key, item in items.items():
        if len(part) >= _ROWS or size >= _CHARACTERS:
            yield part
            part, size = {}, 0
        part[key] = item
        size += characters(item)
    if part:
        yield part
