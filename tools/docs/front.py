"""The figures of the first page: read from the results of the benchmarks, never typed."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from benchmarks.amounts import amount, unit

from memio_contract import laws

ROOT = Path(__file__).resolve().parents[2]


class Headline(NamedTuple):
    """One figure of memio, and the same of others.

    Attributes:
        words: What was measured.
        table: The group and the table.
        figure: The figure in it.
        column: Memio's column.
        others: The columns beside it, and what they are called.
    """

    words: str
    table: tuple[str, str]
    figure: str
    column: str
    others: dict[str, str]


HEADLINES = (
    Headline(
        "what was said in a long chat, found among the first ten (LoCoMo)",
        ("recall", "recall"),
        "R@10 [%]",
        "memio, history",
        {"plain FTS5": "plain full-text search"},
    ),
    Headline(
        "a new process, up to its first recalled memory",
        ("import", "cold"),
        "process",
        "memio on sqlite",
        {"LangGraph's store": "LangGraph's store", "Chroma": "Chroma"},
    ),
    Headline(
        "import of many records, for each, with the index of its words",
        ("writes", "writes"),
        "a batch",
        "memio",
        {"LangGraph's store": "LangGraph's store, without an index", "Chroma": "Chroma, with vectors that are given"},
    ),
    Headline(
        "a search among 10,000 records",
        ("reads", "reads"),
        "search, one match",
        "memio",
        {"LangGraph's store": "LangGraph's store", "Chroma": "Chroma"},
    ),
)


def headlines() -> Iterator[str]:
    """Yield the table of the first page."""
    groups: dict[str, Any] = json.loads((ROOT / "docs/benchmarks/results.json").read_text(encoding="utf-8"))["groups"]
    yield "| | memio | others |"
    yield "|---|---:|---|"
    for line in HEADLINES:
        group, table = line.table
        columns = groups[group]["tables"][table]["columns"] if group in groups else {}
        ours = _shown(columns.get(line.column), line.figure)
        if ours == "-":
            yield f"| {line.words} | not measured | `nox -s bench -- {group}` |"
            continue
        others = {name: _shown(columns.get(key), line.figure) for key, name in line.others.items()}
        beside = ", ".join(f"{name} {found}" for name, found in others.items() if found != "-")
        yield f"| {line.words} | **{ours}** | {beside} |"
    yield f"| laws that hold every backend to the same behaviour | **{len(laws())}** | |"


def _shown(column: dict[str, Any] | None, figure: str) -> str:
    found = column["figures"].get(figure) if column else None
    if found is None:
        return "-"
    of = unit(figure)
    return amount(found["median"], of) + (" %" if of == "%" else "")
