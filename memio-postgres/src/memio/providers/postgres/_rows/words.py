"""Making the words of texts without holding up the event loop."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")

_SHORT = 20_000
"""About how many characters take a few milliseconds."""


async def computed(work: Callable[[], T], characters: int) -> T:
    """Return the result of work on some characters of text; in a thread, where there are many."""
    return work() if characters <= _SHORT else await asyncio.to_thread(work)
