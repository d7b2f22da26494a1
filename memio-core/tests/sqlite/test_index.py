"""The full-text index holds what the tables hold, after whatever was done."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable
from typing import Any

import pytest

from memio import ConflictError, Memio, Message, Triple

TEXTS = (
    "tea with milk",
    "東京都に行った 🎉🎉",
    "naïve Zürich\u2019s ﬁne ½",
    "the THE the",
    "—",
    "ฉันชอบ a_b",
    "x" * 40_000,
)
METADATA = ({}, {"a": 1, "b": [1]}, {"a": 1.0, "c": None, "d": "ü"}, {"a": True})


async def one_step(memio: Memio, chance: random.Random) -> None:  # noqa: C901  # one case a kind of step
    """Do something to some record."""
    text, metadata = chance.choice(TEXTS), chance.choice(METADATA)
    owner = chance.choice([{}, {"user_id": "ann"}, {"user_id": "bob"}])
    session = f"s{chance.randrange(3)}"
    match chance.randrange(12):
        case 0 | 1:
            await memio.facts.add(content=text, metadata=metadata, agent_id="bot", **owner)
        case 2:
            await memio.documents.add_many([text, text, {"content": text, "metadata": metadata, **owner}])
        case 3 | 4:
            messages = [Message(role="user", content=text, name=chance.choice(["Ann", None])) for _ in range(2)]
            await memio.history.add(session_id=session, messages=messages, **owner)
        case 5:
            await memio.graph.add(
                triples=[Triple(subject=text[:9], predicate="x", object=str(chance.random()))], **owner
            )
        case 6 | 7:
            for fact in (await memio.facts.get_all(limit=3))[1:]:
                await memio.facts.update(fact_id=fact.id, content=text, metadata=metadata)
        case 8:
            for document in (await memio.documents.get_all(limit=2))[1:]:
                await memio.documents.update(doc_id=document.id, content=text)
                await memio.documents.delete(doc_id=(await memio.documents.get_all(limit=1))[0].id)
        case 9:
            await memio.history.delete(session_id=session, user_id="ann")
        case 10:
            await memio.graph.delete_entity(entity=TEXTS[0][:9])
        case _:
            for fact in await memio.facts.get_all(limit=1, **owner):
                await memio.facts.delete(fact_id=fact.id)


@pytest.mark.parametrize("seed", range(3))
def test_the_index_is_what_the_tables_hold_after_many_changes(
    run: Callable[..., Any], assert_consistent: Callable[[], None], seed: int
) -> None:
    chance = random.Random(seed)  # noqa: S311  # the same steps in every run

    async def body(memio: Memio) -> None:
        for _ in range(150):
            await one_step(memio, chance)

    run(body)
    assert_consistent()

    async def end(memio: Memio) -> None:
        for kind in (memio.facts, memio.documents, memio.history, memio.graph):
            await kind.delete_all(user_id="ann")

    run(end)
    assert_consistent()


def test_the_index_is_empty_when_everything_was_deleted(
    run: Callable[..., Any], look: Callable[..., list[Any]], assert_consistent: Callable[[], None]
) -> None:
    # defect: deleted records still found
    async def body(memio: Memio) -> None:
        chance = random.Random(9)  # noqa: S311  # as above
        for _ in range(60):
            await one_step(memio, chance)
        for user in ("ann", "bob"):
            await memio.facts.delete_all(user_id=user)
            await memio.history.delete_all(user_id=user)
        await memio.facts.delete_all(agent_id="bot")
        for store in (memio.facts, memio.documents, memio.history, memio.graph):
            await store.delete_all()

    run(body)
    assert_consistent()
    for table in ("owner", "fact", "document", "session", "message", "triple"):
        assert look(f"SELECT count(*) FROM {table}") == [(0,)]  # noqa: S608  # the names from above


def test_the_index_is_what_the_tables_hold_after_calls_that_share_a_transaction_and_some_that_fail(
    run: Callable[..., Any], assert_consistent: Callable[[], None]
) -> None:
    # defect: changes of a call that was rolled back stay among those that wait for the commit
    chance = random.Random(11)  # noqa: S311  # as above

    async def body(memio: Memio) -> None:
        calls: list[Any] = []
        for number in range(120):
            session, user = f"s{number % 3}", chance.choice(["ann", "bob"])
            text, key = chance.choice(TEXTS), str(chance.randrange(60))
            # An id that is there with another text is a conflict, after the first message of the call was stored.
            messages = [Message(role="user", content=f"new {number}"), Message(role="user", content=text, id=key)]
            calls.append(memio.history.add(session_id=session, messages=messages, user_id=user))
            calls.append(memio.facts.add(content=text, fact_id=key, user_id=user))
        done = await asyncio.gather(*calls, return_exceptions=True)
        failed = [each for each in done if isinstance(each, BaseException)]
        assert 0 < len(failed) < len(done)
        assert {type(each) for each in failed} == {ConflictError}

    run(body)
    assert_consistent()
