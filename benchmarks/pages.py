"""The page of the documentation: the benchmark writes the parts between its marks; the rest is written by hand."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from benchmarks import goals
from benchmarks.environments import ROOT
from benchmarks.groups import GROUPS
from benchmarks.plots import draw, draw_front
from benchmarks.results import read
from benchmarks.tables import markdown


def show(folder: Path, page: Path | None) -> None:
    """Draw the results that a folder has, and put them into a page; without one, into a copy in the folder."""
    groups: dict[str, Any] = read(folder / "results.json")["groups"]
    if page is None:
        page = folder / "page.md"
        page.write_text((ROOT / "docs/benchmarks.md").read_text(encoding="utf-8"), encoding="utf-8")
    text = page.read_text(encoding="utf-8")
    parts = {"goals": "\n".join(goals.lines(groups)), "peers": _peers(groups)}
    for name, group in groups.items():
        drawn = draw(group["tables"], folder)
        parts[name] = "\n".join(_section(key, table, drawn) for key, table in group["tables"].items())
    draw_front(groups, folder)
    for name, part in parts.items():
        text = _put(text, name, part, page)
    page.write_text(text, encoding="utf-8")


def _put(text: str, name: str, part: str, page: Path) -> str:
    pattern = re.compile(rf"(<!-- begin {name} -->\n).*?(<!-- end {name} -->)", re.DOTALL)
    regions = list(pattern.finditer(text))
    if len(regions) != 1:
        raise SystemExit(f"{page} has {len(regions)} regions for {name}, and must have one")
    (region,) = regions
    return f"{text[: region.start()]}{region[1]}{part.rstrip()}\n{region[2]}{text[region.end() :]}"


def _section(name: str, table: dict[str, Any], drawn: list[str]) -> str:
    picture = f"{name}.svg"
    shown = f"\n![{table['title']}](benchmarks/{picture})\n" if picture in drawn else ""
    return markdown(table) + shown


def _peers(groups: dict[str, Any]) -> str:
    """Return what was measured, where and when; this may differ between groups that were measured separately."""
    places: dict[str, list[str]] = {}
    packages: dict[str, dict[str, None]] = {}
    for name in filter(groups.__contains__, GROUPS):
        known = dict(groups[name]["machine"])
        when = f"{name} ({known.pop('date')}, {groups[name]['seconds']} s, load before {known.pop('load')})"
        places.setdefault(", ".join(f"{key} {value}" for key, value in known.items()), []).append(when)
        for environment, versions in groups[name]["versions"].items():
            packages.setdefault(environment, {}).update(dict.fromkeys(versions))
    lines = [f"- {name}: {', '.join(versions)}" for name, versions in sorted(packages.items())]
    return "\n".join([*lines, "", *(f"Measured on {place}: {', '.join(when)}.\n" for place, when in places.items())])
