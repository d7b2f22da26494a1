"""The first steps of the README, on a machine that has Python and pip, without memio."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.packaging

ROOT = Path(__file__).resolve().parents[3]


def test_the_first_command_of_the_readme_installs_and_shows_the_demo(tmp_path: Path) -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    command = re.search(r"^python3 -m venv .*memio demo$", readme, re.MULTILINE)
    assert command, "the README shows no command that installs memio and runs its demo"
    (tmp_path / "memio-core").symlink_to(ROOT / "memio-core")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "MEMIO_"))}
    kept["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), kept["PATH"]])
    done = subprocess.run(["sh", "-c", command[0]], check=False, capture_output=True, text=True, cwd=tmp_path, env=kept)
    assert done.returncode == 0, done.stderr
    for kind in ("facts", "history", "documents", "graph"):
        assert kind in done.stdout
    assert next(tmp_path.glob("*.db")).name in done.stdout
    assert "Memio.from_config(" in done.stdout
    assert "memio demo --provider NAME" in done.stdout


def test_without_its_extra_the_command_line_prints_one_line_with_how_to_install_it(
    make_environment: Callable[..., Any], wheels: Mapping[str, Path]
) -> None:
    environment = make_environment("bare", wheels["memio-core"])
    for arguments in ([], ["demo"], ["--help"]):
        done = environment.command(environment.scripts / "memio", *arguments)
        assert done.returncode == 2
        assert done.stdout == ""
        assert done.stderr.splitlines() == ["the command line needs the extra 'cli': pip install 'memio-core[cli]'"]


def test_a_plugin_whose_extra_is_not_installed_is_not_broken(
    make_environment: Callable[..., Any], core_with_cli: str
) -> None:
    environment = make_environment("plain", core_with_cli)
    done = environment.command(environment.scripts / "memio", "providers", "--check", "--json")
    assert done.returncode == 0, done.stderr
    rows = {row["provider"]: row for row in json.loads(done.stdout)["providers"] if row["kind"] == "middleware"}
    assert rows["log"]["state"] == "ok"
    for name in ("otel", "resilience"):
        assert rows[name]["state"] == "needs packages"
        assert f"pip install 'memio-core[{name}]'" in rows[name]["message"]


def test_the_command_line_also_starts_as_a_module(make_environment: Callable[..., Any], core_with_cli: str) -> None:
    environment = make_environment("module", core_with_cli)
    done = environment.command(environment.python, "-m", "memio", "providers", "--json")
    assert done.returncode == 0, done.stderr
    assert '"sqlite"' in done.stdout


def test_ci_runs_the_test_command_of_the_readme_and_nothing_weaker() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    command = re.search(r"^python3 -m venv .*nox -s ci$", readme, re.MULTILINE)
    assert command, "the README shows no command that runs the tests"
    assert (ROOT / ".ci" / "run").read_text(encoding="utf-8").splitlines()[-1] == command[0]
