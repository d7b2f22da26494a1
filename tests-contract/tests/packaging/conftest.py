"""The suite as its adopters have it: from wheels, in fresh environments."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.packaging)


@pytest.fixture(scope="session")
def uv() -> str:
    """The uv of the environment of this interpreter, or the one on the path."""
    found = shutil.which("uv", path=str(Path(sys.executable).parent)) or shutil.which("uv")
    assert found, "these tests install distributions with uv: pip install uv"
    return found


@pytest.fixture(scope="session")
def wheels(uv: str, tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """The wheels of memio-core and memio-contract."""
    folder = tmp_path_factory.mktemp("wheels")
    for source in ("memio-core", "tests-contract"):
        command = [uv, "build", "--quiet", "--wheel", "--python", sys.executable, "--out-dir", folder, ROOT / source]
        done = subprocess.run(command, check=False, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
    return sorted(folder.glob("*.whl"))


@pytest.fixture(scope="session")
def environment(uv: str, wheels: list[Path], tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Path]:
    """Make an environment with the suite and other distributions, and return its Python."""

    def make(*others: str) -> Path:
        folder = tmp_path_factory.mktemp("environment") / "venv"
        subprocess.run([uv, "venv", "--quiet", "--python", sys.executable, folder], check=True)
        python = folder / "bin" / "python"
        command = [uv, "pip", "install", "--quiet", "--python", python, *wheels, *others]
        done = subprocess.run(command, check=False, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        return python

    return make


@pytest.fixture(scope="session")
def bare(environment: Callable[..., Path]) -> str:
    """An environment with the suite and what it needs, and nothing else."""
    return str(environment())


@pytest.fixture(scope="session")
def crowded(environment: Callable[..., Path]) -> str:
    """An environment with the plugins of pytest that adopters have."""
    return str(environment("pytest-asyncio", "anyio", "trio", "pytest-xdist", "pytest-randomly"))
