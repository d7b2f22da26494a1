"""Measure what the bridges add to a call, beside the stores of the frameworks.

    pip install -e bridges/memio-langgraph -e bridges/memio-openai-agents langgraph-checkpoint-sqlite
    python -m benchmarks.bridges [CALLS]

Each round makes each call once, in another order: through the bridge, on memio itself, and on the SQLite store of the
framework, all with a write-ahead log and a commit for each write. The bridge's own cost is the median of the
differences within a round.
"""

from __future__ import annotations

import asyncio
import random
import sys
import tempfile
from collections import defaultdict
from collections.abc import Callable, Coroutine
from contextlib import closing
from importlib import import_module
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any

from memio import Memio, MemioConfig, Message

ITEMS = 1_000
MESSAGES = 500
PLACE = ("alice", "memories")
SPAN: dict[str, Any] = {"namespace_prefix": ("alice",), "agent_id": "langgraph"}

Call = Callable[[], Coroutine[Any, Any, object]]
Round = dict[str, dict[str, Call]]
"""By what is called: by `bridge`, `memio` and `framework`."""


async def main() -> None:
    """Measure both bridges."""
    calls = int(sys.argv[1]) if len(sys.argv) > 1 else 300
    print("| | bridge | memio | framework's SQLite store | the bridge's own |")
    print("|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        await langgraph(Path(folder), calls)
        await openai_agents(Path(folder), calls)


async def langgraph(folder: Path, calls: int) -> None:
    """Measure `MemioStore` beside `AsyncSqliteStore`."""
    config: MemioConfig = {"documents": {"provider": "sqlite", "path": str(folder / "memio.db")}}
    opening = import_module("langgraph.store.sqlite.aio").AsyncSqliteStore.from_conn_string(str(folder / "store.db"))
    async with Memio.from_config(config) as memio, opening as native:
        await native.conn.execute("PRAGMA journal_mode = WAL")
        await native.setup()
        bridge = import_module("memio_langgraph").MemioStore(memio, fields=["text"])
        documents = memio.documents
        for number in range(ITEMS):
            await bridge.aput(PLACE, f"k{number}", value_of(number))
            await native.aput(PLACE, f"k{number}", value_of(number))

        def calls_of(number: int) -> Round:
            key, value = f"k{number % ITEMS}", value_of(ITEMS + number)
            query, wanted = value["text"], {"tag": "a", "number": {"$gt": 100}}
            return {
                "put": {
                    "bridge": lambda: bridge.aput(PLACE, key, value),
                    "memio": lambda: documents.put(
                        key, value["text"], data=value, metadata=value, namespace=PLACE, agent_id="langgraph"
                    ),
                    "framework": lambda: native.aput(PLACE, key, value),
                },
                "get": {
                    "bridge": lambda: bridge.aget(PLACE, key),
                    "memio": lambda: documents.get(key, namespace=PLACE, agent_id="langgraph"),
                    "framework": lambda: native.aget(PLACE, key),
                },
                "search for words": {
                    "bridge": lambda: bridge.asearch(("alice",), query=query, limit=10),
                    "memio": lambda: documents.search(query, limit=10, **SPAN),
                },
                "list 10 items": {
                    "bridge": lambda: bridge.asearch(("alice",), limit=10),
                    "memio": lambda: documents.get_all(limit=10, order="newest", **SPAN),
                    "framework": lambda: native.asearch(("alice",), limit=10),
                },
                "list 10 items of a filter": {
                    "bridge": lambda: bridge.asearch(("alice",), limit=10, filter=wanted),
                    "memio": lambda: documents.get_all(limit=10, order="newest", filters=wanted, **SPAN),
                    "framework": lambda: native.asearch(("alice",), limit=10, filter=wanted),
                },
            }

        show(await measure(calls_of, calls))


def value_of(number: int) -> dict[str, Any]:
    """Return the value of an item."""
    return {"text": f"note {number} about coffee and tea", "number": number, "tag": "ab"[number % 2]}


async def openai_agents(folder: Path, calls: int) -> None:
    """Measure `MemioSession` beside `SQLiteSession`."""
    config: MemioConfig = {"history": {"provider": "sqlite", "path": str(folder / "history.db")}}
    native = import_module("agents").SQLiteSession("monday", folder / "session.db")
    async with Memio.from_config(config) as memio:
        with closing(native):
            bridge = import_module("memio_openai_agents").MemioSession("monday", memio)
            alone = memio.scoped(agent_id="alone")
            for number in range(MESSAGES):
                for session in (bridge, native):
                    await session.add_items([item_of(number)])
                await alone.history.add(session_id="monday", messages=[message_of(number)])

            def calls_of(number: int) -> Round:
                item, message = item_of(number), message_of(number)
                return {
                    "append an item": {
                        "bridge": lambda: bridge.add_items([item]),
                        "memio": lambda: alone.history.add(session_id="monday", messages=[message]),
                        "framework": lambda: native.add_items([item]),
                    },
                    "the last 50 items": {
                        "bridge": lambda: bridge.get_items(50),
                        "memio": lambda: alone.history.get("monday", limit=50),
                        "framework": lambda: native.get_items(50),
                    },
                }

            show(await measure(calls_of, calls))


def item_of(number: int) -> dict[str, Any]:
    """Return an item: every second one is an answer of a model, with its parts."""
    text = f"message {number} of the chat"
    if number % 2:
        return {"role": "user", "content": text}
    return {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": text}]}


def message_of(number: int) -> Message:
    """Return what the bridge stores for an item."""
    text = f"message {number} of the chat"
    if number % 2:
        return Message(role="user", content=text)
    return Message(role="assistant", content=text, data=item_of(number))


async def measure(calls_of: Callable[[int], Round], calls: int) -> dict[str, dict[str, list[float]]]:
    """Make the calls of each round in a random order, and return their seconds, by what is called and by whom."""
    seconds: dict[str, dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
    for number in range(calls):
        for name, each in calls_of(number).items():
            for column in random.sample(list(each), len(each)):
                start = perf_counter()
                await each[column]()
                seconds[name][column].append(perf_counter() - start)
    return seconds


def show(seconds: dict[str, dict[str, list[float]]]) -> None:
    """Print a row for each call."""
    for name, columns in seconds.items():
        own = median(here - there for here, there in zip(columns["bridge"], columns["memio"], strict=True))
        cells = [
            f"{median(columns[column]) * 1e6:.0f} µs" if column in columns else ""
            for column in ("bridge", "memio", "framework")
        ]
        share = own / median(columns["bridge"])
        print(f"| {name} | {' | '.join(cells)} | {own * 1e6:.0f} µs, {share:.0%} |")


if __name__ == "__main__":
    asyncio.run(main())
