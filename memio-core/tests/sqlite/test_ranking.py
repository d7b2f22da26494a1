"""Ranking: what counts, and that only the rows where one searches count."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from memio import Memio, Message, Triple
from memio.providers.sqlite._search import index as index_module

WORDS = [f"w{number}" for number in range(30)]
KINDS = ("facts", "history", "documents", "graph")
Found = list[tuple[Any, float | None]]


def memory() -> Memio:
    store = {"provider": "sqlite", "path": ":memory:"}
    return Memio.from_config(dict.fromkeys(KINDS, store))


def text(chance: random.Random) -> str:
    """Return some words, the first ones more often, and sometimes many of them."""
    length = chance.choice([1, 3, 6, 10, 150])
    return " ".join(chance.choices(WORDS, weights=[1 / (rank + 1) for rank in range(len(WORDS))], k=length))


Step = Callable[[Memio], Coroutine[Any, Any, Any]]


def steps(chance: random.Random, owner: dict[str, str], number: int) -> list[Step]:
    """Return what an owner does, each step once."""
    made: list[Step] = []
    user = {"user_id": owner["user_id"]}
    for turn in range(number):
        key, content, session = f"{turn}", text(chance), f"s{chance.randrange(2)}"
        again, name = text(chance), chance.choice([None, "Ann", "Bob W1"])

        async def add(
            memio: Memio, key: str = key, content: str = content, session: str = session, name: str | None = name
        ) -> None:
            message = Message(role="user", content=content, id=key, name=name)
            await memio.facts.add(content=content, fact_id=key, metadata={"even": len(content) % 2}, **owner)
            await memio.documents.add(content=content, doc_id=key, **user)
            await memio.history.add(session_id=session, messages=[message], **user)
            await memio.graph.add(triples=[Triple(id=key, subject=key, predicate="says", object=content)], **user)

        async def change(memio: Memio, key: str = key, again: str = again, session: str = session) -> None:
            await memio.facts.update(fact_id=key, content=again, **owner)
            if int(key) % 3 == 0:
                await memio.documents.delete(doc_id=key, **user)
                await memio.graph.delete_entity(entity=key, **user)
            if int(key) % 10 == 0:
                await memio.history.delete(session_id=session, **user)

        made += [add, change] if chance.random() < 0.3 else [add]
    return made


async def answers(memio: Memio, owner: dict[str, str], queries: list[str]) -> list[Found]:
    """Return what an owner finds, with the scores."""
    user = {"user_id": owner["user_id"]}
    found: list[Found] = []
    for query in queries:
        facts = await memio.facts.search(query=query, **owner)
        by_user = await memio.facts.search(query=query, **user)
        filtered = await memio.facts.search(query=query, filters={"even": 0}, **owner)
        documents = await memio.documents.search(query=query, **user)
        messages = await memio.history.search(query=query, **user)
        of_session = await memio.history.search(query=query, session_id="s0", **user)
        triples = await memio.graph.search(query=query, **user)
        kinds = (facts, by_user, filtered, documents, messages, of_session, triples)
        found += [[(hit.id, hit.score) for hit in hits] for hits in kinds]
        everything = {hit.id: hit.score for hit in await memio.facts.search(query=query, limit=1000, **owner)}
        assert all(everything[hit.id] == hit.score for hit in filtered)
    return found


def alone(owner: dict[str, str], seed: int, queries: list[str]) -> list[Found]:
    async def body() -> list[Found]:
        async with memory() as memio:
            for step in steps(random.Random(seed), owner, 25):  # noqa: S311  # the same steps in every run
                await step(memio)
            return await answers(memio, owner, queries)

    return asyncio.run(body())


@pytest.mark.parametrize("at_once", [None, 7])
def test_what_an_owner_finds_is_what_it_finds_in_a_file_of_its_own(
    monkeypatch: pytest.MonkeyPatch, at_once: int | None
) -> None:
    # defect: scores tell whether another owner has stored a word
    if at_once is not None:
        monkeypatch.setattr(index_module, "_SUMMED_AT_ONCE", at_once)
    owners = [{"user_id": f"user {number}", "agent_id": f"agent {number}"} for number in range(4)]
    chance = random.Random(5)  # noqa: S311  # as above
    queries = [text(chance) for _ in range(12)] + ["Ann w3", "Bob w1 w2", "w29"]

    async def together() -> list[list[Found]]:
        async with memory() as memio:
            pending = [steps(random.Random(seed), owner, 25) for seed, owner in enumerate(owners)]  # noqa: S311  # as above
            while any(pending):
                left = chance.choice([each for each in pending if each])
                await left.pop(0)(memio)
            return [await answers(memio, owner, queries) for owner in owners]

    expected = [alone(owner, seed, queries) for seed, owner in enumerate(owners)]
    assert any(found for found in expected[0])
    assert asyncio.run(together()) == expected


def test_a_search_without_an_owner_scores_as_one_with_it_in_a_file_of_one_owner() -> None:
    async def body() -> None:
        async with memory() as memio:
            owner = {"user_id": "ann"}
            chance = random.Random(3)  # noqa: S311  # as above
            for step in steps(chance, {**owner, "agent_id": "bot"}, 30):
                await step(memio)
            for query in WORDS[:6]:
                for kind in ("facts", "documents", "history", "graph"):
                    search = getattr(memio, kind).search
                    one, other = await search(query=query), await search(query=query, **owner)
                    assert [(hit.id, hit.score) for hit in one] == [(hit.id, hit.score) for hit in other]

    asyncio.run(body())


def test_searching_in_portions_finds_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    async def body() -> list[Any]:
        chance = random.Random(4)  # noqa: S311  # as above
        async with memory() as memio:
            await memio.facts.add_many([text(chance) for _ in range(300)])
            messages = [Message(role="user", content=text(chance), id=str(n), name="Ann") for n in range(300)]
            await memio.history.add(session_id="s", messages=messages)
            queries = [text(chance) for _ in range(20)] + ["Ann w1"]
            return [
                [
                    *((hit.content, hit.score) for hit in await memio.facts.search(query=query, limit=limit)),
                    *((hit.id, hit.score) for hit in await memio.history.search(query=query, limit=limit)),
                ]
                for query in queries
                for limit in (1, 10, 500)
            ]

    whole = asyncio.run(body())
    monkeypatch.setattr(index_module, "_SUMMED_AT_ONCE", 13)
    assert asyncio.run(body()) == whole


def ranked(texts: list[str], query: str) -> list[str]:
    async def body() -> list[str]:
        async with memory() as memio:
            await memio.facts.add_many(texts)
            return [fact.content for fact in await memio.facts.search(query=query)]

    return asyncio.run(body())


def test_a_rare_word_counts_more_than_a_common_one() -> None:
    texts = ["tea rare", *(f"tea common {number}" for number in range(9)), "milk"]
    assert ranked(texts, "rare common")[0] == "tea rare"


def test_a_long_text_counts_less_and_repetition_does_not_help() -> None:
    long = "tea " * 300
    assert ranked([long, "tea with milk"], "tea") == ["tea with milk", long]


def test_an_irregular_form_of_a_word_is_found_and_forms_count_as_one_word() -> None:
    assert ranked(["Ann bought shoes", "Bob sold shoes"], "Who buys?") == ["Ann bought shoes"]
    assert ranked(["we went there and go on", "they go"], "went") == ["they go", "we went there and go on"]


async def said(memio: Memio, session: str, *texts: str, **options: Any) -> None:
    messages = [Message(role="user", content=text, **options) for text in texts]
    await memio.history.add(session_id=session, messages=messages)


def test_a_message_counts_more_when_the_query_names_its_speaker() -> None:
    async def body() -> None:
        async with memory() as memio:
            for session, name in (("a", "Ann"), ("b", "Bob")):
                await said(memio, session, "I like tea, said Bob and Ann", name=name)
            for name in ("Ann", "Bob"):
                assert (await memio.history.search(query=f"What does {name} like?"))[0].name == name

    asyncio.run(body())


@pytest.mark.parametrize("at_once", [True, False])
def test_a_message_is_found_by_its_neighbours_after_itself(at_once: bool) -> None:
    async def body() -> None:
        async with memory() as memio:
            texts = ["one", "two", "three", "four", "five"]
            if at_once:
                await said(memio, "s", *texts)
            else:
                for each in texts:
                    await said(memio, "s", each)
                    await said(memio, "other", "unrelated")
            found = [message.content for message in await memio.history.search(query="three", session_id="s")]
            assert found[0] == "three"
            assert set(found) == {"two", "three", "four", "five"}

    asyncio.run(body())
