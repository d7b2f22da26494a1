"""Carrying out a plan: every worker in its environment, in turn with the others of its table."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.environments import ROOT
from benchmarks.orders import Table, Work


@dataclass(slots=True)
class Column:
    """What was measured for one column: by figure, the samples of each round; or why there are none."""

    rounds: dict[str, list[list[float]]] = field(default_factory=dict[str, list[list[float]]])
    reasons: dict[str, str] = field(default_factory=dict[str, str])
    reason: str | None = None
    failed: bool = False


Result = dict[str, Column]
"""By column."""


def measure(table: Table, pythons: dict[str, Path], report: Callable[[str], None]) -> Result:
    """Fill a table: each of its works does a round, then each the next, so what the machine does hits all alike."""
    result: Result = {}
    for turn in range(max(work.rounds for work in table.works)):
        for work in table.works:
            known = result.get(work.column)
            if turn < work.rounds and (known is None or known.reason is None):
                report(f"{table.name}, round {turn + 1}: {work.column}")
                _take_in(result, work, _answer(work, pythons))
    return result


def _answer(work: Work, pythons: dict[str, Path]) -> dict[str, Any]:
    if {"skipped", "failed"} & set(work.order):
        return work.order
    python = pythons.get(work.environment)
    if python is None:
        return {"skipped": "not installed in this run"}
    order = {"column": work.column, **work.order}
    # Without bytecode, every process would compile memio anew, and not the standard library.
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    command = [str(python), "-m", "benchmarks.worker", json.dumps(order)]
    try:
        done = subprocess.run(
            command,
            capture_output=True,
            text=True,
            check=False,
            timeout=work.seconds,
            cwd=ROOT,
            env={**kept, "PYTHONPATH": str(ROOT)},
        )
    except subprocess.TimeoutExpired:
        return {"failed": f"took longer than {work.seconds} s"}
    if done.returncode:
        return {"failed": (done.stderr.strip().splitlines() or ["no output"])[-1]}
    answer: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return answer


def _take_in(result: Result, work: Work, answer: dict[str, Any]) -> None:
    if "columns" not in answer:
        column = result.setdefault(work.column, Column())
        column.failed = "failed" in answer
        column.reason = f"failed: {answer['failed']}" if column.failed else f"skipped: {answer['skipped']}"
        return
    columns: dict[str, dict[str, list[float] | str]] = answer["columns"]
    for name, figures in columns.items():
        column = result.setdefault(name, Column())
        for figure, samples in figures.items():
            if isinstance(samples, str):
                column.reasons[figure] = samples
            elif samples:
                column.rounds.setdefault(figure, []).append(samples)


def failures(results: Iterable[Result]) -> list[str]:
    """Return what failed, where nothing should."""
    return [f"{name}: {column.reason}" for result in results for name, column in result.items() if column.failed]
