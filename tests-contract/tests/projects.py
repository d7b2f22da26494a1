"""Projects of adopters, run by a separate pytest."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).parent

ADOPTER = """
from memio_contract import {contract}
from proof.targets import on_dict

class TestStore({contract}):
    target = on_dict({arguments})
"""


@dataclass(frozen=True)
class Run:
    """What a run of pytest came to."""

    code: int
    out: str


def pytest_run(folder: Path, *arguments: str, python: str = sys.executable, **environment: str) -> Run:
    """Run pytest in a folder, as an adopter does."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST")}
    done = subprocess.run(
        [python, "-m", "pytest", "-p", "no:cacheprovider", *arguments],
        cwd=folder,
        env={**clean, "PYTHONPATH": str(HERE), "COLUMNS": "100", **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    return Run(done.returncode, done.stdout + done.stderr)


def project(folder: Path, code: str) -> Path:
    """Write a project with one test file."""
    (folder / "pytest.ini").write_text("[pytest]\nfilterwarnings = error\n", encoding="utf-8")
    (folder / "test_store.py").write_text(code, encoding="utf-8")
    return folder


def adopter(folder: Path, contract: str = "GraphStoreContract", arguments: str = "") -> Path:
    """Write the project of somebody who adopts the suite for a dict."""
    return project(folder, ADOPTER.format(contract=contract, arguments=arguments))
