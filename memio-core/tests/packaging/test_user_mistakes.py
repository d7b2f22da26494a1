"""Type checkers refuse the mistakes of `user_mistakes.py`, each on its line, and accept the rest of it."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.packaging

PROGRAM = Path(__file__).with_name("user_mistakes.py")


@pytest.fixture
def program(tmp_path: Path) -> Path:
    """The program, alone in a folder: no settings of the sources around it apply."""
    (tmp_path / "pyrightconfig.json").write_text('{"typeCheckingMode": "strict"}', encoding="utf-8")
    return Path(shutil.copy(PROGRAM, tmp_path))


def run(program: Path, tool: str, *arguments: str) -> str:
    """Run a type checker of this environment over the program."""
    command = [sys.executable, "-m", tool, *arguments, program.name]
    environment = {**os.environ, "PYRIGHT_PYTHON_IGNORE_WARNINGS": "1"}
    done = subprocess.run(
        command, check=False, capture_output=True, text=True, cwd=program.parent, env=environment, timeout=300
    )
    assert done.returncode == 1, done.stdout + done.stderr
    return done.stdout


def mistakes(program: Path) -> set[int]:
    """Return the numbers of the lines that must be refused."""
    lines = program.read_text(encoding="utf-8").splitlines()
    return {number for number, line in enumerate(lines, 1) if line.endswith("# mistake")}


def test_mypy_refuses_each_mistake(program: Path) -> None:
    text = run(program, "mypy", "--strict", "--cache-dir", str(program.parent / "cache"))
    refused = {int(number) for number in re.findall(r"^user_mistakes\.py:(\d+): error:", text, re.MULTILINE)}
    assert refused == mistakes(program), text


def test_pyright_refuses_each_mistake(program: Path) -> None:
    text = run(program, "pyright", "--pythonpath", sys.executable, "--outputjson")
    found = [found for found in json.loads(text)["generalDiagnostics"] if found["severity"] == "error"]
    assert {found["range"]["start"]["line"] + 1 for found in found} == mistakes(program), text
