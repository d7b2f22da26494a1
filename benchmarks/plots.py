"""Results as pictures: SVG with its text as text, so that it stays small and can be searched."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import Any

from benchmarks.results import bare, unit
from benchmarks.tables import amount

mpl: Any = import_module("matplotlib")  # its types are partial
mpl.use("svg")
plt: Any = import_module("matplotlib.pyplot")

COLOURS = ("#1f6f8b", "#9aa5b1", "#c98b3c", "#8a6fae", "#6f9e6e", "#b5656b", "#5b6770", "#c7a6a0", "#4f8fc0", "#a0a05a")
STYLE: dict[str, Any] = {
    "svg.fonttype": "none",
    "svg.hashsalt": "memio",
    "font.size": 9,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.edgecolor": "#9aa5b1",
    "text.color": "#30373d",
    "axes.labelcolor": "#30373d",
    "xtick.color": "#30373d",
    "ytick.color": "#30373d",
}


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
            picture.savefig(path, metadata={"Date": None}, bbox_inches="tight", transparent=False)
            plt.close(picture)
        drawn.append(path.name)
    return drawn


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
        shown = [name for name in names if name in values]
        amounts = [values[name] for name in shown]
        axis.barh(
            range(len(shown)), amounts, color=[COLOURS[names.index(name) % len(COLOURS)] for name in shown], height=0.7
        )
        axis.set_yticks(range(len(shown)), shown)
        axis.invert_yaxis()
        axis.set_xticks([])
        axis.spines["bottom"].set_visible(False)
        axis.set_title(bare(figure), loc="left", fontsize=9, fontweight="bold")
        axis.set_xlim(0, max(amounts) * 1.18 or 1)
        for place, value in enumerate(amounts):
            axis.text(value + max(amounts) * 0.01, place, amount(value, unit(figure)), va="center", fontsize=8)
    picture.tight_layout(pad=0.6)
    return picture


def _lines(columns: dict[str, Any]) -> Any:
    """Draw time over size, for each figure."""
    sizes = [int(name.split()[0].replace(",", "")) for name in columns]
    picture, axis = plt.subplots(figsize=(7, 4.6))
    figures = [figure for figure in _by_figure({"columns": columns}) if "add_many" not in figure]
    for number, figure in enumerate(dict.fromkeys(figure.removesuffix(", plain") for figure in figures)):
        colour = COLOURS[number % len(COLOURS)]
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
    axis.grid(visible=True, color="#e3e7ea", linewidth=0.6)
    axis.legend(frameon=False, fontsize=8, loc="upper left", bbox_to_anchor=(1, 1))
    return picture
