"""Providers of other distributions, installed in a fresh environment: found, listed and loaded."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.packaging

ACME_PLUGIN = """
from memio.hookspecs import hookimpl
from memio.plugins import StoreSpec
from memio.settings import Settings


class AcmeSettings(Settings):
    prefix: str = ""


def open_facts(settings, resources):
    from memio_acme.facts import AcmeFactAdapter

    return AcmeFactAdapter(settings.prefix)


@hookimpl
def memio_stores():
    yield StoreSpec(kind="facts", provider="acme", settings=AcmeSettings, open=open_facts)
"""

ACME_FACTS = """
from memio.errors import NotFoundError
from memio.models import Fact, Page


class AcmeFactAdapter:
    features = guarantees = frozenset()

    def __init__(self, prefix):
        self.prefix = prefix
        self.kept = {}

    async def add(self, *, content):
        fact = Fact(id=str(len(self.kept)), content=self.prefix + content)
        self.kept[fact.id] = fact
        return fact

    async def get(self, *, fact_id):
        if fact_id not in self.kept:
            raise NotFoundError("fact", fact_id)
        return self.kept[fact_id]

    async def get_all(self, *, limit, cursor):
        return Page(self.kept.values())

    async def search(self, *, query, limit):
        return [fact for fact in self.kept.values() if query in fact.content][:limit]

    async def delete(self, *, fact_id):
        del self.kept[fact_id]

    async def delete_all(self):
        self.kept.clear()

    async def aclose(self):
        pass
"""

MIDDLEWARE = """
from memio.hookspecs import hookimpl
from memio.plugins import MiddlewareSpec
from memio.settings import Settings


def open_shouting(settings):
    async def shouting(operation, call_next):
        if operation.name == "facts.add":
            operation = operation.with_arguments(content=operation.arguments["content"].upper())
        return await call_next(operation)

    return shouting


@hookimpl
def memio_middleware():
    return [MiddlewareSpec(name="shouting", settings=Settings, open=open_shouting)]
"""

LISTING = """
import json, sys
from memio.registry import installed
groups = ("facts", "history", "documents", "graph", "middleware")
listed = [(group, entry.name, entry.describe()) for group in groups for entry in installed(group)]
print(json.dumps([listed, sorted(sys.modules)]))
"""

ADDING = """
import asyncio, json, sys
from memio import Memio
async def main():
    async with Memio.from_config(json.loads(sys.argv[1])) as memio:
        fact = await memio.facts.add(content="likes coffee")
        return [fact.content, [hit.content for hit in await memio.facts.search(query="offe")]]
print(json.dumps([asyncio.run(main()), sorted(sys.modules)]))
"""


@pytest.fixture(scope="module")
def acme(project: Callable[..., Path]) -> Callable[[str], Path]:
    """A distribution with a provider, in some version."""

    def write(version: str) -> Path:
        points = {"memio.facts": {"acme": "memio_acme.plugin"}}
        files = {"memio_acme/__init__.py": "", "memio_acme/plugin.py": ACME_PLUGIN, "memio_acme/facts.py": ACME_FACTS}
        return project("memio-acme", version, points, files)

    return write


@pytest.fixture(scope="module")
def environment(
    make_environment: Callable[..., Any],
    wheels: Mapping[str, Path],
    project: Callable[..., Path],
    acme: Callable[[str], Path],
) -> Any:
    """Core with a working provider, a middleware and a provider that fails on import."""
    points = {"memio.middleware": {"shouting": "shouting"}}
    shouting = project("memio-shouting", "3.1", points, {"shouting.py": MIDDLEWARE})
    broken = project("memio-broken", "0.1", {"memio.facts": {"broken": "broken"}}, {"broken.py": "raise OSError"})
    return make_environment("strangers", wheels["memio-core"], acme("1.2.3"), shouting, broken)


def test_a_listing_has_every_entry_point_with_its_distribution_and_imports_none(environment: Any) -> None:
    listed, modules = environment.run(LISTING)
    core = f"memio-core {environment.run('import json, memio; print(json.dumps(memio.__version__))')}"
    assert listed == [
        ["facts", "acme", "memio-acme 1.2.3"],
        ["facts", "broken", "memio-broken 0.1"],
        ["facts", "sqlite", core],
        ["history", "sqlite", core],
        ["documents", "sqlite", core],
        ["graph", "sqlite", core],
        ["middleware", "log", core],
        ["middleware", "otel", core],
        ["middleware", "resilience", core],
        ["middleware", "shouting", "memio-shouting 3.1"],
    ]
    assert not {"memio_acme", "shouting", "memio.providers", "memio.middleware", "pluggy", "pydantic"} & set(modules)


def test_a_provider_of_another_distribution_is_used_by_its_name_and_no_other_is_imported(environment: Any) -> None:
    # defect: every plugin is imported at start-up, disabled ones included
    answer, modules = environment.run(ADDING, '{"facts": {"provider": "acme", "prefix": "he "}}')
    assert answer == ["he likes coffee", ["he likes coffee"]]
    assert {"memio_acme.plugin", "memio_acme.facts"} <= set(modules)
    assert not {"shouting", "memio.providers", "memio.providers.sqlite", "sqlite3"} & set(modules)


def test_a_middleware_works_when_it_is_named_and_only_then(environment: Any) -> None:
    answer, _ = environment.run(ADDING, '{"facts": "acme"}')
    assert answer[0] == "likes coffee"
    answer, _ = environment.run(ADDING, '{"facts": "acme", "middleware": ["shouting"]}')
    assert answer[0] == "LIKES COFFEE"


def test_a_distribution_that_is_on_the_path_twice_counts_once(
    environment: Any, acme: Callable[[str], Path], tmp_path: Path
) -> None:
    environment.install("--no-deps", "--target", tmp_path, acme("2.0"))
    listed, _ = environment.run(LISTING, PYTHONPATH=str(tmp_path))
    # The one that Python imports: it is first on the path.
    assert [entry for entry in listed if entry[1] == "acme"] == [["facts", "acme", "memio-acme 2.0"]]
    answer, _ = environment.run(ADDING, '{"facts": "acme"}', PYTHONPATH=str(tmp_path))
    assert answer[0] == "likes coffee"
