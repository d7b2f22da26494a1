"""What `import memio` costs, against `import asyncio`: fresh processes in turn, so that both meet the same machine.

    python benchmarks/import_time.py [rounds]

The goal is a ratio of at most 0.75 on any machine.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys

PROGRAMS = {
    "import asyncio": "import asyncio",
    "import memio": "import memio",
    "memio.Memio": "import memio; memio.Memio",
    "from memio import Memio, Message": "from memio import Memio, Message",
}
TIMED = "from time import perf_counter_ns as now; start = now(); {program}; print(now() - start)"


def milliseconds(program: str) -> float:
    """Run a program in a fresh process and return what it took, without the start of Python."""
    # Without bytecode, every process would compile memio anew, and not asyncio.
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    command = [sys.executable, "-c", TIMED.format(program=program)]
    done = subprocess.run(command, check=True, capture_output=True, text=True, env=kept)
    return int(done.stdout) / 1e6


def main(rounds: int) -> None:
    """Print the median of each program, and its ratio to `import asyncio`."""
    for program in PROGRAMS.values():
        milliseconds(program)  # writes the bytecode, and warms the file cache
    taken: dict[str, list[float]] = {name: [] for name in PROGRAMS}
    for _ in range(rounds):
        for name, program in PROGRAMS.items():
            taken[name].append(milliseconds(program))
    asyncio = taken["import asyncio"]
    print(f"Python {sys.version.split()[0]}, {rounds} rounds, ms (in brackets: of `import asyncio`)")
    print(f"{'':34} {'median':>14} {'fastest':>14}")
    for name, times in taken.items():
        median, fastest = statistics.median(times), min(times)
        print(f"{name:34} {median:7.1f} ({median / statistics.median(asyncio):.2f})", end="")
        print(f" {fastest:7.1f} ({fastest / min(asyncio):.2f})")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 31)
