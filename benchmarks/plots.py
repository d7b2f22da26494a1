"""Results as pictures: SVG with its text as text, so that it stays small and can be searched."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import Any

from benchmarks.amounts import amount, bare, unit

mpl: Any = import_module("matplotlib")  # its types are partial
mpl.use("svg")
plt: Any = import_module("matplotlib.pyplot")

PEERS = {
    "memio 0.3.1": "#c7a06f",
    "memio": "#3f7fbf",
    "the client": "#3f7fbf",
    "the store itself": "#8b95a1",
    "sqlite3 alone": "#8b95a1",
    "plain FTS5": "#8b95a1",
    "asyncio": "#8b95a1",
    "nothing": "#8b95a1",
    "LangGraph": "#4f9d83",
    "openai-agents": "#8f74b5",
    "Chroma": "#cf8a3f",
    "mem0": "#5fa8c9",
    "MemPalace": "#a6a05a",
    "Qdrant": "#bd6470",
    "letta-client": "#7c9a4e",
}
"""The colour of each peer, in every picture; the first that a name begins with counts."""
OTHERS = ("#3f7fbf", "#cf8a3f", "#8f74b5", "#4f9d83", "#bd6470", "#7c9a4e", "#8b95a1", "#c7a06f", "#5fa8c9", "#a6a05a")
"""For names that belong to no peer."""
INK = "#7a8490"
"""Readable on a white page and on a dark one, since the background is the page's."""
STYLE: dict[str, Any] = {
    "svg.fonttype": "none",
    "svg.hashsalt": "memio",
    "font.size": 9,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.edgecolor": INK,
    "axes.titlecolor": INK,
    "text.color": INK,
    "axes.labelcolor": INK,
    "xtick.color": INK,
    "ytick.color": INK,
}


def _colour(name: str, place: int) -> str:
    """Return the colour of a peer, or of what is none by its place."""
    return next((colour for peer, colour in PEERS.items() if name.startswith(peer)), OTHERS[place % len(OTHERS)])


def draw(tables: dict[str, Any], folder: Path) -> list[str]:
    """Draw every table that has a picture; return the names of the files."""
    folder.mkdir(parents=True, exist_ok=True)
    drawn: list[str] = []
    for name, table in tables.items():
        figures = _by_figure(table)
        if not figures:
            continue
        with mpl.rc_context(STYLE):
            picture = _lines(table["columns"]) if name == "growth" else _bars(table, figures)
            path = folder / f"{name}.svg"
            picture.savefig(path, metadata={"Date": None}, bbox_inches="tight", transparent=True)
            plt.close(picture)
        drawn.append(path.name)
    return drawn


FRONT = (("recall", "recall", "R@10 [%]"), ("import", "cold", "process"))
"""What the pictures of the first page show: group, table and figure."""


def draw_front(groups: dict[str, Any], folder: Path) -> None:
    """Draw what a reader feels first, what is found and how soon: pictures that fit beside each other, and a phone."""
    for group, name, figure in FRONT:
        table: dict[str, Any] = groups.get(group, {"tables": {}})["tables"].get(name, {"columns": {}})
        found: dict[str, float] = {
            column: values["figures"][figure]["median"]
            for column, values in table["columns"].items()
            if figure in values["figures"] and column != "nothing"
        }
        if not found:
            continue  # an earlier picture stays
        title = f"{table['title']}, {bare(figure)}" if unit(figure) == "%" else table["title"]
        with mpl.rc_context(STYLE):
            picture, axis = plt.subplots(figsize=(4.2, 2.6))
            _bar(axis, title, found, unit(figure))
            axis.set_title(axis.get_title(loc="left"), loc="right", fontsize=9, fontweight="bold")
            axis.set_title("", loc="left")
            picture.tight_layout(pad=0.6)
            path = folder / f"front-{name}.svg"
            picture.savefig(path, metadata={"Date": None}, bbox_inches="tight", transparent=True)
            plt.close(picture)


def _bar(axis: Any, title: str, found: dict[str, float], of: str) -> None:
    """Draw one bar for each column, with its value."""
    names, amounts = list(found), list(found.values())
    axis.barh(range(len(names)), amounts, color=[_colour(name, place) for place, name in enumerate(names)], height=0.7)
    axis.set_yticks(range(len(names)), names)
    axis.invert_yaxis()
    axis.set_xticks([])
    axis.spines["bottom"].set_visible(False)
    axis.set_title(title, loc="left", fontsize=9, fontweight="bold")
    axis.set_xlim(0, max(amounts) * 1.18 or 1)
    for place, value in enumerate(amounts):
        axis.text(value + max(amounts) * 0.01, place, amount(value, of), va="center", fontsize=8)


def _by_figure(table: dict[str, Any]) -> dict[str, dict[str, float]]:
    """Return the medians by figure and column: times and shares, no counts and sizes."""
    found: dict[str, dict[str, float]] = {}
    for name, column in table["columns"].items():
        for figure, values in column["figures"].items():
            if unit(figure) in ("s", "%"):
                found.setdefault(figure, {})[name] = values["median"]
    return found


def _bars(table: dict[str, Any], figures: dict[str, dict[str, float]]) -> Any:
    """Draw one small chart for each figure, in a column: bars by peer, each with its value."""
    names = [name for name, column in table["columns"].items() if column["figures"]]
    heights = [0.35 + 0.24 * len(values) for values in figures.values()]
    picture, axes = plt.subplots(
        len(figures), 1, figsize=(7, max(1.4, sum(heights))), squeeze=False, height_ratios=heights
    )
    for axis, (figure, values) in zip(axes[:, 0], figures.items(), strict=True):
        _bar(axis, bare(figure), {name: values[name] for name in names if name in values}, unit(figure))
    picture.tight_layout(pad=0.6)
    return picture


def _lines(columns: dict[str, Any]) -> Any:
    """Draw time over size, for each figure."""
    sizes = [int(name.split()[0].replace(",", "")) for name in columns]
    picture, axis = plt.subplots(figsize=(7, 4.6))
    figures = [figure for figure in _by_figure({"columns": columns}) if "add_many" not in figure]
    for number, figure in enumerate(dict.fromkeys(figure.removesuffix(", plain") for figure in figures)):
        colour = OTHERS[number % len(OTHERS)]
        for name, style in ((figure, "-"), (f"{figure}, plain", ":")):
            if name in figures:
                times = [column["figures"][name]["median"] for column in columns.values()]
                axis.plot(
                    sizes, times, style, color=colour, marker="o", markersize=3, label=figure if style == "-" else None
                )
    axis.set_xscale("log")
    axis.set_yscale("log")
    axis.set_xlabel("facts in the file (dotted: sqlite3 alone)")
    axis.set_ylabel("seconds")
    axis.grid(visible=True, color=INK, alpha=0.25, linewidth=0.6)
    axis.legend(frameon=False, fontsize=8, loc="upper left", bbox_to_anchor=(1, 1))
    return picture
