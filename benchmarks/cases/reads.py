"""Reads of one record, of a page, and of the ten best matches, alone and while another caller writes all the time."""

from __future__ import annotations

import asyncio
import random
import re
from collections.abc import Awaitable, Callable
from contextlib import suppress
from itertools import count
from pathlib import Path
from time import perf_counter
from typing import Any

from benchmarks.cases import open_peer
from benchmarks.samples import Columns, Samples
from benchmarks.texts import own_word, texts, word

PORTION = 5_000
COMMON = 20
"""The rank of a common word: about one text in twenty has it."""


def run(order: dict[str, Any]) -> Columns:
    """Measure seconds per call. `records`: how many are stored; `calls`: of each kind."""
    return {order["column"]: asyncio.run(_measure(order))}


async def _measure(order: dict[str, Any]) -> Samples:
    records, calls = order["records"], order["calls"]
    peer = await open_peer(order["peer"], order["folder"], records)
    for first in range(0, records, PORTION):
        await peer.add_many(list(texts(min(PORTION, records - first), first=first)))
    chance = random.Random(7)  # noqa: S311  # the same records in every run
    numbers = [chance.randrange(records) for _ in range(calls)]
    samples: Samples = {}
    await _time(samples, "get", numbers, peer.get)
    await _time(samples, "a page of 100", numbers, lambda _: peer.page())
    if hasattr(peer, "search"):
        await _time(samples, "search, one match", numbers, lambda number: peer.search(own_word(number), number))
        await _time(samples, "search, one in twenty matches", numbers, lambda number: peer.search(word(COMMON), number))
    if getattr(peer, "waits_in_threads", False):
        writing = asyncio.create_task(_write(peer))
        await asyncio.sleep(0)
        await _time(samples, "get, while one writes", numbers, peer.get)
        if hasattr(peer, "search"):
            search: Callable[[int], Awaitable[None]] = lambda number: peer.search(own_word(number), number)  # noqa: E731
            await _time(samples, "search, one match, while one writes", numbers, search)
        writing.cancel()
        with suppress(asyncio.CancelledError):
            await writing
    await peer.close()
    samples["memory of the process [B]"] = [_most_memory()]
    samples["files [B]"] = [float(sum(path.stat().st_size for path in order["folder"].rglob("*") if path.is_file()))]
    return samples


async def _time(samples: Samples, figure: str, numbers: list[int], call: Callable[[int], Awaitable[None]]) -> None:
    await call(numbers[0])  # the first call makes what is made once
    spent = samples[figure] = []
    for number in numbers:
        start = perf_counter()
        await call(number)
        spent.append(perf_counter() - start)


async def _write(peer: Any) -> None:
    for number in count():
        await peer.add(f"written on the way {number}")


def _most_memory() -> float:
    """Return how much memory this process had at most, in bytes; `getrusage` counts what its parent had, too."""
    (kilobytes,) = re.findall(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text())
    return int(kilobytes) * 1024.0
