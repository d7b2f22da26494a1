"""Which modules a program loads, as reported by fresh processes."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

HEAVY = {
    "asyncio",
    "json",
    "sqlite3",
    "pluggy",
    "pydantic",
    "importlib_metadata",
    "typer",
    "rich",
    "letta_client",
    "asyncpg",
}
"""Modules that must not be loaded unless they are used."""


def loaded_by(program: str) -> set[str]:
    """Return what a fresh process has loaded after a program."""
    reporting = f"{program}\nimport sys\nnames = sorted(sys.modules)\nimport json\nprint(json.dumps(names))"
    done = subprocess.run([sys.executable, "-c", reporting], check=True, capture_output=True, text=True)
    return set(json.loads(done.stdout))


@pytest.mark.parametrize(
    "program",
    [
        "import memio",
        "from memio import Memio, Message, Owner, Page, Session",
        "from memio import *",
        "import memio.protocols, memio.models, memio.owners, memio.errors, memio.plugins",
        "import memio.providers.sqlite",
    ],
)
def test_importing_loads_nothing_heavy(program: str) -> None:
    assert HEAVY & loaded_by(program) == set()


@pytest.mark.parametrize("provider", ["letta", "postgres"])
def test_importing_a_provider_of_another_distribution_loads_nothing_heavy(provider: str) -> None:
    pytest.importorskip(f"memio.providers.{provider}", reason=f"memio-{provider} is not installed here")
    assert HEAVY & loaded_by(f"import memio.providers.{provider}") == set()


def test_importing_memio_loads_none_of_its_modules_yet() -> None:
    assert {name for name in loaded_by("import memio") if name.startswith("memio")} == {"memio"}


def test_listing_the_providers_loads_the_reader_of_entry_points_only() -> None:
    # defect: every plugin is imported at start-up, disabled ones included
    program = "from memio.registry import installed\nfor kind in ('facts', 'plugins'): installed(kind)"
    modules = loaded_by(program)
    # Some versions of importlib_metadata need json.
    assert (HEAVY & modules) - {"json"} == {"importlib_metadata"}
    assert not any(name.startswith("memio.providers") for name in modules)


def test_opening_a_configuration_loads_the_named_provider_only() -> None:
    program = "from memio import Memio\nMemio.from_config({'facts': 'sqlite'})"
    modules = loaded_by(program)
    assert "memio.providers.sqlite.facts" in modules
    assert not {"memio.providers.sqlite.history", "memio.providers.letta", "letta_client", "typer", "rich"} & modules
    assert not {"memio.middleware", "opentelemetry", "tenacity"} & modules


def test_listing_middleware_loads_nothing_that_it_needs() -> None:
    modules = loaded_by("import memio.middleware.log, memio.middleware.otel, memio.middleware.resilience")
    assert not {"asyncio", "opentelemetry", "tenacity"} & modules


def test_a_plugin_is_imported_without_what_its_stores_need() -> None:
    modules = loaded_by("import memio.providers.sqlite.plugin")
    assert not {"sqlite3", "asyncio", "memio.providers.sqlite.facts"} & modules


RECALL = """
import asyncio
from memio import Memio

async def main():
    async with Memio.from_config({"facts": {"provider": "sqlite", "path": ":memory:"}}) as memio:
        await memio.facts.add("likes coffee", user_id="alice")
        assert await memio.facts.search("coffee", user_id="alice")

asyncio.run(main())
"""


def test_recalling_a_memory_from_the_embedded_store_loads_no_model_of_settings_and_no_hooks() -> None:
    assert not {"pydantic", "pydantic_core", "pluggy", "memio.config", "memio.settings"} & loaded_by(RECALL)


def test_adapters_that_are_made_directly_load_no_model_of_settings() -> None:
    program = "from memio.providers.sqlite import SqliteFactAdapter\nSqliteFactAdapter(path=':memory:')"
    assert not {"pydantic", "memio.settings"} & loaded_by(program)
