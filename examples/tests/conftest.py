"""Run the examples as their readers would: as programs, in an empty folder."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

EXAMPLES = Path(__file__).parents[1]


@pytest.fixture
def environment() -> dict[str, str]:
    """What a program finds in its environment: nothing of the developer's settings."""
    ours = ("MEMIO_", "LETTA_", "OPENAI_", "SERVICE_")
    clean = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
    path = os.pathsep.join([str(Path(sys.executable).parent), clean.get("PATH", "")])
    # A proxy of the developer's has no business between two programs of this machine.
    return {**clean, "PATH": path, "NO_PROXY": "127.0.0.1", "no_proxy": "127.0.0.1"}


@pytest.fixture
def run(tmp_path: Path, environment: dict[str, str]) -> Callable[..., str]:
    """Run an example with what is typed, and return what it printed; it must end well and warn of nothing."""

    def run(name: str, *arguments: str, typed: str = "", **more: str) -> str:
        command = [sys.executable, "-W", "error", str(EXAMPLES / name), *arguments]
        done = subprocess.run(
            command,
            cwd=tmp_path,
            env={**environment, **more},
            input=typed,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert (done.returncode, done.stderr) == (0, ""), done.stderr
        return done.stdout

    return run


@pytest.fixture
def example() -> Callable[[str], ModuleType]:
    """Import an example."""

    def load(name: str) -> Any:
        module = f"examples_{name.replace('/', '_')}"
        spec = importlib.util.spec_from_file_location(module, EXAMPLES / f"{name}.py")
        loaded = sys.modules[spec.name] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(loaded)
        return loaded

    return load
