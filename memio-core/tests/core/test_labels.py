"""Labels confine a call to an owner: `None` never widens it, and what is no label is refused before any I/O."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest

import memio.blocking
from memio import InvalidInputError, Memio, Message, Owner, Triple
from memio._values.omitted import OMITTED
from memio.owners import NO_OWNER, Scope

from every_call import FACADES, answer, arguments_of, methods_of  # isort: skip  # beside this file

TEXT = [None, float("nan"), [], {}, 5, "", b"alice", "nul \0", "\ud800", "x" * 1001]
PATH = [None, float("nan"), {}, 5, "", "app/notes", b"a", {"a"}, ["a", ""], ("a", None), ("a",) * 17, ("\0",)]
WRONG: dict[str, list[Any]] = {
    "user_id": TEXT,
    "agent_id": TEXT,
    "namespace": PATH,
    "namespace_prefix": [*PATH, (), []],
    "owner": [None, "alice", {"user_id": "alice"}, ("alice",), Owner],
}
LABELLED = [
    (kind, name, label)
    for kind, facade in FACADES.items()
    for name in methods_of(facade)
    for label in WRONG
    if label in inspect.signature(getattr(facade, name)).parameters
]


def test_every_method_has_labels():
    methods = {(kind, name) for kind, facade in FACADES.items() for name in methods_of(facade)}
    for label in ("user_id", "agent_id", "namespace", "owner"):
        assert {(kind, method) for kind, method, given in LABELLED if given == label} == methods
    assert ("facts", "delete_all", "namespace_prefix") in LABELLED


@pytest.mark.parametrize(("kind", "method", "label"), LABELLED)
@pytest.mark.parametrize("scoped", [False, True])
def test_a_value_that_is_not_a_label_is_refused_before_the_store(kind, method, label, scoped, recorder):
    # defect: a lost login, user_id=None, deletes the records of everybody
    store, seen = recorder(kind), []

    async def watch(operation, call_next):
        seen.append(operation)
        return await call_next(operation)

    async def main():
        client = Memio(**{kind: store}, middleware=[watch])
        facade = getattr(client.scoped(user_id="alice") if scoped else client, kind)
        for value in WRONG[label]:
            with pytest.raises(InvalidInputError, match=label) as caught:
                await answer(getattr(facade, method)(**arguments_of(kind, method), **{label: value}))
            assert caught.value.argument == label, value
            assert caught.value.operation is not None, value

    asyncio.run(main())
    assert (seen, store.calls) == ([], [])


RIGHT: dict[str, tuple[Any, Scope]] = {
    "user_id": ("alice", Scope("alice")),
    "agent_id": ("bot", Scope(agent_id="bot")),
    "namespace": (("app",), Scope(namespace=("app",))),
    "namespace_prefix": (("app",), Scope(prefix=("app",))),
    "owner": (Owner("alice"), Scope("alice", None, ())),
}


@pytest.mark.parametrize(("kind", "method", "label"), LABELLED)
def test_each_label_confines_the_call_that_it_is_given_to(kind, method, label, recorder):
    # defect: a method takes a label and passes it on as another one, or not at all
    async def main():
        store = recorder(kind)
        value, scope = RIGHT[label]
        await answer(
            getattr(getattr(Memio(**{kind: store}), kind), method)(**arguments_of(kind, method), **{label: value})
        )
        assert store.calls
        for _, keywords in store.calls:
            passed = keywords.get("scope") or Scope.of(keywords["owner"])
            assert passed == (scope if "scope" in keywords else Scope.of(scope.adds_for))

    asyncio.run(main())


REFUSED_NONE = {
    "user_id": "user_id is None, which does not mean all: pass a string, or leave user_id out on purpose",
    "agent_id": "agent_id is None, which does not mean all: pass a string",
    "namespace": "namespace is None, which does not mean all: pass a tuple of texts, \\(\\) for the root",
    "namespace_prefix": "namespace_prefix is None, which does not mean all: pass a tuple of texts",
    "owner": "owner must be an Owner, such as .*, not None",
}


@pytest.mark.parametrize(("kind", "method", "label"), LABELLED)
def test_none_is_refused_by_the_blocking_client_too(kind, method, label, recorder):
    store = recorder(kind)
    with memio.blocking.Memio(**{kind: store}) as client:
        call = getattr(getattr(client, kind), method)
        with pytest.raises(InvalidInputError, match=REFUSED_NONE[label]):
            list(call(**arguments_of(kind, method), **{label: None}))  # an iteration asks with its first step
        assert store.calls == []


@pytest.mark.parametrize("label", ["user_id", "agent_id", "namespace"])
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


@pytest.mark.parametrize("label", ["user_id", "agent_id", "namespace"])
def test_an_item_of_a_batch_cannot_have_none_as_its_owner(label, recorder):
    async def main():
        store = recorder("facts")
        with pytest.raises(InvalidInputError, match=rf"items\[1\]: {label} is None"):
            await Memio(facts=store).facts.add_many(["x", {"content": "y", label: None}])
        assert store.calls == []

    asyncio.run(main())


@pytest.mark.parametrize("method", ["get", "delete", "search", "count_messages", "delete_messages", "iter_messages"])
def test_none_as_a_session_is_refused(method, recorder):
    async def main():
        store = recorder("history")
        history = Memio(history=store).history
        given = arguments_of("history", method) | {"session_id": None}
        with pytest.raises(InvalidInputError, match="session_id") as caught:
            await answer(getattr(history, method)(**given))
        assert (caught.value.argument, store.calls) == ("session_id", [])

    asyncio.run(main())


def test_a_session_that_is_left_out_spans_all_sessions(recorder):
    async def main():
        store = recorder("history", set[str]() | {"search_all_sessions", "count"})
        history = Memio(history=store).history
        await history.search("x")
        await history.count_messages()
        await history.count_messages(session_id="s")
        assert store.calls == [
            ("search", {"query": "x", "limit": 10, "session_id": None}),
            ("count_messages", {}),
            ("count_messages", {"session_id": "s"}),
        ]

    asyncio.run(main())


@pytest.mark.parametrize("move", ["export", "import", "copy"])
def test_none_does_not_change_whose_records_a_call_is_about(move, tmp_path):
    from memio.transfer import copy, export, import_

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
        store = recorder("facts", ())
        facts = Memio(facts=store).facts
        await facts.add(content="x", metadata=None, fact_id=None, expires_at=None)
        await facts.get_all(cursor=None, filters=None, since=None, until=None, order="oldest")
        assert store.calls == [
            ("add", {"content": "x"}),
            ("get_all", {"limit": 100, "cursor": None}),
        ]

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


# An owner in place of the labels, and prefixes


BESIDE_OWNER: list[dict[str, Any]] = [{"user_id": "alice"}, {"agent_id": "bot"}, {"namespace": ()}]


@pytest.mark.parametrize(("kind", "method"), sorted({(kind, method) for kind, method, _ in LABELLED}))
def test_an_owner_together_with_labels_is_refused(kind, method, recorder):
    async def main():
        store = recorder(kind)
        call = getattr(getattr(Memio(**{kind: store}), kind), method)
        prefix = [{"namespace_prefix": ("app",)}] if (kind, method, "namespace_prefix") in LABELLED else []
        for labels in [*BESIDE_OWNER, *prefix]:
            with pytest.raises(InvalidInputError, match="owner stands for all labels: leave user_id"):
                await answer(call(**arguments_of(kind, method), owner=Owner("alice", "bot"), **labels))
        assert store.calls == []

    asyncio.run(main())


def test_a_namespace_together_with_a_prefix_is_refused(recorder):
    async def main():
        store = recorder("facts")
        facts = Memio(facts=store).facts
        with pytest.raises(InvalidInputError, match="namespace_prefix cannot be given with namespace, which is"):
            await facts.get_all(namespace=("app", "notes"), namespace_prefix=("app",))
        with pytest.raises(InvalidInputError, match="namespace_prefix is empty, which would not restrict the call"):
            await facts.delete_all(namespace_prefix=())
        assert store.calls == []

    asyncio.run(main())


def test_a_text_as_a_namespace_is_refused_with_the_tuple_that_it_may_mean(recorder):
    async def main():
        with pytest.raises(InvalidInputError, match=r"must be a tuple of texts, such as \('app', 'notes'\), not str"):
            await Memio(facts=recorder("facts")).facts.get_all(namespace="app/notes")

    asyncio.run(main())


def test_a_list_as_a_namespace_becomes_a_tuple(recorder):
    async def main():
        store = recorder("facts")
        facts = Memio(facts=store).facts
        await facts.add("x", namespace=["app", "notes"])
        await facts.get_all(namespace=["app"])
        await facts.count(namespace_prefix=["app"])
        assert [keywords.get("owner") or keywords["scope"] for _, keywords in store.calls] == [
            Owner(namespace=("app", "notes")),
            Scope(namespace=("app",)),
            Scope(prefix=("app",)),
        ]

    asyncio.run(main())


@pytest.mark.parametrize("label", ["user_id", "agent_id", "namespace"])
def test_messages_and_triples_that_name_another_owner_than_the_call_are_refused(label, recorder):
    other: Any = ("elsewhere",) if label == "namespace" else "somebody"
    own: Any = ("here",) if label == "namespace" else "alice"

    def made(value: Any) -> list[tuple[str, Callable[..., Any], dict[str, Any]]]:
        message = Message(role="user", content="x", **{label: value})
        triple = Triple(subject="a", predicate="b", object="c", **{label: value})
        history, graph = recorder("history"), recorder("graph")
        stores.extend([history, graph])
        client = Memio(history=history, graph=graph)
        return [
            ("messages", client.history.add, {"session_id": "s", "messages": [message]}),
            ("triples", client.graph.add, {"triples": [triple]}),
        ]

    async def main():
        for called in ({}, {label: own}, {"owner": NO_OWNER}):
            for where, add, given in made(other):
                with pytest.raises(InvalidInputError, match=rf"{where}\[0\]\.{label} is .* but the call has") as caught:
                    await add(**given, **called)
                assert caught.value.argument == where
        assert not any(store.calls for store in stores)
        for _, add, given in made(own):
            await add(**given, **{label: own})

    stores: list[Any] = []
    asyncio.run(main())


def test_a_message_of_another_session_is_refused(recorder):
    async def main():
        message = Message(role="user", content="x", session_id="other")
        with pytest.raises(
            InvalidInputError, match=r"messages\[0\].session_id is 'other', but the call has session_id='s'"
        ):
            await Memio(history=recorder("history")).history.add(session_id="s", messages=[message])

    asyncio.run(main())
