"""How long the contract suite takes for a kind of memory."""

from __future__ import annotations

import os
import subprocess
import sys
from time import perf_counter
from typing import Any

from benchmarks.samples import Columns


def run(order: dict[str, Any]) -> Columns:
    """Measure seconds per run of `memio check`: a `provider`, a `kind`, a `profile`; `environment`: added."""
    what = ["check", order["provider"], "--kind", order["kind"], "--profile", order["profile"]]
    start = perf_counter()
    environment = {**os.environ, **order.get("environment", {})}
    subprocess.run([sys.executable, "-m", "memio", *what], check=True, capture_output=True, env=environment)
    return {f"{order['provider']}, profile {order['profile']}": {order["kind"]: [perf_counter() - start]}}
