"""A fresh process up to its first recalled memory: memio on SQLite, against LangGraph's store on SQLite.

    python benchmarks/cold_start.py FOLDER [rounds]

Makes one virtual environment for each in FOLDER, from wheels and with their bytecode, and runs both in turn: open a new
file, store one record, find it by a search, end. The whole process is timed. The goal is a ratio of at most 0.75.
LangGraph's store searches without a text index here, as it does by default.
"""

from __future__ import annotations

import os
import shutil
import statistics
import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

ROOT = Path(__file__).resolve().parent.parent
MEMIO = """
import asyncio
from memio import Memio

async def main():
    async with Memio.from_config({"facts": {"provider": "sqlite", "path": "cold.db"}}) as memio:
        await memio.facts.add(content="Alice likes coffee", user_id="alice")
        found = await memio.facts.search(query="coffee", user_id="alice")
        assert [fact.content for fact in found] == ["Alice likes coffee"]

asyncio.run(main())
"""
LANGGRAPH = """
from langgraph.store.sqlite import SqliteStore

with SqliteStore.from_conn_string("cold.db") as store:
    store.setup()
    store.put(("facts", "alice"), "1", {"content": "Alice likes coffee"})
    found = store.search(("facts", "alice"), query="coffee")
    assert [item.value["content"] for item in found] == ["Alice likes coffee"]
"""
NOTHING = "pass"
SETUPS = {
    "memio": (str(ROOT / "memio-core"), MEMIO),
    "langgraph": ("langgraph-checkpoint-sqlite", LANGGRAPH),
    "nothing": (None, NOTHING),
}


def environment(folder: Path, package: str | None) -> Path:
    """Return the Python of an environment with a package, made anew because the sources may have changed."""
    python = folder / "bin" / "python"
    uv = shutil.which("uv", path=os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]))
    if uv is None:
        raise SystemExit("uv makes the environments: pip install uv")
    subprocess.run([uv, "venv", "--quiet", "--clear", "--python", sys.executable, folder], check=True)
    if package:
        command = [uv, "pip", "install", "--quiet", "--refresh-package", "memio-core", "--compile-bytecode"]
        subprocess.run([*command, "--python", python, package], check=True)
    return python


def milliseconds(python: Path, program: str) -> float:
    """Run a program in a fresh process, in an empty folder, and return what it took."""
    with TemporaryDirectory() as folder:
        start = time.perf_counter()
        subprocess.run([python, "-c", program], check=True, cwd=folder)
        return (time.perf_counter() - start) * 1000


def main(folder: Path, rounds: int) -> None:
    """Print the median and the fastest of each, and the ratio."""
    pythons = {name: environment(folder / name, package) for name, (package, _) in SETUPS.items()}
    taken: dict[str, list[float]] = {name: [] for name in SETUPS}
    for turn in range(rounds + 1):
        for name, (_, program) in SETUPS.items():
            spent = milliseconds(pythons[name], program)
            if turn:  # the first one warms the file cache
                taken[name].append(spent)
    other = taken["langgraph"]
    print(f"Python {sys.version.split()[0]}, {rounds} rounds, ms (in brackets: of langgraph)")
    print(f"{'':12} {'median':>14} {'fastest':>14}")
    for name, times in taken.items():
        median, fastest = statistics.median(times), min(times)
        print(f"{name:12} {median:7.1f} ({median / statistics.median(other):.2f})", end="")
        print(f" {fastest:7.1f} ({fastest / min(other):.2f})")


if __name__ == "__main__":
    match sys.argv[1:]:
        case [folder]:
            main(Path(folder).resolve(), 21)
        case [folder, rounds]:
            main(Path(folder).resolve(), int(rounds))
        case _:
            raise SystemExit("usage: cold_start.py FOLDER [rounds]")
