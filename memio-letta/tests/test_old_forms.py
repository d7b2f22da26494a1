"""What the first version of memio stored goes on being read: labels of users and agents, without namespaces."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Coroutine
from hashlib import blake2b
from typing import Any

import pytest

from memio import Memio, Message, Owner
from memio.providers.letta import LettaDocumentAdapter, LettaFactAdapter, LettaHistoryAdapter
from memio.providers.letta._rows.labels import read_tags

Run = Callable[[Coroutine[Any, Any, Any]], Any]
REPLY = "ok from stub"
ALICE = "4deaec0cce54da89"
"""The first version's digest of "alice"."""

TAGS: list[tuple[list[str], Owner, dict[str, Any]]] = [
    (['memio:1:{"user_id":"alice","metadata":{"lang":"en"}}'], Owner(user_id="alice"), {"lang": "en"}),
    (['memio:1:{"user_id":"alice","agent_id":"bot"}'], Owner(user_id="alice", agent_id="bot"), {}),
    (['memio:1:{"metadata":{"n":[1,null]},"collection":"notes","kind":"facts"}'], Owner(), {"n": [1, None]}),
    (['memio:1.001:ice"}', 'memio:1.000:{"user_id":"al'], Owner(user_id="alice"), {}),
    ([], Owner(), {}),
]


def digest(name: str) -> str:
    return blake2b(name.encode(), digest_size=8).hexdigest()


@pytest.mark.parametrize(("tags", "owner", "metadata"), TAGS)
def test_a_tag_of_the_first_version_is_read(tags: list[str], owner: Owner, metadata: dict[str, Any]) -> None:
    label, others = read_tags([*tags, "other"])
    assert (label.owner, label.metadata, others) == (owner, metadata, ["other"])


@pytest.mark.parametrize("kind", ["facts", "documents"])
def test_passages_of_the_first_version_are_read_updated_and_deleted(
    run: Run, server: Any, agent: str, kind: str
) -> None:
    collection = f'"collection":"notes","kind":"{kind}"'
    server.add_passage(agent, "a", tags=[f'memio:1:{{"user_id":"alice","metadata":{{"a":1}},{collection}}}'])
    server.add_passage(agent, "b", tags=[f'memio:1:{{"user_id":"bob",{collection}}}', "by the agent"])
    server.add_passage(agent, "c", tags=[f"memio:1:{{{collection}}}"])
    server.add_passage(agent, "not in the collection")
    adapter: Any = {"facts": LettaFactAdapter, "documents": LettaDocumentAdapter}[kind]
    every = {"user_scope": True, "agent_scope": True, "namespaces": True}

    async def main() -> None:
        async with Memio(**{kind: adapter(base_url=server.url, agent_id=agent, collection="notes", **every)}) as memio:
            store: Any = getattr(memio, kind)
            name = {"facts": "fact_id", "documents": "doc_id"}[kind]
            read = await store.get_all()
            assert [(record.content, record.owner, record.metadata) for record in read] == [
                ("a", Owner(user_id="alice"), {"a": 1}),
                ("b", Owner(user_id="bob"), {}),
                ("c", Owner(), {}),
            ]
            for record in read:
                assert await store.get_all(owner=record.owner) == [record]
                assert await store.search("a", owner=record.owner) == [record]
                assert await store.get(record.id, namespace=()) == record
            assert await store.get_all(namespace_prefix=("app",)) == []
            changed = await store.update(**{name: read[1].id}, metadata={"b": 2}, owner=read[1].owner)
            assert (changed.content, changed.owner, changed.metadata) == ("b", Owner(user_id="bob"), {"b": 2})
            await store.delete_all(owner=Owner(user_id="alice"))
            await store.delete(read[2].id, owner=Owner())

    run(main())
    (kept, _) = sorted(server.passages(agent), key=lambda passage: passage["text"])
    assert sorted(kept["tags"]) == ["by the agent", f'memio:1:{{"user_id":"bob","metadata":{{"b":2}},{collection}}}']


def test_sessions_of_the_first_version_are_read_continued_and_deleted(run: Run, server: Any, agent: str) -> None:
    assert digest("alice") == ALICE
    old = {
        "one": f'memio:1:s{digest("one")}:u{ALICE}:{{"session":"one","user":"alice"}}',
        "two": f'memio:1:s{digest("two")}:u-:{{"session":"two"}}',
        "empty": f'memio:1:s{digest("empty")}:u{ALICE}:{{"session":"empty","user":"alice","new":true}}',
    }
    for name, summary in old.items():
        made = server.ask("POST", "/v1/conversations/", params={"agent_id": agent}, json={"summary": summary})
        if name != "empty":
            body = {"messages": [{"role": "user", "content": f"from {name}"}]}
            with server.http.stream("POST", f"/v1/conversations/{made['id']}/messages", json=body) as answer:
                answer.read()
    alice = Owner(user_id="alice")

    async def main() -> None:
        async with Memio(history=LettaHistoryAdapter(base_url=server.url, agent_id=agent)) as memio:
            history = memio.history
            scopes: list[tuple[dict[str, Any], list[str]]] = [
                ({}, ["one", "two"]),
                ({"user_id": "alice"}, ["one"]),
                ({"owner": alice}, ["one"]),
                ({"owner": Owner()}, ["two"]),
                ({"namespace": ()}, ["one", "two"]),
                ({"agent_id": "bot"}, []),
                ({"namespace_prefix": ("app",)}, []),
            ]
            for scope, expected in scopes:
                assert [session.id for session in await history.get_all(**scope)] == expected
                if "namespace_prefix" not in scope:
                    read = [message.content for message in await history.get("one", **scope)]
                    assert read == (["from one", REPLY] if "one" in expected else [])
            await history.add(session_id="one", messages=[Message(role="user", content="more")], user_id="alice")
            await history.add(session_id="empty", messages=[Message(role="user", content="at last")], owner=alice)
            read = [message.content for message in await history.get("one")]
            assert read == ["from one", REPLY, "more", REPLY]
            kept = [re.sub("^[^{]*", "", item["summary"]) for item in server.conversations(agent)]
            assert [json.loads(summary) for summary in kept] == [
                {"session": "one", "user": "alice"},
                {"session": "two"},
                {"session": "empty", "user": "alice"},
            ]
            await history.delete("two", owner=Owner())
            await history.delete_all(owner=alice)

    run(main())
    assert server.conversations(agent) == []
