"""What the tests of search by meaning share."""

from __future__ import annotations

import asyncio
import inspect
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE), str(HERE.parent.parent / "embedders")]  # for the modules that tests share

from embedded_stores import DOCUMENTS, FACTS, MESSAGES, Kind, Open  # noqa: E402
from embedder_of_words import WordEmbedder  # noqa: E402

from memio.embedders.shared import SharedEmbedder  # noqa: E402


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip the tests of this folder without numpy."""
    if find_spec("numpy") is None:
        reason = pytest.mark.skip(reason="the extra memio-core[semantic] is not installed here")
        for item in items:
            if item.path.is_relative_to(HERE):
                item.add_marker(reason)


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> bool | None:
    """Run a test that is a coroutine in an event loop of its own."""
    if not inspect.iscoroutinefunction(pyfuncitem.obj):
        return None
    names = inspect.signature(pyfuncitem.obj).parameters
    asyncio.run(asyncio.wait_for(pyfuncitem.obj(**{name: pyfuncitem.funcargs[name] for name in names}), 120))
    return True


@pytest.fixture(params=[FACTS, DOCUMENTS, MESSAGES], ids=repr)
def kind(request: pytest.FixtureRequest) -> Kind:
    return request.param


@pytest.fixture
def embedder() -> WordEmbedder:
    return WordEmbedder()


@pytest.fixture
def stored(path: Path, embedder: WordEmbedder) -> Open:
    """Return what opens a store on the file, with the embedder or another one, or with none."""

    @asynccontextmanager
    async def open_store(
        kind: Kind = FACTS, other: WordEmbedder | None = embedder, where: Path | str = path, **settings: Any
    ) -> AsyncIterator[Any]:
        store = kind.adapter(path=where, **settings)
        if other is not None:
            store.use_embedder(SharedEmbedder(other))
        try:
            yield store
        finally:
            await store.aclose()

    return open_store
