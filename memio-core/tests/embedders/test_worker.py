"""What a client stores is embedded in the background: never late, never at the cost of a write, never for ever."""

from __future__ import annotations

import asyncio
import gc
import logging
import threading
import time
import weakref
from itertools import pairwise
from typing import Any

import pytest
from embedder_of_words import WordEmbedder, vector_of
from memory_store import MemoryFacts

from memio import Memio, ProviderError
from memio._loops.background import background
from memio._loops.own import OwnLoop
from memio.embedders import embedding as embedding_module
from memio.embedders import worker as module
from memio.embedders.shared import SharedEmbedder
from memio.errors import OtherModelError, RateLimitError, UnavailableError


def eventually(condition: Any) -> None:
    """Wait until a condition holds, for ten seconds at most."""
    deadline = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.005)


async def soon(condition: Any) -> None:
    """Wait until a condition holds, for ten seconds at most, and let the loop run."""
    await asyncio.to_thread(eventually, condition)


def embedded(facts: MemoryFacts) -> int:
    return sum(row.vector is not None for row in facts.rows.values())


def rests(memio: Memio) -> bool:
    """Return whether the worker waits after a failure."""
    worker = memio._embedding._of_kind["facts"]
    return worker._timer is not None and any(watched.rests for watched in worker._watched.values())


@pytest.fixture
def facts() -> MemoryFacts:
    return MemoryFacts()


@pytest.fixture
def embedder() -> WordEmbedder:
    return WordEmbedder()


@pytest.mark.parametrize("any_loop", [True, False])
@pytest.mark.parametrize("own_loop", [True, False])
async def test_writes_are_embedded_in_the_loop_of_the_store(embedder, any_loop, own_loop):
    facts = MemoryFacts(any_loop=any_loop)
    async with Memio(facts=facts, embedder=embedder, own_loop=own_loop) as memio:
        fact = await memio.facts.add("likes coffee")
        await soon(lambda: embedded(facts) == 1)
        await memio.facts.update(fact_id=fact.id, content="has a dog")
        assert await memio.wait_embedded(timeout=10) == (0, 0)
        assert facts.rows[fact.id].vector == vector_of("has a dog")
        await memio.facts.add_many(["a", "b", "c"])
        await soon(lambda: embedded(facts) == 4)
    here = asyncio.get_running_loop()
    assert facts.embedded_in == {background()._loop if any_loop or own_loop else here}
    assert embedder.loops == {background()._loop}


async def test_what_was_pending_before_is_embedded_once_the_client_is_used(facts, embedder):
    await facts.add(content="from an earlier run")
    async with Memio(facts=facts, embedder=embedder) as memio:
        await asyncio.sleep(0.1)
        assert embedded(facts) == 0
        await memio.facts.get_all()
        await soon(lambda: embedded(facts) == 1)


async def test_reads_make_no_work(facts, embedder):
    async with Memio(facts=facts, embedder=embedder) as memio:
        await memio.facts.get_all()
        await soon(lambda: facts.embedded_in and not memio._embedding._of_kind["facts"]._running)
        calls: list[int] = []

        async def embed_pending(*, limit: int) -> Any:
            calls.append(limit)

        facts.embed_pending = embed_pending
        for _ in range(5):
            await memio.facts.get_all()
        await asyncio.sleep(0.1)
        assert calls == []


async def test_a_failing_embedder_fails_no_write_and_is_asked_again_with_growing_gaps(
    facts, embedder, monkeypatch, caplog
):
    monkeypatch.setattr(module, "FIRST_PAUSE", 0.05)
    asked: list[float] = []

    async def answer(texts: Any) -> Any:
        asked.append(time.monotonic())
        if len(asked) < 4:
            raise ConnectionError("nobody listens")
        return [vector_of(text) for text in texts]

    embedder.answer = answer
    with caplog.at_level(logging.WARNING, "memio.embedders"):
        async with Memio(facts=facts, embedder=embedder) as memio:
            await memio.facts.add("secret words")
            assert await memio.wait_embedded(timeout=0.02) == (1, 0)
            await memio.facts.add("more of them")
            assert await memio.wait_embedded(timeout=10) == (0, 0)
    gaps = [after - before for before, after in pairwise(asked)]
    assert gaps[0] >= 0.05
    assert gaps[1] >= 0.1
    assert gaps[2] >= 0.2
    (record,) = caplog.records
    assert record.getMessage() == (
        "texts wait to be embedded, and are found by their words until then: UnavailableError: "
        "ConnectionError: nobody listens"
    )
    assert "secret" not in caplog.text


