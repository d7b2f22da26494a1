"""A million facts in one file of the embedded provider: `python benchmarks/sqlite_scale.py [FACTS]`.

Reports what a get, a page of 100 and a search cost, through the client, wherever in the file the records are.
Times are medians in milliseconds. The texts are made of invented words, some far more common than others.
"""

import asyncio
import random
import resource
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Coroutine, Iterator
from multiprocessing import get_context
from pathlib import Path
from statistics import median
from typing import Any

from memio import Memio

Process = get_context("spawn").Process
PORTION = 10_000
REPEATS = 30
SMALL_OWNER = "ann"
SMALL_OWNER_RECORDS = 1_000
OWNERS = 1_000
VOCABULARY = 50_000
WORDS = 12


def texts(count: int) -> Iterator[str]:
    """Yield texts; the word of rank n occurs about 1/n as often as the first, as in real languages."""
    chance = random.Random(1)  # noqa: S311  # the same texts in every run
    words = [f"w{number}x" for number in range(VOCABULARY)]
    weights = [1 / (rank + 10) for rank in range(VOCABULARY)]
    totals = [sum(weights[:1])]
    for weight in weights[1:]:
        totals.append(totals[-1] + weight)
    for number in range(count):
        yield " ".join([*chance.choices(words, cum_weights=totals, k=WORDS), f"unique{number}"])


async def fill(path: str, count: int) -> None:
    """Add the facts, those of the small owner spread over the file."""
    portion: list[Any] = []
    every = max(1, count // SMALL_OWNER_RECORDS)
    started = time.perf_counter()
    async with Memio.from_config({"facts": {"provider": "sqlite", "path": path}}) as memio:
        for number, text in enumerate(texts(count)):
            owner = SMALL_OWNER if number % every == 0 else f"user-{number % OWNERS}"
            portion.append({"content": text, "user_id": owner, "metadata": {"parity": number % 2}})
            if len(portion) == PORTION or number + 1 == count:
                await memio.facts.add_many(portion)
                portion = []
    print(f"added           {count / (time.perf_counter() - started):8,.0f} facts/s, {count:,} facts")
    print(f"file            {size(Path(path)):8.0f} MB", flush=True)


async def cost(call: Callable[[], Awaitable[Any]], repeats: int = REPEATS) -> str:
    """Return the median time of a call, in milliseconds."""
    await call()
    times: list[float] = []
    for _ in range(repeats):
        started = time.perf_counter()
        await call()
        times.append(time.perf_counter() - started)
    return f"{median(times) * 1000:8.2f} ms"


def resident() -> float:
    """Return the largest memory that the process ever had, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def size(path: Path) -> float:
    """Return the size of the closed file, in MB."""
    return path.stat().st_size / 1e6


async def report(path: str, count: int) -> None:
    """Measure, and print."""
    async with Memio.from_config({"facts": {"provider": "sqlite", "path": path}}) as memio:
        facts = memio.facts
        places: dict[str, tuple[str, str | None]] = {}
        names = {0: "start", count // 2000 * 1000: "middle", (count - 1) // 1000 * 1000: "end"}
        before, seen, cursor = 0.0, 0, None
        started = time.perf_counter()
        while seen == 0 or cursor is not None:
            page = await facts.get_all(limit=1000, cursor=cursor)
            if seen in names:
                places[names[seen]] = (page[0].id, cursor)
            before = before or resident()
            seen += len(page)
            cursor = page.next_cursor
        assert seen == count
        print(
            f"all of them     {time.perf_counter() - started:8.1f} s, {resident() - before:.1f} MB after the first page"
        )
        for name, (fact_id, after) in places.items():
            print(f"get, {name:<8}   {await cost(lambda: facts.get(fact_id=fact_id))}")  # noqa: B023  # awaited at once
            print(f"page, {name:<8}  {await cost(lambda: facts.get_all(limit=100, cursor=after))}")  # noqa: B023  # as above
        print(f"page of owner   {await cost(lambda: facts.get_all(limit=100, user_id=SMALL_OWNER))}")
        even = {"parity": 0}
        print(f"page, filtered  {await cost(lambda: facts.get_all(limit=100, user_id=SMALL_OWNER, filters=even))}")
        for query in (f"unique{count // 2}", "w20000x", "w1000x", "w100x", "w10x", "w0x", "w0x w1x w2x w3x"):
            owned = await cost(lambda: facts.search(query=query, user_id=SMALL_OWNER))  # noqa: B023  # as above
            everywhere = await cost(lambda: facts.search(query=query), 5)  # noqa: B023  # as above
            print(f"search {query:<16} owner {owned}   all {everywhere}   {matches(path, query):>7,} matches")


def matches(path: str, query: str) -> int:
    """Count the facts with any of the words."""
    import sqlite3

    db = sqlite3.connect(path)
    words = " OR ".join(query.split())
    (found,) = db.execute("SELECT count(*) FROM fact_text WHERE fact_text MATCH ?", (f"body : ({words})",)).fetchone()
    db.close()
    return int(found)


def main(count: int) -> None:
    """Fill a new file in a process of its own, so that its memory is not counted, and report."""
    with tempfile.TemporaryDirectory() as folder:
        path = str(Path(folder, "memio.db"))
        filling = Process(target=run, args=(fill, path, count))
        filling.start()
        filling.join()
        run(report, path, count)


def run(step: Callable[[str, int], Coroutine[Any, Any, None]], path: str, count: int) -> None:
    """Run one step in an event loop."""
    asyncio.run(step(path, count))


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000)
