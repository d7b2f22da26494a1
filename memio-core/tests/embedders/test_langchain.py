"""LangChain's `Embeddings` as an embedder."""

from __future__ import annotations

from typing import Any

import pytest
from memory_store import MemoryFacts

from memio import InvalidInputError, Memio
from memio.embedders.langchain import LangchainEmbedder
from memio.embedders.shared import SharedEmbedder
from memio.errors import ProviderError, UnavailableError

pytest.importorskip("langchain_core", reason="langchain-core is not installed")

from langchain_core.embeddings import DeterministicFakeEmbedding, Embeddings


class Failing(Embeddings):
    """Raises what a test sets."""

    model = "m-1"

    def __init__(self, error: Exception) -> None:
        self.error = error

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        raise self.error

    def embed_query(self, text: str) -> list[float]:
        raise self.error


async def test_texts_are_found_by_their_vectors():
    embedder = LangchainEmbedder(DeterministicFakeEmbedding(size=16))
    async with Memio(facts=MemoryFacts(), embedder=embedder) as memio:
        for text in ("likes coffee", "has a dog", "lives in Lisbon"):
            await memio.facts.add(text)
        assert await memio.wait_embedded(timeout=30) == (0, 0)
        # The same text has the same vector, and it is nearest to itself.
        assert (await memio.facts.search("has a dog", mode="semantic"))[0].content == "has a dog"


async def test_batches_keep_the_order():
    fake = DeterministicFakeEmbedding(size=4)
    texts = [f"text {number}" for number in range(7)]
    shared = SharedEmbedder(LangchainEmbedder(fake, batch=3))
    assert await shared.embed_documents(texts) == fake.embed_documents(texts)
    assert await shared.embed_query("text 1", required=True) == fake.embed_query("text 1")
    assert shared.dimensions == 4
    await shared.aclose()


def test_the_model_and_the_destination_are_those_of_the_object_unless_they_are_given():
    fake = LangchainEmbedder(DeterministicFakeEmbedding(size=4))
    assert fake.model == "langchain/langchain_core.embeddings.fake.DeterministicFakeEmbedding/4"
    assert fake.destination is None
    assert fake.model != LangchainEmbedder(DeterministicFakeEmbedding(size=5)).model
    other = LangchainEmbedder(Failing(ValueError()))
    assert other.model.endswith("Failing/m-1")
    assert other.destination == "Failing"
    given = LangchainEmbedder(Failing(ValueError()), model="mine", destination=None, max_chars=5)
    assert (given.model, given.destination, given.max_chars) == ("mine", None, 5)


class ApiError(Exception):
    def __init__(self, status_code: int) -> None:
        super().__init__("because")
        self.status_code = status_code


class APIConnectionError(Exception):
    """What SDKs raise, which is no `ConnectionError`."""


@pytest.mark.parametrize(
    ("error", "unavailable"),
    [
        (ApiError(429), True),
        (ApiError(401), True),
        (ApiError(500), True),
        (ApiError(400), False),
        (APIConnectionError("gone"), True),
        (ConnectionRefusedError("gone"), True),
        (ValueError("odd text"), False),
    ],
)
async def test_failures_of_sdks_mean_ask_later_or_refused(error, unavailable):
    shared = SharedEmbedder(LangchainEmbedder(Failing(error)))
    with pytest.raises(ProviderError) as caught:
        await shared.embed_documents(["x"])
    assert isinstance(caught.value, UnavailableError) is unavailable
    with pytest.raises(UnavailableError):
        await shared.embed_query("x", required=True)


@pytest.mark.parametrize("wrong", [None, "text-embedding-3-small", DeterministicFakeEmbedding, object()])
def test_what_is_no_embeddings_object_is_refused(wrong: Any):
    with pytest.raises(InvalidInputError, match="must be an Embeddings of LangChain"):
        LangchainEmbedder(wrong)


@pytest.mark.parametrize("name", ["max_chars", "batch"])
def test_wrong_numbers_are_refused(name):
    with pytest.raises(InvalidInputError, match=f"{name} is 0"):
        LangchainEmbedder(DeterministicFakeEmbedding(size=4), **{name: 0})