async def test_a_service_that_names_a_time_is_not_asked_before(facts, embedder, monkeypatch):
    monkeypatch.setattr(module, "FIRST_PAUSE", 0.01)
    asked: list[float] = []

    async def answer(texts: Any) -> Any:
        asked.append(time.monotonic())
        if len(asked) == 1:
            raise RateLimitError("slow down", retry_after=0.3)
        return [vector_of(text) for text in texts]

    embedder.answer = answer
    async with Memio(facts=facts, embedder=embedder) as memio:
        await memio.facts.add("x")
        assert await memio.wait_embedded(timeout=10) == (0, 0)
    assert asked[1] - asked[0] >= 0.3


async def test_a_text_that_is_refused_counts_as_failed_and_the_others_are_embedded(facts, embedder):
    async def answer(texts: Any) -> Any:
        if "poison" in texts:
            raise ValueError("I will not")
        return [vector_of(text) for text in texts]

    embedder.answer = answer
    async with Memio(facts=facts, embedder=embedder) as memio:
        await memio.facts.add_many(["a", "poison", "b", "c"])
        assert await memio.wait_embedded(timeout=10) == (0, 1)
        assert embedded(facts) == 3


async def test_a_store_that_fails_is_asked_again(facts, embedder, monkeypatch, caplog):
    monkeypatch.setattr(module, "FIRST_PAUSE", 0.01)
    facts.embedding_fails = [
        ProviderError("the disk is full"),
        OSError("the disk is on fire"),
        UnavailableError("busy"),
    ]
    async with Memio(facts=facts, embedder=embedder) as memio:
        await memio.facts.add("x")
        assert await memio.wait_embedded(timeout=10) == (0, 0)
    assert caplog.text.count("texts wait to be embedded") == 1


async def test_waiting_covers_the_scope_and_what_was_stored_before(facts, embedder):
    release = threading.Event()

    async def answer(texts: Any) -> Any:
        await asyncio.to_thread(release.wait, 20)
        return [vector_of(text) for text in texts]

    embedder.answer = answer
    async with Memio(facts=facts, embedder=embedder) as memio:
        await memio.facts.add("x", user_id="alice")
        assert await memio.scoped(user_id="bob").wait_embedded(timeout=10) == (0, 0)
        assert await memio.scoped(user_id="alice").wait_embedded(timeout=0.05) == (1, 0)
        waiting = asyncio.create_task(memio.wait_embedded())
        await asyncio.sleep(0.1)
        embedder.answer = None
        later = await memio.facts.add("stored while it waits")
        facts.rows[later.id].claimed = True  # so that it stays pending
        release.set()
        assert await waiting == (0, 0)
        assert await memio.wait_embedded(timeout=0) == (1, 0)


async def test_waiting_can_be_cancelled(facts, embedder):
    embedder.answer = lambda _: asyncio.sleep(60)
    async with Memio(facts=facts, embedder=embedder) as memio:
        await memio.facts.add("x")
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(memio.wait_embedded(), 0.1)
        embedder.answer = None
        memio._embedding._of_kind["facts"]._task.cancel()  # so that closing does not wait for the answer


async def test_writes_that_follow_each_other_are_embedded_after_the_last_of_them(facts, embedder, monkeypatch):
    monkeypatch.setattr(module, "QUIET", 0.2)
    monkeypatch.setattr(module, "LATEST", 60)
    async with Memio(facts=facts, embedder=embedder) as memio:
        for number in range(10):
            await memio.facts.add(f"fact {number}")
            await asyncio.sleep(0.03)
        assert embedded(facts) == 0
        await soon(lambda: embedded(facts) == 10)


async def test_writes_without_an_end_do_not_keep_texts_from_being_embedded(facts, embedder, monkeypatch):
    monkeypatch.setattr(module, "QUIET", 60)
    monkeypatch.setattr(module, "LATEST", 0.2)
    async with Memio(facts=facts, embedder=embedder) as memio:
        async with asyncio.timeout(10):
            while not embedded(facts):
                await memio.facts.add("once more")
                await asyncio.sleep(0.01)


async def test_who_waits_does_not_wait_for_a_pause_between_writes(facts, embedder, monkeypatch):
    monkeypatch.setattr(module, "QUIET", 60)
    monkeypatch.setattr(module, "LATEST", 60)
    async with Memio(facts=facts, embedder=embedder) as memio:
        await memio.facts.add("x")
        assert await memio.wait_embedded(timeout=10) == (0, 0)


