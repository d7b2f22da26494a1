"""A conversation: one message more, and the last fifty."""

from __future__ import annotations

import asyncio
from time import perf_counter
from typing import Any

from benchmarks.cases import open_peer
from benchmarks.samples import Columns, Samples
from benchmarks.texts import texts


def run(order: dict[str, Any]) -> Columns:
    """Measure seconds per call. `messages`: how many the session has before; `calls`: of each kind."""
    return {order["column"]: asyncio.run(_measure(order))}


async def _measure(order: dict[str, Any]) -> Samples:
    peer = await open_peer(order["peer"], order["folder"], 0)
    contents = list(texts(order["messages"] + order["calls"]))
    await peer.append(contents[: order["messages"]])
    samples: Samples = {"append a message": [], "the last 50 messages": []}
    for content in contents[order["messages"] :]:
        start = perf_counter()
        await peer.append([content])
        samples["append a message"].append(perf_counter() - start)
        start = perf_counter()
        await peer.last()
        samples["the last 50 messages"].append(perf_counter() - start)
    await peer.close()
    return samples
