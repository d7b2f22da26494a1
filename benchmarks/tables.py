"""Results as Markdown."""

from __future__ import annotations

from typing import Any

from benchmarks.amounts import amount, bare, unit

NOTHING = "-"
FEW = 3
"""So many figures at most are the columns of a table; more are its lines."""


def markdown(table: dict[str, Any]) -> str:
    """Return one table: a heading, what was done, the figures, and why some are missing."""
    columns: dict[str, Any] = table["columns"]
    figures = list(dict.fromkeys(figure for column in columns.values() for figure in column["figures"]))
    figures += [name for column in columns.values() for name in column["reasons"] if name not in figures and name]
    figures = [figure for figure in dict.fromkeys(figures) if unit(figure) != "requests"]
    lines = [f"### {table['title']}", "", table["about"], ""]
    if not figures:
        lines += ["| | |", "|---|---|", *(f"| {name} | {column['reason']} |" for name, column in columns.items())]
        return "\n".join([*lines, ""])
    shown = [name for name, column in columns.items() if column["figures"] or column["reasons"]]
    if len(figures) <= FEW < len(columns):
        lines += ["| | " + " | ".join(map(bare, figures)) + " |", "|---" + "|---:" * len(figures) + "|"]
        for name, column in columns.items():
            cells = (
                [column["reason"]] + [""] * (len(figures) - 1)
                if column["reason"]
                else [_cell(column, f) for f in figures]
            )
            lines.append(f"| {name} | " + " | ".join(cells) + " |")
        return "\n".join([*lines, ""])
    lines += ["| | " + " | ".join(shown) + " |", "|---" + "|---:" * len(shown) + "|"]
    lines += [
        f"| {bare(figure)} | " + " | ".join(_cell(columns[name], figure) for name in shown) + " |" for figure in figures
    ]
    missing = [f"- {name}: {column['reason']}" for name, column in columns.items() if column["reason"]]
    return "\n".join([*lines, "", *missing, ""] if missing else [*lines, ""])


def _cell(column: dict[str, Any], figure: str) -> str:
    if figure in column["reasons"]:
        return str(column["reasons"][figure])
    found = column["figures"].get(figure)
    if found is None:
        return NOTHING
    text = amount(found["median"], unit(figure))
    more = [f"± {amount(found['mad'], 's')}"] if unit(figure) == "s" and found["mad"] else []
    more += [f"99 % below {amount(found['p99'], 's')}"] if "p99" in found else []
    if more:
        text = f'<span title="{", ".join(more)}">{text}</span>'
    if requests := column["figures"].get(f"{figure} [requests]"):
        text += f", {requests['median']:g} requests" if requests["median"] != 1 else ", 1 request"
    if "ratio" in found:
        text += f" (**{found['ratio']:.3g}**)"
    return text
