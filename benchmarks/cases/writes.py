"""Writes: one caller at a time, 64 callers at once, and batches."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from time import perf_counter
from typing import Any

from benchmarks.cases import open_peer
from benchmarks.samples import Columns, Samples
from benchmarks.texts import texts

CALLERS = 64


def run(order: dict[str, Any]) -> Columns:
    """Measure seconds per record.

    Args:
        order: `alone` (adds of the one caller), `each` (adds of each of 64 callers), `batch` (records in a batch),
            `batches` (how many of them).
    """
    return {order["column"]: asyncio.run(_measure(order))}


async def _measure(order: dict[str, Any]) -> Samples:
    contents = list(texts(max(order["alone"], order["each"] * CALLERS, order["batch"])))
    samples: Samples = {}
    for figure, method in (
        ("one caller at a time", _alone),
        ("64 callers at once", _together),
        ("a batch", _batch),
        ("a batch, with metadata", _batch_with_metadata),
    ):
        folder: Path = order["folder"] / method.__name__
        folder.mkdir()
        peer = await open_peer(order["peer"], folder, len(contents) * order["batches"] + 1)
        try:
            await peer.add("the first call makes what is made once")
            if (spent := await method(peer, contents, order)) is not None:
                samples[figure] = spent
        finally:
            await peer.close()
    return samples


async def _alone(peer: Any, contents: list[str], order: dict[str, Any]) -> list[float]:
    spent: list[float] = []
    for content in contents[: order["alone"]]:
        start = perf_counter()
        await peer.add(content)
        spent.append(perf_counter() - start)
    return spent


async def _together(peer: Any, contents: list[str], order: dict[str, Any]) -> list[float] | None:
    if not hasattr(peer, "waits_in_threads"):
        return None  # its callers take turns, so that there is nothing new to see
    each: int = order["each"]

    async def caller(number: int) -> None:
        for content in contents[number * each : (number + 1) * each]:
            await peer.add(content)

    start = perf_counter()
    await asyncio.gather(*(caller(number) for number in range(CALLERS)))
    return [(perf_counter() - start) / (CALLERS * each)]


async def _batch(peer: Any, contents: list[str], order: dict[str, Any]) -> list[float]:
    return await _time_batches(peer.add_many, contents, order)


async def _batch_with_metadata(peer: Any, contents: list[str], order: dict[str, Any]) -> list[float] | None:
    if not hasattr(peer, "add_many_with_metadata"):
        return None
    return await _time_batches(peer.add_many_with_metadata, contents, order)


async def _time_batches(
    add: Callable[[list[str]], Awaitable[None]], contents: list[str], order: dict[str, Any]
) -> list[float]:
    spent: list[float] = []
    for _ in range(order["batches"]):
        start = perf_counter()
        await add(contents[: order["batch"]])
        spent.append((perf_counter() - start) / order["batch"])
    return spent
