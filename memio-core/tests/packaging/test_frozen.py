"""Applications that PyInstaller makes: they find memio's built-in plugins, without options and without metadata."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

pytestmark = [pytest.mark.packaging, pytest.mark.slow]

APPLICATION = """
import asyncio, json, sys
from memio import Memio, UnknownProviderError
from memio.registry import installed
async def main():
    config = {"facts": {"provider": "sqlite", "path": ":memory:"}, "middleware": ["log", "resilience"]}
    async with Memio.from_config(config) as memio:
        await memio.facts.add(content="likes coffee")
        return [fact.content for fact in await memio.facts.search(query="coffee")]
groups = ("facts", "history", "documents", "graph", "middleware")
names = sorted({entry.name for group in groups for entry in installed(group)})
print(json.dumps([asyncio.run(main()), names, hasattr(sys, "frozen")]))
"""

BY_CLASS = """
import asyncio, json, sys
from memio import Memio
from memio.providers.sqlite import SqliteFactAdapter
async def main():
    async with Memio(facts=SqliteFactAdapter(path=":memory:")) as memio:
        await memio.facts.add(content="likes coffee")
        return [fact.content for fact in await memio.facts.search(query="coffee")]
print(json.dumps([asyncio.run(main()), hasattr(sys, "frozen")]))
"""

LETTA = """
import json
from memio import Memio
memio = Memio.from_config(
    {{"facts": {{"provider": "letta", "base_url": "http://127.0.0.1:9", "agent_id": "{agent}"}}}}
)
print(json.dumps(memio.facts.provider))
"""


@pytest.fixture(scope="module")
def environment(make_environment: Callable[..., Any], wheels: Mapping[str, Path]) -> Any:
    """Core with what its middleware needs, a provider of another distribution, and PyInstaller."""
    core = f"memio-core[otel,resilience] @ {wheels['memio-core'].as_uri()}"
    environment = make_environment("frozen", core, wheels["memio-letta"])
    command = [environment.uv, "pip", "install", "--quiet", "--python", environment.python, "pyinstaller"]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    if done.returncode:
        pytest.skip(f"PyInstaller cannot be installed here: {done.stderr.strip()}")
    return environment


def frozen(environment: Any, folder: Path, program: str, *options: str) -> Any:
    """Build an application, run it, and return what it prints as JSON."""
    (folder / "app.py").write_text(program, encoding="utf-8")
    places = [f"--{name}path={folder / name}" for name in ("dist", "work", "spec")]
    command = ("-m", "PyInstaller", "--noconfirm", "--log-level=ERROR", *places, *options, str(folder / "app.py"))
    built = environment.command(environment.python, *command)
    assert built.returncode == 0, built.stdout + built.stderr
    done = environment.command(folder / "dist" / "app" / "app")
    assert done.returncode == 0, done.stdout + done.stderr
    return json.loads(done.stdout.splitlines()[-1])


def test_an_application_finds_the_built_in_plugins_by_name_without_options(environment: Any, tmp_path: Path) -> None:
    answer = frozen(environment, tmp_path, APPLICATION)
    assert answer == [["likes coffee"], ["log", "otel", "resilience", "sqlite"], True]


def test_an_application_uses_the_class_of_a_provider_without_options(environment: Any, tmp_path: Path) -> None:
    assert frozen(environment, tmp_path, BY_CLASS) == [["likes coffee"], True]


def test_the_options_of_the_documentation_add_the_provider_of_another_distribution(
    environment: Any, tmp_path: Path
) -> None:
    page = (Path(__file__).resolve().parents[3] / "docs" / "operating.md").read_text(encoding="utf-8")
    line = next(line for line in page.splitlines() if line.startswith("pyinstaller --copy-metadata"))
    program = LETTA.format(agent="agent-00000000-0000-4000-8000-000000000000")
    assert frozen(environment, tmp_path, program, *line.split()[1:-1]) == "letta"
