"""The scorecards of the providers, as pages show them."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

ASSETS = Path(__file__).absolute().parents[2] / "docs" / "assets"
DATE = "| date |"


def contract_result(provider: str, *, check: bool = False) -> Iterator[str]:
    """Run the suite with its usual profile, and yield the scorecard that it writes, without title and date.

    Args:
        provider: Its name.
        check: Compare the badge in `docs/assets` with the new one instead of writing it.
    """
    with TemporaryDirectory() as folder:
        scorecard = Path(folder) / f"contract-{provider}.md"
        command = [sys.executable, "-m", "memio", "check", provider, "--scorecard", str(scorecard)]
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)  # noqa: S603  # our own
        if done.returncode:
            raise SystemExit(f"{provider} does not keep the contract:\n{done.stdout}{done.stderr}")
        page = ASSETS.parent / "providers" / f"{provider}.md"
        yield from (line for line in published(scorecard, page, check=check) if not line.startswith(DATE))


def published(scorecard: Path, page: Path, *, check: bool = False) -> Iterator[str]:
    """Yield the lines of a scorecard without its title, and put its badge into `docs/assets`.

    A page elsewhere, which is published without that folder, gets no badge.

    Args:
        scorecard: The page that the suite has written, with the badge beside it.
        page: Where the lines will stand.
        check: Compare the badge in `docs/assets` with the new one instead of writing it.
    """
    image = scorecard.with_suffix(".svg")
    new, kept = image.read_text(encoding="utf-8"), ASSETS / image.name
    if check and (not kept.exists() or kept.read_text(encoding="utf-8") != new):
        raise SystemExit(f"{kept} is stale: run python tools/docs/generate.py contract")
    if not check:
        kept.write_text(new, encoding="utf-8")
    beside = page.absolute().is_relative_to(ASSETS.parent)
    target = Path(os.path.relpath(kept, page.absolute().parent)).as_posix()
    skipped = 2 if beside else 4  # the title, the badge, and a blank line after each
    for line in scorecard.read_text(encoding="utf-8").splitlines()[skipped:]:
        yield line.replace(f"]({image.name})", f"]({target})").replace("## ", "#### ")
