"""Fills a file with facts, in a separate process, so that its memory is not counted with the measurement."""

from __future__ import annotations

import asyncio
from time import perf_counter
from typing import Any

from benchmarks.samples import Columns
from benchmarks.texts import texts

from memio import Memio
from memio.protocols import FactInput

PORTION = 10_000
OWNERS = 1_000
SMALL_OWNER = "user-0"
"""Has one fact in a thousand."""


def run(order: dict[str, Any]) -> Columns:
    """Add facts to `path`: the numbers from `first` up to `last`. The sample is seconds per fact."""
    return {"memio": {"add_many": [asyncio.run(_fill(order["path"], order["first"], order["last"]))]}}


async def _fill(path: str, first: int, last: int) -> float:
    spent = 0.0
    async with Memio.from_config({"facts": {"provider": "sqlite", "path": path}}) as memio:
        for begin in range(first, last, PORTION):
            portion = list(texts(min(PORTION, last - begin), first=begin))
            items: list[FactInput] = [
                {"content": text, "user_id": f"user-{n % OWNERS}"} for n, text in enumerate(portion, begin)
            ]
            start = perf_counter()
            await memio.facts.add_many(items)
            spent += perf_counter() - start
    return spent / (last - first)
