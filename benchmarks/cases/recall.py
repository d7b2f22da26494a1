"""How many of the turns that answer a question are among the first hits, see `benchmarks.locomo`, and how soon."""

from __future__ import annotations

import asyncio
from importlib import import_module
from pathlib import Path
from time import perf_counter
from typing import Any

from benchmarks.locomo import DEPTHS, Score, conversations
from benchmarks.samples import Columns, Samples, Skipped


def run(order: dict[str, Any]) -> Columns:
    """Measure per cent, and seconds per call.

    Args:
        order: `peer` (a module of `benchmarks.recall`), `data` (the file), `most` (of its conversations).
    """
    path = Path(order["data"] or "")
    if not path.is_file():
        raise Skipped("the conversations are not there: `--locomo FILE` names them")
    return {order["column"]: asyncio.run(_measure(order, path))}


async def _measure(order: dict[str, Any], path: Path) -> dict[str, list[float]]:
    store = await import_module(f"benchmarks.recall.{order['peer']}").open_store(
        order["folder"], **order.get("options", {})
    )
    score = Score()
    times: Samples = {"a turn stored": [], "a search": []}
    for conversation in conversations(path, order["most"]):
        start = perf_counter()
        await store.remember(conversation)
        times["a turn stored"].append((perf_counter() - start) / len(conversation.turns))
        for question, evidence in conversation.questions:
            start = perf_counter()
            found = await store.find(conversation.name, question, DEPTHS[-1])
            times["a search"].append(perf_counter() - start)
            score.count(evidence, found)
    await store.close()
    return score.figures() | times
