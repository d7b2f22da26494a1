"""What the README shows works: its programs run, without a network, and print what it states."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

README = (Path(__file__).parents[1] / "README.md").read_text(encoding="utf-8")
PROGRAMS = re.findall(
    r"^```python\n(.*?)^```(?:\n\n<!-- prints -->\n```text\n(.*?)^```)?", README, re.DOTALL | re.MULTILINE
)


@pytest.mark.parametrize("number", range(len(PROGRAMS)))
def test_a_program_of_the_readme_runs(number: int, tmp_path: Path) -> None:
    program, output = PROGRAMS[number]
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("MEMIO_", "ANTHROPIC_"))}
    done = subprocess.run(
        [sys.executable, "-c", program],
        check=False,
        capture_output=True,
        text=True,
        encoding="utf-8",
        cwd=tmp_path,
        env={**kept, "PYTHONIOENCODING": "utf-8", "PYTHONUTF8": "1"},
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout == output


def test_the_readme_has_a_program_that_prints() -> None:
    assert any(output for _, output in PROGRAMS)
