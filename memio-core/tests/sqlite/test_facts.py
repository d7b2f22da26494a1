"""Facts: each method and rule, on a real file."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from memio import ConflictError, Fact, InvalidInputError, Memio, Message, NotFoundError, Triple

Run = Callable[..., Any]


async def contents(memio: Memio, **arguments: Any) -> list[str]:
    return [fact.content async for fact in memio.facts.iter_all(page_size=2, **arguments)]


def test_a_fact_is_returned_as_it_was_added_in_every_column(both: Run) -> None:
    async def body(memio: Memio) -> None:
        before = datetime.now(UTC) - timedelta(seconds=1)
        fact = await memio.facts.add(
            content="likes coffee ☕\n", user_id="ann", agent_id="bot", metadata={"a": [1, 1.5, None, {"b": "ü"}]}
        )
        assert (fact.content, fact.user_id, fact.agent_id) == ("likes coffee ☕\n", "ann", "bot")
        assert fact.metadata == {"a": [1, 1.5, None, {"b": "ü"}]}
        assert fact.score is None
        assert fact.created_at is not None
        assert before < fact.created_at < before + timedelta(minutes=1)
        assert fact.updated_at == fact.created_at
        # defect: what a call answers was never stored; so each way of reading must give the same
        assert await memio.facts.get(fact_id=fact.id) == fact
        assert await memio.facts.get_all() == [fact]
        assert await memio.facts.search(query="coffee") == [fact]

    both(body)


def test_what_was_added_is_there_when_the_file_is_opened_again(run: Run) -> None:
    added = run(lambda memio: memio.facts.add(content="likes coffee", metadata={"n": 10**30, "f": 0.1 + 0.2}))
    assert run(lambda memio: memio.facts.get(fact_id=added.id)) == added
    assert run(lambda memio: memio.facts.search(query="coffee")) == [added]


def test_numbers_come_back_as_the_numbers_that_they_were(both: Run) -> None:
    # defect: empty, nested or null metadata crashes; numbers come back as other numbers
    numbers = {"one": 1, "float": 1.0, "big": 2**70, "tiny": 5e-324, "minus": -0.0, "yes": True, "null": None, "e": {}}

    async def body(memio: Memio) -> None:
        fact = await memio.facts.add(content="numbers", metadata=numbers)
        read = (await memio.facts.get(fact_id=fact.id)).metadata
        assert read == numbers
        assert {key: type(value) for key, value in read.items()} == {key: type(value) for key, value in numbers.items()}

    both(body)


def test_adding_the_same_fact_under_its_id_again_returns_the_stored_one(both: Run) -> None:
    # defect: a create repeated after a lost answer makes two records
    async def body(memio: Memio) -> None:
        first = await memio.facts.add(content="x", metadata={"a": 1, "b": 2}, user_id="ann", fact_id="1")
        assert await memio.facts.add(content="x", metadata={"b": 2, "a": 1}, user_id="ann", fact_id="1") == first
        assert len(await memio.facts.get_all()) == 1

    both(body)


@pytest.mark.parametrize(
    "other",
    [
        {"content": "y", "metadata": {"a": 1}},
        {"content": "x", "metadata": {"a": 2}},
        {"content": "x", "metadata": {"a": True}},
        {"content": "x"},
    ],
)
def test_an_id_that_is_taken_is_a_conflict_that_shows_and_changes_nothing(both: Run, other: dict[str, Any]) -> None:
    # defect: adding an existing id answers with the new text and keeps the old one
    async def body(memio: Memio) -> None:
        first = await memio.facts.add(content="secret x", metadata={"a": 1}, fact_id="1")
        if other["content"] == "x":
            other["content"] = "secret x"
        with pytest.raises(ConflictError) as caught:
            await memio.facts.add(**other, fact_id="1")
        assert (caught.value.resource, caught.value.resource_id) == ("fact", "1")
        assert "secret" not in str(caught.value)
        assert await memio.facts.get_all() == [first]

    both(body)


def test_two_owners_may_use_one_id(both: Run) -> None:
    async def body(memio: Memio) -> None:
        for user, agent in (("ann", "bot"), ("ann", None), ("bob", "bot"), (None, None)):
            owner = {key: value for key, value in (("user_id", user), ("agent_id", agent)) if value}
            await memio.facts.add(content=f"of {user} {agent}", fact_id="1", **owner)
        assert (await memio.facts.get(fact_id="1", user_id="bob")).content == "of bob bot"
        assert (await memio.facts.get(fact_id="1", user_id="ann", agent_id="bot")).content == "of ann bot"
        for call in (
            memio.facts.get(fact_id="1"),
            memio.facts.get(fact_id="1", user_id="ann"),
            memio.facts.get(fact_id="1", agent_id="bot"),
            memio.facts.update(fact_id="1", content="new"),
            memio.facts.delete(fact_id="1"),
        ):
            with pytest.raises(ConflictError, match="pass the owner"):
                await call
        await memio.facts.delete(fact_id="1", user_id="bob")
        assert await contents(memio) == ["of ann bot", "of ann None", "of None None"]

    both(body)


def test_an_owner_restricts_every_call_by_id(both: Run) -> None:
    # defect: get, update or delete by id take no owner, so that any caller reaches any record
    async def body(memio: Memio) -> None:
        fact = await memio.facts.add(content="x", user_id="ann", agent_id="bot")
        for wrong in ({"user_id": "bob"}, {"agent_id": "other"}, {"user_id": "ann", "agent_id": "other"}):
            for call in (
                memio.facts.get(fact_id=fact.id, **wrong),
                memio.facts.update(fact_id=fact.id, content="y", **wrong),
                memio.facts.delete(fact_id=fact.id, **wrong),
            ):
                with pytest.raises(NotFoundError):
                    await call
        assert await memio.facts.get(fact_id=fact.id, user_id="ann", agent_id="bot") == fact

    both(body)


def test_a_listing_is_complete_and_in_the_order_of_adding(both: Run) -> None:
    # defect: only the first page is looked at; the order differs
    async def body(memio: Memio) -> None:
        for number in range(23):
            await memio.facts.add(content=str(number), user_id="ann" if number % 2 else "bob", agent_id="bot")
        for size in (1, 5, 22, 23, 24):
            found = [fact.content async for fact in memio.facts.iter_all(page_size=size)]
            assert found == [str(number) for number in range(23)]
        odd = [str(number) for number in range(1, 23, 2)]
        assert await contents(memio, user_id="ann") == odd
        assert await contents(memio, user_id="ann", agent_id="bot") == odd
        assert await contents(memio, agent_id="bot") == [str(number) for number in range(23)]
        assert await contents(memio, user_id="nobody") == []

    both(body)


def test_a_listing_skips_and_repeats_nothing_while_delivered_records_change(both: Run) -> None:
    # defect: cursors by offset skip or repeat under writes
    async def body(memio: Memio) -> None:
        ids = [(await memio.facts.add(content=str(number))).id for number in range(10)]
        page = await memio.facts.get_all(limit=4)
        await memio.facts.delete(fact_id=ids[3])
        await memio.facts.delete(fact_id=ids[0])
        await memio.facts.update(fact_id=ids[1], content="changed")
        rest = await memio.facts.get_all(limit=100, cursor=page.next_cursor)
        assert [fact.id for fact in rest] == ids[4:]
        assert rest.next_cursor is None

    both(body)


def test_a_cursor_is_good_even_when_the_last_record_was_deleted_and_another_was_added(both: Run) -> None:
    async def body(memio: Memio) -> None:
        ids = [(await memio.facts.add(content=str(number))).id for number in range(3)]
        page = await memio.facts.get_all(limit=2)
        for fact_id in ids[1:]:
            await memio.facts.delete(fact_id=fact_id)
        new = await memio.facts.add(content="new")
        assert await memio.facts.get_all(cursor=page.next_cursor) == [new]

    both(body)


FILTERED = [
    {"n": 1, "s": "a", "b": True, "z": None},
    {"n": 1.0, "s": "1", "b": False},
    {"n": "1", "b": 1, "s": "A"},
    {"n": [1], "b": "true"},
    {"n": 2**60},
    {"n": 2**60 + 1},
    {"n": -0.0},
    {"n": 0.5},
    {},
]


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        ({"n": 1}, [0, 1]),
        ({"n": 1.0}, [0, 1]),
        ({"n": "1"}, [2]),
        ({"n": True}, []),
        ({"b": True}, [0]),
        ({"b": 1}, [2]),
        ({"b": False}, [1]),
        ({"b": 0}, []),
        ({"z": None}, [0]),
        ({"n": None}, []),
        ({"n": 2**60}, [4]),
        ({"n": float(2**60)}, [4]),
        ({"n": 0}, [6]),
        ({"n": 0.5}, [7]),
        ({"s": "a"}, [0]),
        ({"n": 1, "s": "a"}, [0]),
        ({"n": 1, "s": "b"}, []),
        ({"unknown": 1}, []),
    ],
)
def test_filters_compare_by_value_and_type(both: Run, filters: dict[str, Any], expected: list[int]) -> None:
    # defect: numbers compared as text; a filter that is dropped
    async def body(memio: Memio) -> None:
        for number, metadata in enumerate(FILTERED):
            await memio.facts.add(content=f"same text {number}", metadata=metadata, user_id="ann")
        names = [f"same text {number}" for number in expected]
        assert await contents(memio, filters=filters) == names
        assert await contents(memio, filters=filters, user_id="ann") == names
        assert await contents(memio, filters=filters, user_id="bob") == []
        assert sorted(fact.content for fact in await memio.facts.search(query="text", filters=filters)) == names
        assert await memio.facts.search(query="text", filters=filters, user_id="bob") == []

    both(body)


def test_filters_are_applied_before_the_limit(both: Run) -> None:
    # defect: a filter applied after the top k, so that matching records are missing
    async def body(memio: Memio) -> None:
        items = [{"content": "tea tea tea", "metadata": {"kind": "noise"}} for _ in range(200)]
        await memio.facts.add_many([*items, {"content": "tea, among other things", "metadata": {"kind": "wanted"}}])
        found = await memio.facts.search(query="tea", limit=1, filters={"kind": "wanted"})
        assert [fact.content for fact in found] == ["tea, among other things"]
        page = await memio.facts.get_all(limit=1, filters={"kind": "wanted"})
        assert len(page) == 1
        assert page.next_cursor is None

    both(body)


def test_a_filter_named_like_an_owner_is_about_metadata_only(both: Run) -> None:
    # defect: a filter named like the owner field overrides the owner
    async def body(memio: Memio) -> None:
        await memio.facts.add(content="tea of ann", user_id="ann")
        await memio.facts.add(content="tea of bob", user_id="bob", metadata={"user_id": "ann", "user": "ann"})
        for filters in ({"user_id": "ann"}, {"user": "ann"}):
            assert await memio.facts.search(query="tea", user_id="ann", filters=filters) == []
            assert await contents(memio, filters=filters) == ["tea of bob"]

    both(body)


def test_an_update_replaces_the_text_and_keeps_what_is_not_given(both: Run) -> None:
    # defect: update drops the metadata, or merges it in the store and replaces it in the answer
    async def body(memio: Memio) -> None:
        fact = await memio.facts.add(content="old words", user_id="ann", agent_id="bot", metadata={"a": 1, "b": 2})
        kept = await memio.facts.update(fact_id=fact.id, content="new text")
        assert (kept.id, kept.content, kept.metadata) == (fact.id, "new text", {"a": 1, "b": 2})
        assert (kept.user_id, kept.agent_id, kept.created_at) == ("ann", "bot", fact.created_at)
        assert kept.updated_at is not None
        assert kept.updated_at >= (fact.updated_at or kept.updated_at)
        assert await memio.facts.get(fact_id=fact.id) == kept
        assert await memio.facts.search(query="old words") == []
        assert await memio.facts.search(query="text") == [kept]

        replaced = await memio.facts.update(fact_id=fact.id, content="new text", metadata={"c": 3})
        assert replaced.metadata == {"c": 3}
        assert await memio.facts.get(fact_id=fact.id) == replaced
        assert await contents(memio, filters={"a": 1}) == []
        assert await contents(memio, filters={"c": 3}) == ["new text"]

        assert (await memio.facts.update(fact_id=fact.id, content="new text", metadata={})).metadata == {}
        assert (await memio.facts.get(fact_id=fact.id)).metadata == {}

    both(body)


def test_an_unknown_id_is_not_found_and_nothing_is_made(both: Run) -> None:
    # defect: updating an unknown id succeeds, or creates it
    async def body(memio: Memio) -> None:
        for call in (
            memio.facts.get(fact_id="no"),
            memio.facts.update(fact_id="no", content="x"),
            memio.facts.delete(fact_id="no"),
        ):
            with pytest.raises(NotFoundError) as caught:
                await call
            assert (caught.value.resource, caught.value.resource_id) == ("fact", "no")
        assert await memio.facts.get_all() == []

    both(body)


def test_a_deleted_fact_is_not_found(both: Run) -> None:
    # defect: deleted records are still found
    async def body(memio: Memio) -> None:
        fact = await memio.facts.add(content="likes coffee")
        await memio.facts.delete(fact_id=fact.id)
        with pytest.raises(NotFoundError):
            await memio.facts.get(fact_id=fact.id)
        with pytest.raises(NotFoundError):
            await memio.facts.delete(fact_id=fact.id)
        assert await memio.facts.search(query="coffee") == []
        assert await memio.facts.get_all() == []

    both(body)


def test_delete_all_deletes_its_scope_and_nothing_else(both: Run) -> None:
    # defect: delete_all looks at the first page only, touches other kinds, or does nothing without a scope
    async def body(memio: Memio) -> None:
        items = [
            {"content": f"tea {number}", "user_id": "ann", "agent_id": f"bot{number % 2}"} for number in range(1200)
        ]
        await memio.facts.add_many([*items, {"content": "tea of bob", "user_id": "bob"}, "tea of nobody"])
        await memio.documents.add(content="tea", user_id="ann")
        await memio.facts.delete_all(user_id="ann", agent_id="bot1")
        assert len(await contents(memio, user_id="ann")) == 600
        await memio.facts.delete_all(user_id="ann")
        assert await contents(memio) == ["tea of bob", "tea of nobody"]
        assert {fact.content for fact in await memio.facts.search(query="tea")} == {"tea of bob", "tea of nobody"}
        await memio.facts.delete_all()
        assert await memio.facts.get_all() == []
        assert await memio.facts.search(query="tea") == []
        assert len(await memio.documents.get_all()) == 1
        await memio.facts.add(content="tea again", user_id="ann")
        assert await contents(memio, user_id="ann") == ["tea again"]

    both(body)


def test_deleting_all_of_an_owner_leaves_no_trace_of_the_name(run: Run, look: Callable[..., list[Any]]) -> None:
    async def body(memio: Memio) -> None:
        await memio.facts.add(content="x", user_id="ann", agent_id="bot")
        await memio.documents.add(content="x", user_id="ann")
        await memio.facts.delete_all(user_id="ann")

    run(body)
    assert look("SELECT user, agent FROM owner") == [("ann", "")]  # a document of hers is still there
    run(lambda memio: memio.documents.delete_all(user_id="ann"))
    assert look("SELECT * FROM owner") == []


def test_deleting_the_last_record_of_an_owner_leaves_no_trace_of_the_name(
    run: Run, look: Callable[..., list[Any]]
) -> None:
    # defect: the name of a deleted user stays behind
    def known() -> list[str]:
        return [user for (user,) in look("SELECT DISTINCT user FROM owner ORDER BY user")]

    async def body(memio: Memio) -> None:
        await memio.facts.add(content="x", user_id="eve")  # owners that lose nothing keep their names
        first = await memio.facts.add(content="x", user_id="ann", agent_id="bot")
        second = await memio.facts.add(content="x", user_id="ann")
        document = await memio.documents.add(content="x", user_id="ann")
        await memio.facts.delete(fact_id=first.id)
        assert known() == ["ann", "eve"]
        await memio.facts.delete(fact_id=second.id)
        assert known() == ["ann", "eve"]
        await memio.documents.delete(doc_id=document.id)
        assert known() == ["eve"]
        await memio.history.add(session_id="s", messages=[Message(role="user", content="x")], user_id="bob")
        (triple,) = await memio.graph.add(triples=[Triple(subject="a", predicate="b", object="c")], user_id="bob")
        await memio.graph.delete(triple_id=triple.id)
        assert known() == ["bob", "eve"]
        await memio.history.delete(session_id="s")
        assert known() == ["eve"]
        await memio.graph.add(triples=[Triple(subject="a", predicate="b", object="c")], user_id="cy")
        await memio.graph.delete_entity(entity="c")
        assert known() == ["eve"]
        assert (await memio.facts.add(content="again", user_id="ann")).user_id == "ann"

    run(body)


def test_many_are_added_in_order_and_each_once(both: Run) -> None:
    async def body(memio: Memio) -> None:
        await memio.facts.add(content="there", fact_id="1")
        added = await memio.facts.add_many(
            [
                "first",
                {"content": "there", "fact_id": "1"},
                {"content": "second", "fact_id": "2", "user_id": "ann", "metadata": {"a": 1}},
                {"content": "second", "fact_id": "2", "user_id": "ann", "metadata": {"a": 1}},
            ]
        )
        assert [fact.content for fact in added] == ["first", "there", "second", "second"]
        assert added[2] == added[3] == await memio.facts.get(fact_id="2")
        assert await contents(memio) == ["there", "first", "second"]

    both(body)


@pytest.mark.parametrize("conflict", [{"content": "other", "fact_id": "1"}, {"content": "other", "fact_id": "2"}])
def test_a_batch_with_a_conflict_adds_nothing(both: Run, conflict: dict[str, str]) -> None:
    async def body(memio: Memio) -> None:
        await memio.facts.add(content="there", fact_id="1")
        with pytest.raises(ConflictError):
            await memio.facts.add_many(
                [
                    "new",
                    {"content": "second", "fact_id": "2", "user_id": "u"},
                    {**conflict, "user_id": "u"},
                    {"content": "no", "fact_id": "1"},
                ]
            )
        assert await contents(memio) == ["there"]
        assert await memio.facts.search(query="new second") == []

    both(body)


def test_a_cursor_of_another_file_is_refused(opened: Callable[..., Any], path: Any) -> None:
    # The client binds cursors to its configuration; the file's own identity guards them where that is the same.
    import asyncio

    from memio.providers.sqlite import SqliteFactAdapter

    async def body() -> None:
        one, other = SqliteFactAdapter(path=path), SqliteFactAdapter(path=path.with_name("other.db"))
        for store in (one, other):
            await store.add_many(items=[{"content": "a"}, {"content": "b"}])
        cursor = (await one.get_all(limit=1)).next_cursor
        assert cursor is not None
        assert len(cursor) < 40
        for wrong in (
            cursor,
            "x",
            "",
            "fact-00000000-1",
            f"{cursor}0000000000000000000",
            cursor.replace("fact", "triple"),
        ):
            with pytest.raises(InvalidInputError):
                await other.get_all(limit=1, cursor=wrong)
        assert [fact.content for fact in await one.get_all(limit=5, cursor=cursor)] == ["b"]
        await one.aclose()
        await other.aclose()

    asyncio.run(body())


def test_records_that_a_caller_changes_change_nothing_that_is_stored(both: Run) -> None:
    async def body(memio: Memio) -> None:
        given = {"list": [1]}
        fact: Fact = await memio.facts.add(content="x", metadata=given)
        given["list"].append(2)
        fact.metadata["list"].append(3)
        assert (await memio.facts.get(fact_id=fact.id)).metadata == {"list": [1]}

    both(body)
