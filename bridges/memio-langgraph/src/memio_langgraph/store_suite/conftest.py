"""The store that is checked, from the option `--store`."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from importlib import import_module
from typing import Any

import pytest
from langgraph.store.base import BaseStore

from memio_langgraph.store_suite.face import Face


@pytest.fixture(scope="session")
def factory(request: pytest.FixtureRequest) -> Callable[[], Any]:
    """Return the function that makes stores."""
    named: str | None = request.config.getoption("--store", None)
    module, _, name = (named or "").partition(":")
    if not module or not name:
        raise pytest.UsageError("name the store to check: --store module:factory")
    made: Callable[[], Any] = getattr(import_module(module), name)
    return made


@pytest.fixture(params=["sync", "async"])
def store(request: pytest.FixtureRequest, factory: Callable[[], Any]) -> Iterator[Face]:
    """Yield a new, empty store, by its sync or its async methods."""
    with ExitStack() as stack:
        runner = stack.enter_context(asyncio.Runner())
        made = runner.run(_called(factory))
        if hasattr(made, "__enter__"):
            opened = stack.enter_context(made)
        elif not hasattr(made, "__aenter__"):
            opened = made
        elif request.param == "sync":
            pytest.skip("this store is opened by `async with`: its async methods are checked")
        else:
            opened = runner.run(made.__aenter__())
            stack.callback(lambda: runner.run(made.__aexit__(None, None, None)))
        assert isinstance(opened, BaseStore), f"--store made {opened!r}, which is not a BaseStore"
        face = Face(opened, runner if request.param == "async" else None)
        try:
            face.batch([])
        except NotImplementedError:
            pytest.skip(f"this store has no {request.param} methods")
        yield face


async def _called(factory: Callable[[], Any]) -> Any:
    made = factory()
    return await made if asyncio.iscoroutine(made) else made


@pytest.fixture
def ranked(store: Face) -> Face:
    """Return a store whose searches are ranked."""
    store.put(("ranked",), "probe", {"text": "a probe"})
    hits = store.search(("ranked",), query="a probe")
    store.delete(("ranked",), "probe")
    if not hits or hits[0].score is None:
        pytest.skip("the searches of this store are not ranked")
    return store


@pytest.fixture
def expiring(store: Face) -> Face:
    """Return a store whose items can have a time to live."""
    if not store.store.supports_ttl:
        pytest.skip("the items of this store have no time to live")
    return store
