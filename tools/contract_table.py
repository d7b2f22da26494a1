# ruff: noqa: INP001, T201  # a script that prints its result
"""Turn the JSON report of the contract suite into a Markdown table, and put it into a page.

    pytest --pyargs memio_contract.suite --memio-provider NAME --memio-report report.json
    python tools/contract_table.py report.json               prints the table
    python tools/contract_table.py report.json README.md     replaces the one between the two marks of the page

The marks are the lines `<!-- contract table -->` and `<!-- end of contract table -->`.
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

BEGIN, END = "<!-- contract table -->", "<!-- end of contract table -->"
PASSED, NOT_APPLICABLE = "passed", "not applicable"


def table(report: dict[str, Any]) -> Iterator[str]:
    """Yield the lines of the table: a column per store, a row per feature or guarantee, laws passed in the cells.

    Example:
        >>> laws = [{"feature": "core", "status": "passed"}, {"feature": "scores", "status": "not applicable"}]
        >>> store = {"provider": "acme", "kind": "facts", "laws": laws}
        >>> for line in table({"stores": [store], "verdict": "passed", "profile": "ci", "seed": 0}):
        ...     print(line)
        Verdict **passed**, profile `ci`, seed 0: 1 passed, 1 not applicable.
        <BLANKLINE>
        | laws about | facts |
        |---|---|
        | what every store does | 1 |
        | `scores` | n/a |
    """
    stores = report["stores"]
    ends = Counter(law["status"] for store in stores for law in store["laws"])
    counts = ", ".join(f"{times} {status}" for status, times in sorted(ends.items(), key=lambda end: end[0] != PASSED))
    yield f"Verdict **{report['verdict']}**, profile `{report['profile']}`, seed {report['seed']}: {counts}."
    yield ""
    yield f"| laws about | {' | '.join(headings(stores))} |"
    yield "|---|" + "---|" * len(stores)
    features = dict.fromkeys(law["feature"] for store in stores for law in store["laws"])
    for feature in sorted(features, key=lambda feature: feature != "core"):
        cells = [cell([law["status"] for law in store["laws"] if law["feature"] == feature]) for store in stores]
        name = "what every store does" if feature == "core" else f"`{feature}`"
        yield f"| {name} | {' | '.join(cells)} |".replace("|  |", "| |").replace("|  |", "| |")


def headings(stores: list[dict[str, Any]]) -> list[str]:
    """Return the headings: the kinds, with the provider's name where there are several."""
    several = len({store["provider"] for store in stores}) > 1
    return [f"{store['provider']}: {store['kind']}" if several else str(store["kind"]) for store in stores]


def cell(ends: list[str]) -> str:
    """Return how the laws of one feature ended in one store."""
    counts = Counter(ends)
    others = [f"{times} {end}" for end, times in counts.items() if end not in (PASSED, NOT_APPLICABLE)]
    if others:
        return ", ".join([f"{counts[PASSED]} passed", *others])
    if counts[PASSED]:
        return str(counts[PASSED])
    return "n/a" if ends else ""


def put(text: str, lines: list[str]) -> str:
    """Return a page with the lines between its two marks.

    Raises:
        ValueError: The page does not have both marks, once each.
    """
    if text.count(BEGIN) != 1 or text.count(END) != 1:
        raise ValueError(f"the page needs the lines {BEGIN} and {END}, once each")
    before, _, rest = text.partition(BEGIN)
    return "\n".join([before + BEGIN, "", *lines, "", END]) + rest.partition(END)[2]


if __name__ == "__main__":
    lines = list(table(json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))))
    if len(sys.argv) > 2:  # noqa: PLR2004  # a page was named
        page = Path(sys.argv[2])
        page.write_text(put(page.read_text(encoding="utf-8"), lines), encoding="utf-8")
    else:
        print("\n".join(lines))
