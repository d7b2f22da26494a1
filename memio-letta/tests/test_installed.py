"""The examples of the README, where only memio-letta is installed."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
EXAMPLES = re.findall(
    r"^```python\n(.*?)^```", (ROOT / "memio-letta" / "README.md").read_text(), re.DOTALL | re.MULTILINE
)
RUNNER = """
import ast, asyncio, sys
code = compile(sys.stdin.read(), "the examples", "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
asyncio.run(eval(code))
"""


@pytest.fixture
def python(server: Any, tmp_path: Path) -> Path:
    """A fresh environment with the wheels of memio-core and memio-letta, and what they need."""
    uv = shutil.which("uv", path=str(Path(sys.executable).parent)) or shutil.which("uv")
    assert uv, "this test installs distributions with uv: pip install uv"
    for name in ("memio-core", "memio-letta"):
        build = [uv, "build", "--quiet", "--wheel", "--python", sys.executable, "--out-dir", tmp_path, ROOT / name]
        subprocess.run(build, check=True)
    subprocess.run([uv, "venv", "--quiet", "--python", sys.executable, tmp_path / "venv"], check=True)
    found = tmp_path / "venv" / "bin" / "python"
    # The one that is asked for; memio-core comes as what it needs.
    wanted = [next(tmp_path.glob("memio_letta-*.whl")), "--find-links", tmp_path]
    subprocess.run([uv, "pip", "install", "--quiet", "--python", found, *wanted], check=True)
    return found


@pytest.mark.packaging
def test_the_examples_run_where_only_memio_letta_is_installed(python: Path, server: Any, agent: str) -> None:
    text = "\n".join(EXAMPLES).replace("http://localhost:8283", server.url).replace("agent-123", agent)
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "MEMIO_", "LETTA_"))}
    done = subprocess.run(
        [python, "-W", "error", "-c", RUNNER],
        check=False,
        input=text,
        capture_output=True,
        text=True,
        cwd=python.parent,
        env={**kept, "LETTA_AGENT_ID": agent, "LETTA_BASE_URL": server.url},
    )
    assert done.returncode == 0, done.stderr
    assert "assert" in text
    assert server.texts(agent) == ["likes tea"]  # Bob's, which was not deleted
