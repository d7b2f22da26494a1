"""How many statements a call sends: each is a round trip to the server."""

import asyncio
from contextlib import suppress
from uuid import uuid4

import pytest
from postgres_proxy import Proxy

from memio import Memio, MemioError, Message, Triple

MESSAGES = [Message(role="user", content="hello"), Message(role="assistant", content="hi")]

ONE = {
    "facts.add": lambda memio: memio.facts.add("likes coffee", user_id="alice", metadata={"a": 1}),
    "facts.add with an id": lambda memio: memio.facts.add("likes coffee", fact_id=str(uuid4())),
    "facts.add_many": lambda memio: memio.facts.add_many(["one", "two", "three"]),
    "facts.put": lambda memio: memio.facts.put(fact_id="known", content="likes tea"),
    "facts.get": lambda memio: memio.facts.get("known"),
    "facts.get of a user": lambda memio: memio.facts.get("alice's", user_id="alice"),
    "facts.get_all": lambda memio: memio.facts.get_all(limit=2),
    "facts.get_all of a user": lambda memio: memio.facts.get_all(user_id="alice"),
    "facts.search": lambda memio: memio.facts.search("coffee", user_id="alice"),
    "facts.count": lambda memio: memio.facts.count(),
    "facts.update": lambda memio: memio.facts.update(fact_id="known", content="likes milk"),
    "facts.delete": lambda memio: memio.facts.delete("known"),
    "facts.delete_all": lambda memio: memio.facts.delete_all(user_id="alice"),
    "facts.get_owners": lambda memio: memio.facts.get_owners(),
    "documents.put": lambda memio: memio.documents.put(doc_id="d", content="text", data={"a": [1]}),
    "history.get": lambda memio: memio.history.get("known"),
    "history.get of a user": lambda memio: memio.history.get("known", user_id="alice"),
    "history.get_all": lambda memio: memio.history.get_all(order="newest"),
    "history.search": lambda memio: memio.history.search("hello"),
    "history.search in a session": lambda memio: memio.history.search("hello", session_id="known"),
    "history.count_messages": lambda memio: memio.history.count_messages(session_id="known"),
    "graph.add": lambda memio: memio.graph.add(triples=[Triple(subject="A", predicate="knows", object=str(uuid4()))]),
    "graph.get": lambda memio: memio.graph.get("A"),
    "graph.delete_entity": lambda memio: memio.graph.delete_entity(entity="A"),
}

SEVERAL = {
    "history.add": (lambda memio: memio.history.add(session_id="known", messages=MESSAGES), 5),
    "history.delete": (lambda memio: memio.history.delete(session_id="known"), 3),
    "history.delete_all": (lambda memio: memio.history.delete_all(), 4),
}


async def statements_of(dsn, schema, call):
    async with Proxy(dsn) as proxy:
        place = {"provider": "postgres", "dsn": proxy.dsn, "schema_name": schema}
        kinds = ("facts", "history", "documents", "graph")
        async with Memio.from_config(dict.fromkeys(kinds, place)) as memio:
            await memio.facts.add("likes water", fact_id="known")
            await memio.facts.add("likes juice", fact_id="alice's", user_id="alice")
            await memio.history.add(session_id="known", messages=MESSAGES, user_id="alice")
            await memio.history.delete_all()
            await memio.history.add(session_id="known", messages=MESSAGES)
            for _ in range(2):  # the first call of a kind also asks for the types of its statement
                before = len(proxy.statements)
                with suppress(MemioError):  # it is counted too where it finds nothing any more
                    await call(memio)
            return proxy.statements[before:]


@pytest.mark.parametrize("call", ONE)
def test_a_call_is_one_statement(dsn, schema, call):
    sent = asyncio.run(statements_of(dsn, schema, ONE[call]))
    assert len(sent) == 1, sent


@pytest.mark.parametrize("call", SEVERAL)
def test_a_call_that_needs_a_transaction_is_few_statements(dsn, schema, call):
    work, most = SEVERAL[call]
    sent = asyncio.run(statements_of(dsn, schema, work))
    assert (len(sent), sent[0][:5], sent[-1]) == (most, "BEGIN", "COMMIT"), sent


def test_a_connection_asks_the_server_for_no_types(dsn, schema):
    # The driver would ask with statements of its own, and change settings of the session meanwhile.
    async def sent():
        async with Proxy(dsn) as proxy:
            place = {"provider": "postgres", "dsn": proxy.dsn, "schema_name": schema}
            kinds = ("facts", "history", "documents", "graph")
            async with Memio.from_config(dict.fromkeys(kinds, place)) as memio:
                for call in (*ONE.values(), *(call for call, _ in SEVERAL.values())):
                    with suppress(MemioError):
                        await call(memio)
                await memio.facts.add_many([{"content": "same", "fact_id": "same"}] * 2)
                await memio.facts.get_all(filters={"a": {"$in": [1, "b"]}})
                await memio.history.add(session_id="s", messages=[Message(role="user", content="x", id="1")])
                await memio.history.delete_messages(session_id="s", message_ids=["1"])
            return proxy.statements

    statements = asyncio.run(sent())
    assert [text for text in statements if "typeinfo" in text or "set_config" in text] == []


@pytest.mark.parametrize("scope", [{}, {"user_id": "alice"}, {"agent_id": "a"}, {"namespace_prefix": ("app",)}])
@pytest.mark.parametrize("query", ["!", "coffee"])
def test_a_search_uses_every_value_that_it_sends(connect, scope, query):
    # The server refuses a statement with a value that is not used, because it cannot know its type.
    async def found():
        async with connect() as memio:
            owner = {"user_id": "alice", "agent_id": "a", "namespace": ("app", "notes")}
            await memio.facts.add("coffee!", **owner)
            await memio.history.add(session_id="s", messages=[Message(role="user", content="coffee!")], **owner)
            await memio.graph.add(triples=[Triple(subject="coffee!", predicate="is", object="hot")], **owner)
            searches = [memio.facts, memio.history, memio.graph]
            return [len(await kind.search(query, **scope)) for kind in searches]

    assert asyncio.run(found()) == [1, 1, 1]
