"""A program of a user, for type checkers: it touches each kind, and asserts the types of the answers."""

from __future__ import annotations

from typing import assert_type

from memio import Document, Fact, Memio, Message, Page, Triple, Turn
from memio.blocking import Memio as BlockingMemio
from memio.protocols import DocumentStore, FactStore, HistoryStore
from memio.providers.letta import LettaDocumentAdapter, LettaFactAdapter, LettaHistoryAdapter

AGENT, URL = "agent-1", "http://localhost:8283"
facts: FactStore = LettaFactAdapter(agent_id=AGENT, base_url=URL)
history: HistoryStore = LettaHistoryAdapter(agent_id=AGENT, base_url=URL)
documents: DocumentStore = LettaDocumentAdapter(agent_id=AGENT, base_url=URL)
memio = Memio(facts=facts, history=history, documents=documents)


async def main() -> None:
    """Never run: a type checker reads it."""
    assert_type(await memio.facts.add(content="likes coffee", user_id="alice", metadata={"n": 1}), Fact)
    assert_type(await memio.facts.get_all(limit=10), Page[Fact])
    assert_type(await memio.facts.search(query="coffee"), list[Fact])
    assert_type([fact async for fact in memio.facts.iter_all()], list[Fact])
    assert_type(await memio.documents.update(doc_id="1", content="longer"), Document)
    assert_type(await memio.history.add(session_id="s", messages=[Message(role="user", content="hi")]), Turn)
    assert_type(await memio.history.get(session_id="s"), Page[Message])
    assert_type(await memio.scoped(user_id="alice").graph.search(query="coffee"), list[Triple])


def without_async(plain: BlockingMemio) -> None:
    """Never run either."""
    assert_type(plain.facts.add(content="likes coffee", user_id="alice", metadata={"n": 1}), Fact)
    assert_type(plain.facts.get_all(limit=10), Page[Fact])
    assert_type(plain.facts.add_many(["a", {"content": "b"}]), list[Fact])
    assert_type(next(plain.facts.iter_all()), Fact)
    assert_type(list(plain.history.iter_all()), list[str])
    assert_type(plain.history.add(session_id="s", messages=[Message(role="user", content="hi")]), Turn)
    assert_type(plain.documents.update(doc_id="1", content="longer"), Document)
    assert_type(plain.scoped(user_id="alice").graph.search(query="coffee"), list[Triple])
    with plain as opened:
        assert_type(opened, BlockingMemio)


print(", ".join(memio.kinds))
