"""What an import costs: in fresh processes, without the start of Python itself."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

from benchmarks.samples import Columns

TIMED = "from time import perf_counter_ns as now; start = now(); import {module}; print(now() - start)"


def run(order: dict[str, Any]) -> Columns:
    """Measure seconds per import. `module`: what is imported; `runs`: in how many processes."""
    command = [sys.executable, "-c", TIMED.format(module=order["module"])]
    taken: list[float] = []
    for turn in range(order["runs"] + 1):
        done = subprocess.run(command, check=True, capture_output=True, text=True)
        if turn:  # the first one may write bytecode, and warms the file cache
            taken.append(int(done.stdout) / 1e9)
    return {order["column"]: {"import": taken}}
