"""What the documentation shows works: every code block of the Markdown files, and every example in a docstring."""

from __future__ import annotations

import doctest
import importlib
import os
import pkgutil
import re
import shlex
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

import memio

ROOT = Path(__file__).parents[3]
PAGES = sorted([ROOT / "README.md", ROOT / "memio-core" / "README.md", *(ROOT / "docs").rglob("*.md")])
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```", re.DOTALL | re.MULTILINE)
# What a reader does once, before everything else; CI does it with a clean checkout.
SET_UP = re.compile(r"^(python3 -m venv|pip install|nox)\b")


def blocks(language: str) -> list[object]:
    """The blocks of one language, each with those before it on its page: a page is read from top to bottom."""
    cases = []
    for page in PAGES:
        found = [code for kind, code in BLOCK.findall(page.read_text(encoding="utf-8")) if kind == language]
        cases += [
            pytest.param("\n".join(found[: n + 1]), id=f"{page.relative_to(ROOT)}-{n}") for n in range(len(found))
        ]
    return cases


def run(*command: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    environment = {key: value for key, value in os.environ.items() if not key.startswith(("MEMIO_", "LETTA_"))}
    environment["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{environment['PATH']}"
    done = subprocess.run(
        command,
        cwd=cwd,
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        stdin=subprocess.DEVNULL,
    )
    assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
    return done


@pytest.mark.parametrize("code", blocks("python"))
def test_the_python_of_the_documentation_runs(code, tmp_path):
    run(sys.executable, "-W", "error", "-c", code, cwd=tmp_path)


@pytest.mark.parametrize("code", blocks("sh"))
def test_the_commands_of_the_documentation_run(code, tmp_path):
    for line in code.splitlines():
        if line.strip() and not SET_UP.match(line):
            run(*shlex.split(line), cwd=tmp_path)


@pytest.mark.parametrize("code", blocks("toml"))
def test_the_configurations_of_the_documentation_are_right(code, tmp_path):
    if "entry-points" in code:
        assert tomllib.loads(code)["project"]
        return
    from memio.config import load

    (tmp_path / "memio.toml").write_text(code)
    assert load(tmp_path / "memio.toml").stores


def test_the_pages_hold_something_to_run():
    assert len(blocks("python")) >= 4
    assert len(blocks("sh")) >= 2


def test_links_between_pages_lead_somewhere():
    for page in PAGES:
        for target in re.findall(r"\]\(([^)#:]+?)(?:#[^)]*)?\)", page.read_text(encoding="utf-8")):
            assert (page.parent / target).exists(), f"{page.name} links to {target}"


def modules() -> list[str]:
    here = [str(ROOT / "memio-core" / "src" / "memio")]
    names = [module.name for module in pkgutil.walk_packages(here, "memio.")]
    return ["memio", *(name for name in names if "letta" not in name and not name.endswith("__main__"))]


@pytest.mark.parametrize("name", modules())
def test_the_examples_of_docstrings_run(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    module = importlib.import_module(name)
    assert doctest.testmod(module, optionflags=doctest.ELLIPSIS).failed == 0


def test_every_public_name_is_documented_and_can_be_imported():
    for name in memio.__all__:
        assert getattr(memio, name).__doc__ or name == "Middleware", name
        assert name in dir(memio)
    with pytest.raises(AttributeError, match="no attribute 'Memo'"):
        _ = memio.Memo


def test_every_hook_shows_an_example():
    from memio import hookspecs

    hooks = [value for name, value in vars(hookspecs).items() if name.startswith("memio_")]
    assert hooks
    assert all("Example:" in hook.__doc__ for hook in hooks)


def test_the_design_page_names_every_file_of_core():
    text = (ROOT / "docs" / "design.md").read_text(encoding="utf-8")
    for path in (ROOT / "memio-core" / "src" / "memio").glob("*.py"):
        assert path.name in text or path.name == "__init__.py", path.name
