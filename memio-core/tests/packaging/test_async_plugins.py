"""The tests of memio, run where plugins of pytest for async tests are installed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.packaging

ROOT = Path(__file__).resolve().parents[3]
SAMPLE = (
    "memio-core/tests/core/test_models.py",
    "memio-core/tests/core/test_client.py",
    "tests-contract/tests/test_stepping.py",
)


@pytest.fixture(scope="module")
def environment(make_environment: Callable[..., Any], wheels: Mapping[str, Path]) -> Any:
    """What the sample needs, with the plugins."""
    own = (wheels["memio-core"], wheels["memio-contract"])
    needed = ("pytest>=8.0", "pytest-xdist", "hypothesis>=6.100")
    return make_environment("async-plugins", *own, *needed, "pytest-asyncio", "pytest-trio", "anyio")


def test_the_tests_pass_with_plugins_for_async_tests_installed(environment: Any) -> None:
    files = [str(ROOT / file) for file in SAMPLE]
    command = ("-m", "pytest", "-q", "-p", "no:cacheprovider", "-c", str(ROOT / "pyproject.toml"), *files)
    done = environment.command(environment.python, *command)
    assert done.returncode == 0, done.stdout + done.stderr
    assert " passed" in done.stdout


def test_the_plugins_are_installed_where_the_tests_pass(environment: Any) -> None:
    names = ("pytest_asyncio", "pytest_trio", "anyio.pytest_plugin")
    program = (
        "import importlib.util, json, sys; print(json.dumps([bool(importlib.util.find_spec(n)) for n in sys.argv[1:]]))"
    )
    assert environment.run(program, *names) == [True, True, True]
