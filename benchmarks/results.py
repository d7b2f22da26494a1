"""What was measured, as figures: medians, spreads, percentiles and ratios, by pyperf's statistics."""

from __future__ import annotations

import json
import platform
import sqlite3
from importlib import import_module
from pathlib import Path
from typing import Any

from benchmarks.amounts import unit
from benchmarks.measure import Result
from benchmarks.orders import Table

pyperf: Any = import_module("pyperf")  # it comes without types

UNITS = {"s": "second", "B": "byte"}
"""What pyperf knows of our units. The others are counts and shares."""
ENOUGH = 100
"""The number of samples from which a 99th percentile is meaningful."""


def _benchmark(name: str, figure: str, rounds: list[list[float]]) -> Any:
    metadata = {"name": name, "unit": UNITS.get(unit(figure), "integer")}
    # pyperf takes no zeros, and recall may well be one.
    runs = [
        pyperf.Run([max(value, 1e-12) for value in samples], metadata=metadata, collect_metadata=False)
        for samples in rounds
    ]
    return pyperf.Benchmark(runs)


def summary(table: Table, result: Result) -> dict[str, Any]:
    """Return a table as JSON has it: for each column, by figure, median, spread, percentile, samples and ratio."""
    columns: dict[str, Any] = {}
    for name, column in result.items():
        figures = {
            figure: _figures(f"{table.name} / {figure} / {name}", figure, rounds)
            for figure, rounds in column.rounds.items()
        }
        columns[name] = {"figures": figures, "reasons": column.reasons, "reason": column.reason}
    if table.reference in columns:
        _compare(columns, table.reference)
    return {"title": table.title, "about": table.about, "reference": table.reference, "columns": columns}


def _figures(name: str, figure: str, rounds: list[list[float]]) -> dict[str, float]:
    benchmark = _benchmark(name, figure, rounds)
    values = benchmark.get_values()
    found = {
        "median": benchmark.median(),
        "mad": benchmark.median_abs_dev() if len(values) > 1 else 0.0,
        "samples": len(values),
    }
    if len(values) >= ENOUGH:
        found["p99"] = benchmark.percentile(99)
    return {key: float(f"{value:.4g}") for key, value in found.items()}


def _compare(columns: dict[str, Any], reference: str) -> None:
    base = columns[reference]["figures"]
    for column in columns.values():
        for figure, found in column["figures"].items():
            if figure in base and base[figure]["median"]:
                found["ratio"] = float(f"{found['median'] / base[figure]['median']:.3g}")


def keep_samples(path: Path, results: list[tuple[Table, Result]]) -> None:
    """Write all samples of times and sizes as pyperf keeps them, to look at with `python -m pyperf`."""
    found: list[Any] = []
    for table, result in results:
        for name, column in result.items():
            for figure, rounds in column.rounds.items():
                if unit(figure) in UNITS:
                    found.append(_benchmark(f"{table.name} / {figure} / {name}", figure, rounds))
    path.parent.mkdir(parents=True, exist_ok=True)
    if found:
        pyperf.BenchmarkSuite(found).dump(str(path), replace=True)


def machine() -> dict[str, str]:
    """Return where it is measured, and what else the machine does just before."""
    known = {str(key): str(value) for key, value in pyperf.Run([1.0]).get_metadata().items()}
    wanted = {"cpu_count": "processors", "cpu_model_name": "processor"}
    place = {label: known[key] for key, label in wanted.items() if key in known}
    place |= {"system": platform.system(), "python": platform.python_version(), "sqlite": sqlite3.sqlite_version}
    return {**place, "date": known["date"].partition(".")[0], "load": known.get("load_avg_1min", "unknown")}


def add(path: Path, group: str, done: list[tuple[Table, Result]], about: dict[str, Any]) -> None:
    """Save what was measured of one group, and keep earlier results of the others."""
    results = read(path)
    results["groups"][group] = {**about, "tables": {table.name: summary(table, result) for table, result in done}}
    path.parent.mkdir(parents=True, exist_ok=True)
    written = path.with_suffix(".new")
    written.write_text(json.dumps(results, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    written.replace(path)  # whole, whenever the run ends


def skipped(done: list[tuple[Table, Result]]) -> str | None:
    """Return why all of it was skipped, for lack of data or of a server; `None` when something was measured."""
    reasons = [column.reason for _, result in done for column in result.values() if not column.failed]
    failed = any(column.failed for _, result in done for column in result.values())
    return reasons[0] if reasons and all(reasons) and not failed else None


def read(path: Path) -> dict[str, Any]:
    """Return earlier results, or none."""
    if not path.exists():
        return {"groups": {}}
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return found
