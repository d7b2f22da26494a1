"""Two distributions that offer a provider under one name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.packaging

PLUGIN = """
from memio.hookspecs import hookimpl
from memio.models import Document, Fact, Page
from memio.plugins import StoreSpec
from memio.settings import Settings


class Shelf:
    features = guarantees = frozenset()

    async def aclose(self):
        pass


class Facts:
    features = guarantees = frozenset()

    def __init__(self, shelf):
        self.shelf = shelf

    async def add(self, *, content):
        return Fact(id="1", content=f"{content} in {self.shelf}")

    async def get(self, *, fact_id): ...
    async def get_all(self, *, limit, cursor): ...
    async def search(self, *, query, limit): ...
    async def delete(self, *, fact_id): ...
    async def delete_all(self): ...
    async def aclose(self): ...


class Documents(Facts):
    async def add(self, *, content):
        return Document(id="1", content=f"{content} in {self.shelf}")

    async def get(self, *, doc_id): ...
    async def delete(self, *, doc_id): ...


class Named:
    def __init__(self):
        self.name = __name__

    def __str__(self):
        return self.name

    async def aclose(self): ...


@hookimpl
def memio_stores():
    for kind, store in (("facts", Facts), ("documents", Documents)):
        yield StoreSpec(
            kind=kind,
            provider="twin",
            settings=Settings,
            open=lambda settings, resources, store=store: store(resources.obtain("shelf", Named)),
        )
"""

ADDING = """
import asyncio, json, sys
from memio import Memio
from memio.errors import UnknownProviderError
async def main():
    try:
        memio = Memio.from_config(json.loads(sys.argv[1]))
    except UnknownProviderError as error:
        return str(error)
    async with memio:
        return [(await getattr(memio, kind).add(content="kept")).content for kind in memio.kinds]
print(json.dumps(asyncio.run(main())))
"""


@pytest.fixture(scope="module")
def environment(make_environment: Callable[..., Any], wheels: Mapping[str, Path], project: Callable[..., Path]) -> Any:
    """Core with two distributions, both of which offer facts and documents as `twin`."""
    twins = [
        project(f"memio-{side}", "1.0", {f"memio.{kind}": {"twin": side} for kind in ("facts", "documents")}, files)
        for side in ("left", "right")
        for files in [{f"{side}.py": PLUGIN}]
    ]
    return make_environment("twins", wheels["memio-core"], *twins)


def test_a_name_that_two_distributions_offer_is_refused_and_both_are_named(environment: Any) -> None:
    # defect: two distributions with one name, and one wins silently
    message = environment.run(ADDING, '{"facts": "twin"}')
    assert "'twin' is offered by 2 distributions" in message
    assert "'memio-left:twin' or 'memio-right:twin'" in message


@pytest.mark.parametrize("reference", ["memio-right:twin", "Memio_Right:twin"])
def test_the_distribution_before_the_name_picks_one(environment: Any, reference: str) -> None:
    assert environment.run(ADDING, f'{{"facts": "{reference}"}}') == ["kept in right"]


def test_a_distribution_that_does_not_offer_the_name_is_not_found(environment: Any) -> None:
    message = environment.run(ADDING, '{"facts": "memio-middle:twin"}')
    assert "no facts provider 'memio-middle:twin' is installed" in message


def test_two_providers_of_one_name_do_not_share_connections(environment: Any) -> None:
    both = '{"facts": "memio-left:twin", "documents": "memio-right:twin"}'
    assert environment.run(ADDING, both) == ["kept in left", "kept in right"]
