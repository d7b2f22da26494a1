"""A program of a user, for type checkers: it uses each kind, and asserts the types of the answers."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Literal, Required, TypedDict, assert_type

from memio import (
    Document,
    Documents,
    Fact,
    Facts,
    Graph,
    History,
    Kind,
    Memio,
    MemioConfig,
    Message,
    Owner,
    Page,
    Record,
    Role,
    Session,
    Triple,
    Turn,
)
from memio.blocking import Memio as BlockingMemio
from memio.config import load
from memio.protocols import DocumentStore, FactInput, FactStore, HistoryStore
from memio.providers.letta import LettaDocumentAdapter, LettaFactAdapter, LettaHistoryAdapter

AGENT, URL = "agent-1", "http://localhost:8283"
facts: FactStore = LettaFactAdapter(agent_id=AGENT, base_url=URL)
history: HistoryStore = LettaHistoryAdapter(agent_id=AGENT, base_url=URL)
documents: DocumentStore = LettaDocumentAdapter(agent_id=AGENT, base_url=URL)
memio = Memio(facts=facts, history=history, documents=documents)


async def main() -> None:
    """Never run: a type checker reads it."""
    assert_type(await memio.facts.add("likes coffee", user_id="alice", metadata={"n": 1}), Fact)
    assert_type(await memio.facts.add(content="likes coffee"), Fact)
    assert_type(await memio.facts.get("fact-1"), Fact)
    assert_type(await memio.facts.get_all(limit=10), Page[Fact])
    assert_type(await memio.facts.search("coffee"), list[Fact])
    assert_type([fact async for fact in memio.facts.iter_all()], list[Fact])
    assert_type(await memio.documents.update(doc_id="1", content="longer"), Document)
    assert_type(await memio.history.add(session_id="s", messages=[Message(role="user", content="hi")]), Turn)
    assert_type(await memio.history.get("s"), Page[Message])
    assert_type([message async for message in memio.history.iter_messages("s")], list[Message])
    assert_type([session async for session in memio.history.iter_all()], list[Session])
    assert_type(await memio.history.get_all(order="newest", limit=20), Page[Session])
    assert_type(await memio.history.delete_messages("s", last=1), list[Message])
    assert_type(await memio.history.count_messages(session_id="s"), int)
    assert_type(await memio.facts.put("f1", "likes tea", if_version="v1"), Fact)
    assert_type(await memio.facts.update(fact_id="f1", expires_at=None), Fact)
    assert_type(await memio.documents.update(doc_id="d1", content="x", data=None), Document)
    assert_type(await memio.facts.count(since=datetime.now(UTC) - timedelta(days=7)), int)
    assert_type(await memio.facts.get_owners(namespace_prefix=("app",)), Page[Owner])
    assert_type([owner async for owner in memio.graph.iter_owners()], list[Owner])
    assert_type(await memio.purge(), dict[Kind, int])
    assert_type((await memio.facts.get("f1", owner=Owner("alice", namespace=("app", "notes")))).owner, Owner)
    assert_type([triple async for triple in memio.graph.iter_entity("Alice")], list[Triple])
    assert_type(await memio.scoped(user_id="alice").graph.search(query="coffee"), list[Triple])


class ToolCall(TypedDict):
    """A part of a message, as packages of chat APIs type it."""

    id: str
    type: Literal["function"]


class AssistantMessage(TypedDict, total=False):
    """A message, as packages of chat APIs type it."""

    role: Required[Literal["assistant"]]
    content: str | None
    tool_calls: list[ToolCall]


class UserMessage(TypedDict):
    """Another one."""

    role: Literal["user"]
    content: str


async def conversations(
    history: History,
    dicts: list[dict[str, Any]],
    texts: list[dict[str, str]],
    typed: list[UserMessage | AssistantMessage],
    messages: list[Message],
    mixed: list[Message | dict[str, Any]],
) -> None:
    """Never run: what a conversation may be written as."""
    for conversation in (dicts, texts, typed, messages, mixed):
        assert_type(await history.add(session_id="s", messages=conversation), Turn)
    await history.add(session_id="s", messages=dicts)
    await history.add(session_id="s", messages=texts)
    await history.add(session_id="s", messages=typed)
    await history.add(session_id="s", messages=messages)
    await history.add(session_id="s", messages=mixed)
    await history.add(session_id="s", messages=[{"role": "user", "content": "hi"}, Message(role="tool", data=[1])])
    await history.add(session_id="s", messages=({"role": "user", "content": text} for text in "ab"))


def without_async(plain: BlockingMemio) -> None:
    """Never run either."""
    assert_type(plain.facts.add(content="likes coffee", user_id="alice", metadata={"n": 1}), Fact)
    assert_type(plain.facts.get_all(limit=10), Page[Fact])
    assert_type(plain.facts.add_many(["a", {"content": "b"}]), list[Fact])
    assert_type(next(plain.facts.iter_all()), Fact)
    assert_type(list(plain.history.iter_all()), list[Session])
    assert_type(plain.facts.get_owners(), Page[Owner])
    assert_type(plain.history.delete_messages("s", message_ids=("m1", "m2")), list[Message])
    assert_type(plain.history.add(session_id="s", messages=[Message(role="user", content="hi")]), Turn)
    assert_type(plain.documents.update(doc_id="1", content="longer"), Document)
    assert_type(plain.scoped(user_id="alice").graph.search(query="coffee"), list[Triple])
    with plain as opened:
        assert_type(opened, BlockingMemio)


CONFIG: MemioConfig = {
    "facts": "letta",
    "documents": {"provider": "sqlite", "path": "docs.db"},
    "providers": {"letta": {"agent_id": AGENT}},
    "middleware": ["log", {"name": "resilience", "attempts": 2}],
}


def configured(section: Mapping[str, Any], text: str) -> list[Memio]:
    """Never run: every form that a configuration may have."""
    return [
        Memio.from_config(CONFIG),
        Memio.from_config({"facts": "sqlite", "history": {"provider": "sqlite", "path": "a.db"}}),
        Memio.from_config("memio.toml"),
        Memio.from_config(Path("memio.toml")),
        Memio.from_config(load(section)),
        Memio.from_config(json.loads(text)),
    ]


async def annotated(
    facts: Facts, history: History, documents: Documents, graph: Graph, kind: Kind, role: Role
) -> Record:
    """Never run: what applications name in annotations."""
    tomorrow = datetime.now(UTC) + timedelta(hours=24)
    items: list[str | FactInput] = ["a", {"content": "b", "metadata": {"n": 1}, "owner": Owner("alice")}]
    items.append({"content": "c", "namespace": ("app", "notes"), "expires_at": tomorrow})
    assert_type(await facts.add_many(items), list[Fact])
    assert_type(await documents.add_many([{"content": "longer", "doc_id": "1", "data": [1]}]), list[Document])
    await history.add(session_id=kind, messages=[Message(role=role, content="hi")])
    return (await graph.get("Alice"))[0]


print(", ".join(memio.kinds))
