"""What searches by vectors cost in a large file: their time, memory, and the file itself."""

from __future__ import annotations

import asyncio
import json
import resource
import subprocess
import sys
from importlib import import_module
from pathlib import Path
from time import perf_counter
from typing import Any

from benchmarks.samples import Columns, Samples
from benchmarks.texts import texts

CALLS = 20
OTHERS = 1_000
"""Among how many other owners the rest of the records is spread."""


def run(order: dict[str, Any]) -> Columns:
    """Measure a `peer` among `records`: an owner of a hundredth, one of a fifth, and everybody.

    The file is filled in another process, so that this one has the memory that searches take.
    """
    records: int = order["records"]
    if order.get("fills"):
        return {order["column"]: {"fill": [asyncio.run(_fill(order, Path(order["place"])))]}}
    folder: Path = order["folder"]
    filling = json.dumps({**order, "folder": None, "place": str(folder), "fills": True})
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.worker", filling], check=True, capture_output=True, text=True
    )
    (seconds,) = json.loads(done.stdout)["columns"][order["column"]]["fill"]
    samples = asyncio.run(_search(order, folder))
    samples["a record, stored in a batch"] = [seconds / records]
    samples["files, each record [bytes]"] = [_size(folder) / records]
    unit = 1 if sys.platform == "darwin" else 1_024
    samples["memory of the process, at most [B]"] = [float(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit)]
    return {order["column"]: samples}


def _owner(number: int) -> str:
    if number % 100 == 0:
        return "small"
    return "large" if number % 5 == 1 else f"other-{number % OTHERS}"


async def _fill(order: dict[str, Any], folder: Path) -> float:
    peer = await import_module(f"benchmarks.nearest.{order['peer']}").open_peer(folder, **order.get("options", {}))
    records: int = order["records"]
    began = perf_counter()
    await peer.fill([(text, _owner(number)) for number, text in enumerate(texts(records))])
    seconds = perf_counter() - began
    await peer.close()
    return seconds


async def _search(order: dict[str, Any], folder: Path) -> Samples:
    peer = await import_module(f"benchmarks.nearest.{order['peer']}").open_peer(folder, **order.get("options", {}))
    samples: Samples = {}
    records: int = order["records"]
    spans = {f"of {records // 100:,} records": "small", f"of {records // 5:,} records": "large", "of all records": None}
    for name, owner in spans.items():
        for number, text in enumerate(texts(CALLS + 1, first=records)):
            start = perf_counter()
            await peer.search(text, owner)
            if number:  # the first one reads the file
                samples.setdefault(f"search {name}", []).append(perf_counter() - start)
            else:
                samples[f"search {name}, the first"] = [perf_counter() - start]
    await peer.close()
    return samples


def _size(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
