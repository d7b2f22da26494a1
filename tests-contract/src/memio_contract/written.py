"""The result as files: JSON for programs, Markdown for a README."""

from __future__ import annotations

import json
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path
from typing import Any

from memio_contract.lawbook import law_by_id
from memio_contract.result import Result
from memio_contract.table import by_title, headings_of, remarks, rows


def write(result: Result, path: Path) -> None:
    """Write the result as JSON to `path`, and as Markdown to the same name in `.md`; a path in `.md` works as well."""
    as_json, as_markdown = path, path.with_suffix(".md")
    if path.suffix == ".md":
        as_json, as_markdown = path.with_suffix(".json"), path
    path.parent.mkdir(parents=True, exist_ok=True)
    as_json.write_text(json.dumps(data(result), indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    as_markdown.write_text("\n".join(markdown(result)) + "\n", encoding="utf-8")


def data(result: Result) -> dict[str, Any]:
    """Return the result as JSON."""
    return {
        "suite": f"memio-contract {version('memio-contract')}",
        "core": f"memio-core {version('memio-core')}",
        "verdict": result.verdict,
        "profile": result.profile,
        "seed": result.seed,
        "limits": result.limits,
        "counts": {str(status): times for status, times in result.counts.items()},
        "stores": [
            {
                "provider": store.title,
                "kind": store.kind,
                "features": store.features,
                "guarantees": store.guarantees,
                "limits": store.limits,
                "laws": [
                    {
                        "id": outcome.law,
                        "feature": law_by_id(outcome.law).feature,
                        "means": law_by_id(outcome.law).means,
                        "status": str(outcome.status),
                        "reason": outcome.reason,
                        "report": outcome.report,
                        "calls": list(outcome.calls),
                        "relaxed": list(outcome.relaxed),
                    }
                    for outcome in store.all()
                ],
            }
            for store in result.checked
        ],
    }


def markdown(result: Result) -> Iterator[str]:
    """Yield the lines of the result in Markdown."""
    suite, core = f"memio-contract {version('memio-contract')}", f"memio-core {version('memio-core')}"
    yield f"**{result.summary()}**, by {suite} with {core}."
    for title, stores in by_title(result).items():
        headings = headings_of(stores)
        yield ""
        yield f"| {title} | {' | '.join(headings)} |"
        yield "|---|" + "---|" * len(headings)
        for row, cells in rows(stores):
            yield f"| {row} | {' | '.join(cells)} |"
    remarked = list(remarks(result))
    if remarked:
        yield ""
        yield from (f"- {line.strip()}" for line in remarked)
