"""The goals of memio, and whether the results reach them. Goals are ratios, so they hold on any machine."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

Figures = Callable[[str, str, str], float]
"""By table, column and figure, the median."""


@dataclass(frozen=True, slots=True)
class Goal:
    """One goal: its text, the value that was measured, and the bound."""

    text: str
    value: Callable[[Figures], float]
    wanted: float
    at_least: bool
    shown: Callable[[float], str]


def _share(value: float) -> str:
    return f"{100 * value:.0f} %"


def _times(value: float) -> str:
    return f"{value:.1f} times"


def _microseconds(value: float) -> str:
    return f"{value * 1e6:.1f} µs"


WRITES, ALONE, TOGETHER, BATCH = "writes", "one caller at a time", "64 callers at once", "a batch"
CLIENT, WRAPPED = "the client", "the client, one middleware"

GOALS = (
    Goal(
        "`import memio` takes at most 0.75 of `import asyncio`",
        lambda f: f("imports", "memio", "import") / f("imports", "asyncio", "import"),
        0.75,
        False,
        lambda value: f"{value:.2f}",
    ),
    Goal(
        "one caller at a time reaches at least 90 % of `sqlite3 alone`",
        lambda f: f(WRITES, "sqlite3 alone", ALONE) / f(WRITES, "memio", ALONE),
        0.9,
        True,
        _share,
    ),
    Goal(
        "64 callers reach at least 8 times one caller",
        lambda f: f(WRITES, "memio", ALONE) / f(WRITES, "memio", TOGETHER),
        8,
        True,
        _times,
    ),
    Goal(
        "a batch reaches at least 80 % of `sqlite3 alone`",
        lambda f: f(WRITES, "sqlite3 alone", BATCH) / f(WRITES, "memio", BATCH),
        0.8,
        True,
        _share,
    ),
    Goal(
        "a batch with metadata reaches at least 80 % of `sqlite3 alone`",
        lambda f: f(WRITES, "sqlite3 alone", f"{BATCH}, with metadata") / f(WRITES, "memio", f"{BATCH}, with metadata"),
        0.8,
        True,
        _share,
    ),
    Goal("memio adds at most 5 µs to an `add`", lambda f: f("framework", CLIENT, "add"), 5e-6, False, _microseconds),
    Goal(
        "memio adds at most 5 µs to a `search`", lambda f: f("framework", CLIENT, "search"), 5e-6, False, _microseconds
    ),
    Goal(
        "memio with one middleware adds at most 10 µs to an `add`",
        lambda f: f("framework", WRAPPED, "add"),
        10e-6,
        False,
        _microseconds,
    ),
    Goal(
        "memio with one middleware adds at most 10 µs to a `search`",
        lambda f: f("framework", WRAPPED, "search"),
        10e-6,
        False,
        _microseconds,
    ),
    Goal(
        "memio adds at most 5 % to a Letta call",
        lambda f: f("framework", CLIENT, "add") / f("letta-10", "letta-client", "delete"),
        0.05,
        False,
        lambda value: f"{100 * value:.2f} %",
    ),
)


def lines(groups: dict[str, Any]) -> Iterator[str]:
    """Yield the goals as a Markdown table; those without results are shown as not measured."""
    tables = {name: table for group in groups.values() for name, table in group["tables"].items()}

    def figure(table: str, column: str, name: str) -> float:
        return float(tables[table]["columns"][column]["figures"][name]["median"])

    yield "| goal | measured | |"
    yield "|---|---:|---|"
    for goal in GOALS:
        try:
            value = goal.value(figure)
        except KeyError:
            yield f"| {goal.text} | not measured | |"
            continue
        reached = value >= goal.wanted if goal.at_least else value <= goal.wanted
        yield f"| {goal.text} | {goal.shown(value)} | {'reached' if reached else 'missed'} |"
