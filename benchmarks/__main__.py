"""Measures memio beside its peers: `nox -s bench -- [GROUP …] [--quick] [--locomo FILE] [--letta URL]`."""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from benchmarks import pages
from benchmarks.environments import PACKAGES, ROOT, install, versions
from benchmarks.measure import Result, failures, measure
from benchmarks.plan import GROUPS, Options, Size, Table, letta_sizes
from benchmarks.plots import draw
from benchmarks.results import machine, read, suite, summary


def main(arguments: list[str]) -> int:
    """Measure what is asked for, and write tables, pictures and samples; return what the shell shall get."""
    parser = _parser()
    chosen = parser.parse_args(arguments)
    if unknown := set(chosen.groups) - set(GROUPS):
        parser.error(f"no group is called {', '.join(sorted(unknown))}; there are {', '.join(GROUPS)}")
    began = time.monotonic()
    size: Size = "smoke" if chosen.smoke else "quick" if chosen.quick else "full"
    out: Path = chosen.out or ROOT / ("docs/benchmarks" if size == "full" else "build/benchmarks")
    groups: list[str] = [name for name in GROUPS if name in (chosen.groups or GROUPS)]
    pythons = {"memio": Path(sys.executable)}
    if size != "smoke":
        _tell("making the environments")
        pythons = install(chosen.environments, _environments(groups))
    agents = _Agents(pythons["memio"], chosen.letta)
    try:
        agents.make(letta_sizes(size, groups))
        options = Options(size=size, locomo=chosen.locomo, letta=chosen.letta, agents=agents.known)
        done = {
            group: [(table, measure(table, pythons, _tell)) for table in GROUPS[group](options)] for group in groups
        }
    finally:
        agents.remove()
    _write(out, done, pythons, page=ROOT / "docs/benchmarks.md" if size == "full" and not chosen.out else None)
    _tell(f"{time.monotonic() - began:.0f} s in all; the results are in {out}")
    failed = failures(result for tables in done.values() for _, result in tables)
    for line in failed:
        print(line, file=sys.stderr)
    return 1 if failed else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="nox -s bench --", description=__doc__)
    add = parser.add_argument
    add("groups", nargs="*", metavar="GROUP", help=f"of {', '.join(GROUPS)}; all when none is named")
    add("--quick", action="store_true", help="a tenth of the work, written below build/ instead of docs/")
    add("--smoke", action="store_true", help="does everything run? Tiny amounts, memio alone, in this environment")
    add("--locomo", default=os.environ.get("MEMIO_LOCOMO", ""), help="the file with the conversations (MEMIO_LOCOMO)")
    add("--letta", default=os.environ.get("MEMIO_LETTA_URL", ""), help="the URL of a Letta server (MEMIO_LETTA_URL)")
    add(
        "--environments",
        type=Path,
        default=ROOT / "build/benchmarks/environments",
        help="where the peers are installed",
    )
    add("--out", type=Path, help="where the results go")
    return parser


def _environments(groups: list[str]) -> set[str]:
    nowhere = Options(size="full", locomo="", letta="", agents={})
    return {work.environment for group in groups for table in GROUPS[group](nowhere) for work in table.works} | {
        "memio"
    }


def _tell(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


class _Agents:
    """Agents of a Letta server that are made for this run, and removed after it."""

    def __init__(self, python: Path, url: str) -> None:
        self._python, self._url = python, url
        self.known: dict[int, str] = {}

    def make(self, sizes: list[int]) -> None:
        """Make an agent with each number of passages, where there is a server."""
        for passages in sizes if self._url else []:
            _tell(f"making an agent with {passages:,} passages")
            self.known[passages] = self._run("make", str(passages))

    def remove(self) -> None:
        """Remove them."""
        for agent in self.known.values():
            self._run("remove", agent)

    def _run(self, what: str, which: str) -> str:
        command = [str(self._python), "-m", "benchmarks.letta.agents", what, self._url, which]
        return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, cwd=ROOT).stdout.strip()


def _write(
    out: Path, done: dict[str, list[tuple[Table, Result]]], pythons: dict[str, Path], *, page: Path | None
) -> None:
    """Add what was measured to earlier results of other groups, and show all."""
    out.mkdir(parents=True, exist_ok=True)
    path = out / "results.json"
    results: dict[str, Any] = read(path)
    place = machine()
    for group, tables in done.items():
        shown = {table.name: summary(table, result) for table, result in tables}
        results["groups"][group] = {"tables": shown, "pictures": draw(shown, out), "date": place.get("date", "")}
    results["machine"] = place
    results.setdefault("versions", {}).update({name: _named(name, python) for name, python in pythons.items()})
    path.write_text(json.dumps(results, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    samples = ROOT / "build/benchmarks/samples.json"
    samples.parent.mkdir(parents=True, exist_ok=True)
    suite([pair for tables in done.values() for pair in tables]).dump(str(samples), replace=True)
    if page is None:
        page = out / "page.md"
        page.write_text((ROOT / "docs/benchmarks.md").read_text(encoding="utf-8"), encoding="utf-8")
    pages.write(page, results)


def _named(name: str, python: Path) -> list[str]:
    """Return what is measured of an environment, with versions."""
    known = versions(python)
    wanted = (
        ("memio-core", "memio-letta", "letta-client")
        if name == "memio"
        else [spec.partition("==")[0] for spec in PACKAGES[name]]
    )
    return [f"{package} {known[package]}" for package in wanted if package in known]


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
