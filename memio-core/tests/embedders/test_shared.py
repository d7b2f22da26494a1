"""The embedder of a client: one loop, checked answers, and searches that do not wait for it."""

from __future__ import annotations

import asyncio
import logging
import math
import threading
import time
from typing import Any

import pytest
from embedder_of_words import WordEmbedder, vector_of

from memio._loops.background import background
from memio.embedders import shared as module
from memio.embedders.shared import SharedEmbedder
from memio.errors import (
    AuthenticationError,
    ClosedError,
    ProviderError,
    ProviderTimeoutError,
    RateLimitError,
    UnavailableError,
)


@pytest.fixture
def embedder() -> WordEmbedder:
    return WordEmbedder()


@pytest.fixture
def shared(embedder: WordEmbedder) -> SharedEmbedder:
    return SharedEmbedder(embedder)


def answering(embedder: WordEmbedder, *answers: Any) -> None:
    """Let the embedder answer with each of these in turn: an exception is raised."""
    left = list(answers)

    async def answer(_: object) -> Any:
        item = left.pop(0)
        if isinstance(item, BaseException):
            raise item
        return item

    embedder.answer = answer


def test_every_call_runs_on_the_background_loop_whatever_loop_it_comes_from(embedder, shared):
    async def work() -> None:
        assert await shared.embed_documents(["coffee", "dog"]) == [vector_of("coffee"), vector_of("dog")]
        assert await shared.embed_query("beverage", required=True) == vector_of("coffee")

    threads = [threading.Thread(target=asyncio.run, args=(work(),)) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    asyncio.run(shared.aclose())
    assert embedder.loops == {background()._loop}
    assert embedder.closed_in == [background()._loop]
    assert embedder.texts == ["coffee", "dog"] * 3


async def test_a_cancelled_caller_cancels_the_call_and_waits_for_its_end(embedder, shared):
    begun, ended = threading.Event(), threading.Event()

    async def answer(_: object) -> Any:
        begun.set()
        try:
            await asyncio.sleep(60)
        finally:
            ended.set()

    embedder.answer = answer
    task = asyncio.create_task(shared.embed_documents(["x"]))
    await asyncio.to_thread(begun.wait, 10)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert ended.is_set()


async def test_nothing_is_asked_for_no_texts(embedder, shared):
    assert await shared.embed_documents([]) == []
    assert embedder.loops == set()


@pytest.mark.parametrize(
    ("answer", "fault"),
    [
        ([vector_of("a")], "1 vectors for 2 texts"),
        ([vector_of("a"), [1.0]], "vectors of 1 and 32 numbers, not of 32"),
        ([[1.0], [1.0]], "vectors of 1 numbers, not of 32"),
        ([[math.nan] * 32, vector_of("a")], "not finite"),
        ([[math.inf] * 32, vector_of("a")], "not finite"),
        ([["1"] * 32, vector_of("a")], "no list of vectors"),
        (None, "no list of vectors"),
        ([1.0, 2.0], "no list of vectors"),
        ([], "0 vectors for 2 texts"),
    ],
)
async def test_an_answer_that_is_no_list_of_vectors_is_refused(embedder, shared, answer, fault):
    answering(embedder, answer)
    with pytest.raises(ProviderError, match=fault) as caught:
        await shared.embed_documents(["a", "b"])
    assert not isinstance(caught.value, UnavailableError)
    assert not caught.value.retryable


async def test_the_length_of_vectors_is_learned_where_the_embedder_does_not_state_it(embedder, shared):
    embedder.dimensions = 0
    assert shared.dimensions == 0
    answering(embedder, [[]], [[1.0, 2.0]], [[1.0]])
    with pytest.raises(ProviderError, match="not of any"):
        await shared.embed_documents(["a"])
    await shared.embed_documents(["a"])
    assert shared.dimensions == 2
    with pytest.raises(ProviderError, match="not of 2"):
        await shared.embed_documents(["a"])


@pytest.mark.parametrize(
    ("raised", "retryable"),
    [
        (ConnectionRefusedError("nobody listens"), True),
        (TimeoutError(), True),
        (ProviderTimeoutError("slow", retryable=True), True),
        (RateLimitError("too many", retry_after=3), True),
        (AuthenticationError("wrong key"), False),
        (UnavailableError("wants to be left alone", retryable=False), False),
    ],
)
async def test_what_does_not_depend_on_the_text_is_unavailability(embedder, shared, raised, retryable):
    answering(embedder, raised)
    with pytest.raises(UnavailableError) as caught:
        await shared.embed_documents(["a"])
    assert caught.value.retryable is retryable
    assert caught.value is raised or caught.value.cause is raised


@pytest.mark.parametrize("raised", [ValueError("too long"), ProviderError("refused")])
async def test_any_other_error_is_a_refusal_of_the_text(embedder, shared, raised):
    answering(embedder, raised)
    with pytest.raises(ProviderError, match=r"too long|refused") as caught:
        await shared.embed_documents(["a"])
    assert not isinstance(caught.value, UnavailableError)


async def test_a_search_without_a_vector_goes_on_and_does_not_ask_for_a_while(embedder, shared, monkeypatch, caplog):
    clock = [1000.0]
    monkeypatch.setattr(module, "monotonic", lambda: clock[0])
    answering(embedder, ConnectionError("gone"), [vector_of("x")], [vector_of("x")])
    with caplog.at_level(logging.WARNING, "memio.embedders"):
        assert await shared.embed_query("secret words", required=False) is None
    assert "words alone for 30 s: ConnectionError: gone" in caplog.text
    assert "secret words" not in caplog.text
    clock[0] += 29
    assert await shared.embed_query("x", required=False) is None
    assert embedder.queries == ["secret words"]
    clock[0] += 2
    assert await shared.embed_query("x", required=False) == vector_of("x")
    assert await shared.embed_query("x", required=False) == vector_of("x")


async def test_a_search_by_meaning_asks_during_the_pause_too_and_ends_it(embedder, shared):
    answering(embedder, ConnectionError("gone"), ValueError("odd"), [vector_of("x")], [vector_of("y")])
    assert await shared.embed_query("x", required=False) is None
    with pytest.raises(UnavailableError, match=r"the query cannot be embedded: .*odd"):
        await shared.embed_query("x", required=True)
    assert await shared.embed_query("x", required=True) == vector_of("x")
    assert await shared.embed_query("y", required=False) == vector_of("y")


@pytest.mark.parametrize("cancellable", [True, False])
async def test_a_query_that_takes_too_long_is_not_waited_for(embedder, shared, monkeypatch, cancellable):
    monkeypatch.setattr(module, "QUERY_TIMEOUT", 0.05)
    begun, release, ended = threading.Event(), threading.Event(), threading.Event()

    async def answer(_: object) -> Any:
        begun.set()
        try:
            if cancellable:
                await asyncio.sleep(60)
            else:
                release.wait(60)  # it blocks the loop
        finally:
            ended.set()

    embedder.answer = answer
    assert await shared.embed_query("x", required=False) is None
    assert begun.wait(10)
    assert cancellable or not ended.is_set()
    release.set()
    assert await asyncio.to_thread(ended.wait, 10)
    begun.clear()
    release.clear()
    with pytest.raises(UnavailableError, match="did not answer within") as caught:
        await shared.embed_query("x", required=True)
    assert caught.value.retryable
    release.set()
    assert begun.wait(10)


async def test_a_cancelled_search_cancels_the_query(embedder, shared):
    begun, cancelled = threading.Event(), threading.Event()

    async def answer(_: object) -> Any:
        begun.set()
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            cancelled.set()
            raise

    embedder.answer = answer
    task = asyncio.create_task(shared.embed_query("x", required=False))
    await asyncio.to_thread(begun.wait, 10)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert await asyncio.to_thread(cancelled.wait, 10)


async def test_a_long_query_is_cut(embedder, shared):
    await shared.embed_query("word " * 100, required=True)
    assert embedder.queries == [("word " * 100)[:200]]


async def test_a_closed_embedder_is_not_asked(embedder, shared):
    await shared.aclose()
    with pytest.raises(ClosedError):
        await shared.embed_documents(["x"])
    with pytest.raises(UnavailableError, match="closed"):
        await shared.embed_query("x", required=True)
    assert await shared.embed_query("x", required=False) is None
    assert embedder.loops == set()


def test_no_task_is_left_on_the_background_loop(embedder, shared):
    async def work() -> None:
        await shared.embed_query("x", required=True)
        await shared.embed_documents(["x"])

    asyncio.run(work())
    deadline = time.monotonic() + 10
    while background()._tasks and time.monotonic() < deadline:
        time.sleep(0.01)
    assert not background()._tasks
