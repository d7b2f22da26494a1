"""Forgetting one owner in a big file of the embedded provider: `python benchmarks/sqlite_forget.py [FACTS]`.

Reports the time by the clock and by the processor, how big the log got, and the memory that the process needed: the
cost goes by the size of the file, and hardly by what the owner has.
"""

import asyncio
import resource
import sys
import tempfile
import time
from pathlib import Path
from threading import Event, Thread

from memio import Memio

PORTION = 10_000
OWNERS = 1_000


def watch(log: Path, stop: Event, seen: list[int]) -> None:
    """Record the greatest size of the log until the event is set."""
    while not stop.wait(0.05):
        if log.exists():
            seen.append(log.stat().st_size)


async def main(path: Path, count: int) -> None:
    """Fill a file, then forget one owner."""
    async with Memio.from_config({"facts": {"provider": "sqlite", "path": str(path)}}) as memio:
        for begin in range(0, count, PORTION):
            numbers = range(begin, min(begin + PORTION, count))
            await memio.facts.add_many(
                [
                    {
                        "content": " ".join(f"w{number * 7919 % prime}" for prime in (11, 101, 1009, 10007, 50021)),
                        "user_id": f"user-{number % OWNERS}",
                    }
                    for number in numbers
                ]
            )
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        stop, sizes = Event(), [0]
        watcher = Thread(target=watch, args=(Path(f"{path}-wal"), stop, sizes))
        watcher.start()
        started, worked = time.perf_counter(), time.process_time()
        receipt = await memio.forget(user_id="user-7")
        clock, processor = time.perf_counter() - started, time.process_time() - worked
        stop.set()
        watcher.join()
    after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print(f"facts           {count:12,} in {path.stat().st_size / 1e6:.0f} MB")
    print(f"forgotten       {receipt.stores[0].before or 0:12,}")
    print(f"by the clock    {clock:12.1f} s")
    print(f"by the processor{processor:12.1f} s")
    print(f"log at most     {max(sizes) / 1e6:12.0f} MB")
    print(f"more memory     {(after - before) / 1e3:12.0f} MB")


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(main(Path(folder) / "memio.db", int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000))