async def test_closing_embeds_what_is_pending(facts, embedder, monkeypatch):
    monkeypatch.setattr(module, "QUIET", 60)
    monkeypatch.setattr(module, "LATEST", 60)
    async with Memio(facts=facts, embedder=embedder) as memio:
        await memio.facts.add_many([f"fact {n}" for n in range(40)])
    assert embedded(facts) == 40


async def test_closing_waits_for_a_while_only(facts, embedder, monkeypatch):
    monkeypatch.setattr(module, "CLOSING", 0.1)
    ended = threading.Event()

    async def answer(_: Any) -> Any:
        try:
            await asyncio.sleep(60)
        finally:
            ended.set()

    embedder.answer = answer
    async with asyncio.timeout(20):
        async with Memio(facts=facts, embedder=embedder) as memio:
            await memio.facts.add("x")
    assert ended.is_set()
    assert facts.closed
    assert embedded(facts) == 0
    assert not facts.rows.popitem()[1].claimed


async def test_closing_does_not_wait_for_the_end_of_a_pause(facts, embedder):
    facts.embedding_fails = [UnavailableError("gone")]
    async with asyncio.timeout(3):
        async with Memio(facts=facts, embedder=embedder) as memio:
            await memio.facts.add("x")
            await soon(lambda: rests(memio))
            monotonic = time.monotonic()
        assert time.monotonic() - monotonic < 2


@pytest.mark.parametrize("any_loop", [True, False])
async def test_no_task_is_left(embedder, any_loop):
    facts = MemoryFacts(any_loop=any_loop)
    before = asyncio.all_tasks()
    async with Memio(facts=facts, embedder=embedder) as memio:
        await memio.facts.add("x")
        await memio.wait_embedded(timeout=10)
    assert asyncio.all_tasks() == before
    await soon(lambda: not [t for t in asyncio.all_tasks(background()._loop) if "embedders" in repr(t)])


@pytest.mark.parametrize("state", ["idle", "rests", "elsewhere"])
async def test_a_client_that_is_dropped_is_not_kept_alive(embedder, state):
    facts = MemoryFacts()
    facts.embedding_fails = [UnavailableError("gone")] * 100 if state == "rests" else []
    memio = Memio(facts=facts, embedder=embedder)
    fact = await memio.facts.add("x")
    if state == "elsewhere":
        facts.rows[fact.id].claimed = True
    worker = weakref.ref(memio._embedding._of_kind["facts"])
    await soon(lambda: worker()._task is not None and worker()._task.done())
    assert (worker()._timer is not None) == (state != "idle")
    gone = weakref.ref(memio)
    store = weakref.ref(facts)
    del memio, facts
    await soon(lambda: (gc.collect() and False) or (gone() is None and store() is None))
    await soon(lambda: not [t for t in asyncio.all_tasks(background()._loop) if "embedders" in repr(t)])


async def test_what_another_one_has_claimed_is_looked_at_again(facts, embedder, monkeypatch):
    monkeypatch.setattr(module, "LOOK_AGAIN", 0.05)
    fact = await facts.add(content="x")
    facts.rows[fact.id].claimed = True
    async with Memio(facts=facts, embedder=embedder) as memio:
        await memio.facts.get_all()
        await soon(lambda: memio._embedding._of_kind["facts"]._timer is not None)
        facts.rows[fact.id].claimed = False  # its claim has ended
        await soon(lambda: embedded(facts) == 1)
        await soon(lambda: memio._embedding._of_kind["facts"]._timer is None)


async def test_a_write_is_embedded_while_another_one_holds_claims(facts, embedder):
    fact = await facts.add(content="x")
    facts.rows[fact.id].claimed = True
    async with Memio(facts=facts, embedder=embedder) as memio:
        await memio.facts.get_all()
        await soon(lambda: memio._embedding._of_kind["facts"]._timer is not None)
        await memio.facts.add("y")
        await soon(lambda: embedded(facts) == 1)


