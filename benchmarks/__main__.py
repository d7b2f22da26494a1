"""Measures memio and its peers: `nox -s bench -- [GROUP …] [--quick]`, and `--help` for the other options."""

from __future__ import annotations

import argparse
import os
import sys
import time
from pathlib import Path

from benchmarks import pages, results
from benchmarks.agents import Agents
from benchmarks.environments import ROOT, install, named
from benchmarks.groups import GROUPS, USUAL
from benchmarks.groups.letta import letta_sizes
from benchmarks.measure import Result, failures, measure
from benchmarks.orders import Options, Size, Table

BUILD = ROOT / "build/benchmarks"


def main(arguments: list[str]) -> int:
    """Measure what is asked for, and write tables, pictures and samples; return what the shell shall get."""
    parser = _parser()
    chosen = parser.parse_args(arguments)
    if unknown := set(chosen.groups) - set(GROUPS):
        parser.error(f"no group is called {', '.join(sorted(unknown))}; there are {', '.join(GROUPS)}")
    size: Size = "smoke" if chosen.smoke else "quick" if chosen.quick else "full"
    out: Path = chosen.out or (ROOT / "docs/benchmarks" if size == "full" else BUILD)
    page = ROOT / "docs/benchmarks.md" if size == "full" and not chosen.out else None
    failed: list[str] = []
    if not chosen.show:
        groups = [name for name in GROUPS if name in (chosen.groups or USUAL)]
        failed = _measure(groups, size, chosen, out / "results.json")
    pages.show(out, page)
    _report(f"the results are in {out}")
    for line in failed:
        _report(line)
    return 1 if failed else 0


def _measure(groups: list[str], size: Size, chosen: argparse.Namespace, path: Path) -> list[str]:
    """Measure one group after the other, and save each table at once; return what failed."""
    failed: list[str] = []
    pythons = {"memio": Path(sys.executable)}
    if size != "smoke":
        _report("making the environments")
        pythons = install(chosen.environments, _environments(groups))
    with Agents(pythons["memio"], chosen.letta, _report) as agents:
        for group in groups:
            began, place = time.monotonic(), results.machine()
            agents.make(letta_sizes(size, group))
            options = Options(
                size=size,
                locomo=chosen.locomo,
                letta=chosen.letta,
                agents=agents.known,
                trouble=agents.trouble,
                postgres=chosen.postgres,
            )
            used = {name: named(name, pythons[name]) for name in _environments([group]) if name in pythons}
            done: list[tuple[Table, Result]] = []
            known = group in results.read(path)["groups"]
            for table in GROUPS[group](options):
                done.append((table, measure(table, pythons, _report)))
                seconds = round(time.monotonic() - began)
                if not (known and results.skipped(done)):
                    results.add(path, group, done, {"machine": place, "versions": used, "seconds": seconds})
            if known and (reason := results.skipped(done)):
                _report(f"{group}: {reason}; its earlier results stay")
            results.keep_samples(BUILD / "samples" / f"{group}.json", done)
            _report(f"{group}: {time.monotonic() - began:.0f} s")
            failed += failures(result for _, result in done)
    return failed


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="nox -s bench --", description=__doc__)
    add = parser.add_argument
    add(
        "groups",
        nargs="*",
        metavar="GROUP",
        help=f"of {', '.join(GROUPS)}; when none is named, {', '.join(USUAL)}. The results of others stay as they are",
    )
    add("--quick", action="store_true", help="a tenth of the work, written below build/ instead of docs/")
    add("--smoke", action="store_true", help="does everything run? Tiny amounts, memio alone, in this environment")
    add("--show", action="store_true", help="measure nothing, and write page and pictures from the saved results")
    add("--locomo", default=os.environ.get("MEMIO_LOCOMO", ""), help="the file with the conversations (MEMIO_LOCOMO)")
    add("--letta", default=os.environ.get("MEMIO_LETTA_URL", ""), help="the URL of a Letta server (MEMIO_LETTA_URL)")
    postgres = os.environ.get("MEMIO_POSTGRES_DSN", "")
    add("--postgres", metavar="DSN", default=postgres, help="a PostgreSQL database (MEMIO_POSTGRES_DSN)")
    add("--environments", type=Path, default=BUILD / "environments", help="where the peers are installed")
    add("--out", type=Path, help="where the results go, and a page of their own")
    return parser


def _environments(groups: list[str]) -> set[str]:
    nowhere = Options(size="full", locomo="", letta="", agents={}, trouble="")
    works = [work for group in groups for table in GROUPS[group](nowhere) for work in table.works]
    return {"memio", *(work.environment for work in works)}


def _report(text: str) -> None:
    print(f"{time.strftime('%H:%M:%S')} {text}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
