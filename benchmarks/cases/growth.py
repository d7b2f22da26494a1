"""One file that grows: what memio costs at each size, compared with the same statements of plain `sqlite3`.

The plain statements run in the calling thread, on the same file: the physical floor.
"""

from __future__ import annotations

import asyncio
import json
import random
import subprocess
import sys
from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path
from time import perf_counter
from typing import Any

from benchmarks.cases.fill import SMALL_OWNER
from benchmarks.peers import raw_sqlite
from benchmarks.samples import Columns, Samples
from benchmarks.texts import own_word, word

from memio import Memio

CALLS = 200
FEW = 7
"""Calls of what takes long."""
SEARCHES = {"1 match": None, "0.14 % match": 1_000, "1.3 % match": 100, "14 % match": 0}
"""How many facts have the word, and its rank."""


def run(order: dict[str, Any]) -> Columns:
    """Measure seconds per call at each of the `sizes`, which grow."""
    columns: dict[str, Samples] = {}
    path = str(order["folder"] / "memio.db")
    before = 0
    for size in order["sizes"]:
        filling = json.dumps({"case": "fill", "path": path, "first": before, "last": size})
        command = [sys.executable, "-m", "benchmarks.worker", filling]
        done = subprocess.run(command, check=True, capture_output=True, text=True)
        samples = columns[f"{size:,} facts"] = asyncio.run(_measure(path, size))
        samples["add_many, each"] = json.loads(done.stdout)["columns"]["memio"]["add_many"]
        samples["file [B]"] = [float(Path(path).stat().st_size)]
        before = size
    return columns


async def _measure(path: str, size: int) -> Samples:
    samples: Samples = {}
    db = raw_sqlite.connect(Path(path).parent)
    async with Memio.from_config({"facts": {"provider": "sqlite", "path": path}}) as memio:
        facts = memio.facts
        ids, cursor, memory = await _walk(facts)
        assert len(ids) == size
        samples["memory to read all of them [B]"] = [memory]
        chance = random.Random(3)  # noqa: S311  # the same records in every run
        some = [ids[chance.randrange(size)] for _ in range(CALLS)]
        read = partial(raw_sqlite.read, db)
        await _time(samples, "get", [partial(facts.get, fact_id=name) for name in some])
        await _time(samples, "get, plain", [partial(_at_once, read, "r.id = ? LIMIT 2", name) for name in some])
        page = partial(_at_once, read, "r.seq > ? ORDER BY r.seq LIMIT 101", size - 101)
        await _time(samples, "the last page of 100", [partial(facts.get_all, limit=100, cursor=cursor)] * CALLS)
        await _time(samples, "the last page of 100, plain", [page] * CALLS)
        for name, rank in SEARCHES.items():
            query = own_word(size // 2) if rank is None else word(rank)
            often = CALLS if rank is None else FEW
            plain = partial(_at_once, raw_sqlite.search, db, query)
            await _time(samples, f"search, {name}", [partial(facts.search, query=query)] * often)
            await _time(samples, f"search, {name}, plain", [plain] * often)
        await _time(
            samples,
            "search of an owner of 0.1 %, 14 % match",
            [partial(facts.search, query=word(0), user_id=SMALL_OWNER)] * FEW,
        )
    db.close()
    return samples


async def _walk(facts: Any) -> tuple[list[str], str | None, float]:
    """Read all records; return their ids, the cursor of the last page, and what memory that took beyond the first."""
    ids: list[str] = []
    cursor = last = None
    before = 0.0
    while not ids or cursor is not None:
        last = cursor
        page = await facts.get_all(limit=100 if cursor is None else 1000, cursor=cursor)
        before = before or _resident()
        ids += [fact.id for fact in page]
        cursor = page.next_cursor
    names = sum(map(sys.getsizeof, ids)) + sys.getsizeof(ids)  # the ids are kept by this program
    return ids, last, max(0.0, _resident() - before - names)


def _resident() -> float:
    """Return the memory of this process, in bytes."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * 4096.0


async def _at_once(work: Callable[..., Any], *arguments: Any) -> None:
    work(*arguments)


async def _time(samples: Samples, figure: str, calls: list[Callable[[], Awaitable[Any]]]) -> None:
    await calls[0]()  # brings the pages into the cache
    spent = samples[figure] = []
    for call in calls:
        start = perf_counter()
        await call()
        spent.append(perf_counter() - start)
