"""The suite on memio's store, and on those of LangGraph, whose differences the README lists."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import pytest

HERE = Path(__file__).parent
README = (HERE.parent / "README.md").read_text(encoding="utf-8")


def run_suite(*arguments: str, folder: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-c", os.devnull, *arguments]
    environment = {**os.environ, "PYTHONPATH": str(HERE), "PYTEST_ADDOPTS": "", "COLUMNS": "300"}
    return subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, timeout=600, check=False
    )


def failures(store: str, folder: Path) -> set[str]:
    done = run_suite("--pyargs", "memio_langgraph.store_suite", "--store", f"stores:{store}", "--tb=no", folder=folder)
    assert re.search(r"\d+ passed", done.stdout), done.stdout + done.stderr
    assert "error" not in done.stdout.splitlines()[-1], done.stdout
    return set(re.findall(r"^FAILED .*::(test_\w+)", done.stdout, re.MULTILINE))


def listed_for(distribution):
    """Skip where another version of a store is installed than the README is about; constraints.txt has that one."""
    listed = re.search(rf"\b{distribution} ([\d.]+\d)", README)[1]
    try:
        installed = version(distribution)
    except PackageNotFoundError:
        pytest.skip(f"{distribution} is not installed")
    if installed != listed:
        pytest.skip(f"the README lists the differences of {distribution} {listed}, and {installed} is installed")


def test_memio_passes_every_check(tmp_path):
    done = run_suite("--pyargs", "memio_langgraph.store_suite", "--store", "stores:memio", folder=tmp_path)
    assert done.returncode == 0, done.stdout
    assert re.fullmatch(r"\d+ passed in .*", done.stdout.splitlines()[-1]), done.stdout


@pytest.mark.parametrize(
    ("column", "store"),
    [("InMemoryStore", "in_memory"), ("SqliteStore", "sqlite"), ("AsyncSqliteStore", "sqlite_async")],
)
def test_the_readme_lists_where_langgraphs_own_stores_differ(tmp_path, column, store):
    listed_for("langgraph-checkpoint" if store == "in_memory" else "langgraph-checkpoint-sqlite")
    header, *rows = (
        [cell.strip() for cell in line.strip("|").split("|")]
        for line in README.splitlines()
        if line.startswith(("| check |", "| `test_"))
    )
    place = header.index(column)
    listed = {row[0].strip("`") for row in rows if row[place] == "differs"}
    assert failures(store, tmp_path) == listed


def test_the_option_exists_only_for_the_suite(tmp_path):
    done = run_suite("--help", folder=tmp_path)
    assert "--store=MODULE:FACTORY" not in done.stdout
    done = run_suite("--pyargs", "memio_langgraph.store_suite", "--help", folder=tmp_path)
    assert "--store=MODULE:FACTORY" in done.stdout


def test_the_suite_asks_for_a_store(tmp_path):
    done = run_suite("--pyargs", "memio_langgraph.store_suite", "-x", folder=tmp_path)
    assert done.returncode != 0
    assert "--store module:factory" in done.stdout + done.stderr
