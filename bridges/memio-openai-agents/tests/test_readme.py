"""The programs of the README run as they are written."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

PAGE = Path(__file__).parents[1] / "README.md"
READER = Path(__file__).parents[3] / "memio-core" / "tests" / "core" / "run_page.py"


def test_the_programs_of_the_readme(tmp_path):
    command = [sys.executable, str(READER), str(PAGE)]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
