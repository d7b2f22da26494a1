"""Writes of the embedded provider beside plain `sqlite3` on the same tables: `python benchmarks/sqlite_writes.py`.

Adds per second: one caller beside plain sqlite3 through an executor thread, 64 callers at once, and one batch
beside plain sqlite3 without any thread. The plain writer stores the same rows, with the same indexes.
"""

import asyncio
import sqlite3
import tempfile
import time
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from statistics import median
from typing import Any
from uuid import uuid4

from memio.providers.sqlite import SqliteFactAdapter
from memio.providers.sqlite._open import Location, open_file

ROUNDS = 7
ALONE = 1_000
CALLERS = 64
EACH = 100
BATCH = 1_000
TEXT = "Caroline said that she would like to see the lake near the old mill in autumn, number {}"
ADD_FACT = (
    "INSERT INTO fact (id, user, agent, content, metadata, created_at, updated_at) VALUES (?, 1, 0, ?, NULL, ?, ?)"
)
ADD_TEXT = "INSERT INTO fact_text (rowid, body, tags) VALUES (?, ?, 'u1')"


def plain(db: sqlite3.Connection, contents: list[str]) -> None:
    """Add facts in one transaction."""
    db.execute("BEGIN IMMEDIATE")
    for content in contents:
        now = time.time_ns() // 1000
        row = db.execute(ADD_FACT, (str(uuid4()), content, now, now)).lastrowid
        db.execute(ADD_TEXT, (row, content))
    db.execute("COMMIT")


async def plain_alone(folder: Path) -> int:
    """One caller, through an executor thread."""
    loop = asyncio.get_running_loop()
    with ThreadPoolExecutor(1) as pool:
        db = await loop.run_in_executor(pool, open_plain, folder)
        for number in range(ALONE):
            await loop.run_in_executor(pool, plain, db, [TEXT.format(number)])
        await loop.run_in_executor(pool, db.close)
    return ALONE


async def plain_batch(folder: Path) -> int:
    """A batch, in the calling thread."""
    db = open_plain(folder)
    plain(db, [TEXT.format(number) for number in range(BATCH)])
    db.close()
    return BATCH


async def alone(folder: Path) -> int:
    """One caller."""
    store = SqliteFactAdapter(path=folder / "memio.db")
    for number in range(ALONE):
        await store.add(content=TEXT.format(number), user_id="ann")
    await store.aclose()
    return ALONE


async def together(folder: Path) -> int:
    """64 callers at once, each of which waits for its answer before it adds again."""
    store = SqliteFactAdapter(path=folder / "memio.db")

    async def caller() -> None:
        for number in range(EACH):
            await store.add(content=TEXT.format(number), user_id="ann")

    await asyncio.gather(*(caller() for _ in range(CALLERS)))
    await store.aclose()
    return CALLERS * EACH


async def batch(folder: Path) -> int:
    """A batch."""
    store = SqliteFactAdapter(path=folder / "memio.db")
    await store.add_many(items=[{"content": TEXT.format(number), "user_id": "ann"} for number in range(BATCH)])
    await store.aclose()
    return BATCH


def open_plain(folder: Path) -> sqlite3.Connection:
    """Return a connection to a new file with the provider's tables and settings."""
    return open_file(Location(str(folder / "memio.db"), "full", 30, True), writes=True)


def rate(run: Callable[[Path], Coroutine[Any, Any, int]]) -> float:
    """Return adds per second in a new file."""
    with tempfile.TemporaryDirectory() as folder:
        open_plain(Path(folder)).close()  # making the file is no part of what is measured
        started = time.perf_counter()
        added = asyncio.run(run(Path(folder)))
        return added / (time.perf_counter() - started)


def main() -> None:
    """Take turns, so that what else the machine does hits all alike, and print the medians."""
    runs = (plain_alone, alone, together, plain_batch, batch)
    rates = {run: [rate(run) for _ in range(1)] for run in runs}
    for _ in range(ROUNDS - 1):
        for run in runs:
            rates[run].append(rate(run))
    medians = {run: median(rates[run]) for run in runs}
    for run in runs:
        print(f"{run.__name__:>12}  {medians[run]:>9,.0f} adds/s")
    print(f"one caller: {medians[alone] / medians[plain_alone]:.0%} of plain sqlite3 through an executor thread")
    print(f"64 callers: {medians[together] / medians[alone]:.1f} times one caller")
    print(f"a batch:    {medians[batch] / medians[plain_batch]:.0%} of plain sqlite3")


if __name__ == "__main__":
    main()
