"""What it costs to find the installed providers, by the number of installed distributions.

The distributions are made up, with entry points of their own, as tools have them. The packages that memio needs are
there without their metadata, so that the number is exact.
"""

from __future__ import annotations

import json
import subprocess
import sys
from importlib.metadata import distribution
from pathlib import Path
from typing import Any

import importlib_metadata
from benchmarks.samples import Columns, Samples

import memio

PROGRAM = """
import json, sys
sys.path.append(sys.argv[1])
from time import perf_counter as now
start = now()
import memio.registry
imported = now()
found = memio.registry.installed("facts")
first = now()
memio.registry.installed("facts")
again = now()
assert [entry.name for entry in found] == ["sqlite"], found
print(json.dumps([first - imported, again - first]))
"""


def run(order: dict[str, Any]) -> Columns:
    """Measure seconds per listing. `counts`: numbers of distributions; `runs`: processes for each."""
    columns: dict[str, Samples] = {}
    for count in order["counts"]:
        site: Path = order["folder"] / str(count)
        _install(site, count)
        taken: list[list[float]] = []
        for turn in range(order["runs"] + 1):
            command = [sys.executable, "-S", "-c", PROGRAM, str(site)]
            done = subprocess.run(command, check=True, capture_output=True, text=True)
            if turn:  # the first one warms the file cache
                taken.append(json.loads(done.stdout))
        cold, cached = map(list, zip(*taken, strict=True))
        columns[f"{count} distributions"] = {"first listing in a process": cold, "every other": cached}
    return columns


def _install(site: Path, count: int) -> None:
    site.mkdir()
    for package in (Path(memio.__file__).parent, *Path(importlib_metadata.__file__).parent.parent.iterdir()):
        if package.suffix not in (".dist-info", ".pth") and not (site / package.name).exists():
            (site / package.name).symlink_to(package)
    own = distribution("memio-core").read_text("entry_points.txt") or ""
    _describe(site, "memio_core", own)
    for number in range(count - 1):
        _describe(site, f"tool_{number}", f"[console_scripts]\ntool-{number} = tool_{number}:main\n")


def _describe(site: Path, name: str, entry_points: str) -> None:
    folder = site / f"{name}-1.0.dist-info"
    folder.mkdir()
    (folder / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
    (folder / "entry_points.txt").write_text(entry_points)
