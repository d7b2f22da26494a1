"""Labels confine a call to an owner: `None` never widens it."""

from __future__ import annotations

import asyncio
import inspect
from typing import Any
from uuid import UUID

import pytest

import memio.blocking
from memio import InvalidInputError, Memio, Message, Triple
from memio._call.labels import OMITTED
from memio.capabilities import KINDS
from memio.facades import Documents, Facts, Graph, History
from memio.transfer import copy, export, import_

FACADES = {"facts": Facts, "history": History, "documents": Documents, "graph": Graph}
VALUES: dict[str, Any] = {
    "content": "x",
    "query": "x",
    "items": ["x"],
    "fact_id": "i",
    "doc_id": "i",
    "triple_id": "i",
    "session_id": "s",
    "entity": "a",
    "messages": [Message(role="user", content="x")],
    "triples": [Triple(subject="a", predicate="b", object="c")],
}
LABELLED = [
    (kind, name, label)
    for kind, facade in FACADES.items()
    for name, method in inspect.getmembers(facade, inspect.isfunction)
    if not name.startswith("_")
    for label in ("user_id", "agent_id")
    if label in inspect.signature(method).parameters
]


def arguments_of(kind: str, method: str) -> dict[str, Any]:
    parameters = inspect.signature(getattr(FACADES[kind], method)).parameters.values()
    return {p.name: VALUES[p.name] for p in parameters if p.default is p.empty and p.name != "self"}


async def answer(made: Any) -> None:
    if hasattr(made, "__aiter__"):
        async for _ in made:
            pass
    else:
        await made


def test_every_method_has_labels():
    assert {(kind, method) for kind, method, _ in LABELLED} >= {(k, m) for k in KINDS for m in ("add", "delete_all")}


@pytest.mark.parametrize(("kind", "method", "label"), LABELLED)
@pytest.mark.parametrize("value", [None, float("nan"), [], {}, 5, "", b"alice"], ids=repr)
@pytest.mark.parametrize("scoped", [False, True])
def test_a_value_that_is_not_a_label_is_refused_before_the_store(kind, method, label, value, scoped, recorder):
    # defect: a lost login, user_id=None, deletes the records of everybody
    store, seen = recorder(kind), []

    async def watch(operation, call_next):
        seen.append(operation)
        return await call_next(operation)

    async def main():
        client = Memio(**{kind: store}, middleware=[watch])
        facade = getattr(client.scoped(user_id="alice") if scoped else client, kind)
        with pytest.raises(InvalidInputError, match=label) as caught:
            await answer(getattr(facade, method)(**arguments_of(kind, method), **{label: value}))
        assert caught.value.argument == label

    asyncio.run(main())
    assert (seen, store.calls) == ([], [])


@pytest.mark.parametrize(("kind", "method", "label"), LABELLED)
def test_none_is_refused_by_the_blocking_client_too(kind, method, label, recorder):
    store = recorder(kind)
    with memio.blocking.Memio(**{kind: store}) as client:
        call = getattr(getattr(client, kind), method)
        with pytest.raises(InvalidInputError, match=f"{label} is None, which does not mean all: pass a string"):
            list(call(**arguments_of(kind, method), **{label: None}))  # an iteration asks with its first step
        assert store.calls == []


@pytest.mark.parametrize("label", ["user_id", "agent_id"])
def test_none_neither_scopes_nor_forgets(label, recorder):
    async def main():
        store = recorder("facts")
        client = Memio(facts=store)
        with pytest.raises(InvalidInputError, match=f"{label} is None"):
            client.scoped(**{label: None})
        with pytest.raises(InvalidInputError, match=f"{label} is None"):
            await client.forget(**{label: None})
        with pytest.raises(InvalidInputError, match=f"{label} is None"):
            await client.scoped(user_id="alice").forget(**{label: None})
        assert store.calls == []

    asyncio.run(main())


@pytest.mark.parametrize("label", ["user_id", "agent_id"])
def test_an_item_of_a_batch_cannot_have_none_as_its_owner(label, recorder):
    async def main():
        store = recorder("facts")
        with pytest.raises(InvalidInputError, match=rf"items\[1\]: {label} is None"):
            await Memio(facts=store).facts.add_many(["x", {"content": "y", label: None}])
        assert store.calls == []

    asyncio.run(main())


def test_a_search_with_none_as_its_session_is_refused(recorder):
    async def main():
        store = recorder("history")
        history = Memio(history=store).history
        with pytest.raises(InvalidInputError, match="session_id is None"):
            await history.search(query="x", session_id=None)
        await history.search(query="x")
        assert store.calls == [("search", {"query": "x", "limit": 10, "session_id": None})]

    asyncio.run(main())


@pytest.mark.parametrize("move", ["export", "import", "copy"])
def test_none_does_not_change_whose_records_a_call_is_about(move, tmp_path):
    async def main():
        async with Memio.from_config({"facts": {"provider": "sqlite", "path": str(tmp_path / "a.db")}}) as client:
            moves = {
                "export": lambda: export(client, tmp_path / "x.jsonl", user_id=None),
                "import": lambda: import_(client, tmp_path / "x.jsonl", user_id=None),
                "copy": lambda: copy(client, client, user_id=None),
            }
            with pytest.raises(InvalidInputError, match="user_id is None"):
                await moves[move]()

    asyncio.run(main())
    assert not (tmp_path / "x.jsonl").exists()


def test_none_counts_as_left_out_where_it_narrows_nothing(recorder):
    async def main():
        store = recorder("facts")
        facts = Memio(facts=store).facts
        await facts.add(content="x", metadata=None, fact_id=None)
        await facts.get_all(cursor=None, filters=None)
        assert store.calls == [("add", {"content": "x"}), ("get_all", {"limit": 100, "cursor": None})]

    asyncio.run(main())


def test_an_id_of_another_type_is_refused_with_what_to_write(recorder):
    async def main():
        facts = Memio(facts=recorder("facts")).facts
        for value in (UUID(int=1), 7):
            with pytest.raises(InvalidInputError, match=r"pass str\(fact_id\)"):
                await facts.get(fact_id=value)

    asyncio.run(main())


def test_a_copy_of_the_sentinel_for_a_left_out_argument_is_the_sentinel():
    import copy
    import pickle

    assert copy.deepcopy(OMITTED) is OMITTED is pickle.loads(pickle.dumps(OMITTED))
