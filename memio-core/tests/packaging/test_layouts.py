"""Core and a provider of its namespace, installed as wheels, as editable sources, and as one of each."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import pytest

pytestmark = pytest.mark.packaging

ROOT = Path(__file__).resolve().parents[3]
PROGRAM = Path(__file__).with_name("user_program.py")

LAYOUTS = [(core, letta) for core in ("wheel", "editable") for letta in ("wheel", "editable")]


class Layout(NamedTuple):
    """One environment, and how the two distributions are installed in it."""

    environment: Any
    core: str
    letta: str


@pytest.fixture(scope="module")
def shared(make_environment: Callable[..., Any], wheels: Mapping[str, Path]) -> Any:
    """One environment for all layouts, with the dependencies of both."""
    return make_environment("layouts", wheels["memio-core"], wheels["memio-letta"])


@pytest.fixture(scope="module", params=LAYOUTS, ids="-".join)
def layout(request: pytest.FixtureRequest, shared: Any, wheels: Mapping[str, Path]) -> Layout:
    """The two distributions, installed in one of four ways."""
    shared.uninstall("memio-core", "memio-letta")
    for name, way in zip(("memio-core", "memio-letta"), request.param, strict=True):
        shared.install("--no-deps", *([wheels[name]] if way == "wheel" else ["--editable", ROOT / name]))
    return Layout(shared, *request.param)


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The user's program, alone in a folder: it cannot import the sources by accident."""
    path = tmp_path_factory.mktemp("user") / PROGRAM.name
    path.write_text(PROGRAM.read_text(encoding="utf-8"), encoding="utf-8")
    return path


def checked(program: Path, tool: str, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """Run a type checker of this environment over the program."""
    return subprocess.run(
        [sys.executable, "-m", tool, *arguments, program.name],
        check=False,
        capture_output=True,
        text=True,
        cwd=program.parent,
        env={**os.environ, "PYRIGHT_PYTHON_IGNORE_WARNINGS": "1"},
    )


def test_each_comes_from_where_it_was_installed(layout: Layout) -> None:
    where = layout.environment.run(
        "import json, memio, memio.providers.letta as letta; print(json.dumps([memio.__file__, letta.__file__]))"
    )
    for path, way in zip(where, (layout.core, layout.letta), strict=True):
        assert (layout.environment.folder in Path(path).parents) == (way == "wheel")


def test_the_program_runs(layout: Layout, program: Path) -> None:
    done = layout.environment.command(layout.environment.python, "-W", "error", program)
    assert done.stdout == "facts, history, documents\n", done.stderr


def test_mypy_accepts_the_program(layout: Layout, program: Path, tmp_path: Path) -> None:
    # A separate cache: a shared one might hold results of another layout.
    where = ["--cache-dir", tmp_path, "--python-executable", layout.environment.python]
    done = checked(program, "mypy", "--strict", *where)
    assert done.stdout == "Success: no issues found in 1 source file\n", done.stdout + done.stderr


def test_pyright_accepts_the_program(layout: Layout, program: Path) -> None:
    (program.parent / "pyrightconfig.json").write_text('{"typeCheckingMode": "strict"}', encoding="utf-8")
    done = checked(program, "pyright", "--pythonpath", layout.environment.python)
    if (layout.core, layout.letta) == ("editable", "wheel"):
        # The known gap: pyright finds the regular package memio in core's sources, and looks no further for what the
        # wheel adds to it. When this fails because pyright succeeds, remove it, and update the documentation.
        assert 'Import "memio.providers.letta" could not be resolved' in done.stdout, done.stdout + done.stderr
    else:
        assert done.stdout == "0 errors, 0 warnings, 0 informations\n", done.stdout + done.stderr
