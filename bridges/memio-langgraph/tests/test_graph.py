"""Inside compiled graphs of LangGraph, and with the tools of langmem."""

from __future__ import annotations

import asyncio
from typing import Any, TypedDict

import pytest

from memio_langgraph import MemioStore

pytest.importorskip("langgraph.graph", reason="langgraph is not installed")

from langgraph.config import get_store
from langgraph.graph import END, START, StateGraph
from langgraph.store.base import BaseStore  # LangGraph reads the annotation of a node

CONFIG: Any = {"documents": {"provider": "sqlite", "path": ":memory:"}}


class State(TypedDict):
    text: str
    found: list[str]


@pytest.fixture
def store():
    with MemioStore(CONFIG) as made:
        yield made


def remember(state: State, *, store: BaseStore) -> dict[str, Any]:
    store.put(("alice", "memories"), state["text"], {"text": state["text"]})
    return {}


async def recall(state: State) -> dict[str, Any]:
    items = await get_store().asearch(("alice",), query=state["text"], limit=1)
    return {"found": [item.key for item in items]}


def recall_at_once(state: State) -> dict[str, Any]:
    return {"found": [item.key for item in get_store().search(("alice",), query=state["text"], limit=1)]}


def graph(store, second):
    builder = StateGraph(State)
    builder.add_node("remember", remember)
    builder.add_node("recall", second)
    builder.add_edge(START, "remember")
    builder.add_edge("remember", "recall")
    builder.add_edge("recall", END)
    return builder.compile(store=store)


def test_a_graph_that_is_invoked(store):
    compiled = graph(store, recall_at_once)
    assert compiled.invoke({"text": "likes coffee", "found": []})["found"] == ["likes coffee"]
    assert compiled.invoke({"text": "likes tea", "found": []})["found"] == ["likes tea"]
    assert len(store.search(("alice",))) == 2


def test_a_graph_that_is_awaited_in_several_loops(store):
    compiled = graph(store, recall)
    for text in ("likes coffee", "likes tea"):
        assert asyncio.run(compiled.ainvoke({"text": text, "found": []}))["found"] == [text]


def test_a_graph_on_one_client_with_the_application(tmp_path):
    with MemioStore({"documents": {"provider": "sqlite", "path": str(tmp_path / "m.db")}}) as store:
        graph(store, recall_at_once).invoke({"text": "likes coffee", "found": []})
    with MemioStore({"documents": {"provider": "sqlite", "path": str(tmp_path / "m.db")}}) as store:
        assert [item.value for item in store.search(("alice",))] == [{"text": "likes coffee"}]


def test_the_tools_of_langmem(store):
    langmem = pytest.importorskip("langmem", reason="langmem is not installed")
    manage = langmem.create_manage_memory_tool(namespace=("memories", "{user}"), store=store)
    search = langmem.create_search_memory_tool(namespace=("memories", "{user}"), store=store)
    alice, bob = ({"configurable": {"user": user}} for user in ("alice", "bob"))

    manage.invoke({"content": "likes her coffee black", "action": "create"}, alice)
    asyncio.run(manage.ainvoke({"content": "lives in Lisbon", "action": "create"}, alice))
    assert [item.value for item in store.search(("memories", "alice"), query="coffee", limit=1)] == [
        {"content": "likes her coffee black"}
    ]
    assert "coffee black" in search.invoke({"query": "coffee", "limit": 1}, alice)
    assert "Lisbon" in asyncio.run(search.ainvoke({"query": "Lisbon", "limit": 1}, alice))
    assert search.invoke({"query": "coffee"}, bob) == "[]"

    [item] = store.search(("memories", "alice"), query="coffee", limit=1)
    manage.invoke({"content": "likes tea now", "action": "update", "id": item.key}, alice)
    assert store.get(("memories", "alice"), item.key).value == {"content": "likes tea now"}
    manage.invoke({"action": "delete", "id": item.key}, alice)
    assert store.get(("memories", "alice"), item.key) is None
