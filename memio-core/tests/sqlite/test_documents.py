"""Documents: what they have in common with facts is tested there; here, that it is wired up for them as well."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from memio import ConflictError, Memio, NotFoundError

Run = Callable[..., Any]


def test_a_document_is_returned_as_it_was_added(both: Run) -> None:
    async def body(memio: Memio) -> None:
        added = await memio.documents.add(content="A long text.", user_id="ann", metadata={"page": 1}, doc_id="d")
        assert (added.id, added.content, added.user_id, added.metadata) == ("d", "A long text.", "ann", {"page": 1})
        assert added.created_at == added.updated_at
        assert await memio.documents.get(doc_id="d") == added
        assert await memio.documents.get_all(user_id="ann", filters={"page": 1.0}) == [added]
        (found,) = await memio.documents.search(query="text", user_id="ann", filters={"page": 1})
        assert found == added
        assert found.score is not None
        assert (
            await memio.documents.add(content="A long text.", user_id="ann", metadata={"page": 1}, doc_id="d") == added
        )

    both(body)


def test_documents_keep_owners_apart(both: Run) -> None:
    async def body(memio: Memio) -> None:
        for user in ("ann", "bob"):
            await memio.documents.add(content=f"tea of {user}", user_id=user, doc_id="d")
        with pytest.raises(ConflictError, match="pass the owner"):
            await memio.documents.get(doc_id="d")
        with pytest.raises(NotFoundError):
            await memio.documents.get(doc_id="d", user_id="eve")
        assert [found.content for found in await memio.documents.search(query="tea", user_id="bob")] == ["tea of bob"]
        await memio.documents.delete(doc_id="d", user_id="ann")
        assert [each.content async for each in memio.documents.iter_all()] == ["tea of bob"]

    both(body)


def test_a_document_is_updated_and_deleted(both: Run) -> None:
    async def body(memio: Memio) -> None:
        added = await memio.documents.add(content="old", metadata={"a": 1}, user_id="ann")
        updated = await memio.documents.update(doc_id=added.id, content="new", user_id="ann")
        assert (updated.content, updated.metadata, updated.user_id) == ("new", {"a": 1}, "ann")
        assert await memio.documents.get(doc_id=added.id) == updated
        assert await memio.documents.search(query="old") == []
        await memio.documents.delete(doc_id=added.id)
        for call in (
            memio.documents.get(doc_id=added.id),
            memio.documents.update(doc_id=added.id, content="x"),
            memio.documents.delete(doc_id=added.id),
        ):
            with pytest.raises(NotFoundError) as caught:
                await call
            assert caught.value.resource == "document"

    both(body)


def test_many_documents_are_added_at_once_or_not_at_all(both: Run) -> None:
    async def body(memio: Memio) -> None:
        added = await memio.documents.add_many(
            ["a", {"content": "b", "doc_id": "1", "metadata": {"x": None}}], user_id="u"
        )
        assert [(each.content, each.user_id) for each in added] == [("a", "u"), ("b", "u")]
        with pytest.raises(ConflictError):
            await memio.documents.add_many(["c", {"content": "other", "doc_id": "1"}], user_id="u")
        assert await memio.documents.get_all() == added
        await memio.documents.delete_all(user_id="u")
        assert await memio.documents.get_all() == []

    both(body)


def test_facts_and_documents_do_not_see_each_other(both: Run) -> None:
    # defect: delete_all of one kind deletes the others
    async def body(memio: Memio) -> None:
        fact = await memio.facts.add(content="tea", fact_id="1")
        document = await memio.documents.add(content="tea", doc_id="1")
        assert await memio.facts.search(query="tea") == [fact]
        assert await memio.documents.search(query="tea") == [document]
        await memio.facts.delete_all()
        assert await memio.documents.get_all() == [document]
        with pytest.raises(NotFoundError):
            await memio.facts.get(fact_id="1")

    both(body)
