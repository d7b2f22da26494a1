"""A whole process up to its first recalled memory: open something new, store one record, find it, end."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from time import perf_counter
from typing import Any

from benchmarks.samples import Columns

PROGRAMS = Path(__file__).parent.parent / "programs"


def run(order: dict[str, Any]) -> Columns:
    """Measure seconds per process. `program`: one of `benchmarks/programs`; `runs`: how often; `environment`: added."""
    command = [sys.executable, "-P", str(PROGRAMS / f"{order['program']}.py")]
    taken: list[float] = []
    for turn in range(order["runs"] + 1):
        folder = order["folder"] / str(turn)
        folder.mkdir()
        start = perf_counter()
        subprocess.run(command, check=True, cwd=folder, env={**os.environ, **order.get("environment", {})})
        if turn:  # as for imports
            taken.append(perf_counter() - start)
    return {order["column"]: {"process": taken}}
