"""Another project that is called `memio` and owns the same import name, installed along with memio-core."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.packaging

PROGRAM = """
import json, warnings
with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    from memio.registry import installed
    names = [[entry.name for entry in installed(kind)] for kind in ("facts", "history")]
print(json.dumps([names, [str(warning.message) for warning in caught]]))
"""


@pytest.fixture(scope="module")
def namesake(project: Callable[..., Path]) -> Path:
    """A distribution called `memio`, with an import package of that name."""
    return project("memio", "9.9", {}, {"memio/__init__.py": "", "memio/elsewhere.py": ""})


def test_core_that_was_installed_over_the_other_memio_works_and_warns_once(
    make_environment: Callable[..., Any], wheels: Mapping[str, Path], namesake: Path
) -> None:
    environment = make_environment("namesake", namesake)
    environment.install(wheels["memio-core"])
    names, warnings = environment.run(PROGRAM)
    assert names == [["sqlite"], ["sqlite"]]
    assert len(warnings) == 1
    assert "another project called 'memio' (9.9) is installed along with memio-core" in warnings[0]
    assert "pip uninstall memio" in warnings[0]


def test_core_alone_prints_no_warning(make_environment: Callable[..., Any], wheels: Mapping[str, Path]) -> None:
    _, warnings = make_environment("alone", wheels["memio-core"]).run(PROGRAM)
    assert warnings == []


def test_the_command_line_reports_that_the_other_memio_overwrote_core_and_its_advice_repairs_it(
    make_environment: Callable[..., Any], wheels: Mapping[str, Path], core_with_cli: str, namesake: Path
) -> None:
    environment = make_environment("overwritten", core_with_cli)
    environment.install(namesake)
    done = environment.command(environment.python, "-c", "from memio import Memio")
    assert "cannot import name 'Memio' from 'memio'" in done.stderr
    done = environment.command(environment.scripts / "memio", "providers")
    assert done.returncode != 0
    assert "another project called 'memio' has overwritten files of memio-core: pip uninstall memio" in done.stderr
    environment.uninstall("memio")
    environment.install("--reinstall-package", "memio-core", wheels["memio-core"])
    done = environment.command(environment.scripts / "memio", "providers")
    assert done.returncode == 0, done.stderr
