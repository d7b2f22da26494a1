"""The scorecard of a provider, from a run of the contract suite."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

ASSETS = Path(__file__).resolve().parents[2] / "docs" / "assets"


def contract_result(provider: str, *, check: bool = False) -> Iterator[str]:
    """Run the suite with its usual profile, and yield the scorecard that it writes, without title and date.

    Args:
        provider: Its name.
        check: Compare the badge in `docs/assets` with the new one instead of writing it.
    """
    with TemporaryDirectory() as folder:
        page = Path(folder) / f"contract-{provider}.md"
        command = [sys.executable, "-m", "memio", "check", provider, "--scorecard", str(page)]
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)  # noqa: S603  # our own
        if done.returncode:
            raise SystemExit(f"{provider} does not keep the contract:\n{done.stdout}{done.stderr}")
        image = page.with_suffix(".svg")
        new, kept = image.read_text(encoding="utf-8"), ASSETS / image.name
        if check and (not kept.exists() or kept.read_text(encoding="utf-8") != new):
            raise SystemExit(f"{kept} is stale: run python tools/docs/generate.py contract")
        if not check:
            kept.write_text(new, encoding="utf-8")
        for line in page.read_text(encoding="utf-8").splitlines()[2:]:
            if not line.startswith("| date |"):
                yield line.replace(f"]({image.name})", f"](../assets/{image.name})").replace("## ", "#### ")
