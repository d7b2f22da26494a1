"""The documents that are made from the code: `python tests-contract/tests/documents.py` writes them anew."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from proof.catalogue import Fault, catalogue

from memio_contract import Law, laws

DOCS = Path(__file__).resolve().parents[1] / "docs"
KINDS = ("facts", "history", "documents", "graph")


def _name(law: Law) -> str:
    return law.id.partition(".")[2]


def laws_page() -> Iterator[str]:
    """Yield the page of all laws: one row per law, with the kinds that it is about."""
    rows: dict[tuple[str, str], list[Law]] = {}
    for law in laws():
        rows.setdefault((_name(law), law.means), []).append(law)
    yield "# The laws"
    yield ""
    yield f"There are {len(laws())}, counted per kind. A law's id is its kind, a dot and its name, as in"
    yield "`facts.update.keeps-owner`. This page is made from the code."
    yield ""
    yield "| law | kinds | what it says | needs | if it fails, look at |"
    yield "|---|---|---|---|---|"
    for (name, means), found in rows.items():
        kinds = "all" if len(found) == len(KINDS) else ", ".join(law.kind for law in found)
        needs = ", ".join(found[0].needs) or "-"
        yield f"| {name} | {kinds} | {means} | {needs} | {found[0].look_at} |"


def coverage_page() -> Iterator[str]:
    """Yield the page of the catalogue: one row per fault, with where it is tried and the law that finds it."""
    rows: dict[tuple[str, str], list[Fault]] = {}
    for fault in catalogue():
        rows.setdefault((fault.mixin.__name__, fault.kills.partition(".")[2]), []).append(fault)
    stores, faults = len(catalogue()), len({fault.mixin for fault in catalogue()})
    yield "# What the laws find"
    yield ""
    yield f"{stores} broken stores with {faults} different faults, on two good stores: one that keeps everything in a"
    yield "dict, and the provider `sqlite`. Each is found by the law beside it; each of the"
    yield f"{len(laws())} laws finds at least one. This page is made from the code."
    yield ""
    yield "| fault | on dict | on sqlite | found by | seen before as |"
    yield "|---|---|---|---|---|"
    for (_, law), found in sorted(rows.items(), key=lambda row: row[0][1]):
        on = {base: ", ".join(fault.kind for fault in found if fault.on == base) or "-" for base in ("dict", "sqlite")}
        yield f"| {found[0].means} | {on['dict']} | {on['sqlite']} | {law} | {found[0].defect or '-'} |"


PAGES = {"laws.md": laws_page, "coverage.md": coverage_page}

if __name__ == "__main__":
    for name, page in PAGES.items():
        (DOCS / name).write_text("\n".join(page()) + "\n", encoding="utf-8")
