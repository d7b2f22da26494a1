"""Fixtures for the tests of applications: a client on a fresh file, and a blocking one.

pytest finds them when memio is installed. Nothing of memio is imported in a run that does not use them.

    async def test_notes(memio):
        await memio.facts.add("likes coffee", user_id="alice")
        assert [fact.content for fact in await memio.facts.search("coffee")] == ["likes coffee"]

    def test_notes_without_async(blocking_memio):
        blocking_memio.facts.add("likes coffee", user_id="alice")
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, cast

import pytest

if TYPE_CHECKING:
    from memio import Memio, MemioConfig
    from memio.blocking import Memio as BlockingMemio


@pytest.fixture
def memio_config(tmp_path: Path) -> MemioConfig:
    """The configuration of the fixtures `memio` and `blocking_memio`: every kind, in a new sqlite file.

    Define a fixture of this name to have other stores, or the application's own configuration with another file.
    """
    from memio.capabilities import KINDS

    stores = {str(kind): "sqlite" for kind in KINDS}
    return cast("MemioConfig", {**stores, "providers": {"sqlite": {"path": str(tmp_path / "memio.db")}}})


@pytest.fixture
def memio(memio_config: MemioConfig) -> Iterator[Memio]:
    """A client with what `memio_config` describes, closed after the test. It may be used from any event loop."""
    import asyncio
    from concurrent.futures import ThreadPoolExecutor

    from memio import Memio

    client = Memio.from_config(memio_config, own_loop=True)
    try:
        yield client
    finally:
        # In a thread, because a plugin for async tests may have a loop running in this one.
        with ThreadPoolExecutor(1) as thread:
            thread.submit(lambda: asyncio.run(client.aclose())).result()


@pytest.fixture
def blocking_memio(memio: Memio) -> Iterator[BlockingMemio]:
    """The client of the fixture `memio` without async: a test that takes both sees the same records in both."""
    from memio.blocking import Memio as BlockingMemio

    with BlockingMemio.over(memio) as client:
        yield client
