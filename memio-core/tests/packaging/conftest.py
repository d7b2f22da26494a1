"""Real distributions, built and installed into fresh virtual environments."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[3]
DISTRIBUTIONS = {
    "memio-core": ROOT / "memio-core",
    "memio-letta": ROOT / "memio-letta",
    "memio-postgres": ROOT / "memio-postgres",
    "memio-contract": ROOT / "tests-contract",
    **{path.parent.name: path.parent for path in sorted(ROOT.glob("bridges/*/pyproject.toml"))},
}


class Environment:
    """A virtual environment, with commands to install and run programs."""

    def __init__(self, uv: str, folder: Path) -> None:
        self.uv = uv
        self.folder = folder
        self.scripts = folder / ("Scripts" if os.name == "nt" else "bin")
        self.python = self.scripts / "python"
        subprocess.run([uv, "venv", "--quiet", "--python", sys.executable, folder], check=True)

    def install(self, *arguments: str | Path) -> None:
        """Install, as `uv pip install` does."""
        command = [self.uv, "pip", "install", "--quiet", "--python", self.python, *arguments]
        done = subprocess.run(command, check=False, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr

    def uninstall(self, *names: str) -> None:
        """Uninstall, as `uv pip uninstall` does."""
        subprocess.run([self.uv, "pip", "uninstall", "--quiet", "--python", self.python, *names], check=True)

    def command(self, *arguments: str | Path, **variables: str) -> subprocess.CompletedProcess[str]:
        """Run a command outside of the sources, without the variables of this environment."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "MEMIO_"))}
        return subprocess.run(
            arguments,
            check=False,
            capture_output=True,
            text=True,
            encoding="utf-8",
            cwd=self.folder,
            env={**kept, "PYTHONUTF8": "1", **variables},
        )

    def run(self, program: str, *arguments: str, **variables: str) -> Any:
        """Run a program, which prints JSON on its last line, and return that."""
        done = self.command(self.python, "-W", "error", "-c", program, *arguments, **variables)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout.splitlines()[-1])


@pytest.fixture(scope="session")
def uv() -> str:
    """The uv in the folder of this interpreter, or the one on the path."""
    found = shutil.which("uv", path=os.fspath(Path(sys.executable).parent)) or shutil.which("uv")
    assert found, "these tests install distributions with uv: pip install uv"
    return found


@pytest.fixture(scope="session")
def make_environment(uv: str, tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Environment]:
    """Make a virtual environment with something installed."""

    def make(name: str, *arguments: str | Path) -> Environment:
        environment = Environment(uv, tmp_path_factory.mktemp(name) / "venv")
        if arguments:
            environment.install(*arguments)
        return environment

    return make


@pytest.fixture(scope="session")
def archives(uv: str, tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, tuple[Path, Path]]:
    """The sdist of each distribution, and the wheel that is built from it."""
    made: dict[str, tuple[Path, Path]] = {}
    for name, source in DISTRIBUTIONS.items():
        folder = tmp_path_factory.mktemp(name)
        done = subprocess.run(
            [uv, "build", "--python", sys.executable, "--out-dir", folder, source],
            check=False,
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stderr
        made[name] = next(folder.glob("*.tar.gz")), next(folder.glob("*.whl"))
    return made


@pytest.fixture(scope="session")
def wheels(archives: Mapping[str, tuple[Path, Path]]) -> Mapping[str, Path]:
    """The wheel of each distribution."""
    return {name: wheel for name, (_, wheel) in archives.items()}


@pytest.fixture(scope="session")
def core_with_cli(wheels: Mapping[str, Path]) -> str:
    """What to install for core with its command line."""
    return f"memio-core[cli] @ {wheels['memio-core'].as_uri()}"


@pytest.fixture(scope="session")
def project(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Path]:
    """Write the sources of a small distribution; installing its folder builds it."""

    def write(name: str, version: str, entry_points: Mapping[str, Mapping[str, str]], files: Mapping[str, str]) -> Path:
        folder = tmp_path_factory.mktemp("project") / name
        for path, text in files.items():
            (folder / "src" / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / "src" / path).write_text(text, encoding="utf-8")
        lines = [
            "[build-system]",
            'requires = ["hatchling>=1.26"]',
            'build-backend = "hatchling.build"',
            "[project]",
            f'name = "{name}"',
            f'version = "{version}"',
            "[tool.hatch.build.targets.wheel]",
            'only-include = ["src"]',
            'sources = ["src"]',
        ]
        for group, points in entry_points.items():
            lines += [f'[project.entry-points."{group}"]', *(f'{key} = "{value}"' for key, value in points.items())]
        (folder / "pyproject.toml").write_text("\n".join(lines) + "\n", encoding="utf-8")
        return folder

    return write
