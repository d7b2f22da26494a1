"""How many of the turns that answer a question are among the first hits; see `benchmarks.locomo`."""

from __future__ import annotations

import asyncio
from importlib import import_module
from pathlib import Path
from typing import Any

from benchmarks.locomo import DEPTHS, Score, conversations
from benchmarks.samples import Columns, Skipped


def run(order: dict[str, Any]) -> Columns:
    """Measure per cent. `peer`: a module of `benchmarks.recall`; `data`: the file; `most`: of its conversations."""
    path = Path(order["data"] or "")
    if not path.is_file():
        raise Skipped("the conversations are not there: `--locomo FILE` names them")
    return {order["column"]: asyncio.run(_measure(order, path))}


async def _measure(order: dict[str, Any], path: Path) -> dict[str, list[float]]:
    store = await import_module(f"benchmarks.recall.{order['peer']}").open_store(
        order["folder"], **order.get("options", {})
    )
    score = Score()
    for conversation in conversations(path, order["most"]):
        await store.remember(conversation)
        for question, evidence in conversation.questions:
            score.count(evidence, await store.find(conversation.name, question, DEPTHS[-1]))
    await store.close()
    return score.figures()
