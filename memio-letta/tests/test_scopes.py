"""The opt-in settings: owners that confine calls, and a collection that keeps the kinds apart."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from memio import Memio
from memio.errors import NotFoundError
from memio.providers.letta import LettaDocumentAdapter, LettaFactAdapter

Run = Callable[[Coroutine[Any, Any, Any]], Any]


def test_an_owner_confines_every_read(run: Run, server: Any, agent: str) -> None:
    async def main() -> None:
        facts = LettaFactAdapter(base_url=server.url, agent_id=agent, user_scope=True, agent_scope=True)
        async with Memio(facts=facts) as memio:
            mine = await memio.facts.add(content="tea one", user_id="alice", agent_id="a")
            other = await memio.facts.add(content="tea two", user_id="alice", agent_id="b")
            theirs = await memio.facts.add(content="tea three", user_id="bob")
            ownerless = await memio.facts.add(content="tea four")
            for owner, expected in (
                ({}, [mine, other, theirs, ownerless]),
                ({"user_id": "alice"}, [mine, other]),
                ({"user_id": "alice", "agent_id": "b"}, [other]),
                ({"agent_id": "a"}, [mine]),
                ({"user_id": "bob"}, [theirs]),
                ({"user_id": "Alice"}, []),
                ({"user_id": "ali%"}, []),
            ):
                assert await memio.facts.get_all(**owner) == expected
                assert {fact.id for fact in await memio.facts.search(query="tea", **owner)} == {
                    fact.id for fact in expected
                }
                for fact in (mine, other, theirs, ownerless):
                    if fact in expected:
                        assert await memio.facts.get(fact_id=fact.id, **owner) == fact
                    else:
                        with pytest.raises(NotFoundError):
                            await memio.facts.get(fact_id=fact.id, **owner)

    run(main())


def test_an_owner_guards_update_and_delete(run: Run, server: Any, agent: str) -> None:
    # defect: get, update or delete by id take no owner
    async def main() -> None:
        facts = LettaFactAdapter(base_url=server.url, agent_id=agent, user_scope=True)
        async with Memio(facts=facts) as memio:
            theirs = await memio.facts.add(content="secret", user_id="bob")
            with pytest.raises(NotFoundError):
                await memio.facts.update(fact_id=theirs.id, content="mine now", user_id="alice")
            with pytest.raises(NotFoundError):
                await memio.facts.delete(fact_id=theirs.id, user_id="alice")
            assert await memio.facts.get_all() == [theirs]
            changed = await memio.facts.update(fact_id=theirs.id, content="changed", user_id="bob")
            assert changed.user_id == "bob"
            await memio.facts.delete(fact_id=changed.id, user_id="bob")
            assert await memio.facts.get_all() == []

    run(main())


def test_delete_all_of_an_owner_leaves_the_others(run: Run, server: Any, agent: str) -> None:
    # defect: delete_all touches what lies outside of its scope
    async def main() -> None:
        facts = LettaFactAdapter(base_url=server.url, agent_id=agent, user_scope=True)
        async with Memio(facts=facts) as memio:
            for number in range(3):
                await memio.facts.add(content=f"a{number}", user_id="alice")
                await memio.facts.add(content=f"b{number}", user_id="bob")
            await memio.facts.delete_all(user_id="alice")
            await memio.facts.delete_all(user_id="carol")

    run(main())
    assert server.texts(agent) == ["b0", "b1", "b2"]


def test_a_small_owner_is_found_completely_in_a_big_archive(run: Run, server: Any, agent: str) -> None:
    # defect: a filter applied after the top k, so that matching records are missing
    mine = ['memio:1:{"user_id":"alice"}']
    server.add_passage(agent, "mine 0", tags=mine)
    server.add_many(agent, ["coffee coffee"] * 150)
    server.add_passage(agent, "mine 1", tags=mine)
    server.add_many(agent, ["coffee coffee"] * 150)
    server.add_passage(agent, "mine 2", tags=mine)

    async def main() -> None:
        facts = LettaFactAdapter(base_url=server.url, agent_id=agent, user_scope=True)
        async with Memio(facts=facts) as memio:
            alice = memio.scoped(user_id="alice").facts
            assert {fact.content for fact in await alice.search(query="coffee", limit=3)} == {
                "mine 0",
                "mine 1",
                "mine 2",
            }
            assert len(await alice.search(query="coffee", limit=2)) == 2
            page = await alice.get_all(limit=2)
            assert [fact.content for fact in page] == ["mine 0", "mine 1"]
            rest = await alice.get_all(limit=2, cursor=page.next_cursor)
            assert [fact.content for fact in rest] == ["mine 2"]
            assert rest.next_cursor is None
            await alice.delete_all()
            assert await alice.get_all() == []

    run(main())
    assert server.texts(agent) == ["coffee coffee"] * 300


def test_a_collection_separates_facts_and_documents(run: Run, server: Any, agent: str) -> None:
    # defect: delete_all of one kind deletes the others
    server.add_passage(agent, "by the agent itself")

    async def main() -> None:
        kwargs: Any = {"base_url": server.url, "agent_id": agent, "collection": "notes"}
        async with Memio(facts=LettaFactAdapter(**kwargs), documents=LettaDocumentAdapter(**kwargs)) as memio:
            fact = await memio.facts.add(content="tea fact", metadata={"a": 1})
            document = await memio.documents.add(content="tea document")
            assert await memio.facts.get_all() == [fact]
            assert await memio.documents.get_all() == [document]
            assert await memio.facts.search(query="tea") == [fact]
            assert await memio.documents.search(query="tea") == [document]
            with pytest.raises(NotFoundError):
                await memio.documents.get(doc_id=fact.id)
            with pytest.raises(NotFoundError):
                await memio.facts.delete(fact_id=document.id)
            changed = await memio.facts.update(fact_id=fact.id, content="new fact")
            assert await memio.facts.get_all() == [changed]
            await memio.facts.delete_all()
            assert await memio.documents.get_all() == [document]

    run(main())
    assert server.texts(agent) == ["by the agent itself", "tea document"]


def test_collections_do_not_see_each_other(run: Run, server: Any, agent: str) -> None:
    async def main() -> None:
        one, two = (
            Memio(facts=LettaFactAdapter(base_url=server.url, agent_id=agent, collection=name))
            for name in ("one", "two")
        )
        fact = await one.facts.add(content="x")
        assert await two.facts.get_all() == []
        assert await one.facts.get_all() == [fact]
        await two.facts.delete_all()
        assert await one.facts.get_all() == [fact]
        await one.aclose()
        await two.aclose()

    run(main())


def test_without_a_collection_the_whole_archive_is_seen_and_cleared(run: Run, server: Any, agent: str) -> None:
    server.add_passage(agent, "by the agent itself")

    async def main() -> None:
        kwargs: Any = {"base_url": server.url, "agent_id": agent}
        async with Memio(facts=LettaFactAdapter(**kwargs), documents=LettaDocumentAdapter(**kwargs)) as memio:
            await memio.documents.add(content="a document")
            assert [fact.content for fact in await memio.facts.get_all()] == ["by the agent itself", "a document"]
            await memio.facts.delete_all()

    run(main())
    assert server.texts(agent) == []
