"""Middleware that measures: how often each operation was called, how long it took, and how often it failed.

python examples/measure.py
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from dataclasses import dataclass, field
from statistics import median
from time import perf_counter
from typing import Any

from memio import Memio, NotFoundError, Operation
from memio.plugins import CallNext


@dataclass
class Calls:
    """What is known about the calls of one operation."""

    seconds: list[float] = field(default_factory=list[float])
    failed: int = 0


class Stopwatch:
    """Measures every call of every store."""

    def __init__(self) -> None:
        self.operations: defaultdict[str, Calls] = defaultdict(Calls)

    async def __call__(self, operation: Operation, call_next: CallNext) -> Any:
        """Pass the call on, and record how long it took."""
        calls = self.operations[operation.name]
        start = perf_counter()
        try:
            return await call_next(operation)
        except BaseException:  # also a call that was cancelled
            calls.failed += 1
            raise
        finally:
            calls.seconds.append(perf_counter() - start)

    def table(self) -> str:
        """Return the figures, a line an operation."""
        lines = [f"{'operation':<16}{'calls':>6}{'failed':>8}{'median ms':>11}{'longest ms':>12}"]
        for name, calls in sorted(self.operations.items()):
            middle, longest = median(calls.seconds) * 1000, max(calls.seconds) * 1000
            lines.append(f"{name:<16}{len(calls.seconds):>6}{calls.failed:>8}{middle:>11.2f}{longest:>12.2f}")
        return "\n".join(lines)


async def main() -> None:
    """Do some work, and print what it took."""
    stopwatch = Stopwatch()
    async with Memio.from_config(
        {"facts": "sqlite", "providers": {"sqlite": {"path": ":memory:"}}}, middleware=[stopwatch]
    ) as memio:
        for number in range(100):
            await memio.facts.add(content=f"fact {number}", user_id="alice")
        for _ in range(20):
            await memio.facts.search(query="fact 7", user_id="alice")
        try:
            await memio.facts.get(fact_id="unknown")
        except NotFoundError:
            print("not found, and counted as failed")
    print(stopwatch.table())


if __name__ == "__main__":
    asyncio.run(main())
