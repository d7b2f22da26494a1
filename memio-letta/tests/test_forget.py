"""Forgetting an owner on a real server: what goes, what the server only hides, and what is not memio's."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from memio import Memio, Message, NotSupportedError
from memio.providers.letta import LettaDocumentAdapter, LettaFactAdapter, LettaHistoryAdapter

Run = Callable[[Coroutine[Any, Any, Any]], Any]
HELLO = [Message(role="user", content="hello")]


def opened(url: str, agent: str, **settings: Any) -> Memio:
    to = {"base_url": url, "agent_id": agent}
    return Memio(
        facts=LettaFactAdapter(**to, **settings),
        history=LettaHistoryAdapter(**to),
        documents=LettaDocumentAdapter(**to, **settings),
    )


def test_a_user_is_forgotten_in_every_store_and_the_receipt_names_what_is_left(
    run: Run, server: Any, agent: str
) -> None:
    async def main() -> None:
        async with opened(server.url, agent, user_scope=True, collection="notes") as memio:
            for user in ("alice", "bob"):
                await memio.facts.add(content=f"{user} likes tea", user_id=user)
                await memio.documents.add(content=f"a guide for {user}", user_id=user)
                await memio.history.add(session_id="s", messages=HELLO, user_id=user)
            server.add_passage(agent, "the agent's own note about alice")

            receipt = await memio.forget(user_id="alice")

            assert receipt.complete
            assert [(store.kind, store.before, store.after) for store in receipt.stores] == [
                ("facts", 1, 0),
                ("history", 1, 0),
                ("documents", 1, 0),
            ]
            facts, history, documents = receipt.stores
            assert facts.verified == documents.verified == ("listing", "get", "search")
            assert history.verified == ("listing", "get")
            assert any("only marks conversations as deleted" in line for line in history.remains)
            for store in receipt.stores:
                assert any("memory blocks" in line and agent in line for line in store.remains)
            assert any("without an owner" in line for line in facts.remains)

            assert [fact.content for fact in await memio.facts.get_all(user_id="bob")] == ["bob likes tea"]
            assert len(await memio.history.get(session_id="s", user_id="bob")) == 2
            again = await memio.forget(user_id="alice")
            assert [store.before for store in again.stores] == [0, 0, 0]

    run(main())
    assert sorted(server.texts(agent)) == ["a guide for bob", "bob likes tea", "the agent's own note about alice"]
    assert len(server.conversations(agent)) == 1


def test_forget_is_refused_without_user_scope_and_names_the_setting(run: Run, server: Any, agent: str) -> None:
    async def main() -> None:
        async with opened(server.url, agent) as memio:
            await memio.facts.add(content="alice likes tea", user_id="alice")
            await memio.history.add(session_id="s", messages=HELLO, user_id="alice")
            with pytest.raises(NotSupportedError, match="set user_scope = true") as caught:
                await memio.forget(user_id="alice")
            assert "skip=['facts', 'documents']" in caught.value.hint
            assert len(await memio.history.get_all(user_id="alice")) == 1
            receipt = await memio.forget(user_id="alice", skip=["facts", "documents"])
            assert [store.after for store in receipt.stores] == [None, 0, None]
            assert len(await memio.facts.get_all()) == 1

    run(main())