async def test_a_store_that_fails_does_not_keep_others_from_being_embedded(facts, embedder):
    documents = MemoryFacts()
    documents.current = "words-2"
    failing = MemoryFacts()
    failing.embedding_fails = [UnavailableError("gone")]
    worker = module.Worker({1: failing, 2: documents, 3: facts}, background=True)
    for store in (failing, documents, facts):
        store.use_embedder(SharedEmbedder(embedder))
        await store.add(content="x")
    worker.called(wrote=True)
    await soon(lambda: embedded(facts) == 1)
    await facts.add(content="y")
    worker.called(wrote=True)
    await soon(lambda: embedded(facts) == 2)
    assert worker.other_model(2) == "another model is the current one: run memio reindex"
    assert not worker.other_model(1)
    assert not worker.other_model(3)
    await soon(lambda: embedded(failing) == 1)
    await OwnLoop().close(worker)


async def test_a_store_of_another_model_is_refused_at_once(facts, embedder, caplog):
    facts.current = "words-2"
    async with Memio(facts=facts, embedder=embedder) as memio:
        await memio.facts.add("x")
        for timeout in (None, 60):
            with pytest.raises(OtherModelError, match=r"run memio reindex \[wait_embedded, provider memory"):
                await asyncio.wait_for(memio.wait_embedded(timeout=timeout), 10)
        with pytest.raises(OtherModelError, match="run memio reindex"):
            await asyncio.wait_for(memio.embed(), 10)
        assert await memio.reindex() == {"facts": 0}
        assert await memio.wait_embedded(timeout=10) == (0, 0)
    assert not caplog.records  # a store logs it


async def test_batches_grow_while_they_are_fast(facts, embedder):
    sizes: list[int] = []

    async def answer(texts: Any) -> Any:
        sizes.append(len(texts))
        return [vector_of(text) for text in texts]

    embedder.answer = answer
    async with Memio(facts=facts, embedder=embedder) as memio:
        await memio.facts.add_many([f"fact {n}" for n in range(1000)])
        assert await memio.wait_embedded(timeout=30) == (0, 0)
    assert sizes[0] == 16
    assert max(sizes) == 256
    assert sum(sizes) == 1000


async def test_embed_drains_what_is_pending_and_counts_it(facts, embedder):
    for number in range(100):
        await facts.add(content=f"fact {number}")
    async with Memio(facts=facts, embedder=embedder) as memio:
        assert await memio.embed() == {"facts": 100}
        assert await memio.embed() == {"facts": 0}
        assert embedded(facts) == 100


async def test_embed_waits_for_what_another_one_has_claimed(facts, embedder):
    fact = await facts.add(content="x")
    facts.rows[fact.id].claimed = True
    async with Memio(facts=facts, embedder=embedder) as memio:
        task = asyncio.create_task(memio.embed())
        await asyncio.sleep(0.1)
        facts.rows[fact.id].vector = vector_of("x")  # which the other one did
        assert await asyncio.wait_for(task, 10) == {"facts": 0}


async def test_embed_and_reindex_end_when_nothing_moves(facts, embedder, monkeypatch):
    monkeypatch.setattr(embedding_module, "_STALLED", 0.1)
    fact = await facts.add(content="x")
    facts.rows[fact.id].claimed = True

    async def reindex(*, limit: int) -> int:
        return 1

    facts.reindex = reindex
    async with Memio(facts=facts, embedder=embedder) as memio:
        assert await memio.embed() == {"facts": 0}
        assert await asyncio.wait_for(memio.wait_embedded(), 10) == (1, 0)
        with pytest.raises(UnavailableError, match="1 texts of the facts wait"):
            await memio.reindex()


async def test_embed_raises_what_the_embedder_raises(facts, embedder):
    async def answer(_: Any) -> Any:
        raise ConnectionError("nobody listens")

    embedder.answer = answer
    await facts.add(content="x")
    async with Memio(facts=facts, embedder=embedder) as memio:
        with pytest.raises(UnavailableError, match=r"nobody listens.*facts\.embed_pending, provider memory"):
            await memio.embed()


async def test_another_model_is_made_the_current_one_by_reindex(facts, embedder):
    async with Memio(facts=facts, embedder=embedder) as memio:
        await memio.facts.add_many(["a", "b", "c"])
        await memio.wait_embedded(timeout=10)
    other = WordEmbedder()
    other.model = "words-2"
    facts.closed = False
    async with Memio(facts=facts, embedder=other) as memio:
        assert await memio.reindex(limit=0) == {"facts": 3}
        assert await memio.reindex(limit=2) == {"facts": 1}
        assert facts.current == "words-1"
        assert await memio.reindex() == {"facts": 0}
        assert facts.current == "words-2"
