"""The page of the documentation: what stands between its marks is written by the benchmark, the rest by people."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from benchmarks import goals
from benchmarks.tables import markdown


def write(path: Path, results: dict[str, Any]) -> None:
    """Put the results into the marked regions of a page, each group into its own."""
    text = path.read_text(encoding="utf-8")
    parts = {"goals": "\n".join(goals.lines(results["groups"])), "peers": _peers(results)}
    for name, group in results["groups"].items():
        parts[name] = "\n".join(_section(key, table, group) for key, table in group["tables"].items())
    for name, part in parts.items():
        pattern = re.compile(rf"(<!-- begin {name} -->\n).*?(<!-- end {name} -->)", re.DOTALL)
        regions = list(pattern.finditer(text))
        if len(regions) != 1:
            raise SystemExit(f"{path} has {len(regions)} regions for {name}, and must have one")
        (region,) = regions
        text = f"{text[: region.start()]}{region[1]}{part.rstrip()}\n{region[2]}{text[region.end() :]}"
    path.write_text(text, encoding="utf-8")


def _section(name: str, table: dict[str, Any], group: dict[str, Any]) -> str:
    picture = f"{name}.svg"
    shown = f"\n![{table['title']}](benchmarks/{picture})\n" if picture in group["pictures"] else ""
    return markdown(table) + shown


def _peers(results: dict[str, Any]) -> str:
    lines = [f"- {name}: {', '.join(packages)}" for name, packages in results["versions"].items()]
    place = "; ".join(f"{name} {value}" for name, value in results["machine"].items())
    return "\n".join([*lines, "", f"The machine: {place}."])
