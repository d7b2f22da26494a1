"""What the contract suite says of a provider, from a run of it."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory


def contract_result(provider: str) -> Iterator[str]:
    """Run the suite with its usual profile, and yield the report that it writes."""
    with TemporaryDirectory() as folder:
        report = Path(folder) / "report.md"
        command = [sys.executable, "-m", "memio", "check", provider, "--report", str(report)]
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)  # noqa: S603  # our own
        if done.returncode:
            raise SystemExit(f"{provider} does not keep the contract:\n{done.stdout}{done.stderr}")
        yield from report.read_text(encoding="utf-8").splitlines()
