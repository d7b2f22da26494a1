"""Calls of a PostgreSQL server: facts, a conversation, and a schema that grows."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable
from importlib import import_module
from time import perf_counter
from typing import Any
from uuid import uuid4

from benchmarks.samples import Columns, Samples
from benchmarks.texts import texts, word

CALLERS = 64
PORTION = 1_000
COMMON = 20
"""The rank of a common word: about one text in twenty has it."""

Call = Callable[[], Awaitable[Any]]


def run(order: dict[str, Any]) -> Columns:
    """Measure seconds per call.

    Args:
        order: `dsn`; then `peer` (a module of `benchmarks.peers`) with `records`, `owners` and `calls` or with `turns`,
            or `sizes` and `calls`.
    """
    if "sizes" in order:
        return asyncio.run(_grow(order))
    return {order["column"]: asyncio.run(_converse(order) if "turns" in order else _measure(order))}


async def _open(order: dict[str, Any], peer: str) -> Any:
    return await import_module(f"benchmarks.peers.{peer}").Peer.open(order["dsn"], f"memio_bench_{uuid4().hex[:8]}")


async def _measure(order: dict[str, Any]) -> Samples:
    peer = await _open(order, order["peer"])
    try:
        await _fill(peer, 0, order["records"], order["owners"])
        return await _calls(peer, order["records"], order["owners"], order["calls"])
    finally:
        await peer.close()


async def _fill(peer: Any, first: int, last: int, owners: int) -> float:
    """Store texts, those of an owner in portions that lie apart; return the seconds of each."""
    size = max(1, min(PORTION, (last - first) // owners // 10))
    batches = [(f"owner {at // size % owners}", [*texts(size, first=at)]) for at in range(first, last, size)]
    calls = await peer.calls("add_many", batches)
    start = perf_counter()
    for call in calls:
        await call()
    await peer.analyze()
    return (perf_counter() - start) / (last - first)


async def _calls(peer: Any, records: int, owners: int, count: int) -> Samples:
    chance = random.Random(5)  # noqa: S311  # the same calls in every run

    def somebody() -> str:
        return f"owner {chance.randrange(owners)}"

    new = [*texts(count * 3, first=10 * records)]
    numbers = [chance.randrange(records) for _ in range(count)]
    queries = [(f"{word(COMMON)} {word(COMMON + 1)} {word(chance.randrange(2_000))}", somebody()) for _ in numbers]
    samples: Samples = {}
    alone = await peer.calls("add", [(somebody(), text) for text in new[:count]])
    samples["add"] = await _timed(alone)
    together = await peer.calls("add", [(somebody(), text) for text in new[count : 2 * count]])
    samples["add, 64 callers"] = await _together(together)
    batch = [*texts(min(PORTION, records), first=20 * records)]
    samples["a batch, each"] = [
        spent / len(batch) for spent in await _timed(await peer.calls("add_many", [(somebody(), batch)] * 3))
    ]
    samples["get"] = await _timed(await peer.calls("get", [(number,) for number in numbers]))
    samples["get, 64 callers"] = await _together(await peer.calls("get", [(number,) for number in numbers]))
    samples["a page of 100"] = await _timed(await peer.calls("page", [(somebody(),) for _ in numbers]))
    if hasattr(peer, "search"):
        samples["search of an owner"] = await _timed(await peer.calls("search", queries))
    return samples


async def _converse(order: dict[str, Any]) -> Samples:
    peer = await _open(order, order["peer"])
    try:
        said = [*texts(2 * order["turns"])]
        turns = [(said[2 * turn : 2 * turn + 2],) for turn in range(order["turns"])]
        samples = {"append two messages": await _timed(await peer.calls("append", turns))}
        samples["the last 50"] = await _timed(await peer.calls("last", [()] * order["turns"]))
        return samples
    finally:
        await peer.close()


async def _grow(order: dict[str, Any]) -> Columns:
    peer = await _open(order, "postgres_memio")
    columns: dict[str, Samples] = {}
    before = 0
    try:
        for size in order["sizes"]:
            owners = max(1, size // 1_000)
            spent = await _fill(peer, before, size, owners)
            samples = await _calls(peer, size, owners, order["calls"])
            anybody = await peer.calls("search_all", [(word(COMMON + number),) for number in range(5)])
            samples["search without an owner"] = await _timed(anybody)
            columns[f"{size:,} facts"] = {"add_many, each": [spent], **samples}
            before = size
    finally:
        await peer.close()
    return columns


async def _timed(calls: list[Call]) -> list[float]:
    spent: list[float] = []
    for call in calls:
        start = perf_counter()
        await call()
        spent.append(perf_counter() - start)
    return spent


async def _together(calls: list[Call]) -> list[float]:
    left = iter(calls)

    async def caller() -> None:
        for call in left:
            await call()

    start = perf_counter()
    await asyncio.gather(*(caller() for _ in range(CALLERS)))
    return [(perf_counter() - start) / len(calls)]
