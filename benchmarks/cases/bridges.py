"""What a bridge adds to a call, in rounds that make each call once, in a random order."""

from __future__ import annotations

import asyncio
import random
from collections import defaultdict
from importlib import import_module
from statistics import median
from time import perf_counter
from typing import Any

from benchmarks.bridges import BRIDGE
from benchmarks.samples import Columns, Samples

OWN = ", the bridge's own [%]"


def run(order: dict[str, Any]) -> Columns:
    """Measure seconds per call, and the share of a call that is the bridge's own.

    Args:
        order: `bridge` (a module of `benchmarks.bridges`), `calls` (of each kind), `names` (of its columns), and
            `parts` (the columns that a call of the bridge consists of, besides what is its own).
    """
    return asyncio.run(_measure(order))


async def _measure(order: dict[str, Any]) -> Columns:
    columns: dict[str, Samples] = defaultdict(dict)
    chance = random.Random(11)  # noqa: S311  # the same orders in every run
    async with import_module(f"benchmarks.bridges.{order['bridge']}").opened(order["folder"]) as calls:
        for number in range(order["calls"]):
            for figure, each in calls(number).items():
                for column in chance.sample(list(each), len(each)):
                    start = perf_counter()
                    await each[column]()
                    columns[column].setdefault(figure, []).append(perf_counter() - start)
    for figure in list(columns[BRIDGE]):
        parts = zip(*(columns[part][figure] for part in order["parts"]), strict=True)
        own = median(whole - sum(part) for whole, part in zip(columns[BRIDGE][figure], parts, strict=True))
        # What is less than the noise of the calls may come out below zero.
        columns[BRIDGE][f"{figure}{OWN}"] = [max(0.0, 100 * own / median(columns[BRIDGE][figure]))]
    return {order["names"][column]: samples for column, samples in columns.items()}
