"""How long the contract suite takes for a kind of memory."""

from __future__ import annotations

import subprocess
import sys
from time import perf_counter
from typing import Any

from benchmarks.samples import Columns


def run(order: dict[str, Any]) -> Columns:
    """Measure seconds per run of `memio check` for a `provider`, a `kind` and a `profile`."""
    what = ["check", order["provider"], "--kind", order["kind"], "--profile", order["profile"]]
    start = perf_counter()
    subprocess.run([sys.executable, "-m", "memio", *what], check=True, capture_output=True)
    return {f"{order['provider']}, profile {order['profile']}": {order["kind"]: [perf_counter() - start]}}
