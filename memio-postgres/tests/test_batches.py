"""Batches of any size: all of their records or none, in their order, in statements that the server can take."""

import asyncio

import pytest

from memio import ConflictError, Message, Triple
from memio.providers.postgres._rows import parts


@pytest.fixture(autouse=True)
def small_statements(monkeypatch):
    monkeypatch.setattr(parts, "_ROWS", 7)
    monkeypatch.setattr(parts, "_CHARACTERS", 500)


def test_a_batch_of_several_statements_keeps_its_order_and_its_neighbours(connect):
    async def scenario():
        async with connect() as memio:
            items = [{"content": f"fact {n} {'x' * (n % 5 * 100)}"} for n in range(60)]
            added = await memio.facts.add_many(items)
            assert [fact.content for fact in added] == [item["content"] for item in items]
            assert await memio.facts.get_all(limit=100) == added
            messages = [Message(role="user", content=f"message {n} about topic{n}") for n in range(30)]
            await memio.history.add(session_id="s", messages=messages)
            found = await memio.history.get("s", limit=100)
            assert [message.content for message in found] == [message.content for message in messages]
            for number in range(1, 29):
                # By the words of the message after, and of those before, also across two statements.
                hits = {message.content for message in await memio.history.search(f"topic{number}", limit=10)}
                near = range(max(0, number - 1), min(30, number + 3))
                assert hits == {messages[at].content for at in near}
            triples = [Triple(subject=f"{n}", predicate="precedes", object=f"{n + 1}") for n in range(40)]
            assert [triple.subject for triple in await memio.graph.add(triples=triples)] == [str(n) for n in range(40)]
            assert [triple.subject for triple in await memio.graph.get_all(limit=100)] == [str(n) for n in range(40)]

    asyncio.run(scenario())


def test_a_batch_of_several_statements_is_stored_whole_or_not_at_all(connect):
    async def scenario():
        async with connect() as memio:
            await memio.facts.add("taken", fact_id="50")
            with pytest.raises(ConflictError):
                await memio.facts.add_many({"content": f"fact {n}", "fact_id": f"{n}"} for n in range(60))
            assert await memio.facts.count() == 1
            await memio.facts.delete("50")
            items = [{"content": f"fact {n}", "fact_id": f"{n}"} for n in range(60)]
            first = await memio.facts.add_many(items)
            assert await memio.facts.add_many(items) == first
            assert await memio.facts.count() == 60

    asyncio.run(scenario())
