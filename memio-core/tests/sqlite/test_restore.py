"""Records are taken exactly as another store had them."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from memio import ConflictError, Document, Fact, Memio, Message, Triple
from memio.protocols import SupportsRestore
from memio.transfer._stores import target_of

OLD = datetime(2001, 2, 3, 4, 5, 6, 789, tzinfo=UTC)
NEW = datetime(2020, 1, 1, tzinfo=UTC)
LATER = datetime(9000, 1, 1, tzinfo=UTC)
RECORDS: dict[str, list[Any]] = {
    "facts": [
        Fact(
            id="f",
            content="tea",
            user_id="alice",
            agent_id="bot",
            namespace=("app", "notes"),
            metadata={"k": 1},
            created_at=OLD,
            updated_at=NEW,
            expires_at=LATER,
        ),
        Fact(id="f", content="coffee", created_at=OLD, updated_at=OLD),
    ],
    "documents": [
        Document(id="d", content="tea", user_id="alice", data=["\0", 1], created_at=OLD, updated_at=NEW),
    ],
    "history": [
        Message(role="user", content="tea", id="m", session_id="s", user_id="alice", timestamp=OLD),
        Message(role="user", content="more", id="n", session_id="s", user_id="alice", timestamp=OLD),
        Message(role="tool", content="tea", id="m", session_id="s", user_id="bob", timestamp=NEW, name="Ann"),
    ],
    "graph": [
        Triple(subject="a", predicate="b", object="c", id="t", user_id=user, created_at=OLD)
        for user in ("alice", "bob")
    ],
}
VERSIONED = ("facts", "documents")


async def restore(memio: Memio, kind: Any, records: list[Any]) -> int:
    return int(await target_of(memio, kind).call("restore_records", {"records": records}, {}))


async def stored(memio: Memio, kind: str) -> list[Any]:
    store = getattr(memio, kind)
    if kind == "history":
        return [
            each async for session in store.iter_all() async for each in store.iter_messages("s", owner=session.owner)
        ]
    return [replace(item, version=None) if kind in VERSIONED else item async for item in store.iter_all()]


@pytest.mark.parametrize("kind", RECORDS)
def test_records_come_back_exactly_as_they_were_given(kind: str, both: Any) -> None:
    async def main(memio: Memio) -> None:
        assert isinstance(target_of(memio, kind).store, SupportsRestore)  # type: ignore[arg-type]
        assert await restore(memio, kind, RECORDS[kind]) == len(RECORDS[kind])
        assert await stored(memio, kind) == RECORDS[kind]
        assert await restore(memio, kind, RECORDS[kind]) == 0
        assert await stored(memio, kind) == RECORDS[kind]

    both(main)


@pytest.mark.parametrize("kind", RECORDS)
def test_restored_records_are_found(kind: str, run: Any, assert_consistent: Any) -> None:
    async def main(memio: Memio) -> None:
        await restore(memio, kind, RECORDS[kind])
        if kind != "graph":
            assert "tea" in {record.content for record in await getattr(memio, kind).search(query="tea")}

    run(main)
    assert_consistent()


def test_a_conflict_restores_nothing(run: Any) -> None:
    async def main(memio: Memio) -> None:
        await memio.facts.add(content="other", fact_id="f")
        with pytest.raises(ConflictError, match="fact 'f' is in conflict"):
            await restore(memio, "facts", RECORDS["facts"])
        assert [fact.content for fact in await memio.facts.get_all()] == ["other"]

    run(main)
