"""The fixtures for the tests of applications, installed from the wheel into a fresh environment."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.packaging

TEST = """
def test_notes(memio, blocking_memio):
    blocking_memio.facts.add("likes coffee")
    assert [fact.content for fact in blocking_memio.facts.search("coffee")] == ["likes coffee"]
    assert memio.kinds
"""


def test_pytest_finds_the_fixtures_of_an_installed_memio(
    make_environment: Callable[..., Any], wheels: Mapping[str, Path]
) -> None:
    environment = make_environment("fixtures", wheels["memio-core"], "pytest>=8.0")
    (environment.folder / "test_notes.py").write_text(TEST, encoding="utf-8")
    done = environment.command(environment.python, "-m", "pytest", "-q", "-W", "error", "test_notes.py")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "1 passed" in done.stdout
