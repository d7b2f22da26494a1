"""Graphs: each method and rule, on a real file."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from memio import ConflictError, Memio, NotFoundError, Owner, Triple

Run = Callable[..., Any]


def edge(text: str, **columns: Any) -> Triple:
    subject, predicate, other = text.split()
    return Triple(subject=subject, predicate=predicate, object=other, **columns)


async def edges(memio: Memio, **arguments: Any) -> list[str]:
    return [f"{t.subject} {t.predicate} {t.object}" async for t in memio.graph.iter_all(page_size=2, **arguments)]


def test_triples_are_returned_as_they_were_added_in_every_column(both: Run) -> None:
    async def body(memio: Memio) -> None:
        given = [edge("ann knows bob", metadata={"since": [2020]}), edge("bob likes tea", id="mine")]
        added = await memio.graph.add(triples=given, user_id="u")
        moment = added[0].created_at
        assert moment is not None
        assert [replace(triple, created_at=moment) for triple in added] == [
            replace(given[0], id=added[0].id, user_id="u", created_at=moment),
            replace(given[1], user_id="u", created_at=moment),
        ]
        assert added[0].id
        assert await memio.graph.get_all() == added
        assert await memio.graph.get(entity="bob") == added
        assert await memio.graph.search(query="knows") == added[:1]

    both(body)


def test_an_entity_is_found_at_either_end_page_by_page(both: Run) -> None:
    async def body(memio: Memio) -> None:
        for number in range(6):
            ends = f"ann knows p{number}" if number % 2 else f"p{number} knows ann"
            await memio.graph.add(triples=[edge(ends), edge(f"p{number} knows other")], user_id=f"u{number % 3}")
        await memio.graph.add(triples=[edge("ann knows ann")])
        found: list[Triple] = []
        cursor = None
        while not found or cursor is not None:
            page = await memio.graph.get(entity="ann", limit=2, cursor=cursor)
            found += page
            cursor = page.next_cursor
        expected = ["p0", "p1", "p2", "p3", "p4", "p5", "ann"]
        assert [t.object if t.subject == "ann" else t.subject for t in found] == expected
        assert [t.user_id for t in await memio.graph.get(entity="ann", user_id="u1")] == ["u1", "u1"]
        assert await memio.graph.get(entity="ann", user_id="eve") == []
        assert await memio.graph.get(entity="Ann") == []

    both(body)


def test_an_identical_triple_of_one_owner_is_one_triple(both: Run) -> None:
    async def body(memio: Memio) -> None:
        (first,) = await memio.graph.add(triples=[edge("a b c", metadata={"x": 1})], user_id="u")
        again = await memio.graph.add(triples=[edge("a b c", metadata={"x": 1}), edge("a b d")], user_id="u")
        assert again[0] == first
        assert await memio.graph.add(triples=[edge("a b c", metadata={"x": 1}, id=first.id)], user_id="u") == [first]
        twice = await memio.graph.add(triples=[edge("e f g"), edge("e f g")], user_id="u")
        assert twice[0] == twice[1]
        assert await edges(memio) == ["a b c", "a b d", "e f g"]
        (other,) = await memio.graph.add(triples=[edge("a b c")], user_id="v")
        assert other.id != first.id

    both(body)


@pytest.mark.parametrize(
    "other",
    [
        edge("a b c", id="1", metadata={"x": "secret"}),
        edge("a b c", id="1"),
        edge("a b c", metadata={"x": 2}),
        edge("a b c", id="2", metadata={"x": 1}),
        edge("a b d", id="1", metadata={"x": 1}),
    ],
)
def test_another_triple_under_an_id_is_a_conflict_and_adds_nothing(both: Run, other: Triple) -> None:
    async def body(memio: Memio) -> None:
        first = await memio.graph.add(triples=[edge("a b c", id="1", metadata={"x": 1})])
        with pytest.raises(ConflictError) as caught:
            await memio.graph.add(triples=[edge("n e w"), other])
        assert caught.value.resource == "triple"
        assert await memio.graph.get_all() == first
        await memio.graph.add(triples=[replace(other, id="1")], user_id="u")  # ids belong to their owner
        with pytest.raises(ConflictError, match="pass the owner"):
            await memio.graph.delete(triple_id="1")
        await memio.graph.delete(triple_id="1", user_id="u")
        assert await memio.graph.get_all() == first

    both(body)


def test_a_triple_is_found_by_any_of_its_words(both: Run) -> None:
    async def body(memio: Memio) -> None:
        triple = Triple(subject="Ann Smith", predicate="works at", object="the old mill")
        await memio.graph.add(triples=[triple, edge("bob likes 東京")], user_id="u")
        for query in ("smith", "working", "mills", "old tower"):
            assert [found.subject for found in await memio.graph.search(query=query, user_id="u")] == ["Ann Smith"]
        assert [found.subject for found in await memio.graph.search(query="京")] == ["bob"]
        assert await memio.graph.search(query="smith", user_id="v") == []
        assert (await memio.graph.search(query="smith"))[0].score is not None

    both(body)


def test_a_deleted_triple_is_not_found(both: Run) -> None:
    async def body(memio: Memio) -> None:
        (triple,) = await memio.graph.add(triples=[edge("a b c")], user_id="u")
        for wrong in ({"triple_id": "no"}, {"triple_id": triple.id, "user_id": "v"}):
            with pytest.raises(NotFoundError) as caught:
                await memio.graph.delete(**wrong)
            assert caught.value.resource == "triple"
        await memio.graph.delete(triple_id=triple.id, user_id="u")
        assert await memio.graph.get_all() == []
        assert await memio.graph.get(entity="a") == []
        assert await memio.graph.search(query="b") == []

    both(body)


def test_deleting_an_entity_deletes_its_triples_at_either_end_only(both: Run) -> None:
    async def body(memio: Memio) -> None:
        for user in ("u", "v"):
            await memio.graph.add(triples=[edge("a x b"), edge("b x c"), edge("c x d"), edge("b x b")], user_id=user)
        await memio.graph.delete_entity(entity="b", user_id="u")
        assert await edges(memio, user_id="u") == ["c x d"]
        assert len(await edges(memio, user_id="v")) == 4
        await memio.graph.delete_entity(entity="unknown")
        await memio.graph.delete_entity(entity="b")
        assert await edges(memio) == ["c x d", "c x d"]
        assert {f"{t.subject}{t.object}" for t in await memio.graph.search(query="a b c d x")} == {"cd"}

    both(body)


def test_delete_all_deletes_its_scope_and_nothing_else(both: Run) -> None:
    async def body(memio: Memio) -> None:
        for user in ("u", "v"):
            await memio.graph.add(triples=[edge(f"a x b{number}") for number in range(600)], user_id=user)
        await memio.facts.add(content="a", user_id="u")
        await memio.graph.delete_all(user_id="u")
        assert len(await edges(memio)) == 600
        assert await memio.graph.search(query="b7", user_id="u") == []
        await memio.graph.delete_all()
        assert await memio.graph.get_all() == []
        assert await memio.graph.search(query="a") == []
        assert len(await memio.facts.get_all()) == 1

    both(body)


def test_triples_are_read_by_time_and_the_newest_first(both: Run) -> None:
    async def body(memio: Memio) -> None:
        first = (await memio.graph.add(triples=[edge(f"a r{number} b") for number in range(3)]))[0]
        await asyncio.sleep(0.01)
        moment = datetime.now(UTC)
        await memio.graph.add(triples=[edge(f"a r{number} c") for number in range(3, 6)])
        graph = memio.graph

        def shown(triples: Iterable[Triple]) -> list[str]:
            return [triple.predicate for triple in triples]

        assert shown(await graph.get_all(order="newest", limit=2)) == ["r5", "r4"]
        listed = [triple async for triple in graph.iter_all(order="newest", page_size=2)]
        assert shown(listed) == ["r5", "r4", "r3", "r2", "r1", "r0"]
        assert shown(await graph.get_all(since=moment)) == ["r3", "r4", "r5"]
        assert shown(await graph.get_all(until=moment, order="newest")) == ["r2", "r1", "r0"]
        assert shown(await graph.get("a", until=moment)) == ["r0", "r1", "r2"]
        assert {triple.object for triple in await graph.search("a", since=moment, limit=9)} == {"c"}
        assert (await graph.count(), await graph.count(since=moment), await graph.count(until=first.created_at)) == (
            6,
            3,
            0,
        )

    both(body)


def test_triples_are_listed_and_found_in_every_scope(both: Run) -> None:
    owners = [Owner(user, None, path) for user in ("ann", None) for path in ((), ("a",), ("a", "b"), ("ab",))]

    async def body(memio: Memio) -> None:
        for owner in owners:
            await memio.graph.add(triples=[edge("x likes tea")], owner=owner)
        for scope, holds in (
            ({"user_id": "ann"}, lambda owner: owner.user_id == "ann"),
            ({"namespace": ()}, lambda owner: owner.namespace == ()),
            ({"namespace_prefix": ("a",)}, lambda owner: owner.namespace[:1] == ("a",)),
            ({"user_id": "ann", "namespace_prefix": ("a",)}, lambda owner: owner == owners[1] or owner == owners[2]),
            ({"owner": Owner()}, lambda owner: owner == Owner()),
            ({"owner": Owner("no")}, lambda owner: False),
        ):
            expected = [owner for owner in owners if holds(owner)]
            assert [triple.owner async for triple in memio.graph.iter_all(page_size=2, **scope)] == expected
            assert [triple.owner async for triple in memio.graph.iter_entity("tea", page_size=2, **scope)] == expected
            found = await memio.graph.search("tea", limit=20, **scope)
            assert {triple.owner for triple in found} == set(expected)
            assert await memio.graph.count(**scope) == len(expected)
            assert [owner async for owner in memio.graph.iter_owners(page_size=3, **scope)] == expected

    both(body)
